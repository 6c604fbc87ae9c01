"""Plants for the herbarium: stems, leaves and blossoms of six species, pressed flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ink import Ink, petal_points
from .meshes import curve
from .values import Floats, Random, Said

WIDE, TALL = 800, 1160


@dataclass(frozen=True, kw_only=True)
class Species:
    ru: str
    en: str
    latin: str
    leaf: str
    leaf_said: Said
    flower: tuple[float, float, float]
    flower_said: Said
    flower_form: str


SPECIES = (
    Species(
        ru="Василёк синий",
        en="Cornflower",
        latin="Centaurea cyanus L.",
        leaf="narrow",
        leaf_said=Said("листья линейные", "linear leaves"),
        flower=(0.22, 0.26, 0.52),
        flower_said=Said("соцветия синие", "blue flower heads"),
        flower_form="rays",
    ),
    Species(
        ru="Ромашка аптечная",
        en="Chamomile",
        latin="Matricaria chamomilla L.",
        leaf="feather",
        leaf_said=Said("листья перистые", "feathery leaves"),
        flower=(0.86, 0.82, 0.66),
        flower_said=Said("цветки белые", "white flowers"),
        flower_form="rays",
    ),
    Species(
        ru="Папоротник мужской",
        en="Male fern",
        latin="Dryopteris filix-mas (L.) Schott",
        leaf="fern",
        leaf_said=Said("вайи дважды перистые", "bipinnate fronds"),
        flower=(0.3, 0.3, 0.1),
        flower_said=Said("", ""),
        flower_form="none",
    ),
    Species(
        ru="Клевер луговой",
        en="Red clover",
        latin="Trifolium pratense L.",
        leaf="three",
        leaf_said=Said("листья тройчатые", "trifoliate leaves"),
        flower=(0.52, 0.28, 0.36),
        flower_said=Said("соцветия буровато-розовые", "brownish pink flower heads"),
        flower_form="ball",
    ),
    Species(
        ru="Ландыш майский",
        en="Lily of the valley",
        latin="Convallaria majalis L.",
        leaf="broad",
        leaf_said=Said("листья крупные, эллиптические", "large elliptic leaves"),
        flower=(0.80, 0.74, 0.56),
        flower_said=Said("кисть поникших цветков", "a raceme of nodding flowers"),
        flower_form="bells",
    ),
    Species(
        ru="Зверобой продырявленный",
        en="Saint John's wort",
        latin="Hypericum perforatum L.",
        leaf="pairs",
        leaf_said=Said("листья супротивные, овальные", "opposite oval leaves"),
        flower=(0.74, 0.55, 0.12),
        flower_said=Said("цветки жёлтые", "yellow flowers"),
        flower_form="cluster",
    ),
)


class Press:
    """Masks of the plant: green, its veins, and the flowers."""

    def __init__(self) -> None:
        self.stem, self.leaf, self.dark_leaf, self.vein, self.flower, self.heart = (Ink(TALL, WIDE) for _ in range(6))

    def blade(self, x: float, y: float, angle: float, length: float, width: float, veins: int = 5) -> None:
        (self.leaf if (int(x) + int(y)) % 3 else self.dark_leaf).area(petal_points(x, y, angle, length, width, 20))
        c, s = np.cos(angle), np.sin(angle)
        self.vein.line([(x, y), (x + c * length * 0.95, y + s * length * 0.95)], 1.3)
        for k in range(1, veins):
            t = k / veins
            half = np.sin(np.pi * t**0.8) * width * 0.42
            for side in (-1, 1):
                self.vein.line(
                    [
                        (x + c * length * t, y + s * length * t),
                        (
                            x + c * (length * t + half * 0.8) - s * half * side,
                            y + s * (length * t + half * 0.8) + c * half * side,
                        ),
                    ],
                    0.6,
                )


def grow(species: Species, stems: int, sparse: bool, root: bool, press: Press, rng: Random) -> None:
    foot_x, foot_y = WIDE * 0.5, TALL * 0.86
    for k in range(stems):
        spread = (k - (stems - 1) / 2) * 150
        top = (foot_x + spread * 1.6 + rng.normal(0, 26), TALL * rng.uniform(0.10, 0.24))
        path = curve(
            [(foot_x + spread * 0.15, foot_y), (foot_x + spread * 0.8 + rng.normal(0, 22), TALL * 0.55), top], 90
        )
        press.stem.line(path, 4.4)
        lost = set(rng.integers(0, 30, 5).tolist()) if sparse else set()
        _leaves(species, press, path, lost, rng)
        _blossom(species, press, path, rng)
    if root:
        for _ in range(16):
            angle = rng.uniform(0.3, np.pi - 0.3)
            reach = rng.uniform(30, 80)
            press.stem.line(
                curve(
                    [
                        (foot_x, foot_y),
                        (foot_x + np.cos(angle) * reach * 0.5, foot_y + np.sin(angle) * reach * 0.5 + 6),
                        (foot_x + np.cos(angle) * reach, foot_y + np.sin(angle) * reach),
                    ],
                    14,
                ),
                rng.uniform(0.8, 2),
            )


def _leaves(species: Species, press: Press, path: Floats, lost: set[int], rng: Random) -> None:
    n = len(path)
    if species.leaf == "fern":
        for k in range(10, n - 2, 3):
            length = 120 * np.sin(np.pi * (k / n) ** 0.8) + 12
            along = path[min(k + 1, n - 1)] - path[k - 1]
            heading = float(np.arctan2(along[1], along[0]))
            for side in (-1, 1):
                angle = heading + side * 1.15
                end = path[k] + np.array([np.cos(angle), np.sin(angle)]) * length
                press.stem.line([tuple(path[k]), tuple(end)], 1.5)
                for j in range(2, 12):
                    at = path[k] + (end - path[k]) * j / 12
                    for s in (-1, 1):
                        press.blade(float(at[0]), float(at[1]), angle + s * 1.0, 17 * (1 - j / 16), 7.5, 1)
        return
    if species.leaf == "broad":
        for side in (-1, 1):
            press.blade(
                float(path[3][0]),
                float(path[3][1]),
                -np.pi / 2 + side * rng.uniform(0.2, 0.42),
                rng.uniform(430, 560),
                rng.uniform(120, 165),
                9,
            )
        return
    for number, k in enumerate(range(8, n - 14, 5)):
        if number in lost:
            continue
        x, y = float(path[k][0]), float(path[k][1])
        side = -1 if number % 2 else 1
        size = 1.0 - 0.5 * k / n
        angle = -np.pi / 2 + side * rng.uniform(0.6, 1.1)
        if species.leaf == "narrow":
            press.blade(x, y, angle, 165 * size, 15, 3)
        elif species.leaf == "pairs":
            for both in (-1, 1):
                press.blade(x, y, -np.pi / 2 + both * 1.1, 78 * size, 30, 5)
        elif species.leaf == "three":
            ex, ey = x + np.cos(angle) * 62 * size, y + np.sin(angle) * 62 * size
            press.stem.line([(x, y), (ex, ey)], 2.2)
            for turn in (-1.0, 0.0, 1.0):
                press.blade(float(ex), float(ey), angle + turn, 74 * size, 40, 6)
        else:
            ex, ey = x + np.cos(angle) * 120 * size, y + np.sin(angle) * 120 * size
            press.leaf.line([(x, y), (ex, ey)], 2.0)
            for j in range(1, 9):
                px, py = x + (ex - x) * j / 9, y + (ey - y) * j / 9
                for s in (-1, 1):
                    fx, fy = px + np.cos(angle + s * 0.9) * 34 * size, py + np.sin(angle + s * 0.9) * 34 * size
                    press.leaf.line([(px, py), (fx, fy)], 1.7)


def _blossom(species: Species, press: Press, path: Floats, rng: Random) -> None:
    x, y = float(path[-1][0]), float(path[-1][1])
    if species.flower_form == "rays":
        heads = [(x, y, 1.0)]
        for k in (60, 70):
            side = rng.choice([-1, 1])
            hx, hy = float(path[k][0] + side * rng.uniform(60, 110)), float(path[k][1] - rng.uniform(60, 120))
            press.stem.line(
                curve([tuple(path[k]), ((hx + path[k][0]) / 2 + side * 14, (hy + path[k][1]) / 2), (hx, hy)], 20), 2.6
            )
            heads.append((hx, hy, 0.8))
        for hx, hy, size in heads:
            for k in range(15):
                press.flower.petal(
                    hx, hy, k * 2 * np.pi / 15 + rng.normal(0, 0.1), rng.uniform(42, 54) * size, 17 * size
                )
            press.heart.disc(hx, hy, 17 * size)
    elif species.flower_form == "ball":
        for _ in range(90):
            angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(8, 44)
            press.flower.petal(x + np.cos(angle) * reach * 0.4, y + np.sin(angle) * reach * 0.4, angle, reach * 0.62, 7)
        press.heart.disc(x, y, 9)
    elif species.flower_form == "bells":
        for k in range(48, 90, 5):
            side = -1 if k % 2 else 1
            bx, by = float(path[k][0] + side * 24), float(path[k][1] + 22)
            press.stem.line(curve([tuple(path[k]), (path[k][0] + side * 18, path[k][1] - 4), (bx, by)], 12), 1.4)
            press.flower.area(
                [
                    (bx - 12, by + 20),
                    (bx - 10, by + 4),
                    (bx, by - 3),
                    (bx + 10, by + 4),
                    (bx + 12, by + 20),
                    (bx + 6, by + 15),
                    (bx, by + 21),
                    (bx - 6, by + 15),
                ]
            )
    elif species.flower_form == "cluster":
        for _ in range(9):
            hx, hy = x + rng.normal(0, 52), y + rng.normal(14, 36)
            press.stem.line([(x, y + 80), (hx, hy)], 1.6)
            for k in range(5):
                press.flower.petal(hx, hy, k * 2 * np.pi / 5 + rng.uniform(0, 1), 27, 16)
            press.heart.disc(hx, hy, 5)
