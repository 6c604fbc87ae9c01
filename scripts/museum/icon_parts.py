"""Faces, hands and books on icons, painted as their painters did: flat colours, dark lines, then lights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .ink import Ink
from .meshes import curve
from .planes import blur, clamp, floats, mixed
from .values import Floats, Random, Said
from .words import Colour, Dating

WIDE, TALL = 760, 920


OCHRE = Colour(ru="охристый", en="ochre", rgb=(0.72, 0.52, 0.24))


PALE = Colour(ru="светло-зелёный", en="pale green", rgb=(0.60, 0.62, 0.44))


GILT = Colour(ru="золотой", en="gold", rgb=(0.86, 0.64, 0.26))


CINNABAR = Colour(ru="красный", en="cinnabar red", rgb=(0.56, 0.13, 0.08))


DARK_BLUE = Colour(ru="тёмно-синий", en="dark blue", rgb=(0.11, 0.16, 0.27))


OLIVE = Colour(ru="тёмно-зелёный", en="dark green", rgb=(0.16, 0.23, 0.14))


CHERRY = Colour(ru="вишнёвый", en="cherry", rgb=(0.32, 0.08, 0.10))


EARTH = Colour(ru="коричневый", en="brown", rgb=(0.34, 0.20, 0.11))


@dataclass(frozen=True, kw_only=True)
class Saint:
    key: str
    name: Said
    letters: tuple[str, str]
    hair: tuple[float, float, float]
    beard: float
    bald: bool
    crosses: bool


@dataclass(frozen=True, kw_only=True)
class Icon:
    saint: Saint
    ground: Colour
    robe: Colour
    mantle: Colour
    border: Colour
    book_open: bool
    darkened: float
    lost: float
    split: bool
    height: float
    proportion: float
    face: float
    seed: int
    dating: Dating
    place: Said


class Panel:
    """Tempera laid in flat colours with light and dark lines over them."""

    def __init__(self, ground: Floats) -> None:
        self.colour, self.gold = ground, np.zeros(ground.shape[:2], np.float32)

    def lay(self, ink: Ink, paint: tuple[float, ...], strength: float = 1.0, soft: float = 0.0) -> Floats:
        mask = ink.read() if not soft else blur(ink.read(), soft)
        mask = clamp(mask * np.float32(strength))
        self.colour = mixed(self.colour, paint, mask)
        self.gold *= 1 - mask
        return mask

    def area(
        self, points: list[tuple[float, float]], paint: tuple[float, ...], strength: float = 1.0, soft: float = 0.0
    ) -> None:
        outline = curve([*points, points[0]], 160)
        self._within(outline, soft * 3 + 2, lambda ink, shifted: ink.area(shifted), paint, strength, soft)

    def line(
        self, points: list[tuple[float, float]], paint: tuple[float, ...], width: float, strength: float = 1.0
    ) -> None:
        path = curve(points, 50)
        self._within(path, width + 2, lambda ink, shifted: ink.line(shifted, width), paint, strength, 0.0)

    def _within(
        self,
        points: Floats,
        margin: float,
        draw: Callable[[Ink, Floats], object],
        paint: tuple[float, ...],
        strength: float,
        soft: float,
    ) -> None:
        """Only the rectangle that the stroke touches is painted: there are hundreds of strokes."""
        left, top = (max(int(v - margin), 0) for v in points.min(axis=0))
        right, bottom = int(min(points[:, 0].max() + margin, WIDE)), int(min(points[:, 1].max() + margin, TALL))
        if right - left < 2 or bottom - top < 2:
            return
        ink = Ink(bottom - top, right - left)
        draw(ink, points - floats([left, top]))
        mask = clamp((blur(ink.read(), soft) if soft else ink.read()) * np.float32(strength))
        self.colour[top:bottom, left:right] = mixed(self.colour[top:bottom, left:right], paint, mask)
        self.gold[top:bottom, left:right] *= 1 - mask


def lighter(colour: tuple[float, ...], by: float) -> tuple[float, ...]:
    return tuple(c + (0.98 - c) * by for c in colour)


def head(icon: Icon, panel: Panel, x: float, y: float, u: float, rng: Random) -> None:
    saint = icon.saint
    ground, ochre, light, line = (0.34, 0.22, 0.11), (0.66, 0.45, 0.24), (0.86, 0.67, 0.43), (0.17, 0.09, 0.05)
    hair, pale = saint.hair, lighter(saint.hair, 0.4)
    panel.area(
        [
            (x - u * 0.36, y + u * 0.7),
            (x - u * 0.42, y + u * 1.42),
            (x + u * 0.42, y + u * 1.42),
            (x + u * 0.36, y + u * 0.7),
        ],
        ground,
    )
    if not saint.bald:
        panel.area(
            [
                (x - u * 0.30, y - u * 1.20),
                (x - u * 0.95, y - u * 0.80),
                (x - u * 1.02, y + u * 0.1),
                (x - u * 0.86, y + u * 0.95),
                (x - u * 0.5, y + u * 1.05),
                (x + u * 0.5, y + u * 1.05),
                (x + u * 0.86, y + u * 0.95),
                (x + u * 1.02, y + u * 0.1),
                (x + u * 0.95, y - u * 0.80),
                (x + u * 0.30, y - u * 1.20),
            ],
            hair,
        )
    else:
        for side in (-1, 1):
            panel.area(
                [
                    (x + side * u * 0.62, y - u * 0.72),
                    (x + side * u * 0.95, y - u * 0.35),
                    (x + side * u * 0.92, y + u * 0.25),
                    (x + side * u * 0.70, y + u * 0.2),
                ],
                hair,
            )
    panel.area(
        [
            (x, y - u * 1.06),
            (x - u * 0.62, y - u * 0.86),
            (x - u * 0.76, y - u * 0.1),
            (x - u * 0.60, y + u * 0.55),
            (x, y + u * 1.02),
            (x + u * 0.60, y + u * 0.55),
            (x + u * 0.76, y - u * 0.1),
            (x + u * 0.62, y - u * 0.86),
        ],
        ground,
    )
    panel.area(
        [
            (x - u * 0.05, y - u * 0.98),
            (x - u * 0.55, y - u * 0.78),
            (x - u * 0.64, y - u * 0.30),
            (x - u * 0.46, y + u * 0.45),
            (x - u * 0.1, y + u * 0.82),
            (x + u * 0.30, y + u * 0.55),
            (x + u * 0.52, y - u * 0.2),
            (x + u * 0.48, y - u * 0.74),
        ],
        ochre,
        0.85,
        7,
    )
    panel.area(
        [
            (x - u * 0.42, y - u * 0.84),
            (x, y - u * 0.92),
            (x + u * 0.40, y - u * 0.78),
            (x + u * 0.30, y - u * 0.42),
            (x, y - u * 0.36),
            (x - u * 0.34, y - u * 0.44),
        ],
        light,
        0.65,
        8,
    )
    for side in (-1, 1):
        panel.area(
            [
                (x + side * u * 0.22, y + u * 0.12),
                (x + side * u * 0.50, y + u * 0.02),
                (x + side * u * 0.46, y + u * 0.30),
                (x + side * u * 0.26, y + u * 0.40),
            ],
            light,
            0.6,
            7,
        )
        ex, ey = x + side * u * 0.31, y - u * 0.10
        panel.area(
            [(ex - u * 0.23, ey), (ex, ey - u * 0.13), (ex + u * 0.23, ey + u * 0.01), (ex, ey + u * 0.11)],
            (0.84, 0.76, 0.62),
        )
        panel.lay(Ink(TALL, WIDE).disc(ex, ey - u * 0.005, u * 0.105), line)
        panel.line(
            [(ex - u * 0.25, ey + u * 0.01), (ex, ey - u * 0.15), (ex + u * 0.25, ey + u * 0.01)], line, u * 0.055
        )
        panel.line(
            [(ex - u * 0.20, ey + u * 0.06), (ex, ey + u * 0.14), (ex + u * 0.20, ey + u * 0.06)], line, u * 0.028, 0.8
        )
        panel.line(
            [(x + side * u * 0.10, y - u * 0.26), (ex, ey - u * 0.28), (x + side * u * 0.62, y - u * 0.18)],
            line,
            u * 0.055,
        )
        panel.line(
            [(ex - u * 0.20, ey + u * 0.20), (ex, ey + u * 0.25), (ex + u * 0.18, ey + u * 0.18)], light, u * 0.04, 0.7
        )
    panel.line(
        [
            (x - u * 0.07, y - u * 0.22),
            (x - u * 0.06, y + u * 0.12),
            (x - u * 0.12, y + u * 0.26),
            (x + u * 0.02, y + u * 0.33),
            (x + u * 0.13, y + u * 0.27),
        ],
        line,
        u * 0.035,
    )
    panel.line([(x - u * 0.01, y - u * 0.28), (x + u * 0.005, y + u * 0.20)], light, u * 0.06, 0.9)
    for k in range(3):
        panel.line(
            [
                (x - u * 0.34, y - u * (0.50 + 0.13 * k)),
                (x, y - u * (0.45 + 0.13 * k)),
                (x + u * 0.34, y - u * (0.50 + 0.13 * k)),
            ],
            line,
            u * 0.02,
            0.55,
        )
    if saint.beard:
        low = y + u * (0.95 + saint.beard * 0.75)
        panel.area(
            [
                (x - u * 0.66, y + u * 0.18),
                (x - u * 0.34, y + u * 0.42),
                (x, y + u * 0.40),
                (x + u * 0.34, y + u * 0.42),
                (x + u * 0.66, y + u * 0.18),
                (x + u * 0.62, y + u * 0.75),
                (x + u * 0.22, low),
                (x, low + u * 0.12),
                (x - u * 0.22, low),
                (x - u * 0.62, y + u * 0.75),
            ],
            hair,
        )
        for k in range(13):
            t = (k - 6) / 6
            panel.line(
                [
                    (x + t * u * 0.55, y + u * (0.62 - 0.2 * abs(t))),
                    (x + t * u * 0.48 + rng.normal(0, 3), (y + u * 0.6 + low) / 2),
                    (x + t * u * 0.16, low - u * 0.04),
                ],
                pale if k % 2 else line,
                2.4,
                0.75,
            )
    panel.line(
        [(x - u * 0.20, y + u * 0.54), (x, y + u * 0.51), (x + u * 0.20, y + u * 0.54)], (0.42, 0.12, 0.08), u * 0.075
    )
    panel.line([(x - u * 0.21, y + u * 0.55), (x, y + u * 0.545), (x + u * 0.21, y + u * 0.55)], line, u * 0.022)
    if not saint.bald:
        panel.area(
            [
                (x, y - u * 0.98),
                (x - u * 0.50, y - u * 0.80),
                (x - u * 0.72, y - u * 0.2),
                (x - u * 0.88, y - u * 0.3),
                (x - u * 0.78, y - u * 0.98),
                (x - u * 0.2, y - u * 1.22),
                (x + u * 0.2, y - u * 1.22),
                (x + u * 0.78, y - u * 0.98),
                (x + u * 0.88, y - u * 0.3),
                (x + u * 0.72, y - u * 0.2),
                (x + u * 0.50, y - u * 0.80),
            ],
            hair,
        )
        for k in range(11):
            for side in (-1, 1):
                panel.line(
                    [
                        (x + side * u * 0.06 * k * 0.3, y - u * (1.18 - 0.02 * k)),
                        (x + side * u * (0.45 + 0.045 * k), y - u * (1.08 - 0.055 * k)),
                        (x + side * u * (0.70 + 0.025 * k), y - u * (0.55 - 0.12 * k)),
                    ],
                    pale if k % 2 else line,
                    2.0,
                    0.6,
                )
