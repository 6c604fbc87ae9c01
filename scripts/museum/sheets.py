"""Flat things: paper, canvas, cloth, boards. A picture is stretched over a sheet that is never quite flat."""

from __future__ import annotations

import numpy as np

from . import meshes
from .noise import clouds
from .planes import floats
from .values import Arrangement, Finish, Floats, Part, Pixels, Random, Said, Stance

FRONT = Said("лицевая сторона", "front")


def lying(
    rng: Random,
    finish: Finish,
    width: float,
    height: float,
    curl: float = 0.01,
    wobble: float = 0.004,
    lift: float = 0.0,
) -> Part:
    """A sheet of paper on a table. Curl and wobble are shares of its width."""
    rows, columns = 36, 36
    points = meshes.sheet(width, height, 0.0, rows, columns)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    angle = rng.uniform(-0.4, 0.4)
    across = x * np.cos(angle) + y * np.sin(angle)
    corner = np.maximum(x * rng.choice([-1, 1]) + y * rng.choice([-1, 1]) - 1.1, 0) ** 2
    rise = curl * across**2 * width + corner * curl * width * 1.2
    rise = rise + clouds(rng, rows, columns, 18, 2) * wobble * width
    points[..., 2] = floats(rise - rise.min() + width * 0.002 + lift)
    return Part(points=points, finish=finish, two_sided=True)


def board(
    finish: Finish, width: float, height: float, thickness: float, edge: Pixels, bow: float = 0.0
) -> tuple[Part, ...]:
    """A panel, a book cover, a mount: a face with sides. `bow` is the rise of its middle."""
    rows, columns = (24, 24) if bow else (2, 2)
    face = meshes.sheet(width, height, thickness, rows, columns)
    if bow:
        x = np.linspace(-1, 1, columns)
        face[..., 2] += floats((1 - x**2) * bow)[None]
    block = meshes.box(width, height, thickness * 0.998)
    sides = Finish(colour=edge, roughness=0.7)
    return Part(points=face, finish=finish), Part(points=block, finish=sides, faceted=True)


def one_side(*parts: Part, stance: Stance = Stance.LYING) -> tuple[Arrangement, ...]:
    return (Arrangement(parts=parts, stance=stance, side=FRONT, turn_limit_deg=35.0),)


def solid(red: float, green: float, blue: float) -> Pixels:
    """A colour without a texture."""
    return np.asarray([[[round(red * 255), round(green * 255), round(blue * 255)]]], np.uint8)


def solid_of(colour: Floats) -> Pixels:
    return solid(float(colour[0]), float(colour[1]), float(colour[2]))
