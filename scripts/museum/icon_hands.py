"""The book in one hand and the blessing of the other, as on every icon of a saint."""

from __future__ import annotations

import numpy as np

from .icon_parts import CINNABAR, GILT, TALL, WIDE, Icon, Panel
from .ink import Ink


def book_and_hand(icon: Icon, panel: Panel, x: float, y: float, u: float) -> None:
    skin, shade = (0.62, 0.42, 0.23), (0.30, 0.17, 0.09)
    bx, by = x + u * 1.35, y + u * 3.5
    if icon.book_open:
        panel.lay(
            Ink(TALL, WIDE).area(
                [
                    (bx - u * 0.95, by - u * 0.72),
                    (bx, by - u * 0.58),
                    (bx + u * 0.95, by - u * 0.72),
                    (bx + u * 0.95, by + u * 0.62),
                    (bx, by + u * 0.74),
                    (bx - u * 0.95, by + u * 0.62),
                ]
            ),
            (0.90, 0.86, 0.74),
        )
        text = Ink(TALL, WIDE)
        for side in (-1, 1):
            for k in range(6):
                ty = by - u * 0.48 + k * u * 0.19
                for j in range(5):
                    text.line(
                        [(bx + side * u * (0.16 + 0.15 * j) - 4, ty), (bx + side * u * (0.16 + 0.15 * j) - 4, ty + 9)],
                        2.6,
                    ).line(
                        [(bx + side * u * (0.16 + 0.15 * j) + 2, ty), (bx + side * u * (0.16 + 0.15 * j) - 4, ty + 9)],
                        1.4,
                    )
        text.line([(bx, by - u * 0.58), (bx, by + u * 0.74)], 3)
        panel.lay(text, (0.14, 0.09, 0.07), 0.9)
    else:
        cover = [
            (bx - u * 0.62, by - u * 0.85),
            (bx + u * 0.66, by - u * 0.80),
            (bx + u * 0.66, by + u * 0.80),
            (bx - u * 0.62, by + u * 0.75),
        ]
        panel.lay(Ink(TALL, WIDE).area(cover), CINNABAR.rgb)
        gold = (
            Ink(TALL, WIDE)
            .line(cover, 6, closed=True)
            .line([(bx, by - u * 0.5), (bx, by + u * 0.45)], 9)
            .line([(bx - u * 0.3, by - u * 0.12), (bx + u * 0.32, by - u * 0.10)], 9)
        )
        for cx, cy in ((-0.42, -0.62), (0.46, -0.58), (0.46, 0.58), (-0.42, 0.55)):
            gold.disc(bx + cx * u, by + cy * u, 9)
        mask = panel.lay(gold, GILT.rgb)
        panel.gold = np.maximum(panel.gold, mask * np.float32(0.9))
    for k in range(4):
        panel.area(
            [
                (bx - u * 0.30 + k * u * 0.2, by + u * 0.50),
                (bx - u * 0.16 + k * u * 0.2, by + u * 0.50),
                (bx - u * 0.14 + k * u * 0.2, by + u * 0.98),
                (bx - u * 0.30 + k * u * 0.2, by + u * 0.98),
            ],
            skin,
        )
        panel.line(
            [(bx - u * 0.32 + k * u * 0.2, by + u * 0.52), (bx - u * 0.32 + k * u * 0.2, by + u * 0.98)], shade, 3
        )
    hx, hy = x - u * 1.28, y + u * 3.1
    panel.area(
        [
            (hx - u * 0.34, hy + u * 0.95),
            (hx - u * 0.42, hy + u * 0.30),
            (hx - u * 0.30, hy - u * 0.05),
            (hx + u * 0.32, hy - u * 0.02),
            (hx + u * 0.44, hy + u * 0.38),
            (hx + u * 0.30, hy + u * 0.95),
        ],
        skin,
    )
    fingers = (
        ((-0.26, 0.0), (-0.30, -0.75)),
        ((-0.04, -0.05), (-0.02, -0.86)),
        ((0.17, 0.0), (0.34, -0.40)),
        ((0.32, 0.12), (0.52, -0.16)),
        ((-0.36, 0.35), (0.10, 0.10)),
    )
    for (ax, ay), (ex, ey) in fingers:
        panel.line(
            [(hx + ax * u, hy + ay * u), (hx + (ax + ex) / 2 * u, hy + (ay + ey) / 2 * u), (hx + ex * u, hy + ey * u)],
            shade,
            u * 0.235,
        )
        panel.line(
            [(hx + ax * u, hy + ay * u), (hx + (ax + ex) / 2 * u, hy + (ay + ey) / 2 * u), (hx + ex * u, hy + ey * u)],
            skin,
            u * 0.17,
        )
        panel.line([(hx + ax * u - 3, hy + ay * u), (hx + ex * u - 3, hy + ey * u)], (0.82, 0.63, 0.40), u * 0.04, 0.8)
    panel.area(
        [
            (hx - u * 0.44, hy + u * 0.86),
            (hx + u * 0.42, hy + u * 0.86),
            (hx + u * 0.52, hy + u * 1.35),
            (hx - u * 0.56, hy + u * 1.35),
        ],
        icon.robe.rgb,
    )
    panel.line([(hx - u * 0.44, hy + u * 0.90), (hx + u * 0.42, hy + u * 0.90)], GILT.rgb, 8)
