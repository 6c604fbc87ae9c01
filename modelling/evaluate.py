"""How well embeddings find other pictures of the same object: the reference photographs and the demo museum."""

from __future__ import annotations

import csv
import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modelling import retrieval


@dataclasses.dataclass(frozen=True, kw_only=True)
class Photograph:
    path: pathlib.Path
    object_id: str
    kind: str
    view: str


def read_objects(folder: pathlib.Path) -> list[Photograph]:
    """The rows of ``manifest.csv``, near-duplicates of another row left out."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [
            Photograph(path=folder / row["path"], object_id=row["object_id"], kind=row["class"], view=row["view"])
            for row in csv.DictReader(file)
            if not row["near_dup_of"]
        ]


def read_museum(folder: pathlib.Path) -> list[Photograph]:
    """The rows of ``museum.csv`` that the demo museum's generator writes; an object's first view is the catalogue's."""
    with (folder / "museum.csv").open(encoding="utf-8", newline="") as file:
        return [
            Photograph(
                path=folder / row["image"],
                object_id=row["external_id"],
                kind=row["kind"],
                view="catalogue" if row["view_no"] == "1" else row["view"],
            )
            for row in csv.DictReader(file)
        ]


def on_objects(photographs: Sequence[Photograph], vectors: npt.NDArray[np.float32]) -> dict[str, retrieval.Figures]:
    """Figures by name. Photographs of one session share their light, so leave-one-out flatters colour;

    ``phone -> catalogue`` is the honest one: a visitor's photograph against the packages' catalogue pictures.
    """
    packages = [photograph.kind == "package" for photograph in photographs]
    others = [photograph.kind != "package" for photograph in photographs]
    named = [photograph.object_id for photograph in photographs]
    every = np.eye(len(named), dtype=np.bool_)
    return {
        "multi-view": retrieval.leave_one_out(vectors, named),
        "multi-view, packages": _some_ask_all(vectors, named, packages, every),
        "multi-view, museum objects": _some_ask_all(vectors, named, others, every),
        "phone -> catalogue": _views(
            [photograph for photograph in photographs if photograph.kind == "package"], vectors[packages], "catalogue"
        ),
    }


def on_museum(photographs: Sequence[Photograph], vectors: npt.NDArray[np.float32]) -> dict[str, retrieval.Figures]:
    """Each catalogue view asks the other views of all objects."""
    catalogue = [photograph.view == "catalogue" for photograph in photographs]
    named = np.asarray([photograph.object_id for photograph in photographs])
    asking, asked = np.asarray(catalogue), ~np.asarray(catalogue)
    return {
        "catalogue -> other views": retrieval.figures(
            vectors[asking], vectors[asked], named[asking].tolist(), named[asked].tolist()
        ),
        "all views": retrieval.leave_one_out(vectors, named.tolist()),
    }


def table(name: str, parts: dict[str, retrieval.Figures]) -> str:
    """A Markdown table, one row a part."""
    lines = [f"{name}", "", "| | queries | R@1 | R@5 | R@20 | mAP@10 |", "|---|---|---|---|---|---|"]
    for part, found in parts.items():
        shares = (found.recall_at_1, found.recall_at_5, found.recall_at_20, found.map_at_10)
        lines.append(f"| {part} | {found.queries} | " + " | ".join(f"{share:.3f}" for share in shares) + " |")
    return "\n".join(lines)


def _some_ask_all(
    vectors: npt.NDArray[np.float32], named: Sequence[str], asking: Sequence[bool], every: npt.NDArray[np.bool_]
) -> retrieval.Figures:
    rows = [row for row, asks in enumerate(asking) if asks]
    return retrieval.figures(vectors[rows], vectors, [named[row] for row in rows], named, every[rows])


def _views(photographs: Sequence[Photograph], vectors: npt.NDArray[np.float32], gallery_view: str) -> retrieval.Figures:
    gallery = np.asarray([photograph.view == gallery_view for photograph in photographs])
    named = np.asarray([photograph.object_id for photograph in photographs])
    return retrieval.figures(vectors[~gallery], vectors[gallery], named[~gallery].tolist(), named[gallery].tolist())
