"""Hollow ware: a profile with a wall, a lip, an inside and a foot, chipped where time chipped it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import meshes
from .planes import floats
from .values import Finish, Floats, Part, Random

ROWS, COLUMNS = 110, 168


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A bite out of the lip. Angle 0 is the front; sizes in radians and in centimetres."""

    angle: float
    width: float
    depth: float


def outside(knots: Sequence[tuple[float, float]], sharp: Sequence[int] = ()) -> Floats:
    """The outer profile from the lip down, as (radius, z)."""
    return meshes.curve(knots, ROWS, sharp)


def chips(rng: Random, count: int, width: float, depth: float) -> tuple[Chip, ...]:
    """The first one is where the catalogue photograph shows it."""
    angles = [rng.uniform(-0.9, 0.9) if k == 0 else rng.uniform(-np.pi, np.pi) for k in range(count)]
    return tuple(
        Chip(angle=float(angle), width=float(width * rng.uniform(0.6, 1.3)), depth=float(depth * rng.uniform(0.6, 1.2)))
        for angle in angles
    )


def parts(
    profile: Floats,
    wall: float,
    outer: Finish,
    inner: Finish,
    base: Finish,
    bites: tuple[Chip, ...] = (),
    inner_floor: float = 0.0,
) -> tuple[Part, ...]:
    body = meshes.lathe(profile, COLUMNS)
    lip_radius, lip_z = float(profile[0, 0]), float(profile[0, 1])
    floor = max(float(profile[:, 1].min()) + wall, inner_floor)
    inside_profile = profile[profile[:, 1] > floor][::3]
    inside_profile = floats(np.stack([np.maximum(inside_profile[:, 0] - wall, 0.02), inside_profile[:, 1]], axis=1))
    inside_profile[0] = (lip_radius - wall, lip_z)
    rim = floats(np.array([[lip_radius - wall * 0.5, lip_z + wall * 0.35], [lip_radius, lip_z]]))
    hollow = floats(np.concatenate([[[0.0, floor]], inside_profile[::-1], rim]))
    inside = meshes.lathe(hollow, COLUMNS)
    if bites:
        body, inside = _bitten(body, bites, lip_z), _bitten(inside, bites, lip_z)
    foot = floats(
        np.array(
            [
                [profile[-1, 0], profile[-1, 1]],
                [profile[-1, 0] * 0.8, profile[-1, 1] + wall * 0.3],
                [0.0, profile[-1, 1] + wall * 0.3],
            ]
        )
    )
    return (
        Part(points=body, finish=outer, closed=True),
        Part(points=inside, finish=inner, closed=True, two_sided=bool(bites)),
        Part(points=meshes.lathe(foot, 64), finish=base, closed=True),
    )


def bitten_share(bites: tuple[Chip, ...], angle: Floats, below_lip: Floats) -> Floats:
    """1 where the lip is gone, at angles [w] and depths under the lip [h], as [h, w]."""
    gone = np.zeros((len(below_lip), len(angle)), np.float32)
    for bite in bites:
        reach = _reach(bite, angle)
        gone = np.maximum(
            gone, (below_lip[:, None] < reach[None] + bite.depth * 0.25 * (reach[None] > 0)).astype(np.float32)
        )
    return gone


def _reach(bite: Chip, angle: Floats) -> Floats:
    away = np.abs(np.mod(angle - bite.angle + np.pi, 2 * np.pi) - np.pi) / bite.width
    ragged = 1 + 0.25 * np.sin(angle * 37 + bite.angle * 11) + 0.15 * np.sin(angle * 83)
    return floats(np.where(away < 1, bite.depth * np.sqrt(np.maximum(1 - away**2, 0)) * ragged, 0))


def _bitten(points: Floats, bites: tuple[Chip, ...], lip_z: float) -> Floats:
    angle = np.linspace(-np.pi, np.pi, points.shape[1])
    out = points.copy()
    for bite in bites:
        limit = lip_z + 0.4 * bite.depth - _reach(bite, floats(angle)) * 1.4
        low = (points[..., 2] > limit[None]) & (_reach(bite, floats(angle)) > 0)[None]
        out[..., 2] = np.where(low, np.minimum(out[..., 2], limit[None]), out[..., 2])
    return floats(out)


def handle(
    attach: Sequence[Sequence[float]], thickness: float, finish: Finish, angle: float, flatten: float = 0.7
) -> Part:
    """A handle in the plane of the given angle through (radius, z) knots, 0 being the front."""
    flat = meshes.curve(attach, 48)
    path = floats(np.stack([flat[:, 0] * np.sin(angle), -flat[:, 0] * np.cos(angle), flat[:, 1]], axis=1))
    ends = np.linspace(0, 1, len(path))
    radius = thickness * (1 + 0.5 * (np.abs(ends - 0.5) * 2) ** 4)
    return Part(points=meshes.tube(path, floats(radius), 20, flatten), finish=finish, closed=True)
