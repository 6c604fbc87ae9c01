"""Old paper: its tone, fibres and stains, and what was written on it by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import damage
from .ink import Ink
from .meshes import curve
from .noise import clouds, grain
from .planes import flat, floats, mixed
from .values import Floats, Random
from .words import chance


@dataclass(frozen=True, kw_only=True)
class Ageing:
    """What has happened to a sheet."""

    toned: float
    foxed: bool
    stained: bool
    creased: bool
    torn: int

    def ru(self) -> list[str]:
        return [
            text
            for yes, text in (
                (self.foxed, "фоксинги"),
                (self.stained, "затёки"),
                (self.creased, "следы сгибов"),
                (self.torn, "утраты и надрывы по краям"),
            )
            if yes
        ]

    def en(self) -> list[str]:
        return [
            text
            for yes, text in (
                (self.foxed, "foxing"),
                (self.stained, "tide marks"),
                (self.creased, "fold marks"),
                (self.torn, "tears and losses along the edges"),
            )
            if yes
        ]


def aged(rng: Random) -> Ageing:
    return Ageing(
        toned=float(rng.uniform(0.1, 0.9)),
        foxed=chance(rng, 0.45),
        stained=chance(rng, 0.35),
        creased=chance(rng, 0.45),
        torn=int(rng.choice([0, 0, 1, 3])),
    )


def blank(
    rng: Random, height: int, width: int, ageing: Ageing, white: tuple[float, float, float] = (0.93, 0.905, 0.84)
) -> Floats:
    """The sheet before anything is on it."""
    brown = (0.80, 0.68, 0.48)
    paper = mixed(flat(height, width, white), brown, ageing.toned * 0.45)
    uneven = clouds(rng, height, width, width * 0.6, 4) * np.float32(0.03) + grain(
        rng, height, width, 0.8
    ) * np.float32(0.010)
    paper = floats(paper * (1 + uneven[..., None]))
    return mixed(
        paper,
        (0.58, 0.42, 0.24),
        damage.edge_wear(rng, height, width, width * 0.045) * np.float32(0.25 + 0.4 * ageing.toned),
    )


def worn(rng: Random, paper: Floats, ageing: Ageing) -> Floats:
    """The same sheet after the years, whatever is on it."""
    height, width = paper.shape[:2]
    if ageing.foxed:
        paper = mixed(
            paper, (0.55, 0.33, 0.14), damage.foxing(rng, height, width, rng.uniform(0.4, 1.4)) * np.float32(0.55)
        )
    if ageing.stained:
        paper = mixed(
            paper,
            (0.56, 0.42, 0.24),
            damage.stains(rng, height, width, int(rng.integers(1, 4)), width * 0.3) * np.float32(0.5),
        )
    if ageing.creased:
        crease = np.abs(damage.folds(height, width, 1, 1))
        paper = mixed(paper, (0.55, 0.45, 0.32), floats(np.clip(crease, 0, 1)) * np.float32(0.30))
    return paper


def relief(rng: Random, height: int, width: int, ageing: Ageing) -> Floats:
    """Height in pixels of the sheet's own width."""
    surface = grain(rng, height, width, 1.0) * np.float32(0.06) + clouds(rng, height, width, 120, 3) * np.float32(0.8)
    if ageing.creased:
        surface = surface + damage.folds(height, width, 1, 1) * np.float32(1.6)
    return floats(surface)


def outline(rng: Random, height: int, width: int, ageing: Ageing) -> Floats:
    return damage.torn_outline(rng, height, width, 2.5, ageing.torn, width * 0.05)


def handwriting(rng: Random, ink: Ink, x: float, y: float, width: float, size: float, slant: float = 0.35) -> None:
    """One line of old cursive: unreadable, but with words, ascenders and a running rhythm."""
    at = x
    while at < x + width - size * 2:
        word = min(rng.uniform(2.0, 7.5) * size, x + width - at)
        strokes = max(2, int(word / (size * 0.42)))
        points: list[tuple[float, float]] = []
        for k in range(strokes):
            cx = at + (k + 0.5) * word / strokes
            tall = size * rng.choice([0.5, 0.5, 0.5, 0.55, 1.25, -0.8], p=[0.3, 0.3, 0.14, 0.1, 0.1, 0.06])
            low = y + rng.normal(0, size * 0.03)
            points += [
                (cx - word / strokes * 0.3, low),
                (cx + tall * slant, low - tall),
                (cx + word / strokes * 0.12 + tall * slant * 0.4, low - tall * 0.45),
            ]
        points.append((at + word, y))
        ink.line(curve(points, strokes * 14), max(0.8, size * 0.085))
        at += word + size * rng.uniform(0.55, 0.9)


def signature(rng: Random, ink: Ink, x: float, y: float, size: float) -> None:
    points = [
        (
            x + k * size * 0.4 + rng.normal(0, size * 0.15),
            y - rng.choice([0.2, 0.9, 1.5]) * size * (k % 2) + rng.normal(0, 3),
        )
        for k in range(10)
    ]
    points += [(x + size * 5.4, y - size), (x + size * 1.2, y + size * 0.55), (x + size * 4.8, y + size * 0.5)]
    ink.line(curve(points, 140), max(1.0, size * 0.09))
