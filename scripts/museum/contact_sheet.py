"""Many photographs on one sheet, to be looked at."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np

from .values import Pixels

CELL = 240


def write_contact_sheet(folder: Path, target: Path, columns: int = 12, limit: int = 180) -> None:
    """The first `limit` photographs of the museum in `folder`, row by row, as PNG or JPEG by the target's name."""
    with (folder / "museum.csv").open(encoding="utf-8", newline="") as file:
        paths = [folder / row["image"] for row in csv.DictReader(file)][:limit]
    rows = -(-len(paths) // columns)
    sheet = np.full((rows * CELL, columns * CELL, 3), 32, np.uint8)
    for k, path in enumerate(paths):
        cell = _fitted(np.asarray(cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR), np.uint8))
        y, x = (k // columns) * CELL + (CELL - cell.shape[0]) // 2, (k % columns) * CELL + (CELL - cell.shape[1]) // 2
        sheet[y : y + cell.shape[0], x : x + cell.shape[1]] = cell
    done, data = cv2.imencode(target.suffix, sheet)
    if not done:
        raise ValueError(f"OpenCV cannot write {target.suffix}")
    target.write_bytes(bytes(data))


def _fitted(picture: Pixels) -> Pixels:
    scale = (CELL - 6) / max(picture.shape[:2])
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
