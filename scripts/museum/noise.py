"""Chance made visible: clouds, grain, cells and cracks, all drawn from the generator that is handed in."""

from __future__ import annotations

import cv2
import numpy as np

from .planes import blur, clamp, floats, resized, sampled
from .values import Floats, Ints, Random


def clouds(
    rng: Random,
    height: int,
    width: int,
    scale: float,
    octaves: int = 4,
    gain: float = 0.5,
    wrap: bool = False,
    stretch: float = 1.0,
) -> Floats:
    """Fractal noise in about -1..1; `scale` is the largest blot in pixels, `stretch` draws it out along y."""
    total = np.zeros((height, width), np.float32)
    weight, sum_of_squares = 1.0, 0.0
    for _ in range(octaves):
        if scale < 1.5:
            break
        columns = max(2, int(np.ceil(width / scale)))
        rows = max(2, int(np.ceil(height / (scale * stretch))))
        coarse = floats(rng.standard_normal((rows, columns)))
        if wrap:
            coarse = np.concatenate([coarse[:, -2:], coarse, coarse[:, :2]], axis=1)
            wide = round(width / columns * 2)
            fine = resized(coarse, width + 2 * wide, height)[:, wide : wide + width]
        else:
            fine = resized(coarse, width, height)
        total += np.float32(weight) * fine
        sum_of_squares += weight * weight
        weight, scale = weight * gain, scale / 2
    return total / np.float32(2.0 * np.sqrt(max(sum_of_squares, 1e-6)))


def grain(rng: Random, height: int, width: int, sigma: float = 0.0) -> Floats:
    """White noise of unit deviation, optionally softened."""
    dots = rng.standard_normal((height, width), dtype=np.float32)
    if sigma <= 0:
        return dots
    soft = blur(dots, sigma)
    return soft / np.float32(soft.std() + 1e-6)


def cells(rng: Random, height: int, width: int, count: int, jitter: float = 0.0) -> tuple[Floats, Ints]:
    """Distance in pixels to the nearest of `count` random seeds, and which seed that is."""
    seeds = np.full((height, width), 255, np.uint8)
    seeds[rng.integers(0, height, count), rng.integers(0, width, count)] = 0
    near, labels = cv2.distanceTransformWithLabels(seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    near, labels = floats(np.asarray(near)), np.asarray(labels)
    if jitter > 0:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        x += clouds(rng, height, width, jitter * 6) * np.float32(jitter)
        y += clouds(rng, height, width, jitter * 6) * np.float32(jitter)
        near = sampled(near, x, y)
        labels = np.asarray(sampled(floats(labels), x, y, nearest=True))
    return near, labels.astype(np.int64)


def borders(labels: Ints, softness: float = 0.7) -> Floats:
    """1 on the seams between cells, 0 inside them."""
    seam = np.zeros(labels.shape, np.float32)
    seam[:, 1:] += labels[:, 1:] != labels[:, :-1]
    seam[1:] += labels[1:] != labels[:-1]
    return clamp(blur(clamp(seam), softness) * np.float32(1.6))


def craquelure(rng: Random, height: int, width: int, cell: float) -> Floats:
    """A net of cracks whose meshes are about `cell` pixels wide; patchy, as it is on a panel."""
    _, labels = cells(rng, height, width, max(4, int(height * width / cell**2)), jitter=cell / 5)
    patches = clamp(clouds(rng, height, width, max(height, width) / 3) * np.float32(1.2) + np.float32(0.6))
    return borders(labels, 0.6) * patches


def hairline(rng: Random, start: tuple[float, float], angle: float, length: float, wander: float = 0.35) -> Floats:
    """A wandering crack as points [n, 2] in pixels."""
    steps = max(6, int(length / 6))
    angles = angle + np.cumsum(rng.normal(0, wander, steps)) * 0.6
    walk = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (length / steps)
    return floats(np.concatenate([[start], np.asarray(start) + np.cumsum(walk, axis=0)]))
