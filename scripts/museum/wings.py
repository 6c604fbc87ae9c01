"""Butterflies' wings: one outline a wing, patterned by the species, mirrored, torn where they are torn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ink import Ink
from .meshes import curve
from .noise import clouds, grain
from .planes import blur, clamp, distance_inside, flat, floats, mixed, smoothstep
from .values import Floats, Random, Said

SIZE = 620


Rgb = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Species:
    ru: str
    en: str
    latin: str
    base: Rgb
    dark: Rgb
    mark: Rgb
    wing_said: Said
    pattern: str
    tails: bool
    span: float
    metal: float = 0.0


SPECIES = (
    Species(
        ru="Махаон",
        en="Swallowtail",
        latin="Papilio machaon",
        base=(0.90, 0.78, 0.36),
        dark=(0.08, 0.07, 0.06),
        mark=(0.25, 0.36, 0.60),
        wing_said=Said("крылья жёлтые с чёрным рисунком и хвостиками", "yellow wings with black pattern and tails"),
        pattern="veins",
        tails=True,
        span=7.6,
    ),
    Species(
        ru="Павлиний глаз",
        en="Peacock",
        latin="Aglais io",
        base=(0.52, 0.16, 0.10),
        dark=(0.12, 0.08, 0.07),
        mark=(0.40, 0.52, 0.72),
        wing_said=Said("крылья красно-бурые с голубыми глазчатыми пятнами", "red-brown wings with blue eyespots"),
        pattern="eyes",
        tails=False,
        span=5.8,
    ),
    Species(
        ru="Голубянка икар",
        en="Common blue",
        latin="Polyommatus icarus",
        base=(0.32, 0.42, 0.74),
        dark=(0.10, 0.10, 0.16),
        mark=(0.92, 0.92, 0.90),
        wing_said=Said("крылья голубые с белой бахромкой", "blue wings with a white fringe"),
        pattern="plain",
        tails=False,
        span=3.2,
        metal=0.35,
    ),
    Species(
        ru="Лимонница",
        en="Brimstone",
        latin="Gonepteryx rhamni",
        base=(0.86, 0.82, 0.30),
        dark=(0.60, 0.52, 0.16),
        mark=(0.86, 0.46, 0.10),
        wing_said=Said("крылья лимонно-жёлтые с оранжевыми точками", "lemon-yellow wings with orange dots"),
        pattern="dots",
        tails=False,
        span=5.6,
    ),
    Species(
        ru="Адмирал",
        en="Red admiral",
        latin="Vanessa atalanta",
        base=(0.13, 0.10, 0.09),
        dark=(0.06, 0.05, 0.05),
        mark=(0.80, 0.24, 0.08),
        wing_said=Said(
            "крылья чёрно-бурые с красной перевязью и белыми пятнами", "blackish wings with a red band and white spots"
        ),
        pattern="band",
        tails=False,
        span=6.0,
    ),
    Species(
        ru="Траурница",
        en="Camberwell beauty",
        latin="Nymphalis antiopa",
        base=(0.24, 0.10, 0.09),
        dark=(0.10, 0.05, 0.05),
        mark=(0.88, 0.78, 0.50),
        wing_said=Said("крылья вишнёво-коричневые со светло-жёлтой каймой", "maroon wings with a pale yellow border"),
        pattern="border",
        tails=False,
        span=7.0,
    ),
)


def _outline(species: Species, lower: bool, rng: Random) -> Floats:
    """The right wing, about the body at (0, 0), y down, in units of half the span."""

    def jitter() -> float:
        return float(rng.normal(0, 0.012))

    if lower:
        knots = [
            (0.02, 0.02),
            (0.30 + jitter(), -0.05),
            (0.62 + jitter(), 0.10),
            (0.66 + jitter(), 0.36),
            (0.52, 0.56 + jitter()),
        ]
        knots += [(0.50, 0.80), (0.44, 0.81), (0.42, 0.60)] if species.tails else [(0.42, 0.63 + jitter())]
        knots += [(0.22 + jitter(), 0.60), (0.07, 0.46 + jitter()), (0.01, 0.18)]
    else:
        knots = [
            (0.01, -0.06),
            (0.32, -0.36 + jitter()),
            (0.68 + jitter(), -0.58),
            (0.92 + jitter(), -0.62 + jitter()),
            (0.97, -0.48),
            (0.86 + jitter(), -0.22),
            (0.74, 0.00 + jitter()),
            (0.40, 0.06 + jitter()),
            (0.03, 0.06),
        ]
    return curve([*knots, knots[0]], 160)


def wings_of(species: Species, seed: int, torn: bool, faded: float) -> tuple[Floats, Floats]:
    """Colour and opacity of both pairs of wings on a square."""
    rng = np.random.default_rng(seed)
    half = SIZE * 0.49
    colour = flat(SIZE, SIZE, species.base)
    cover: Floats = np.zeros((SIZE, SIZE), np.float32)
    middle = floats([SIZE / 2, SIZE * 0.47])
    for lower in (True, False):
        outline = _outline(species, lower, rng) * np.float32(half) + middle
        mask = Ink(SIZE, SIZE).area(outline).read()
        layer = flat(SIZE, SIZE, species.base) * (1 + clouds(rng, SIZE, SIZE, 70, 4)[..., None] * np.float32(0.10))
        layer = _patterned(species, floats(layer), outline, mask, middle, half, lower, rng)
        colour = mixed(colour, layer, mask)
        cover = np.maximum(cover, mask)
    both = cover + cover[:, ::-1]
    # The left side is the right one mirrored, but for its own accidents.
    left = np.arange(SIZE) < SIZE / 2
    colour[:, left], both[:, left] = colour[:, ::-1][:, left], cover[:, ::-1][:, left]
    cover = both.clip(0, 1)
    if torn:
        side = rng.choice([-1, 1])
        for _ in range(3):
            x, y = middle[0] + side * half * rng.uniform(0.72, 0.98), middle[1] + half * rng.uniform(-0.6, 0.2)
            bite = (
                Ink(SIZE, SIZE)
                .area(curve([(x, y), (x + 18, y - 30), (x + side * 60, y), (x + 10, y + 26), (x, y)], 30))
                .read()
            )
            cover = floats(cover * (1 - bite))
    scales = 1 + grain(rng, SIZE, SIZE, 0.8)[..., None] * np.float32(0.05)
    colour = mixed(floats(colour * scales), (0.62, 0.56, 0.44), faded * 0.5)
    return clamp(colour), clamp(floats(cover))


def _patterned(
    species: Species,
    layer: Floats,
    outline: Floats,
    mask: Floats,
    middle: Floats,
    half: float,
    lower: bool,
    rng: Random,
) -> Floats:
    inside = distance_inside((mask * 255).astype(np.uint8)) / np.float32(half)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    u, v = (x - middle[0]) / half, (y - middle[1]) / half
    reach = np.hypot(u, v)
    veins = Ink(SIZE, SIZE)
    root = middle + floats([half * 0.04, half * (0.04 if lower else -0.02)])
    for k in range(14, 150, 13):
        veins.line(
            curve([tuple(root), tuple((root + outline[k]) / 2 + floats([0, -half * 0.03])), tuple(outline[k])], 16), 1.6
        )
    lines = veins.read()
    edge = smoothstep(floats(0.075 - inside), 0.0, 0.02) * (reach > 0.35)
    layer = mixed(layer, species.dark, lines * np.float32(0.75 if species.pattern == "veins" else 0.32))
    if species.pattern == "veins":
        layer = mixed(layer, species.dark, smoothstep(floats(0.13 - inside), 0.0, 0.015) * (reach > 0.42))
        spots = Ink(SIZE, SIZE)
        for k in range(30, 110, 9):
            p = middle + (outline[k] - middle) * 0.90
            spots.ellipse(float(p[0]), float(p[1]), 8, 6, k * 0.1)
        layer = mixed(layer, species.mark if lower else species.base, spots.read())
        layer = mixed(layer, species.dark, floats((reach < 0.26) * 0.8))
        if lower:
            layer = _eye(layer, middle + floats([half * 0.20, half * 0.50]), 15, (0.74, 0.20, 0.10), (0.20, 0.30, 0.55))
    elif species.pattern == "eyes":
        layer = mixed(layer, species.dark, edge * np.float32(0.85))
        at = middle + (floats([half * 0.76, -half * 0.44]) if not lower else floats([half * 0.46, half * 0.30]))
        layer = _eye(layer, at, 46, (0.88, 0.72, 0.36), species.dark)
        layer = _eye(layer, at, 30, species.mark, (0.12, 0.09, 0.16))
    elif species.pattern == "dots":
        layer = _eye(
            layer,
            middle + (floats([half * 0.46, -half * 0.26]) if not lower else floats([half * 0.34, half * 0.24])),
            10,
            species.mark,
            species.mark,
        )
        layer = mixed(layer, species.dark, edge * np.float32(0.35))
    elif species.pattern == "band":
        curve_band = np.abs(reach - (0.54 + 0.1 * np.sin(v * 3))) if not lower else inside - 0.035
        band = (
            smoothstep(floats(0.055 - np.abs(curve_band)), 0.0, 0.02)
            * (mask > 0.5)
            * ((reach > 0.45) if lower else 1.0)
        )
        layer = mixed(layer, species.mark, floats(band))
        if not lower:
            spots = Ink(SIZE, SIZE)
            for cx, cy, r in (
                (0.72, -0.44, 15),
                (0.82, -0.40, 9),
                (0.84, -0.30, 8),
                (0.80, -0.50, 9),
                (0.66, -0.50, 7),
            ):
                spots.disc(float(middle[0] + cx * half), float(middle[1] + cy * half), r)
            layer = mixed(layer, (0.93, 0.92, 0.88), spots.read())
    elif species.pattern == "border":
        layer = mixed(layer, species.mark, smoothstep(floats(0.085 - inside), 0.0, 0.02) * (reach > 0.40))
        spots = Ink(SIZE, SIZE)
        for k in range(34, 116, 8):
            p = middle + (outline[k] - middle) * 0.83
            spots.disc(float(p[0]), float(p[1]), 7)
        layer = mixed(layer, (0.26, 0.34, 0.62), spots.read())
    else:
        layer = mixed(
            layer, species.dark, smoothstep(floats(0.05 - inside), 0.0, 0.02) * (reach > 0.35) * np.float32(0.8)
        )
        layer = mixed(layer, species.mark, smoothstep(floats(0.018 - inside), 0.0, 0.008) * (reach > 0.38))
    return mixed(layer, tuple(c * 0.45 for c in species.base), floats(np.exp(-((reach / 0.14) ** 2)) * 0.7))


def _eye(layer: Floats, at: Floats, radius: float, rim: Rgb, heart: Rgb) -> Floats:
    layer = mixed(layer, rim, Ink(SIZE, SIZE).disc(float(at[0]), float(at[1]), radius).read())
    return mixed(layer, heart, blur(Ink(SIZE, SIZE).disc(float(at[0]), float(at[1]), radius * 0.62).read(), 1.5))
