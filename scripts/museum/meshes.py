"""Grids of points for the shapes that museum objects are made of. Units are centimetres, z is up.

Seen from outside, the rows of every grid run downwards and its columns to the right, as those of a picture do.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .planes import floats
from .values import Floats

Point = Sequence[float] | NDArray[Any]


def curve(knots: Sequence[Point] | NDArray[Any], samples: int, sharp: Sequence[int] = ()) -> Floats:
    """A Catmull-Rom curve through the knots [n, d], evenly sampled by length; `sharp` knots keep their corner."""
    points = np.asarray(knots, np.float64)
    cuts = sorted({0, len(points) - 1, *sharp})
    fine: list[NDArray[np.float64]] = []
    for first, last in itertools.pairwise(cuts):
        fine.append(_spline(points[first : last + 1]))
    path = np.concatenate(fine)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], samples)
    return floats(np.stack([np.interp(wanted, length, path[:, k]) for k in range(path.shape[1])], axis=1))


def _spline(points: NDArray[np.float64], per_span: int = 24) -> NDArray[np.float64]:
    if len(points) == 2:
        return np.linspace(points[0], points[1], per_span)
    padded = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    t = np.linspace(0, 1, per_span)[:, None]
    spans = []
    for k in range(len(points) - 1):
        a, b, c, d = padded[k : k + 4]
        spans.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.concatenate(spans)


def lathe(profile: Floats, columns: int = 120) -> Floats:
    """A profile of (radius, z) turned about the z axis; listed from the top down it faces outwards."""
    angle = np.linspace(-np.pi, np.pi, columns)
    radius, z = profile[:, :1], profile[:, 1:2]
    # The seam is at the back: angle 0 looks at the camera, which stands towards -y.
    x = np.sin(angle)[None] * radius
    y = -np.cos(angle)[None] * radius
    return floats(np.stack([x, y, np.broadcast_to(z, x.shape)], axis=2))


def tube(path: Floats, radius: Floats | float, columns: int = 24, flatten: float = 1.0) -> Floats:
    """A tube about a path [n, 3]; `radius` may vary along it, `flatten` squeezes it along its binormal."""
    radii = np.broadcast_to(np.asarray(radius, np.float32), (len(path),))
    tangent = np.gradient(path.astype(np.float64), axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    side = np.empty_like(tangent)
    guess = np.array([0.0, 1.0, 0.0]) if abs(tangent[0, 1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    for k, along in enumerate(tangent):
        guess = guess - along * (guess @ along)
        guess /= np.linalg.norm(guess) + 1e-9
        side[k] = guess
    other = np.cross(tangent, side)
    angle = np.linspace(0, 2 * np.pi, columns)
    ring = (
        np.cos(angle)[None, :, None] * side[:, None] * flatten - np.sin(angle)[None, :, None] * other[:, None]
    ) * radii[:, None, None]
    return floats(path[:, None] + ring)


def ellipsoid(centre: Point, radii: Point, rows: int = 40, columns: int = 64) -> Floats:
    polar = np.linspace(0, np.pi, rows)
    profile = floats(np.stack([np.sin(polar), np.cos(polar)], axis=1))
    return floats(lathe(profile, columns) * np.asarray(radii, np.float32) + np.asarray(centre, np.float32))


def sheet(width: float, height: float, z: float = 0.0, rows: int = 2, columns: int = 2) -> Floats:
    """A flat rectangle about the origin, seen from above; row 0 is its upper edge."""
    y, x = np.meshgrid(
        np.linspace(height / 2, -height / 2, rows), np.linspace(-width / 2, width / 2, columns), indexing="ij"
    )
    return floats(np.stack([x, y, np.full_like(x, z)], axis=2))


def box(width: float, depth: float, height: float, bevel: float = 0.0) -> Floats:
    """A box standing on the ground as one grid of five bands: meant for `faceted` parts without a texture."""
    b = min(bevel, width / 3, depth / 3, height / 3)

    def ring(inset: float, z: float) -> list[list[float]]:
        w, d, c = width / 2 - inset, depth / 2 - inset, b
        if b <= 0:
            return [[-w, -d, z], [w, -d, z], [w, d, z], [-w, d, z], [-w, -d, z]]
        return [
            [-w + c, -d, z],
            [w - c, -d, z],
            [w, -d + c, z],
            [w, d - c, z],
            [w - c, d, z],
            [-w + c, d, z],
            [-w, d - c, z],
            [-w, -d + c, z],
            [-w + c, -d, z],
        ]

    rings = (
        [ring(b, 0.0), ring(0.0, b), ring(0.0, height - b), ring(b, height)] if b > 0 else [ring(0, 0), ring(0, height)]
    )
    sides = len(rings[0])
    lid = [[0.0, 0.0, height]] * sides
    floor = [[0.0, 0.0, 0.0]] * sides
    return floats(np.asarray([lid, *rings[::-1], floor]))


def slab(outline: Floats, thickness: float, bevel: float, dome: float = 0.0, rings: int = 10) -> Floats:
    """A flat piece with the outline [n, 2], lying on the ground, listed counter-clockwise, lying on the ground
    and bevelled at its edge; the grid runs from its top centre to its bottom centre."""
    centre = outline.mean(axis=0)
    closed = np.concatenate([outline, outline[:1]])

    def ring(scale: float, z: float) -> Floats:
        flat = centre + (closed - centre) * scale
        return floats(np.concatenate([flat, np.full((len(flat), 1), z)], axis=1))

    inset = bevel / float(np.abs(outline - centre).max())
    rows = [ring(0.0, 0.0), ring(1 - inset, 0.0), ring(1.0, bevel), ring(1.0, max(thickness - bevel, bevel))]
    for t in np.linspace(1 - inset, 0.0, rings):
        rows.append(ring(float(t), thickness + dome * (1 - float(t) ** 2)))
    return floats(np.stack(rows[::-1]))


def moved(points: Floats, by: Point) -> Floats:
    return floats(points + np.asarray(by, np.float32))


def rotation(axis: str, degrees: float) -> Floats:
    """The matrix that turns column vectors about an axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rows = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return floats(np.asarray(rows[axis]))


def turned(points: Floats, axis: str, degrees: float) -> Floats:
    return floats(np.einsum("...j,kj->...k", points, rotation(axis, degrees)))


def grounded(points: Floats) -> Floats:
    """Moved so that the lowest point rests on z = 0."""
    return moved(points, (0.0, 0.0, -float(points[..., 2].min())))
