"""A head modelled on a turned form: nose, brow, eyes, lips, locks of hair, the folds of a cloak."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .meshes import curve
from .noise import clouds
from .planes import floats, smoothstep
from .values import Floats, Random, Said
from .words import Dating

ROWS, COLUMNS = 520, 440

# Height (chin 0, crown 1), and the reach of the surface to the front, the back and the side there.
FORM = (
    (1.00, 0.0, 0.0, 0.0),
    (0.985, 0.16, 0.16, 0.14),
    (0.94, 0.29, 0.31, 0.24),
    (0.86, 0.375, 0.42, 0.315),
    (0.76, 0.415, 0.475, 0.35),
    (0.66, 0.425, 0.49, 0.362),
    (0.58, 0.412, 0.48, 0.36),
    (0.48, 0.402, 0.45, 0.348),
    (0.38, 0.402, 0.41, 0.330),
    (0.28, 0.398, 0.36, 0.305),
    (0.16, 0.385, 0.30, 0.262),
    (0.06, 0.345, 0.265, 0.215),
    (0.0, 0.27, 0.25, 0.190),
    (-0.06, 0.185, 0.245, 0.180),
    (-0.16, 0.150, 0.25, 0.182),
    (-0.28, 0.150, 0.27, 0.20),
    (-0.38, 0.18, 0.295, 0.29),
    (-0.47, 0.235, 0.32, 0.47),
    (-0.58, 0.30, 0.34, 0.60),
    (-0.74, 0.36, 0.34, 0.635),
    (-0.92, 0.365, 0.32, 0.56),
    (-1.06, 0.30, 0.28, 0.38),
    (-1.14, 0.20, 0.20, 0.20),
    (-1.16, 0.15, 0.15, 0.15),
)


WHO = {
    "elder": (Said("бородатого старца", "a bearded elder"), "beard"),
    "youth": (Said("юноши", "a youth"), "curls"),
    "lady": (Said("молодой женщины", "a young woman"), "bun"),
    "general": (Said("военного с усами", "a moustached officer"), "short"),
    "poet": (Said("поэта с бакенбардами", "a poet with side-whiskers"), "whiskers"),
}


@dataclass(frozen=True, kw_only=True)
class Bust:
    who: str
    matter: str
    socle: str
    height: float
    nose: float
    jaw: float
    brow: float
    turn: float
    chipped: bool
    broken_nose: bool
    author: str
    dating: Dating
    seed: int


def _bump(x: Floats, z: Floats, cx: float, cz: float, wide: float, tall: float) -> Floats:
    return floats(np.exp(-(((x - cx) / wide) ** 2) - (((z - cz) / tall) ** 2)))


def _face(bust: Bust, x: Floats, z: Floats) -> Floats:
    """How far the features stand out in front, in head heights."""
    ridge = np.interp(z, [0.30, 0.335, 0.36, 0.42, 0.50, 0.58, 0.66], [0.0, 0.035, 0.125, 0.105, 0.070, 0.035, 0.0])
    if bust.broken_nose:
        ridge = np.minimum(ridge, np.interp(z, [0.30, 0.42, 0.52, 0.66], [0.0, 0.025, 0.055, 0.0]))
    half = np.interp(z, [0.32, 0.37, 0.45, 0.60], [0.060, 0.062, 0.042, 0.040])
    out = ridge * bust.nose * np.exp(-((np.abs(x) / half) ** 2.4))
    for side in (-1, 1):
        out = out + 0.030 * _bump(x, z, side * 0.060, 0.352, 0.030, 0.026) * bust.nose
        out = out - 0.075 * _bump(x, z, side * 0.145, 0.548, 0.085, 0.048)
        out = out + 0.048 * _bump(x, z, side * 0.148, 0.545, 0.062, 0.034)
        out = out + 0.020 * bust.brow * np.exp(
            -(((z - 0.628 + 0.35 * (np.abs(x) - 0.14) ** 2 * 6) / 0.022) ** 2)
        ) * np.exp(-(((x - side * 0.16) / 0.10) ** 2))
        # Lids: a fine ledge over the eye and a groove at its crease.
        arch = 0.572 - 2.4 * (x - side * 0.148) ** 2
        near = np.exp(-(((x - side * 0.148) / 0.070) ** 4))
        out = (
            out
            + 0.013 * np.exp(-(((z - arch) / 0.0085) ** 2)) * near
            - 0.012 * np.exp(-(((z - arch - 0.022) / 0.009) ** 2)) * near
        )
        out = out + 0.008 * np.exp(-(((z - (0.520 + 1.4 * (x - side * 0.148) ** 2)) / 0.008) ** 2)) * near
        out = out - 0.010 * _bump(x, z, side * 0.146, 0.547, 0.013, 0.013)
        out = (
            out
            + 0.028 * _bump(x, z, side * 0.215, 0.435, 0.09, 0.075)
            - 0.020 * _bump(x, z, side * 0.20, 0.27, 0.07, 0.09)
        )
        out = out - 0.012 * np.exp(-(((np.abs(x) - 0.075 - (0.34 - z) * 0.42) / 0.016) ** 2)) * (
            (z > 0.22) & (z < 0.35)
        )
    lips = np.exp(-((x / 0.105) ** 4))
    out = (
        out
        + 0.034 * lips * np.exp(-(((z - 0.243 + 0.9 * x * x) / 0.021) ** 2))
        + 0.038 * lips * np.exp(-(((z - 0.193 - 0.8 * x * x) / 0.022) ** 2))
    )
    out = (
        out
        - 0.026 * np.exp(-((x / 0.115) ** 4)) * np.exp(-(((z - 0.219) / 0.008) ** 2))
        - 0.014 * _bump(x, z, 0, 0.275, 0.014, 0.026)
    )
    out = out - 0.022 * _bump(x, z, 0, 0.145, 0.09, 0.026) + 0.042 * bust.jaw * _bump(x, z, 0, 0.075, 0.085, 0.055)
    return floats(out)


def _hair(bust: Bust, angle: Floats, z: Floats, rng: Random) -> Floats:
    """Hair and beard as a layer of locks, in head heights."""
    style = WHO[bust.who][1]
    turn = np.abs(angle)
    line = np.interp(turn, [0.0, 0.5, 0.95, 1.15, 1.5, 1.9, np.pi], [0.80, 0.79, 0.66, 0.50, 0.42, 0.20, 0.06])
    if style == "bun":
        line = np.interp(turn, [0.0, 0.15, 0.8, 1.25, 1.6, np.pi], [0.83, 0.81, 0.62, 0.40, 0.30, 0.12])
    if style == "curls":
        line = line - 0.04
    share = smoothstep(floats(z - line), -0.012, 0.035)
    h, w = z.shape
    if style in ("curls", "whiskers"):
        locks = 0.030 * np.cos(
            np.clip(np.hypot(_saw(angle * 9 + np.floor(z * 13) * 1.6), _saw(z * 13 * 2 * np.pi)) * 2.2, 0, np.pi * 1.6)
        )
    elif style == "bun":
        locks = 0.013 * np.sin(np.log(1.0 + turn * 2.4) * 34 + z * 9)
    else:
        locks = 0.015 * np.sin(angle * 26 + np.sin(z * 17) * 1.6 + clouds(rng, h, w, 60, 2) * 2.5)
    strands = clouds(rng, h, w, 12, 2, stretch=3.0) * 0.008
    out = share * (0.040 + locks + strands)
    if style == "bun":
        out = out + 0.16 * np.exp(-(((z - 0.60) / 0.13) ** 2)) * np.exp(-(((np.pi - turn) / 0.36) ** 2))
    if style == "beard":
        edge = (
            smoothstep(floats(0.30 - z + 0.16 * np.minimum(turn, 1.3)), 0.0, 0.05)
            * smoothstep(floats(z + 0.30), 0.0, 0.10)
            * (1 - smoothstep(turn, 1.15, 1.4))
        )
        mouth = 1 - 0.95 * np.exp(-((angle / 0.20) ** 4)) * np.exp(-(((z - 0.215) / 0.035) ** 2))
        curls = 0.022 * np.sin(angle * 22 + np.sin(z * 24) * 2.0) + strands * 1.4
        out = np.maximum(
            out,
            edge
            * mouth
            * (0.065 + curls + 0.16 * np.exp(-(((z + 0.08) / 0.16) ** 2)) * np.exp(-((angle / 0.62) ** 2))),
        )
    if style in ("whiskers", "short"):
        sideburn = (
            smoothstep(floats(0.10 - np.abs(turn - 1.06)), 0.0, 0.06)
            * smoothstep(floats(z - (0.16 if style == "whiskers" else 0.38)), 0.0, 0.05)
            * smoothstep(floats(0.6 - z), 0.0, 0.05)
        )
        out = np.maximum(out, sideburn * (0.034 + strands * 2))
    if style in ("short", "beard"):
        x = np.sin(angle) * 0.36
        tache = (
            np.exp(-(((z - 0.285 + 0.9 * np.abs(x) ** 1.5) / 0.028) ** 2))
            * np.exp(-((x / 0.17) ** 4))
            * (np.abs(angle) < 1.2)
        )
        out = np.maximum(out, tache * (0.050 + 0.012 * np.sin(x * 90)))
    return floats(out)


def _saw(phase: Floats) -> Floats:
    return floats(np.mod(phase + np.pi, 2 * np.pi) - np.pi)


def _drapery(bust: Bust, angle: Floats, z: Floats, rng: Random) -> Floats:
    h, w = z.shape
    below = smoothstep(floats(-z), 0.36, 0.50)
    wander = clouds(rng, h, w, 120, 3) * 2.2
    slope = 7.0 if bust.who in ("youth", "elder", "lady") else 2.0
    folds = np.sin(z * 24 + angle * slope + wander) * 0.5 + 0.5
    if bust.who == "general" or bust.who == "poet":
        lapel = (
            np.exp(-(((np.abs(angle) - 0.30 - (z + 0.45) * 0.5) / 0.05) ** 2)) + np.exp(-((angle / 0.02) ** 2)) * 0.4
        )
        return floats(below * (0.02 + 0.028 * lapel + 0.008 * folds) + 0.035 * np.exp(-(((z + 0.29) / 0.075) ** 2)))
    return floats(below * (0.015 + 0.040 * folds**1.5))


def modelled(bust: Bust, rng: Random) -> Floats:
    form = curve(FORM, ROWS)
    angle = np.linspace(-np.pi, np.pi, COLUMNS, dtype=np.float32)[None] * np.ones((ROWS, 1), np.float32)
    z = np.broadcast_to(form[:, :1], angle.shape)
    ahead = np.cos(angle)
    reach = np.where(ahead > 0, form[:, 1:2], form[:, 2:3])
    side = form[:, 3:4] * np.where((z > -0.05) & (z < 0.45), np.interp(z, [0.0, 0.3], [bust.jaw, 1.0]), 1.0)
    x, y = np.sin(angle) * side, -ahead * reach
    face = (
        _face(bust, floats(x), floats(z)) * smoothstep(floats(ahead), 0.05, 0.45) * smoothstep(floats(z), -0.06, 0.02)
    )
    y = y - face
    ears = np.zeros_like(x)
    if WHO[bust.who][1] in ("short", "whiskers", "beard"):
        near = np.exp(-(((np.abs(angle) - 1.66) / 0.11) ** 4) - (((z - 0.49) / 0.10) ** 4))
        hollow = np.exp(-(((np.abs(angle) - 1.64) / 0.06) ** 2) - (((z - 0.50) / 0.055) ** 2))
        ears = near * 0.060 - hollow * 0.038
    layer = (
        _hair(bust, floats(angle), floats(z), rng)
        + _drapery(bust, floats(angle), floats(z), rng)
        + ears
        + clouds(rng, ROWS, COLUMNS, 40, 3, wrap=True) * 0.003
    )
    outward = np.stack([np.sin(angle), -np.cos(angle), 0.35 * smoothstep(floats(z), 0.75, 1.0)], axis=2)
    points = np.stack([x, y, z], axis=2) + outward * layer[..., None]
    # The head turns a little on its neck.
    twist = np.radians(bust.turn) * smoothstep(floats(z), -0.34, 0.02)
    c, s = np.cos(twist), np.sin(twist)
    points = np.stack(
        [points[..., 0] * c - points[..., 1] * s, points[..., 0] * s + points[..., 1] * c, points[..., 2]], axis=2
    )
    points[:, -1] = points[:, 0]
    return floats(points)
