"""Typed doors to the OpenCV operations that the generator lives on. Maps are float32 [h, w] or [h, w, channels]."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .values import Floats, Pixels

Plane = TypeVar("Plane", Floats, Pixels)


def blur(plane: Plane, sigma: float, sigma_y: float | None = None, wrap: bool = False) -> Plane:
    """Gaussian blur; `wrap` joins the left edge to the right one."""
    if sigma <= 0.05 and not sigma_y:
        return plane
    border = cv2.BORDER_REFLECT_101
    if not wrap:
        return cast(Plane, cv2.GaussianBlur(plane, (0, 0), sigma, sigmaY=sigma_y or sigma, borderType=border))
    reach = min(int(sigma * 3) + 1, plane.shape[1])
    wide = np.concatenate([plane[:, -reach:], plane, plane[:, :reach]], axis=1)
    blurred = cv2.GaussianBlur(wide, (0, 0), sigma, sigmaY=sigma_y or sigma, borderType=border)
    return cast(Plane, np.ascontiguousarray(blurred[:, reach:-reach]))


def resized(plane: Plane, width: int, height: int, smooth: bool = True) -> Plane:
    """The plane at another size: averaged when shrunk, cubic when stretched."""
    shrinks = width < plane.shape[1]
    how = cv2.INTER_AREA if shrinks else (cv2.INTER_CUBIC if smooth else cv2.INTER_LINEAR)
    return cast(Plane, cv2.resize(plane, (width, height), interpolation=how))


def sampled(plane: Plane, x: Floats, y: Floats, wrap: bool = False, nearest: bool = False) -> Plane:
    """The plane's values at pixel coordinates [h, w], bilinear; coordinates outside repeat the edge or wrap around."""
    border = cv2.BORDER_WRAP if wrap else cv2.BORDER_REPLICATE
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
    return cast(Plane, cv2.remap(plane, x, y, how, borderMode=border))


def sampled_along(plane: Plane, x: Floats, y: Floats, wrap: bool = False, nearest: bool = False) -> Plane:
    """`sampled` for a plain list of coordinates [n]; OpenCV wants them in rows it can count in 16 bits."""
    count, row = x.shape[0], 4096
    rows = -(-count // row)
    padded = np.zeros((2, rows * row), np.float32)
    padded[0, :count], padded[1, :count] = x, y
    values: Any = sampled(plane, padded[0].reshape(rows, row), padded[1].reshape(rows, row), wrap, nearest)
    flat_values: Any = values.reshape((rows * row, *values.shape[2:]))
    return cast(Plane, flat_values[:count])


def stretched(grid: Floats, width: int, height: int) -> Floats:
    """A grid of samples brought to width x height so that its corner samples stay in the corners."""
    rows, columns = grid.shape[:2]
    x, y = np.meshgrid(
        np.linspace(0, columns - 1, width, dtype=np.float32), np.linspace(0, rows - 1, height, dtype=np.float32)
    )
    return sampled(grid, x, y)


def slopes(plane: Floats, wrap: bool = False) -> tuple[Floats, Floats]:
    """Differences per pixel along x and along y."""
    padded = np.pad(plane, ((1, 1), (1, 1)), mode="edge")
    if wrap:
        padded[1:-1, 0], padded[1:-1, -1] = plane[:, -2], plane[:, 1]
    along_x = (padded[1:-1, 2:] - padded[1:-1, :-2]) * np.float32(0.5)
    along_y = (padded[2:, 1:-1] - padded[:-2, 1:-1]) * np.float32(0.5)
    return along_x, along_y


def distance_inside(mask: Pixels) -> Floats:
    """For each pixel of the mask the distance in pixels to the nearest one outside it."""
    return cast(Floats, cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 5))


def clamp(plane: Floats, low: float = 0.0, high: float = 1.0) -> Floats:
    return np.clip(plane, np.float32(low), np.float32(high))


def smoothstep(plane: Floats, low: float, high: float) -> Floats:
    t = clamp((plane - np.float32(low)) / np.float32(high - low))
    return cast(Floats, t * t * (3 - 2 * t))


def mixed(under: Floats, over: Floats | tuple[float, ...], share: Floats | float) -> Floats:
    """Colours [h, w, 3] painted over one another by `share` in 0..1."""
    weight: Any = share[..., None] if isinstance(share, np.ndarray) else np.float32(share)
    return cast(Floats, under + (np.asarray(over, np.float32) - under) * weight)


# Bytes of sRGB as linear light.
_LINEAR = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)


def linear(colours: Pixels) -> Floats:
    """sRGB bytes as linear light, whatever their shape."""
    return cast(Floats, np.take(_LINEAR, colours))


def pixels(colour: Floats) -> Pixels:
    """0..1 to bytes."""
    return cast(Pixels, (clamp(colour) * np.float32(255.0) + np.float32(0.5)).astype(np.uint8))


def floats(values: ArrayLike) -> Floats:
    return np.ascontiguousarray(values, dtype=np.float32)


def flat(height: int, width: int, colour: tuple[float, ...]) -> Floats:
    """One colour all over."""
    return np.broadcast_to(np.asarray(colour, np.float32), (height, width, 3)).copy()
