"""From triangles to pixels, in numpy alone: triangles become rows, rows become runs of pixels, the nearest wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .values import Floats, Ints, Mask


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """The pixels that are covered: flat index, face, and nearness (larger is nearer), one entry a pixel."""

    pixel: Ints
    face: Ints
    nearness: Floats


def planes_over_faces(corners: Floats, values: Floats) -> Floats:
    """Coefficients [faces, 3] so that a*x + b*y + c takes the values [faces, 3] at the corners [faces, 3, 2]."""
    x, y = corners[..., 0].astype(np.float64), corners[..., 1].astype(np.float64)
    x10, x20, y10, y20 = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0], y[:, 1] - y[:, 0], y[:, 2] - y[:, 0]
    v = values.astype(np.float64)
    v10, v20 = v[:, 1] - v[:, 0], v[:, 2] - v[:, 0]
    area = x10 * y20 - x20 * y10
    a = (v10 * y20 - v20 * y10) / area
    b = (x10 * v20 - x20 * v10) / area
    # Slivers have steep planes; the constant is taken at the first corner so that float32 suffices afterwards.
    c = v[:, 0] - a * x[:, 0] - b * y[:, 0]
    return np.stack([a, b, c], axis=1).astype(np.float32)


def facing(corners: Floats) -> Floats:
    """Twice the signed area of each face on the picture, whose y points down."""
    x, y = corners[..., 0], corners[..., 1]
    return np.asarray((x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0]))


def cover(corners: Floats, width: int, height: int) -> Coverage:
    """Which face is nearest at each pixel centre.

    `corners` is [faces, 3, (x, y, nearness)]; no face may be degenerate.
    """
    x, y = corners[..., 0], corners[..., 1]
    flipped = facing(corners) < 0
    second, third = np.where(flipped, 2, 1), np.where(flipped, 1, 2)
    every = np.arange(len(corners))
    x = np.stack([x[:, 0], x[every, second], x[every, third]], axis=1)
    y = np.stack([y[:, 0], y[every, second], y[every, third]], axis=1)

    first_row = np.clip(np.ceil(y.min(axis=1) - 0.5), 0, height).astype(np.int64)
    last_row = np.clip(np.floor(y.max(axis=1) - 0.5), -1, height - 1).astype(np.int64)
    face, row = _runs(first_row, last_row)
    centre = row.astype(np.float32) + np.float32(0.5)
    left = np.full(len(face), -1e9, np.float32)
    right = np.full(len(face), 1e9, np.float32)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        rise = y[:, b] - y[:, a]
        slope = (x[:, b] - x[:, a]) / np.where(rise == 0, np.float32(1), rise)
        at = x[face, a] + (centre - y[face, a]) * slope[face]
        np.minimum(right, at, out=right, where=_of(rise > 0, face))
        np.maximum(left, at, out=left, where=_of(rise < 0, face))
    first = np.clip(np.ceil(left - 0.5), 0, width).astype(np.int64)
    last = np.clip(np.ceil(right - 0.5) - 1, -1, width - 1).astype(np.int64)
    run, column = _runs(first, last)

    slope_x, slope_y, offset = planes_over_faces(corners[..., :2], corners[..., 2]).T
    start = slope_y[face] * centre + offset[face]
    nearness = start[run] + slope_x[face][run] * (column.astype(np.float32) + np.float32(0.5))
    pixel = (row * width)[run] + column
    nearest = np.full(width * height, -np.inf, np.float32)
    np.maximum.at(nearest, pixel, nearness)
    winner = np.full(width * height, -1, np.int64)
    wins = nearness >= nearest[pixel]
    winner[pixel[wins]] = face[run[wins]]
    covered = np.flatnonzero(winner >= 0)
    return Coverage(pixel=covered, face=winner[covered], nearness=nearest[covered])


def _of(flags: Mask, face: Ints) -> Mask:
    return np.asarray(flags[face])


def _runs(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The numbers first..last of every entry, one after another, beside the entry they belong to."""
    count = np.maximum(last - first + 1, 0)
    owner = np.repeat(np.arange(len(first)), count)
    start = np.cumsum(count) - count
    return owner, np.arange(len(owner)) - (start - first)[owner]
