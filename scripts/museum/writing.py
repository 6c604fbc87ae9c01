"""The museum on disk: photographs in folders, one row an image in museum.csv, museum.json at the end."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2

from .lens import encoded
from .objects import MUSEUM, Catalogued, catalogued

# Raised when the pictures change, so that a museum of an older make is not taken for complete.
EDITION = 4
COLUMNS = (
    "external_id",
    "inventory_no",
    "kp_no",
    "name_ru",
    "name_en",
    "description_ru",
    "description_en",
    "typology",
    "typology_en",
    "kind",
    "authors",
    "period",
    "period_en",
    "year_from",
    "year_to",
    "materials",
    "materials_en",
    "technique",
    "technique_en",
    "dimensions",
    "dimensions_en",
    "place",
    "place_en",
    "museum",
    "museum_en",
    "image",
    "view",
    "view_no",
)
Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What museum is wanted."""

    objects: int
    photographs: int
    seed: int = 1
    edition: int = EDITION


def write_museum(folder: Path, order: Order, processes: int, progress: Callable[[int], None]) -> bool:
    """Make what is missing; `progress` is told how many objects are done. False when nothing was missing."""
    if is_complete(folder, order):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(folder, order, number) for number in range(1, order.objects + 1)]
    rows: list[Row] = []
    if processes == 1:
        for done, made in enumerate(map(_object, tasks), 1):
            rows.extend(made)
            progress(done)
    else:
        # Spawned, not forked: numpy's and OpenCV's own threads do not survive a fork.
        _one_thread_each()
        with get_context("spawn").Pool(processes) as pool:
            for done, made in enumerate(pool.imap(_object, tasks), 1):
                rows.extend(made)
                progress(done)
    _write_csv(folder / "museum.csv", rows)
    _replace(folder / "museum.json", json.dumps(asdict(order), indent=2).encode())
    return True


def is_complete(folder: Path, order: Order) -> bool:
    """museum.json is written last, so it speaks for everything before it."""
    try:
        found = json.loads((folder / "museum.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return bool(found == asdict(order))


def _one_thread_each() -> None:
    """Workers share the cores between them; threads within each would only quarrel."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _object(task: tuple[Path, Order, int]) -> list[Row]:
    """Rows of one object; its pictures are drawn unless an earlier run of the same order left them."""
    folder, order, number = task
    cv2.setNumThreads(1)
    kept = folder / "images" / f"VDM-{number:06d}"
    note = kept / "record.json"
    stamp = {"seed": order.seed, "photographs": order.photographs, "edition": order.edition}
    if note.exists():
        earlier = json.loads(note.read_text(encoding="utf-8"))
        if earlier["order"] == stamp:
            return list(earlier["rows"])
    item = catalogued(order.seed, number, order.photographs)
    kept.mkdir(parents=True, exist_ok=True)
    for view_no, photograph in enumerate(item.photographs, 1):
        _replace(kept / f"{view_no}.jpg", encoded(photograph.picture, photograph.quality))
    rows = [_row(item, view_no) for view_no in range(1, order.photographs + 1)]
    _replace(note, json.dumps({"order": stamp, "rows": rows}, ensure_ascii=False).encode())
    return rows


def _row(item: Catalogued, view_no: int) -> Row:
    card = item.card
    said = {
        "description": card.description,
        "period": card.period,
        "materials": card.materials,
        "technique": card.technique,
        "dimensions": card.dimensions,
        "place": card.place,
        "museum": MUSEUM,
        "typology": card.typology.value,
    }
    row = {
        "external_id": item.external_id,
        "inventory_no": item.inventory_no,
        "kp_no": item.kp_no,
        "name_ru": card.name.ru,
        "name_en": card.name.en,
        "kind": card.kind,
        "authors": card.authors,
        "year_from": str(card.year_from),
        "year_to": str(card.year_to),
        "image": f"images/{item.external_id}/{view_no}.jpg",
        "view": item.photographs[view_no - 1].view.ru,
        "view_no": str(view_no),
    }
    for name, statement in said.items():
        row[f"{name}_ru" if name == "description" else name], row[f"{name}_en"] = statement
    return row


def _write_csv(path: Path, rows: list[Row]) -> None:
    aside = path.with_name(path.name + ".part")
    with aside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    aside.replace(path)


def _replace(path: Path, data: bytes) -> None:
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(data)
    aside.replace(path)
