"""How each photograph of an object is taken: the first as the catalogue wants it, the later ones as life gives it."""

from __future__ import annotations

from dataclasses import dataclass

from . import grounds
from .camera import Framing
from .grounds import Ground
from .lens import Development
from .scene import Shot
from .values import Arrangement, Exhibit, Random, Said, Stance
from .words import pick

STUDIO_GROUNDS = (grounds.PAPER, grounds.GREY, grounds.WARM, grounds.GREY)
TABLES = (grounds.LINEN, grounds.OAK, grounds.WALNUT, grounds.VELVET, grounds.GREEN_BAIZE, grounds.BLUE)
DESKS = (grounds.DESK, grounds.OAK, grounds.WALNUT, grounds.LINEN, grounds.GREEN_BAIZE)


@dataclass(frozen=True, kw_only=True)
class View:
    """One photograph to be taken."""

    arrangement: Arrangement
    shot: Shot
    development: Development
    said: Said


def view(exhibit: Exhibit, number: int, rng: Random) -> View:
    """The view with this number, from 1. Other sides of an object are shown from the fourth photograph on."""
    sides = exhibit.arrangements
    arrangement = sides[0] if number < 4 else sides[(number - 3) % len(sides)]
    if number == 1:
        return _catalogue(arrangement, rng)
    return _studied(arrangement, rng) if number == 2 else _snapped(arrangement, rng, number)


def _catalogue(arrangement: Arrangement, rng: Random) -> View:
    standing = arrangement.stance is Stance.STANDING
    hanging = arrangement.stance is Stance.HANGING
    ground = grounds.PLASTER if hanging and rng.random() < 0.3 else pick(rng, STUDIO_GROUNDS)
    shot = Shot(
        framing=Framing(
            elevation=float(rng.uniform(9, 14)) if standing else 89.0, distance=9.0, fill=float(rng.uniform(0.8, 0.86))
        ),
        lighting=pick(rng, ("studio", "studio", "overcast")) if standing else "studio",
        ground=ground,
        key_turn=float(rng.uniform(-8, 8)),
        ground_shift=float(rng.uniform(0, 1)),
    )
    return View(
        arrangement=arrangement,
        shot=shot,
        development=Development(sharpening=0.25, noise=0.003, metered=0.80),
        said=arrangement.side,
    )


def _studied(arrangement: Arrangement, rng: Random) -> View:
    """A curator's second photograph: from another side, in another light, still with care."""
    turn = float(rng.uniform(20, 60) * rng.choice([-1, 1]))
    ground = pick(rng, TABLES)
    shot = _placed(
        arrangement,
        rng,
        turn,
        float(rng.uniform(16, 30)),
        float(rng.uniform(56, 70)),
        ground,
        pick(rng, ("window", "spot", "lamp")),
        0.8,
        5.5,
    )
    development = Development(
        cast=_cast(rng, 0.03),
        softness=0.3,
        noise=0.006,
        vignette=0.2,
        metered=float(rng.uniform(0.66, 0.78)),
        sharpening=0.2,
    )
    return View(arrangement=arrangement, shot=shot, development=development, said=Said("вид в ракурсе", "angled view"))


def _snapped(arrangement: Arrangement, rng: Random, number: int) -> View:
    """A phone: too near, aslant, in whatever light there was; the later the worse."""
    worse = min((number - 3) * 0.25, 1.0)
    turn = float(rng.uniform(8, 75) * rng.choice([-1, 1]))
    shot = _placed(
        arrangement,
        rng,
        turn,
        float(rng.uniform(22, 48)),
        float(rng.uniform(48, 78)),
        pick(rng, DESKS),
        pick(rng, ("lamp", "flash", "window", "overcast")),
        float(rng.uniform(0.78, 1.0 + 0.15 * worse)),
        3.6,
    )
    development = Development(
        cast=_cast(rng, 0.07 + 0.05 * worse),
        softness=float(rng.uniform(0.4, 0.9 + worse)),
        shake=float(rng.uniform(0, 0.7 + worse)),
        noise=float(rng.uniform(0.010, 0.022 + 0.03 * worse)),
        metered=float(rng.uniform(0.55, 0.85)),
        vignette=0.35,
        sharpening=0.5,
        quality=86,
    )
    return View(
        arrangement=arrangement, shot=shot, development=development, said=Said("снимок на телефон", "phone snapshot")
    )


def _placed(
    arrangement: Arrangement,
    rng: Random,
    turn: float,
    low: float,
    high: float,
    ground: Ground,
    lighting: str,
    fill: float,
    distance: float,
) -> Shot:
    turn = max(-arrangement.turn_limit_deg, min(arrangement.turn_limit_deg, turn))
    shift_x, shift_y = (float(v) for v in rng.uniform(-0.05, 0.05, 2))
    roll = float(rng.normal(0, 2.0))
    elevation = low
    if arrangement.stance is Stance.LYING:
        elevation, turn = high, turn * 0.5
    if arrangement.stance is Stance.HANGING:
        # The camera goes around the picture, which keeps its top upwards.
        ground, elevation, turn = grounds.PLASTER, 90 - (90 - high) * 0.8, turn * 2.2
        roll -= turn
    framing = Framing(elevation=elevation, distance=distance, roll=roll, fill=fill, shift_x=shift_x, shift_y=shift_y)
    return Shot(
        framing=framing,
        lighting=lighting,
        ground=ground,
        turn=turn,
        key_turn=float(rng.uniform(-25, 25)),
        ground_shift=float(rng.uniform(0, 1)),
    )


def _cast(rng: Random, spread: float) -> tuple[float, float, float]:
    warm, tint = float(rng.normal(0, spread)), float(rng.normal(0, spread / 3))
    return 1 + warm, 1 + tint, 1 - warm
