"""Words in print: Source Serif, which a pip package carries, with Cyrillic and the old letters."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .planes import floats
from .values import Floats

REGULAR, BOLD, LIGHT, BLACK = "Regular", "Bold", "Light", "Black"


@lru_cache(maxsize=128)
def font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    package = find_spec("font_source_serif_pro")
    if package is None or package.origin is None:
        raise ModuleNotFoundError(
            "the demo museum prints with the pip package font-source-serif-pro; please install it"
        )
    # The basic layout is the same with and without libraqm, so a museum looks alike on every machine.
    path = Path(package.origin).parent / "files" / f"SourceSerifPro-{weight}.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def width_of(text: str, size: int, weight: str = REGULAR, spacing: float = 0.0) -> float:
    return float(font(weight, size).getlength(text)) + spacing * len(text)


class Page:
    """A mask to print on; coordinates are pixels, y is the baseline's top as Pillow counts it."""

    def __init__(self, height: int, width: int) -> None:
        self._image = Image.new("L", (width, height), 0)
        self._draw = ImageDraw.Draw(self._image)
        self.height, self.width = height, width

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: int,
        weight: str = REGULAR,
        anchor: str = "la",
        shade: int = 255,
        spacing: float = 0.0,
    ) -> None:
        face = font(weight, size)
        if not spacing:
            self._draw.text((x, y), text, fill=shade, font=face, anchor=anchor)
            return
        total = width_of(text, size, weight, spacing) - spacing
        x -= {"l": 0.0, "m": total / 2, "r": total}[anchor[0]]
        for letter in text:
            self._draw.text((x, y), letter, fill=shade, font=face, anchor="l" + anchor[1])
            x += float(face.getlength(letter)) + spacing

    def rule(self, x0: float, y0: float, x1: float, y1: float, width: int = 1, shade: int = 255) -> None:
        self._draw.line((x0, y0, x1, y1), fill=shade, width=width)

    def frame(self, x0: float, y0: float, x1: float, y1: float, width: int = 1, shade: int = 255) -> None:
        self._draw.rectangle((x0, y0, x1, y1), outline=shade, width=width)

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        lines: int,
        words: list[str],
        size: int,
        leading: float,
        weight: str = REGULAR,
        indent: float = 0.0,
    ) -> float:
        """Justified lines from a list of words; returns the y below them. Words are used up from the front."""
        left = indent
        for number in range(lines):
            row: list[str] = []
            while words and width_of(" ".join([*row, words[0]]), size, weight) <= width - left:
                row.append(words.pop(0))
            if not row:
                break
            natural = sum(width_of(word, size, weight) for word in row)
            gap = (width - left - natural) / max(len(row) - 1, 1)
            if number == lines - 1 or not words:
                gap = min(gap, size * 0.3)
            at = x + left
            for word in row:
                self.text(at, y, word, size, weight)
                at += width_of(word, size, weight) + gap
            y, left = y + leading, 0.0
        return y

    def read(self) -> Floats:
        return floats(np.asarray(self._image)) / np.float32(255)


def around(
    text: str,
    size: int,
    letter: int,
    radius: float,
    weight: str = BOLD,
    start_deg: float = 0.0,
    sweep_deg: float = 360.0,
) -> Floats:
    """A legend on a circle inside a square mask: read clockwise, centred on the top at start 0."""
    strip_width = int(2 * np.pi * radius * sweep_deg / 360)
    page = Page(letter + 8, strip_width)
    natural = width_of(text, letter, weight)
    page.text(
        strip_width / 2,
        2,
        text,
        letter,
        weight,
        anchor="ma",
        spacing=max(0.0, (strip_width * 0.96 - natural) / max(len(text), 1)),
    )
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    x, y = x - size / 2 + 0.5, y - size / 2 + 0.5
    angle = np.arctan2(x, -y) - np.radians(start_deg)
    angle = np.mod(angle + np.pi, 2 * np.pi) - np.pi
    column = angle / np.radians(sweep_deg) * strip_width + strip_width / 2
    row = radius + letter / 2 + 4 - np.hypot(x, y)
    return np.asarray(
        cv2.remap(
            page.read(), floats(column), floats(row), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
        ),
        np.float32,
    )
