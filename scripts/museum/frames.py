"""Picture frames: moulded, mitred, gilded, ebonised, or none at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import meshes
from .noise import clouds
from .ornament import MOTIFS, band
from .planes import clamp, flat, floats, mixed, pixels
from .sheets import board, solid
from .values import Finish, Floats, Part, Random, Said

# Profiles across the moulding, from the sight edge outwards: (share of the width, share of the height).
CLASSIC = (
    (0.0, 0.25),
    (0.06, 0.42),
    (0.14, 0.42),
    (0.18, 0.30),
    (0.45, 0.48),
    (0.70, 0.85),
    (0.82, 1.0),
    (0.93, 0.95),
    (1.0, 0.7),
    (1.0, 0.0),
)
PLAIN = ((0.0, 0.5), (0.05, 0.62), (0.5, 0.72), (0.9, 0.8), (1.0, 0.7), (1.0, 0.0))


@dataclass(frozen=True, kw_only=True)
class Frame:
    said: Said
    colour: tuple[float, float, float]
    metal: float
    roughness: float
    width: float
    profile: tuple[tuple[float, float], ...]
    ornament: str | None


FRAMES = {
    "gilded": Frame(
        said=Said("в золочёной раме с растительным орнаментом", "in a gilded frame with foliate ornament"),
        colour=(0.90, 0.66, 0.28),
        metal=0.9,
        roughness=0.32,
        width=0.115,
        profile=CLASSIC,
        ornament="tendril",
    ),
    "bronzed": Frame(
        said=Said("в гладкой бронзированной раме", "in a plain bronzed frame"),
        colour=(0.52, 0.38, 0.20),
        metal=0.75,
        roughness=0.42,
        width=0.085,
        profile=CLASSIC,
        ornament=None,
    ),
    "oak": Frame(
        said=Said("в дубовой раме", "in an oak frame"),
        colour=(0.42, 0.27, 0.14),
        metal=0.0,
        roughness=0.5,
        width=0.07,
        profile=PLAIN,
        ornament=None,
    ),
    "black": Frame(
        said=Said("в чёрной лакированной раме", "in a black lacquered frame"),
        colour=(0.05, 0.045, 0.045),
        metal=0.0,
        roughness=0.22,
        width=0.075,
        profile=PLAIN,
        ornament=None,
    ),
    "none": Frame(
        said=Said("без рамы", "unframed"),
        colour=(0.7, 0.65, 0.55),
        metal=0.0,
        roughness=0.8,
        width=0.0,
        profile=PLAIN,
        ornament=None,
    ),
}


def hung(finish: Finish, width: float, height: float, frame: str, rng: Random) -> tuple[Part, ...]:
    """The picture with its frame, lying on the wall."""
    made = FRAMES[frame]
    if made.width == 0:
        return board(finish, width, height, width * 0.025, solid(0.72, 0.66, 0.56))
    moulding = made.width * (width + height) / 2
    face = Part(points=meshes.sheet(width * 1.005, height * 1.005, moulding * 0.22), finish=finish)
    back = Part(
        points=meshes.box(width + moulding, height + moulding, moulding * 0.15),
        finish=Finish(colour=solid(0.4, 0.3, 0.2)),
        faceted=True,
    )
    return (face, back, *(_side(made, width, height, moulding, side, rng) for side in range(4)))


def _side(frame: Frame, width: float, height: float, moulding: float, side: int, rng: Random) -> Part:
    """One length of moulding, mitred at both ends; rows run along it, columns from outside to the sight edge."""
    profile = meshes.curve(frame.profile, 40, sharp=(1, 2, len(frame.profile) - 2))[::-1]
    across, rise = profile[:, 0] * moulding, profile[:, 1] * moulding * 0.5
    length, other = (width, height) if side % 2 == 0 else (height, width)
    ends = np.linspace(-1, 1, 3)[:, None]
    along = ends * (length / 2 + across[None])
    away = np.broadcast_to(other / 2 + across[None], along.shape)
    points = np.stack([-away, -along, np.broadcast_to(rise[None], along.shape)], axis=2)
    angle = (270, 0, 90, 180)[side]
    return Part(points=meshes.turned(floats(points), "z", angle), finish=_gilding(frame, length / moulding, rng))


def _gilding(frame: Frame, proportion: float, rng: Random) -> Finish:
    tall, wide = 620, 96
    colour = flat(tall, wide, frame.colour) * (1 + clouds(rng, tall, wide, 60, 4)[..., None] * np.float32(0.14))
    relief: Floats = clouds(rng, tall, wide, 12, 3) * np.float32(0.015)
    if frame.ornament:
        repeats = max(4, round(proportion * 1.3))
        strip = band(MOTIFS[frame.ornament], 34, tall, repeats).T
        relief[:, 34:68] += strip * np.float32(0.25)
        colour[:, 34:68] = mixed(
            colour[:, 34:68], tuple(c * 0.42 for c in frame.colour), clamp(1 - strip) * np.float32(0.5)
        )
    rubbed = clamp(clouds(rng, tall, wide, 40, 4) - np.float32(0.45)) * np.float32(1.4)
    if frame.metal:
        colour = mixed(floats(colour), (0.40, 0.12, 0.07), rubbed)
    return Finish(
        colour=pixels(floats(colour)),
        roughness=clamp(np.float32(frame.roughness) + rubbed * np.float32(0.3)),
        metal=clamp(np.float32(frame.metal) - rubbed),
        height=relief,
    )
