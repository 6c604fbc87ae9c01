"""A small catalogue of drawn pictures, imported once, and pictures to search it with."""

from __future__ import annotations

import csv
import io
import pathlib

import numpy as np
from PIL import Image, ImageEnhance

RECORDS = 24
_START_OF_IMAGE, _COMMENT = b"\xff\xd8", b"\xff\xfe"


def table(folder: pathlib.Path) -> pathlib.Path:
    """Writes the pictures and museum.csv, in the columns of the profile `plain`."""
    written = folder / "museum.csv"
    with written.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "name", "typology", "image"])
        for number in range(RECORDS):
            (folder / f"{number}.jpg").write_bytes(_jpeg(_drawn(number)))
            rows.writerow([f"r{number}", f"Предмет {number}", ("Керамика", "Гравюра")[number % 2], f"{number}.jpg"])
    return written


def photographs() -> list[bytes]:
    """Of each record, in a light of its own."""
    return [_jpeg(ImageEnhance.Brightness(_drawn(number)).enhance(0.9)) for number in range(RECORDS)]


def marked(picture: bytes, mark: bytes) -> bytes:
    """The same picture with a comment that decoders skip: other bytes, so another original."""
    return _START_OF_IMAGE + _COMMENT + (len(mark) + 2).to_bytes(2, "big") + mark + picture[2:]


def _drawn(number: int) -> Image.Image:
    """240 x 180 px of rectangles; every number is another picture."""
    random = np.random.default_rng(number)
    pixels = np.full((180, 240, 3), random.integers(0, 256, 3), np.uint8)
    for _ in range(24):
        top, left = random.integers(0, 150), random.integers(0, 200)
        pixels[top : top + 30, left : left + 40] = random.integers(0, 256, 3)
    return Image.fromarray(pixels)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()
