"""What the object lies on or hangs from: paper, card, linen, wood, velvet, a desk, a plastered wall."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .noise import clouds, grain
from .planes import blur, clamp, flat, floats, linear, mixed, pixels
from .values import Floats, Pixels

SIZE = 640


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A tile of material. `tile` is its width in object radii; `backdrop` is the colour of what is behind, None if the
    ground itself sweeps up behind the object."""

    name: str
    tile: float
    backdrop: tuple[float, float, float] | None = None


PAPER = Ground(name="paper", tile=3.0)
GREY = Ground(name="grey card", tile=3.0)
WARM = Ground(name="warm paper", tile=3.0)
BLUE = Ground(name="blue paper", tile=3.0)
VELVET = Ground(name="black velvet", tile=2.4)
LINEN = Ground(name="linen", tile=1.9, backdrop=(0.62, 0.59, 0.53))
OAK = Ground(name="oak", tile=2.3, backdrop=(0.35, 0.33, 0.31))
WALNUT = Ground(name="walnut", tile=2.3, backdrop=(0.22, 0.23, 0.25))
DESK = Ground(name="desk", tile=2.6, backdrop=(0.66, 0.64, 0.60))
PLASTER = Ground(name="plaster", tile=3.0)
GREEN_BAIZE = Ground(name="green baize", tile=2.2, backdrop=(0.2, 0.21, 0.2))


@lru_cache(maxsize=16)
def texture(name: str) -> Pixels:
    """The tile, mirrored at its edges so that it may be repeated."""
    rng = np.random.default_rng(sum(name.encode()))
    quarter = _PAINTERS[name](rng)
    half = np.concatenate([quarter, quarter[:, ::-1]], axis=1)
    return pixels(np.concatenate([half, half[::-1]], axis=0))


@lru_cache(maxsize=16)
def mean_colour(name: str) -> Floats:
    """Of the tile, in linear light."""
    return floats(linear(texture(name)[::4, ::4]).mean(axis=(0, 1)))


def _toned(rng: np.random.Generator, colour: tuple[float, float, float], unevenness: float, dots: float) -> Floats:
    tone = clouds(rng, SIZE, SIZE, 260, 3) * np.float32(unevenness) + grain(rng, SIZE, SIZE, 0.8) * np.float32(dots)
    return floats(flat(SIZE, SIZE, colour) * (1 + tone[..., None]))


def _linen(rng: np.random.Generator) -> Floats:
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    warp = np.sin(x * 2 * np.pi / 5 + clouds(rng, SIZE, SIZE, 60, 2) * 1.5)
    weft = np.sin(y * 2 * np.pi / 5 + clouds(rng, SIZE, SIZE, 60, 2) * 1.5)
    threads = floats(np.maximum(warp, weft) * 0.5 + warp * weft * 0.25)
    slubs = clouds(rng, SIZE, SIZE, 90, 3, stretch=0.06) + clouds(rng, SIZE, SIZE, 6, 2, stretch=16.0)
    tone = 1 + threads * 0.10 + slubs * 0.07 + grain(rng, SIZE, SIZE, 0.6) * 0.02
    return floats(flat(SIZE, SIZE, (0.80, 0.75, 0.66)) * tone[..., None])


def _wood(
    rng: np.random.Generator, dark: tuple[float, float, float], pale: tuple[float, float, float], planks: int
) -> Floats:
    out = np.zeros((SIZE, SIZE, 3), np.float32)
    width = SIZE // planks
    for k in range(planks):
        left, right = k * width, SIZE if k == planks - 1 else (k + 1) * width
        _y, x = np.mgrid[0:SIZE, 0 : right - left].astype(np.float32)
        bend = clouds(rng, SIZE, right - left, 420, 3, stretch=3.0) * np.float32(width * 0.30)
        heart = (x - width * rng.uniform(0.2, 0.8)) / width
        # Growth rings lie closer towards the edge of the board, and each has a sharp and a soft side.
        phase = (x + bend) / np.float32(width) * rng.uniform(5, 9) + heart**2 * rng.uniform(2, 5)
        rings = np.power(np.mod(phase, 1.0), 2.5)
        fibre = (
            clouds(rng, SIZE, right - left, 3.2, 1, stretch=34.0) * 0.34
            + clouds(rng, SIZE, right - left, 12, 2, stretch=26.0) * 0.34
        )
        pores = clamp(clouds(rng, SIZE, right - left, 2.2, 1, stretch=12.0) - np.float32(0.75))
        tone = clouds(rng, SIZE, right - left, 260, 2, stretch=2.0) * 0.16
        share = clamp(floats(0.62 - rings * 0.36 + fibre * 0.42 + tone + rng.uniform(-0.13, 0.13) - pores * 0.7))
        board = mixed(flat(SIZE, right - left, dark), pale, share)
        board[:, :2] *= np.float32(0.55)
        out[:, left:right] = board
    return floats(out * (1 + grain(rng, SIZE, SIZE, 0.7)[..., None] * 0.012))


def _plaster(rng: np.random.Generator) -> Floats:
    bumps = clouds(rng, SIZE, SIZE, 24, 4)
    shade = (blur(bumps, 1.0) - blur(np.roll(bumps, 2, axis=0), 1.0)) * np.float32(0.35)
    tone = 1 + shade + clouds(rng, SIZE, SIZE, 300, 3) * 0.05
    return floats(flat(SIZE, SIZE, (0.80, 0.79, 0.76)) * tone[..., None])


def _baize(rng: np.random.Generator) -> Floats:
    fluff = grain(rng, SIZE, SIZE, 0.8) * 0.07 + clouds(rng, SIZE, SIZE, 40, 4) * 0.08
    return floats(flat(SIZE, SIZE, (0.14, 0.26, 0.19)) * (1 + fluff[..., None]))


_PAINTERS = {
    "paper": lambda rng: _toned(rng, (0.90, 0.90, 0.89), 0.012, 0.006),
    "grey card": lambda rng: _toned(rng, (0.56, 0.565, 0.57), 0.02, 0.010),
    "warm paper": lambda rng: _toned(rng, (0.80, 0.76, 0.69), 0.02, 0.008),
    "blue paper": lambda rng: _toned(rng, (0.42, 0.50, 0.58), 0.02, 0.008),
    "black velvet": lambda rng: _toned(rng, (0.125, 0.12, 0.13), 0.30, 0.10),
    "linen": _linen,
    "oak": lambda rng: _wood(rng, (0.40, 0.28, 0.18), (0.66, 0.52, 0.37), 3),
    "walnut": lambda rng: _wood(rng, (0.15, 0.095, 0.065), (0.36, 0.25, 0.175), 3),
    "desk": lambda rng: _wood(rng, (0.62, 0.54, 0.43), (0.79, 0.73, 0.63), 2),
    "plaster": _plaster,
    "green baize": _baize,
}
