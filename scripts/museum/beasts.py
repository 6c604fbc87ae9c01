"""Silhouettes of a Greek vase painter: horse, deer, lion, owl, ship."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .ink import Ink
from .meshes import curve
from .planes import floats
from .values import Floats, Random


def beast(kind: str, tall: int, wide: int, rng: Random) -> tuple[Floats, Floats]:
    """A silhouette and its incised lines, facing right, in a field of the given size."""
    body, lines = Ink(tall, wide), Ink(tall, wide)
    s, ox, oy = tall / 100, wide / 2 - tall / 2, 0.0

    def at(points: Sequence[tuple[float, float]]) -> Floats:
        return floats(np.asarray(points) * s + [ox, oy])

    def shape(points: Sequence[tuple[float, float]]) -> None:
        body.area(curve(at([*points, points[0]]), 80))

    def limb(points: Sequence[tuple[float, float]], width: float) -> None:
        body.line(curve(at(points), 20), width * s)

    step = float(rng.uniform(-6, 6))
    if kind == "owl":
        shape([(36, 30), (50, 18), (64, 30), (70, 55), (62, 82), (50, 92), (38, 82), (30, 55)])
        for x in (42, 58):
            lines.circle(float(at([(x, 36)])[0][0]), float(at([(x, 36)])[0][1]), 7 * s, 2)
            lines.disc(float(at([(x, 36)])[0][0]), float(at([(x, 36)])[0][1]), 2.6 * s)
        for k in range(4):
            lines.line(curve(at([(38, 54 + k * 8), (50, 60 + k * 8), (62, 54 + k * 8)]), 14), 2)
        limb([(44, 90), (42, 98)], 4)
        limb([(56, 90), (58, 98)], 4)
        return body.read(), lines.read()
    if kind == "ship":
        shape([(8, 58), (20, 74), (78, 74), (94, 52), (88, 50), (74, 62), (26, 62), (14, 46)])
        limb([(48, 62), (48, 12)], 3)
        shape([(26, 18), (70, 18), (78, 40), (70, 50), (26, 50), (34, 34)])
        for k in range(7):
            limb([(24 + k * 8, 70), (18 + k * 8, 92)], 1.8)
        for k in range(4):
            lines.line(at([(34 + k * 11, 20), (38 + k * 11, 49)]), 2)
        return body.read(), lines.read()
    neck = {
        "horse": [(66, 44), (76, 26), (80, 16)],
        "deer": [(68, 44), (76, 28), (80, 20)],
        "lion": [(66, 42), (76, 34), (80, 30)],
    }[kind]
    shape([(16, 50), (24, 40), (46, 42), (66, 36), (76, 46), (72, 60), (52, 58), (34, 62), (20, 64)])
    limb(neck, 15 if kind == "lion" else 11)
    if kind == "lion":
        shape([(64, 26), (74, 16), (88, 18), (92, 32), (86, 44), (72, 48)])
        shape([(80, 24), (94, 26), (97, 34), (90, 40), (82, 38)])
    else:
        shape([(76, 12), (84, 10), (97, 24), (95, 30), (86, 26), (77, 24)])
    for k, x in enumerate((22, 31, 64, 72)):
        bend = step if k % 2 else -step
        limb([(x, 58), (x + bend * 0.6 - 2, 76), (x + bend, 95)], 5.0)
        limb([(x + bend, 95), (x + bend + 5, 95)], 4)
    limb(
        [(18, 48), (8, 52 if kind != "lion" else 36), (5, 72 if kind == "horse" else 50 if kind == "deer" else 24)],
        5 if kind == "horse" else 3,
    )
    if kind == "deer":
        for dx in (0, 5):
            limb([(79 + dx, 12), (72 + dx, 4), (74 + dx, -6)], 2.4)
            limb([(74 + dx, 6), (66 + dx, 2)], 2)
            limb([(76 + dx, 8), (84 + dx, 0)], 2)
    if kind == "horse":
        for k in range(7):
            limb([(70 + k * 1.4, 40 - k * 4.4), (62 + k * 1.6, 38 - k * 4.2)], 3)
    lines.line(curve(at([(62, 40), (66, 50), (62, 58)]), 14), 2)
    lines.line(curve(at([(28, 42), (36, 50), (30, 62)]), 14), 2)
    for k in range(4):
        lines.line(curve(at([(42 + k * 4, 46), (44 + k * 4, 54)]), 6), 1.5)
    lines.disc(
        float(at([(88, 18 if kind != "lion" else 28)])[0][0]),
        float(at([(88, 18 if kind != "lion" else 28)])[0][1]),
        1.8 * s,
    )
    return body.read(), lines.read()
