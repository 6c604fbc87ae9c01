"""The wear of centuries. Each kind of damage is the object's own: drawn once, the same in every view."""

from __future__ import annotations

import numpy as np

from .ink import Ink
from .noise import clouds, grain, hairline
from .planes import blur, clamp, floats, smoothstep
from .values import Floats, Random


def cracks(rng: Random, height: int, width: int, count: int, length: float, thickness: float = 0.8) -> Floats:
    """Wandering hairlines that fork once."""
    ink = Ink(height, width)
    for _ in range(count):
        start = (rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height)
        angle = rng.uniform(0, 2 * np.pi)
        trunk = hairline(rng, start, angle, length)
        ink.line(trunk, thickness)
        fork = trunk[len(trunk) // 2]
        ink.line(hairline(rng, (fork[0], fork[1]), angle + rng.choice([-0.8, 0.8]), length * 0.5), thickness * 0.7)
    return ink.read()


def losses(rng: Random, height: int, width: int, share: float, scale: float) -> Floats:
    """Patches where a layer has come off, with a ragged edge; `share` of the area."""
    field = clouds(rng, height, width, scale, 5, gain=0.6)
    level = float(np.quantile(field[::4, ::4], 1 - share))
    return smoothstep(field, level, level + 0.05)


def stains(rng: Random, height: int, width: int, count: int, radius: float) -> Floats:
    """Tide marks: a pale inside and a darker rim."""
    total = np.zeros((height, width), np.float32)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wobble = clouds(rng, height, width, radius * 0.8, 4) * np.float32(radius * 0.5)
    for _ in range(count):
        cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.5, 1.0) * radius
        distance = np.hypot(x - np.float32(cx), y - np.float32(cy)) + wobble
        inside = 1 - smoothstep(floats(distance), r * 0.93, r)
        rim = inside * smoothstep(floats(distance), r * 0.72, r * 0.97)
        total = np.maximum(total, inside * np.float32(0.35) + rim * np.float32(0.65))
    return total


def foxing(rng: Random, height: int, width: int, density: float) -> Floats:
    """The brown spots of old paper."""
    ink = Ink(height, width, 1)
    for _ in range(int(density * 90)):
        radius = float(rng.gamma(1.6, 1.3)) + 0.5
        ink.disc(rng.uniform(0, width), rng.uniform(0, height), radius, int(rng.uniform(60, 255)))
    return clamp(blur(ink.read(), 1.1) * np.float32(1.2))


def edge_wear(rng: Random, height: int, width: int, depth: float) -> Floats:
    """Toning that creeps in from the edges of a sheet; `depth` in pixels."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    inwards = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    inwards += clouds(rng, height, width, depth * 2.5, 4) * np.float32(depth * 0.35)
    return floats(np.exp(-np.maximum(inwards, 0) / np.float32(depth)))


def torn_outline(rng: Random, height: int, width: int, roughness: float, bites: int = 0, bite: float = 20.0) -> Floats:
    """The opacity of a sheet whose edge is `roughness` pixels uneven, with `bites` torn out of the edge."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    inwards = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    ragged = clouds(rng, height, width, max(roughness * 6, 6), 4) * np.float32(roughness)
    keep = inwards + ragged - np.float32(roughness * 0.9)
    for _ in range(bites):
        side = int(rng.integers(0, 4))
        along = rng.uniform(0.05, 0.95)
        cx = (along * width, width, along * width, 0)[side]
        cy = (0, along * height, height, along * height)[side]
        r = bite * rng.uniform(0.5, 1.3)
        away = np.hypot(x - np.float32(cx), y - np.float32(cy)) - np.float32(r) + ragged * np.float32(3.0)
        keep = np.minimum(keep, away)
    return clamp(keep * np.float32(0.5) + np.float32(0.5))


def folds(height: int, width: int, across: int, down: int) -> Floats:
    """Ridges of a sheet that was folded: height in pixels, `across` vertical and `down` horizontal creases."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    relief = np.zeros((height, width), np.float32)
    for k in range(1, across + 1):
        relief += np.exp(-np.abs(x - width * k / (across + 1)) / np.float32(2.5)) * (1 if k % 2 else -1)
    for k in range(1, down + 1):
        relief += np.exp(-np.abs(y - height * k / (down + 1)) / np.float32(2.5)) * (1 if k % 2 else -1)
    return relief


def scratches(rng: Random, height: int, width: int, count: int, length: float) -> Floats:
    ink = Ink(height, width)
    for _ in range(count):
        x, y, angle = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0, np.pi)
        reach = length * rng.uniform(0.2, 1)
        ink.line([(x, y), (x + np.cos(angle) * reach, y + np.sin(angle) * reach)], 0.5, int(rng.uniform(60, 220)))
    return ink.read()


def dust(rng: Random, height: int, width: int) -> Floats:
    """Fine mottling that no surface of matter is without, about -1..1."""
    return clouds(rng, height, width, 40, 4) * np.float32(0.7) + grain(rng, height, width, 0.7) * np.float32(0.2)
