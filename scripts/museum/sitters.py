"""Studio sitters as an old lens saw them: soft faces, uniforms, bonnets, painted backdrops. Grey tones 0..1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ink import Ink
from .meshes import curve
from .noise import clouds
from .planes import blur, clamp, floats
from .values import Floats, Random, Said
from .words import chance, pick

WHO = {
    "officer": Said("портрет офицера в мундире", "portrait of an officer in uniform"),
    "merchant": Said("портрет купца с бородой", "portrait of a bearded merchant"),
    "lady": Said("портрет дамы в тёмном платье", "portrait of a lady in a dark dress"),
    "woman": Said("портрет женщины в светлом платке", "portrait of a woman in a light headscarf"),
    "student": Said("портрет молодого человека в сюртуке", "portrait of a young man in a frock coat"),
}


@dataclass(frozen=True, kw_only=True)
class Sitter:
    who: str
    face: float
    hair: float
    turn: float
    medals: int
    brooch: bool
    oval: bool
    seed: int

    def said(self) -> Said:
        return WHO[self.who]

    def details(self) -> Said:
        ru, en = ["погрудное изображение"], ["head and shoulders"]
        if self.oval:
            ru.append("в овале")
            en.append("in an oval")
        if self.who == "officer" and self.medals:
            ru.append("на груди награды")
            en.append("medals on the chest")
        if self.who == "lady" and self.brooch:
            ru.append("у ворота брошь")
            en.append("a brooch at the collar")
        return Said(", ".join(ru), ", ".join(en))


def sit(rng: Random) -> Sitter:
    return Sitter(
        who=pick(rng, tuple(WHO)),
        face=float(rng.uniform(0.86, 1.12)),
        hair=float(rng.uniform(0.06, 0.5)),
        turn=float(rng.uniform(-0.5, 0.5)),
        medals=int(rng.integers(0, 4)),
        brooch=chance(rng, 0.6),
        oval=chance(rng, 0.4),
        seed=int(rng.integers(0, 1 << 30)),
    )


class _Tones:
    """Grey paint on the plate; shapes are given about a face at (0, 0) whose half-height is 1."""

    def __init__(self, height: int, width: int, unit: float, x: float, y: float, plate: Floats) -> None:
        self.height, self.width, self.unit, self.x, self.y, self.plate = height, width, unit, x, y, plate

    def at(self, points: list[tuple[float, float]]) -> Floats:
        return floats(np.asarray(points) * self.unit + [self.x, self.y])

    def area(
        self,
        points: list[tuple[float, float]],
        tone: float | Floats,
        soft: float = 0.02,
        smooth: bool = True,
        strength: float = 1.0,
    ) -> Floats:
        outline = curve(self.at([*points, points[0]]), 160) if smooth else self.at(points)
        mask = blur(Ink(self.height, self.width, 1).area(outline).read(), soft * self.unit) * np.float32(strength)
        self.plate[:] = self.plate + (tone - self.plate) * mask
        return mask

    def line(
        self, points: list[tuple[float, float]], tone: float, thick: float, soft: float = 0.015, strength: float = 1.0
    ) -> None:
        mask = blur(
            Ink(self.height, self.width, 1).line(curve(self.at(points), 40), thick * self.unit).read(), soft * self.unit
        ) * np.float32(strength)
        self.plate[:] = self.plate + (tone - self.plate) * mask


def drawn(sitter: Sitter, height: int, width: int) -> Floats:
    rng = np.random.default_rng(sitter.seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    backdrop = (
        0.60
        + 0.16 * np.exp(-((x - 0.5) ** 2 + (y - 0.35) ** 2) / 0.12)
        + clouds(rng, height, width, width * 0.5, 4) * 0.07
    )
    plate = floats(backdrop - 0.15 * y)
    unit = height * 0.155
    tones = _Tones(height, width, unit, width * 0.5, height * 0.36, plate)
    _clothes(sitter, tones, rng)
    _head(sitter, tones, rng)
    if sitter.oval:
        away = np.hypot((x - 0.5) / 0.45, (y - 0.47) / 0.46)
        inside = clamp(floats((1 - away) * width * 0.12))
        plate[:] = 0.93 + (plate - 0.93) * inside
    return clamp(plate)


def _clothes(sitter: Sitter, tones: _Tones, rng: Random) -> None:
    cloth = {"officer": 0.16, "merchant": 0.14, "lady": 0.13, "woman": 0.42, "student": 0.20}[sitter.who]
    h, w = tones.plate.shape
    folds = clouds(rng, h, w, tones.unit * 0.9, 3, stretch=2.6) * np.float32(0.07)
    shoulder = 0.16 * (sitter.who in ("officer", "merchant"))
    tones.area(
        [
            (-0.42, 0.95),
            (-1.5 - shoulder, 1.45),
            (-2.0, 2.1),
            (-2.2, 4.6),
            (2.2, 4.6),
            (2.0, 2.1),
            (1.5 + shoulder, 1.45),
            (0.42, 0.95),
        ],
        floats(cloth + folds),
        0.03,
    )
    tones.area([(-0.36, 0.6), (-0.40, 1.15), (0, 1.4), (0.40, 1.15), (0.36, 0.6)], 0.56, 0.04)
    if sitter.who == "officer":
        tones.area([(-0.44, 0.98), (-0.46, 1.30), (0, 1.42), (0.46, 1.30), (0.44, 0.98), (0, 1.1)], 0.30, 0.02)
        tones.line([(-0.46, 1.29), (0, 1.42), (0.46, 1.29)], 0.80, 0.05)
        for side in (-1, 1):
            tones.area([(side * 0.85, 1.32), (side * 1.55, 1.42), (side * 1.68, 1.66), (side * 1.0, 1.50)], 0.78, 0.03)
            for k in range(7):
                tones.line(
                    [(side * (1.12 + k * 0.09), 1.56 + k * 0.015), (side * (1.14 + k * 0.09), 1.86)], 0.72, 0.035
                )
        for k in range(6):
            for side in (-1, 1):
                tones.area(
                    [
                        (side * 0.30 + 0.06 * np.cos(a), 1.75 + k * 0.42 + 0.06 * np.sin(a))
                        for a in np.linspace(0, 5.6, 9)
                    ],
                    0.85,
                    0.012,
                )
        for k in range(sitter.medals):
            mx = -0.55 - 0.27 * k
            tones.area([(mx - 0.09, 2.0), (mx + 0.09, 2.0), (mx, 2.28)], 0.55, 0.01, smooth=False)
            tones.area([(mx + 0.11 * np.cos(a), 2.38 + 0.11 * np.sin(a)) for a in np.linspace(0, 5.6, 9)], 0.88, 0.012)
    elif sitter.who in ("merchant", "student"):
        tones.area([(-0.34, 1.12), (0, 2.5), (0.34, 1.12), (0, 1.3)], 0.90, 0.02, smooth=False)
        tones.area(
            [(-0.36, 1.05), (-0.10, 1.42), (0, 1.30), (0.10, 1.42), (0.36, 1.05), (0, 1.22)], 0.95, 0.015, smooth=False
        )
        tones.area([(-0.22, 1.36), (0.22, 1.56), (0.22, 1.36), (-0.22, 1.56)], 0.08, 0.015, smooth=False)
        for side in (-1, 1):
            tones.area(
                [
                    (side * 0.42, 1.08),
                    (side * 0.92, 1.62),
                    (side * 0.66, 1.78),
                    (side * 0.70, 1.95),
                    (side * 0.04, 2.85),
                ],
                cloth + 0.09,
                0.02,
                smooth=False,
            )
    elif sitter.who == "lady":
        tones.area([(-0.42, 0.98), (-0.5, 1.28), (0, 1.46), (0.5, 1.28), (0.42, 0.98), (0, 1.16)], 0.88, 0.03)
        for k in range(9):
            tones.line([(-0.46 + k * 0.115, 1.1), (-0.46 + k * 0.115, 1.36)], 0.70, 0.02)
        if sitter.brooch:
            tones.area([(0.13 * np.cos(a), 1.44 + 0.10 * np.sin(a)) for a in np.linspace(0, 5.6, 9)], 0.80, 0.015)
            tones.area([(0.07 * np.cos(a), 1.44 + 0.05 * np.sin(a)) for a in np.linspace(0, 5.6, 9)], 0.25, 0.012)
        for k in range(7):
            tones.area(
                [(0.05 * np.cos(a), 1.8 + k * 0.36 + 0.05 * np.sin(a)) for a in np.linspace(0, 5.6, 7)], 0.42, 0.012
            )


def _head(sitter: Sitter, tones: _Tones, rng: Random) -> None:
    f, t = 0.76 * sitter.face, sitter.turn * 0.12
    hair = sitter.hair if sitter.who != "merchant" else sitter.hair * 0.8
    strands = clouds(rng, tones.height, tones.width, tones.unit * 0.14, 3, stretch=3.0) * np.float32(0.09)
    if sitter.who in ("lady",):
        tones.area(
            [(-f * 1.12, 0.1), (-f * 1.15, -0.6), (-0.4, -1.25), (0.4, -1.25), (f * 1.15, -0.6), (f * 1.12, 0.1)],
            floats(hair + strands),
            0.05,
        )
        tones.area([(-0.4, -1.15), (-0.34, -1.55), (0.34, -1.55), (0.4, -1.15)], floats(hair + strands), 0.05)
    elif sitter.who == "woman":
        tones.area(
            [
                (-f * 1.25, 0.6),
                (-f * 1.35, -0.5),
                (-0.5, -1.28),
                (0.5, -1.28),
                (f * 1.35, -0.5),
                (f * 1.25, 0.6),
                (0.5, 1.25),
                (-0.5, 1.25),
            ],
            floats(0.84 + strands * 0.8),
            0.04,
        )
    else:
        tones.area(
            [(-f * 1.06, -0.1), (-f * 1.1, -0.7), (-0.42, -1.17), (0.42, -1.17), (f * 1.1, -0.7), (f * 1.06, -0.1)],
            floats(hair + strands),
            0.05,
        )
    for side in (-1, 1):
        if sitter.who in ("officer", "student", "merchant"):
            tones.area(
                [(side * f * 1.0, -0.22), (side * f * 1.14, -0.26), (side * f * 1.10, 0.12), (side * f * 0.96, 0.16)],
                0.58,
                0.03,
            )
    face = [
        (-f, -0.25),
        (-f * 0.92, -0.75),
        (-0.35, -1.02),
        (0.35, -1.02),
        (f * 0.92, -0.75),
        (f, -0.25),
        (f * 0.9, 0.4),
        (f * 0.5, 0.88),
        (0, 1.02),
        (-f * 0.5, 0.88),
        (-f * 0.9, 0.4),
    ]
    h, w = tones.plate.shape
    px = (np.arange(w, dtype=np.float32)[None] - tones.x) / tones.unit
    py = (np.arange(h, dtype=np.float32)[:, None] - tones.y) / tones.unit
    # Window light from the left: the far cheek turns away from it.
    skin = (
        0.80
        - 0.17 * (px / f)
        - 0.10 * (px / f) ** 2
        - 0.07 * np.maximum(py, 0) ** 2
        + 0.03 * np.exp(-((px + 0.25) ** 2 + (py + 0.6) ** 2) / 0.15)
    )
    tones.area(face, floats(skin), 0.03)
    if sitter.who in ("lady", "woman"):
        tones.area(
            [(-f * 1.0, -0.15), (-f * 0.98, -0.75), (-0.3, -1.05), (0, -0.98), (t, -0.74), (-f * 0.6, -0.55)],
            floats(hair + strands),
            0.03,
        )
        tones.area(
            [(f * 1.0, -0.15), (f * 0.98, -0.75), (0.3, -1.05), (0, -0.98), (t, -0.74), (f * 0.6, -0.55)],
            floats(hair + strands),
            0.03,
        )
    else:
        tones.area(
            [
                (-f * 1.0, -0.3),
                (-f * 0.95, -0.8),
                (-0.3, -1.12),
                (0.4, -1.12),
                (f * 0.95, -0.8),
                (f * 1.0, -0.3),
                (f * 0.86, -0.62),
                (0.25, -0.74),
                (-0.25, -0.86),
                (-f * 0.84, -0.6),
            ],
            floats(hair + strands),
            0.03,
        )
    for side in (-1, 1):
        ex = side * f * 0.44 + t
        tones.area([(ex - 0.22, -0.20), (ex, -0.30), (ex + 0.22, -0.20), (ex, -0.02)], 0.50, 0.07, strength=0.55)
        tones.area([(ex - 0.15, -0.14), (ex - 0.02, -0.21), (ex + 0.15, -0.13), (ex, -0.07)], 0.78, 0.015)
        tones.area(
            [(ex + 0.065 * np.cos(a) + t * 0.2, -0.145 + 0.065 * np.sin(a)) for a in np.linspace(0, 5.6, 9)],
            0.12,
            0.012,
        )
        tones.line([(ex - 0.17, -0.13), (ex - 0.02, -0.225), (ex + 0.17, -0.13)], 0.20, 0.035, 0.012)
        tones.line(
            [(ex - 0.22, -0.36 + 0.05 * (side < 0)), (ex, -0.44), (ex + 0.22, -0.36 + 0.05 * (side > 0))],
            hair * 0.8 + 0.1,
            0.07,
            0.02,
            0.85,
        )
    tones.line([(t + 0.06, -0.18), (t * 1.5 + 0.10, 0.12), (t * 1.6 + 0.15, 0.27)], 0.52, 0.06, 0.05, 0.6)
    tones.area(
        [(t - 0.13, 0.30), (t, 0.35), (t + 0.15, 0.30), (t + 0.09, 0.22), (t - 0.07, 0.22)], 0.50, 0.035, strength=0.7
    )
    tones.line([(t - 0.05, 0.0), (t - 0.02, 0.22)], 0.93, 0.05, 0.04, 0.5)
    tones.line([(t - 0.20, 0.575), (t, 0.555), (t + 0.20, 0.575)], 0.25, 0.035, 0.012)
    tones.area(
        [(t - 0.18, 0.57), (t - 0.05, 0.52), (t + 0.05, 0.52), (t + 0.18, 0.57), (t, 0.66)], 0.48, 0.02, strength=0.65
    )
    if sitter.who == "merchant":
        tones.area(
            [
                (-f * 0.94, 0.2),
                (-0.45, 0.45),
                (-0.2, 0.42),
                (0, 0.46),
                (0.2, 0.42),
                (0.45, 0.45),
                (f * 0.94, 0.2),
                (f * 0.8, 1.0),
                (0.3, 1.75),
                (-0.3, 1.75),
                (-f * 0.8, 1.0),
            ],
            floats(hair + 0.06 + strands * 1.5),
            0.06,
        )
        tones.line([(t - 0.15, 0.60), (t, 0.58), (t + 0.15, 0.60)], 0.40, 0.06, 0.02)
    if sitter.who == "officer":
        for side in (-1, 1):
            tones.line(
                [(t + side * 0.02, 0.44), (t + side * 0.24, 0.47), (t + side * 0.46, 0.36)],
                hair * 0.9 + 0.04,
                0.12,
                0.03,
            )
