"""Invented views: a sky, far hills, water, trees, a house or a church. Painters and photographers share them."""

from __future__ import annotations

import numpy as np

from .landmarks import DRAW, MOTIFS, SEASONS, Landscape, birch, tree
from .noise import clouds
from .planes import clamp, floats, mixed, smoothstep
from .values import Floats, Random
from .words import chance, pick


def imagine(rng: Random) -> Landscape:
    motif = pick(rng, tuple(MOTIFS))
    return Landscape(
        season=pick(rng, SEASONS),
        motif=motif,
        river=motif == "boat" or chance(rng, 0.5),
        horizon=float(rng.uniform(0.42, 0.62)),
        at=float(rng.uniform(0.3, 0.7)),
        birches=int(rng.integers(3, 7)) if motif == "birches" else int(rng.integers(0, 2)),
        seed=int(rng.integers(0, 1 << 30)),
    )


def painted(view: Landscape, height: int, width: int) -> Floats:
    """The view in colour, [height, width, 3], 0..1."""
    rng = np.random.default_rng(view.seed)
    season = view.season
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    horizon = view.horizon
    picture = mixed(
        np.zeros((height, width, 3), np.float32) + floats(season.sky_high), season.sky_low, smoothstep(y, 0.0, horizon)
    )
    cloud = clouds(rng, height, width, width * 0.45, 6, gain=0.55, stretch=0.35)
    cover = smoothstep(floats(cloud + (y - horizon * 0.5) * 0.25), 0.0, 0.5) * (
        1 - smoothstep(y, horizon * 0.85, horizon)
    )
    lit = clamp(0.75 + (cloud - np.roll(cloud, -max(2, height // 60), axis=0)) * 3)
    picture = mixed(picture, floats(np.asarray(season.cloud)) * lit[..., None], cover * np.float32(0.85))
    for layer in range(3):
        ridge = (
            horizon
            - (0.09 - 0.04 * layer)
            + clouds(rng, 1, width, width * (0.6 - 0.15 * layer), 4)[0] * (0.05 - 0.008 * layer)
        )
        tone = np.asarray(season.far) * (1 - layer * 0.22) + np.asarray(season.sky_low) * (0.22 - 0.1 * layer)
        mask = smoothstep(floats(y - ridge[None]), -0.002, 0.004)
        texture = 1 + clouds(rng, height, width, 30, 4)[..., None] * 0.14
        picture = mixed(picture, floats(tone * texture), mask)
    ground = horizon + 0.03 + clouds(rng, 1, width, width * 0.5, 3)[0] * 0.02
    depth = clamp((y - horizon) / (1 - horizon))
    meadow = (
        np.asarray(season.near)
        * (1.15 - 0.45 * depth[..., None])
        * (1 + clouds(rng, height, width, 50, 5, stretch=0.3)[..., None] * 0.30)
    )
    picture = mixed(picture, floats(meadow), smoothstep(floats(y - ground[None]), -0.003, 0.003))
    if view.river:
        picture = _river(view, picture, x, y, rng)
    DRAW[view.motif](view, picture, rng)
    trees = rng.integers(2, 6)
    for _ in range(int(trees)):
        at = float(rng.choice([rng.uniform(-0.02, 0.24), rng.uniform(0.76, 1.02)]))
        base = horizon + rng.uniform(0.05, 0.22)
        tree(view, picture, at, base, rng.uniform(0.18, 0.42), rng)
    for k in range(view.birches):
        birch(
            view,
            picture,
            float(np.clip(view.at + (k - view.birches / 2) * 0.10 + rng.normal(0, 0.025), 0.04, 0.96)),
            rng,
        )
    grass = clouds(rng, height, width, 9, 2, stretch=5.0) * depth**2 * np.float32(0.16)
    return clamp(floats(picture * (1 + grass[..., None])))


def _river(view: Landscape, picture: Floats, x: Floats, y: Floats, rng: Random) -> Floats:
    height, width = y.shape
    depth = clamp((y - view.horizon - 0.04) / (1 - view.horizon))
    middle = 0.5 + (view.at - 0.5) * 0.6 + 0.28 * np.sin(depth * 3.6 + rng.uniform(0, 6)) * (1 - depth * 0.4)
    half = 0.05 + 0.36 * depth + clouds(rng, 1, width, 90, 3)[0][None] * 0.01
    mask = smoothstep(floats(half - np.abs(x - middle)), -0.004, 0.008) * smoothstep(
        y, view.horizon + 0.045, view.horizon + 0.055
    )
    mirrored = picture[np.clip(int(view.horizon * height) * 2 - np.arange(height), 0, height - 1)]
    ripples = clouds(rng, height, width, 60, 4, stretch=0.08) * np.float32(0.22)
    water = mirrored * 0.55 + np.asarray(view.season.water) * 0.42
    return mixed(picture, floats(water * (1 + ripples[..., None])), mask)
