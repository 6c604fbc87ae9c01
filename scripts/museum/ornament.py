"""Bands of ornament that repeat around a vessel, a plate or a carpet, each with the word a cataloguer uses."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .ink import Ink, spiral
from .planes import floats, resized
from .values import Floats


@dataclass(frozen=True, kw_only=True)
class Motif:
    """`ru` is in the genitive («пояс меандра»). `draw` paints one repeat on a square of 96 pixels.

    `across` is the repeat's width to height.
    """

    key: str
    ru: str
    en: str
    draw: Callable[[Ink], object]
    across: float = 1.0


S = 96


def _meander(ink: Ink) -> None:
    path = [(0, 84), (0, 12), (78, 12), (78, 62), (40, 62), (40, 38), (58, 38)]
    ink.line(path, 9)
    ink.line([(0, 84), (96, 84)], 9)


def _waves(ink: Ink) -> None:
    ink.line(spiral(56, 44, 34, 1.6, np.pi), 8)
    t = np.linspace(0, 1, 24)
    for shift in (-96, 0, 96):
        ink.line(np.stack([22 + shift + 96 * t - 0, 44 + 40 * np.sin(t * np.pi) ** 0.7], axis=1), 8)


def _palmettes(ink: Ink) -> None:
    for angle, length in zip(np.linspace(-0.9, 0.9, 7), (38, 50, 62, 70, 62, 50, 38), strict=True):
        ink.petal(48, 82, angle - np.pi / 2, length, 13)
    ink.line([(0, 90), (96, 90)], 5)
    ink.disc(48, 84, 8)


def _zigzag(ink: Ink) -> None:
    ink.line([(-48, 84), (0, 14), (48, 84), (96, 14), (144, 84)], 11)
    ink.disc(48, 26, 8)
    ink.disc(0, 76, 8)
    ink.disc(96, 76, 8)


def _circles(ink: Ink) -> None:
    ink.circle(48, 48, 34, 8)
    ink.disc(48, 48, 13)


def _lozenges(ink: Ink) -> None:
    ink.line([(48, 6), (92, 48), (48, 90), (4, 48)], 8, closed=True)
    ink.area([(48, 28), (68, 48), (48, 68), (28, 48)])


def _tendril(ink: Ink) -> None:
    t = np.linspace(-0.1, 1.1, 40)
    ink.line(np.stack([t * 96, 48 + 26 * np.sin(t * 2 * np.pi)], axis=1), 6)
    ink.petal(24, 74, -np.pi / 2.4, 46, 24)
    ink.petal(72, 22, np.pi / 1.8, 46, 24)
    ink.disc(48, 22, 9)
    ink.disc(2, 78, 8)
    ink.disc(94, 78, 8)


def _triangles(ink: Ink) -> None:
    ink.area([(0, 90), (48, 8), (96, 90)])
    ink.area([(26, 84), (48, 46), (70, 84)], 0)


def _net(ink: Ink) -> None:
    for shift in (-96, -48, 0, 48, 96):
        ink.line([(shift, 0), (shift + 96, 96)], 5)
        ink.line([(shift + 96, 0), (shift, 96)], 5)


def _petals(ink: Ink) -> None:
    ink.petal(48, 92, -np.pi / 2, 84, 62)
    ink.petal(48, 86, -np.pi / 2, 58, 34, 0)
    ink.petal(48, 84, -np.pi / 2, 40, 14)


def _rosettes(ink: Ink) -> None:
    for k in range(8):
        ink.petal(48, 48, k * np.pi / 4, 40, 20)
    ink.disc(48, 48, 12, 0)
    ink.disc(48, 48, 7)


def _scales(ink: Ink) -> None:
    for x, y in ((0, 0), (96, 0), (48, 30), (0, 60), (96, 60), (48, 90), (48, -30)):
        t = np.linspace(0, np.pi, 20)
        ink.line(np.stack([x + 46 * np.cos(t), y + 34 * np.sin(t)], axis=1), 6)


def _flowers(ink: Ink) -> None:
    for k in range(5):
        angle = k * 2 * np.pi / 5 - np.pi / 2
        ink.disc(48 + 20 * np.cos(angle), 36 + 20 * np.sin(angle), 13)
    ink.disc(48, 36, 8, 0)
    ink.line([(48, 62), (44, 92)], 5)
    ink.petal(45, 84, -0.5, 40, 18)
    ink.petal(45, 84, np.pi + 0.5, 40, 18)


def _plait(ink: Ink) -> None:
    t = np.linspace(-0.1, 1.1, 40)
    ink.line(np.stack([t * 96, 48 + 30 * np.sin(t * 2 * np.pi)], axis=1), 12)
    ink.line(np.stack([t * 96, 48 - 30 * np.sin(t * 2 * np.pi)], axis=1), 22, 0)
    ink.line(np.stack([t * 96, 48 - 30 * np.sin(t * 2 * np.pi)], axis=1), 12)


MOTIFS = {
    motif.key: motif
    for motif in (
        Motif(key="meander", ru="меандра", en="meander", draw=_meander),
        Motif(key="waves", ru="бегущей волны", en="running waves", draw=_waves),
        Motif(key="palmettes", ru="пальметт", en="palmettes", draw=_palmettes, across=0.9),
        Motif(key="zigzag", ru="зигзага с точками", en="zigzag with dots", draw=_zigzag),
        Motif(key="circles", ru="кружков с точкой", en="dotted circles", draw=_circles),
        Motif(key="lozenges", ru="ромбов", en="lozenges", draw=_lozenges),
        Motif(key="tendril", ru="вьющегося побега", en="scrolling tendrils", draw=_tendril, across=1.5),
        Motif(key="triangles", ru="треугольников", en="triangles", draw=_triangles, across=0.8),
        Motif(key="net", ru="косой сетки", en="diagonal lattice", draw=_net),
        Motif(key="petals", ru="лепестков", en="petals", draw=_petals, across=0.7),
        Motif(key="rosettes", ru="розеток", en="rosettes", draw=_rosettes),
        Motif(key="scales", ru="чешуи", en="scales", draw=_scales),
        Motif(key="flowers", ru="цветов на стеблях", en="flowers on stems", draw=_flowers),
        Motif(key="plait", ru="плетёнки", en="plaitwork", draw=_plait, across=1.4),
    )
}


def band(motif: Motif, height: int, width: int, repeats: int) -> Floats:
    """A strip that closes on itself after `repeats`."""
    ink = Ink(S, S)
    motif.draw(ink)
    edges = np.round(np.linspace(0, width, repeats + 1)).astype(int)
    one = ink.read()
    return floats(
        np.concatenate([resized(one, b - a, height) for a, b in itertools.pairwise(edges)], axis=1).clip(0, 1)
    )


def repeats_for(motif: Motif, height: float, width: float) -> int:
    """How many repeats make the motif as wide as it wants to be."""
    return max(3, round(width / (height * motif.across)))
