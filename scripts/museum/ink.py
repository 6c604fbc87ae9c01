"""Drawing on a mask with a soft edge, in units of the mask's own pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .planes import floats, resized
from .values import Floats, Pixels

Points = Sequence[Sequence[float]] | NDArray[Any]


class Ink:
    """A mask of `height` x `width` that is drawn on at twice its size and read as float32 0..1."""

    def __init__(self, height: int, width: int, finer: int = 2) -> None:
        self.height, self.width, self._finer = height, width, finer
        self._mask: Pixels = np.zeros((height * finer, width * finer), np.uint8)

    def _at(self, points: Points) -> NDArray[np.int32]:
        return np.round(np.asarray(points, np.float64) * self._finer * 16).astype(np.int32).reshape(-1, 1, 2)

    def area(self, points: Points, shade: int = 255) -> Ink:
        cv2.fillPoly(self._mask, [self._at(points)], [shade], cv2.LINE_AA, 4)
        return self

    def line(self, points: Points, width: float = 1.0, shade: int = 255, closed: bool = False) -> Ink:
        thickness = max(1, round(width * self._finer))
        cv2.polylines(self._mask, [self._at(points)], closed, [shade], thickness, cv2.LINE_AA, 4)
        return self

    def disc(self, x: float, y: float, radius: float, shade: int = 255) -> Ink:
        return self.area(ring_points(x, y, radius, radius, max(10, int(radius * 3))), shade)

    def circle(self, x: float, y: float, radius: float, width: float = 1.0, shade: int = 255) -> Ink:
        return self.line(ring_points(x, y, radius, radius, max(12, int(radius * 2))), width, shade, closed=True)

    def ellipse(self, x: float, y: float, a: float, b: float, turn: float = 0.0, shade: int = 255) -> Ink:
        return self.area(ring_points(x, y, a, b, 32, turn), shade)

    def petal(self, x: float, y: float, angle: float, length: float, width: float, shade: int = 255) -> Ink:
        """A leaf that starts at (x, y) and points towards the angle."""
        return self.area(petal_points(x, y, angle, length, width), shade)

    def read(self) -> Floats:
        return floats(resized(self._mask, self.width, self.height)) / np.float32(255)


def ring_points(x: float, y: float, a: float, b: float, count: int, turn: float = 0.0) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    u, v = np.cos(angle) * a, np.sin(angle) * b
    c, s = np.cos(turn), np.sin(turn)
    return np.stack([x + u * c - v * s, y + u * s + v * c], axis=1)


def petal_points(
    x: float, y: float, angle: float, length: float, width: float, samples: int = 14
) -> NDArray[np.float64]:
    t = np.linspace(0, 1, samples)
    half = np.sin(np.pi * t**0.8) * width / 2
    along = np.concatenate([t, t[::-1]]) * length
    across = np.concatenate([half, -half[::-1]])
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([x + along * c - across * s, y + along * s + across * c], axis=1)


def spiral(
    x: float, y: float, radius: float, turns: float, start: float = 0.0, samples: int = 40
) -> NDArray[np.float64]:
    """From the rim inwards."""
    t = np.linspace(0, 1, samples)
    angle = start + t * turns * 2 * np.pi
    r = radius * (1 - t * 0.92)
    return np.stack([x + np.cos(angle) * r, y + np.sin(angle) * r], axis=1)


def wave(points: Iterable[Sequence[float]]) -> NDArray[np.float64]:
    return np.asarray(list(points), np.float64)
