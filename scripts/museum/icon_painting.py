"""The figure on an icon, painted as its painters did: flat colours, then dark lines, then lights."""

from __future__ import annotations

import numpy as np

from .icon_hands import book_and_hand
from .icon_parts import CINNABAR, GILT, TALL, WIDE, Icon, Panel, head, lighter
from .ink import Ink
from .values import Random


def paint_figure(icon: Icon, panel: Panel, rng: Random) -> None:
    x, y, u = WIDE / 2, TALL * 0.315, 96.0 * icon.face
    robe, mantle = icon.robe.rgb, icon.mantle.rgb
    foot = TALL - 78.0
    # Halo, gilded, with a red outline and a tooled ring.
    halo = Ink(TALL, WIDE).disc(x, y - u * 0.05, u * 1.95)
    mask = panel.lay(halo, GILT.rgb)
    panel.gold = np.maximum(panel.gold, mask)
    panel.lay(Ink(TALL, WIDE).circle(x, y - u * 0.05, u * 1.95, 4), CINNABAR.rgb)
    panel.lay(Ink(TALL, WIDE).circle(x, y - u * 0.05, u * 1.78, 2), (0.45, 0.28, 0.10), 0.8)
    if icon.saint.key == "saviour":
        for angle in (0.0, -np.pi / 2, np.pi):
            c, s = np.cos(angle), np.sin(angle)
            panel.lay(
                Ink(TALL, WIDE).line(
                    [(x + c * u, y - u * 0.05 + s * u), (x + c * u * 1.9, y - u * 0.05 + s * u * 1.9)], u * 0.42
                ),
                CINNABAR.rgb,
                0.75,
            )
    panel.area(
        [
            (x - u * 0.5, y + u * 1.1),
            (x - u * 2.5, y + u * 2.05),
            (x - u * 3.15, foot),
            (x + u * 3.15, foot),
            (x + u * 2.5, y + u * 2.05),
            (x + u * 0.5, y + u * 1.1),
        ],
        robe,
    )
    for k in range(9):
        top = x + (k - 4) * u * 0.28
        panel.line(
            [(top, y + u * 1.7), (top + rng.normal(0, 8), y + u * 3.0), (top + (k - 4) * 14, foot)],
            lighter(robe, 0.35) if k % 2 else tuple(c * 0.55 for c in robe),
            3.2,
            0.75,
        )
    for side in (-1, 1):
        panel.area(
            [
                (x + side * u * 0.62, y + u * 1.12),
                (x + side * u * 2.6, y + u * 2.0),
                (x + side * u * 3.25, foot),
                (x + side * u * 1.75, foot),
                (x + side * u * 1.05, y + u * 3.0),
                (x + side * u * 0.75, y + u * 1.9),
            ],
            mantle,
        )
        for k in range(6):
            sx = x + side * u * (1.2 + 0.28 * k)
            panel.line(
                [
                    (sx - side * u * 0.25, y + u * (1.55 + 0.10 * k)),
                    (sx + side * rng.normal(8, 6), y + u * 2.9),
                    (sx + side * u * 0.30, foot),
                ],
                lighter(mantle, 0.42) if k % 2 == 0 else tuple(c * 0.5 for c in mantle),
                3.4,
                0.8,
            )
        panel.line(
            [
                (x + side * u * 0.62, y + u * 1.12),
                (x + side * u * 0.78, y + u * 2.0),
                (x + side * u * 1.05, y + u * 3.0),
                (x + side * u * 1.75, foot),
            ],
            GILT.rgb,
            6,
            0.9,
        )
    if icon.saint.crosses:
        panel.area(
            [
                (x - u * 0.72, y + u * 1.18),
                (x - u * 0.40, y + u * 1.75),
                (x + u * 0.40, y + u * 1.75),
                (x + u * 0.72, y + u * 1.18),
                (x + u * 0.5, y + u * 2.1),
                (x + u * 0.42, foot),
                (x - u * 0.42, foot),
                (x - u * 0.5, y + u * 2.1),
            ],
            (0.88, 0.84, 0.72),
        )
        for k in range(5):
            cy = y + u * (2.25 + k * 0.85)
            panel.lay(
                Ink(TALL, WIDE)
                .line([(x, cy - u * 0.26), (x, cy + u * 0.26)], 13)
                .line([(x - u * 0.24, cy), (x + u * 0.24, cy)], 13),
                (0.12, 0.09, 0.08),
            )
    book_and_hand(icon, panel, x, y, u)
    head(icon, panel, x, y, u, rng)
