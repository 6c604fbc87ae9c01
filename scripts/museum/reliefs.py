"""Low things seen from above: coins, plates, tiles, slices. Their form is a map of heights in centimetres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .planes import distance_inside, floats, sampled, slopes
from .values import Finish, Floats, Part, Pixels

GRID = 72


def normals_of(height: Floats, per_pixel: float) -> Floats:
    """Unit normals [h, w, 3] of a height map with pixels `per_pixel` centimetres wide; y points up the picture."""
    along_x, along_y = slopes(height)
    found = np.stack([-along_x / np.float32(per_pixel), along_y / np.float32(per_pixel), np.ones_like(height)], axis=2)
    return floats(found / np.linalg.norm(found, axis=2, keepdims=True))


def rectangle(width: float, height: float, relief: Floats, finish: Finish, lift: float = 0.0) -> Part:
    """A tablet; the finish's maps and the relief cover it alike."""
    rows, columns = relief.shape
    y, x = np.meshgrid(np.linspace(0, rows - 1, GRID), np.linspace(0, columns - 1, GRID), indexing="ij")
    z = sampled(relief, floats(x), floats(y)) + np.float32(lift)
    points = np.stack([(x / (columns - 1) - 0.5) * width, (0.5 - y / (rows - 1)) * height, z], axis=2)
    return Part(points=floats(points), finish=finish, normals=normals_of(relief, width / columns))


def disc(
    radius: float, relief: Floats, finish: Finish, outline: Floats | None = None, lift: float = 0.0, back: bool = False
) -> Part:
    """A round piece from square maps whose inscribed circle is its rim.

    `outline` scales the radius by direction (one value a degree); `back` turns the piece over, as for a reverse.
    """
    size = relief.shape[0]
    fine_x, fine_y = _round(size)
    to_pixels = np.float32((size - 1) / 2)
    where = (floats((fine_x + 1) * to_pixels), floats((1 - fine_y) * to_pixels))
    normals = sampled(normals_of(relief, 2 * radius / size), *where)
    x, y = _round(GRID)
    z = sampled(relief, floats((x + 1) * to_pixels), floats((1 - y) * to_pixels)) + np.float32(lift)
    scale = np.ones_like(x)
    if outline is not None:
        degrees = np.mod(np.degrees(np.arctan2(y, x)), 360)
        scale = np.interp(degrees, np.arange(361), np.append(outline, outline[0]))
        scale = 1 + (scale - 1) * np.hypot(x, y)
    points = np.stack([x * radius * scale, y * radius * scale, z], axis=2)
    finish = replace(
        finish,
        colour=_warped(finish.colour, where),
        roughness=_map(finish.roughness, where),
        metal=_map(finish.metal, where),
        height=None,
    )
    if back:
        # Mirrored in y and in z: a half turn about x, which keeps the outward side outward.
        points, normals = points * floats([1, -1, -1]), normals * floats([1, -1, -1])
    return Part(points=floats(points), finish=finish, normals=floats(normals))


def _round(size: int) -> tuple[Floats, Floats]:
    """The square grid pressed into the unit disc, row 0 uppermost."""
    v, u = np.meshgrid(np.linspace(1, -1, size), np.linspace(-1, 1, size), indexing="ij")
    return floats(u * np.sqrt(1 - v * v / 2)), floats(v * np.sqrt(1 - u * u / 2))


def _map(values: Floats | float, where: tuple[Floats, Floats]) -> Floats | float:
    return sampled(values, *where) if isinstance(values, np.ndarray) else values


def _warped(colour: Pixels, where: tuple[Floats, Floats]) -> Pixels:
    return colour if colour.shape[0] == 1 else sampled(colour, *where)


def swollen(mask: Floats, reach: float, round_off: float = 0.5) -> Floats:
    """A mask raised into a rounded relief 0..1: full height `reach` pixels from its edge."""
    inside = distance_inside((mask * 255).astype(np.uint8)) + mask
    return floats(np.clip(inside / reach, 0, 1) ** round_off)


def from_centre(size: int) -> tuple[Floats, Floats]:
    """Distance from the middle (1 at the rim) and angle (0 at the top, clockwise) of each pixel of a square map."""
    axis = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return floats(np.hypot(x, y)), floats(np.arctan2(x, -y))
