"""What coins, medals and seals carry: eagle, profile, monogram, wreath. Reliefs 0..1 on square maps."""

from __future__ import annotations

import numpy as np

from . import lettering
from .ink import Ink, petal_points
from .meshes import curve
from .noise import clouds
from .planes import blur, clamp, floats
from .reliefs import swollen
from .values import Floats, Random


def _mirrored(mask: Floats) -> Floats:
    return floats(np.maximum(mask, mask[:, ::-1]))


def crown(ink: Ink, x: float, y: float, width: float) -> None:
    """A crown whose base is centred on (x, y)."""
    w, h = width / 2, width * 0.62
    ink.area([(x - w * 0.8, y), (x + w * 0.8, y), (x + w * 0.85, y - h * 0.22), (x - w * 0.85, y - h * 0.22)])
    for side in (-1, 1):
        bow = curve(
            [
                (x + side * w * 0.8, y - h * 0.28),
                (x + side * w, y - h * 0.6),
                (x + side * w * 0.5, y - h * 0.92),
                (x, y - h * 0.72),
            ],
            24,
        )
        ink.line(bow, width * 0.09)
        ink.ellipse(x + side * w * 0.42, y - h * 0.5, w * 0.26, h * 0.26)
    ink.disc(x, y - h * 0.95, width * 0.07)
    ink.line([(x, y - h * 1.25), (x, y - h * 0.98)], width * 0.05)
    ink.line([(x - width * 0.07, y - h * 1.15), (x + width * 0.07, y - h * 1.15)], width * 0.05)


def eagle(size: int, rng: Random) -> Floats:
    """The double-headed eagle with sceptre, orb and a shield on its breast."""
    s = size / 720
    spread, droop = rng.uniform(0.92, 1.06), rng.uniform(-14, 18)
    feathers = Ink(size, size)
    for layer, count, reach in ((0, 9, 1.0), (1, 7, 0.66)):
        for k in range(count):
            t = k / (count - 1)
            angle = np.radians(-128 + t * 150 + droop * t)
            x, y = (400 + 62 * t * (1 - layer * 0.5)) * s, (300 + 42 * t) * s
            feathers.petal(
                x, y, angle + np.radians(30), (185 - 60 * abs(t - 0.35)) * reach * spread * s, 34 * s, 120 + 60 * layer
            )
    for k in range(5):
        feathers.petal(362 * s, 440 * s, np.radians(90 - (k - 0.0) * 13), (125 - k * 7) * s, 30 * s, 150)
    wings = _mirrored(feathers.read())
    body = Ink(size, size)
    body.ellipse(360 * s, 360 * s, 62 * s, 108 * s)
    neck = curve([(372, 300), (392, 250), (398, 214), (418, 190)], 20) * np.float32(s)
    body.line(neck, 40 * s)
    body.ellipse(418 * s, 186 * s, 25 * s, 20 * s)
    body.area([(436 * s, 176 * s), (468 * s, 190 * s), (455 * s, 199 * s), (434 * s, 196 * s)])
    crown(body, 412 * s, 166 * s, 46 * s)
    body.line(curve([(392, 420), (440, 450), (470, 452)], 12) * np.float32(s), 15 * s)
    for claw in (-16, 0, 16):
        body.line([(470 * s, 452 * s), ((496) * s, (452 + claw) * s)], 7 * s)
    figure = _mirrored(body.read())
    extra = Ink(size, size)
    crown(extra, 360 * s, 158 * s, 66 * s)
    extra.line([(238 * s, 478 * s), (214 * s, 372 * s)], 8 * s)
    extra.disc(213 * s, 366 * s, 10 * s)
    extra.disc(490 * s, 440 * s, 24 * s)
    extra.line([(490 * s, 416 * s), (490 * s, 396 * s)], 6 * s)
    extra.line([(481 * s, 404 * s), (499 * s, 404 * s)], 6 * s)
    extra.area([(322 * s, 318 * s), (398 * s, 318 * s), (398 * s, 376 * s), (360 * s, 412 * s), (322 * s, 376 * s)])
    rider = Ink(size, size)
    rider.circle(360 * s, 356 * s, 22 * s, 6 * s)
    rider.line([(342 * s, 384 * s), (378 * s, 330 * s)], 5 * s)
    height = np.maximum(swollen(wings, 9 * s) * wings * 0.8, swollen(figure, 26 * s) * 0.85)
    height = np.maximum(height, swollen(extra.read(), 9 * s) * 0.8) + rider.read() * 0.15
    plumage = (np.sin(np.mgrid[0:size, 0:size][0] / (9 * s)) * 0.04 + clouds(rng, size, size, 16 * s, 2) * 0.05) * (
        figure > 0.5
    )
    return clamp(floats(height + plumage))


def profile(size: int, rng: Random) -> Floats:
    """A head in profile to the right: brow, nose, lips, chin, wig or laurel, and draped shoulders."""
    s = size / 720
    nose, chin, brow = rng.uniform(-8, 10), rng.uniform(-8, 12), rng.uniform(-5, 5)
    face = [
        (352, 160),
        (410, 172),
        (444 + brow, 214),
        (446 + brow, 244),
        (444, 258),
        (462 + nose * 0.6, 290),
        (480 + nose, 318),
        (474 + nose, 330),
        (454, 334),
        (456, 346),
        (468, 356),
        (462, 366),
        (466, 378),
        (456, 388),
        (454, 400),
        (464 + chin, 420),
        (452 + chin, 444),
        (424, 452),
        (398, 446),
        (386, 470),
        (392, 520),
        (452, 556),
        (478, 590),
        (400, 622),
        (300, 624),
        (236, 596),
        (258, 548),
        (300, 500),
        (308, 440),
        (282, 360),
        (270, 280),
        (296, 196),
    ]
    outline = curve([*face, face[0]], 240) * np.float32(s)
    head = Ink(size, size).area(outline).read()
    hair = Ink(size, size)
    style = int(rng.integers(0, 3))
    strands = Ink(size, size)
    cap = curve(
        [
            (440, 208),
            (402, 152),
            (340, 138),
            (276, 168),
            (246, 246),
            (250, 336),
            (284, 388),
            (318, 372),
            (340, 318),
            (356, 268),
            (400, 238),
        ],
        120,
    )
    hair.area(cap * np.float32(s))
    if style == 0:
        for k in range(5):
            hair.disc((262 + (k % 2) * 34) * s, (360 + k * 34) * s, (30 - k) * s)
            strands.circle((262 + (k % 2) * 34) * s, (360 + k * 34) * s, 17 * s, 5 * s)
    elif style == 1:
        hair.ellipse(240 * s, 300 * s, 44 * s, 36 * s, 0.5)
        hair.line(curve([(232, 326), (214, 380), (238, 420)], 20) * np.float32(s), 22 * s)
    for k in range(13):
        start = np.array([300 + k * 11.0, 146 + abs(k - 5) * 4])
        bend = rng.uniform(-18, 18)
        strands.line(
            curve(
                [
                    start,
                    (start[0] - 40 + bend, 230 + k * 3),
                    (262 + k * 6 + bend, 300 + k * 2),
                    (282 + k * 4, 372 - k * 4),
                ],
                24,
            )
            * np.float32(s),
            4 * s,
        )
    leaves = Ink(size, size)
    if style != 1:
        for k in range(9):
            t = k / 8
            x, y = (292 + 132 * t) * s, (296 - 92 * t - 20 * np.sin(np.pi * t)) * s
            leaves.area(petal_points(x, y, np.radians(-62 + 24 * t), 46 * s, 19 * s))
            leaves.area(petal_points(x, y, np.radians(20 + 24 * t), 40 * s, 17 * s))
    else:
        leaves.line(curve([(440, 214), (392, 178), (330, 176), (268, 230)], 30) * np.float32(s), 15 * s)
    details = Ink(size, size)
    details.line(curve([(424, 260), (438, 254), (446, 262)], 10) * np.float32(s), 5 * s)
    details.line(curve([(414, 240), (434, 232), (448, 240)], 10) * np.float32(s), 6 * s)
    details.ellipse(432 * s, 267 * s, 9 * s, 6 * s)
    details.line(curve([(338, 312), (352, 300), (360, 316), (350, 342), (340, 336)], 16) * np.float32(s), 6 * s)
    details.line([(446 * s, 361 * s), (464 * s, 360 * s)], 4 * s, 0)
    folds = Ink(size, size)
    for k in range(6):
        folds.line(
            curve([(270 + k * 26, 616), (290 + k * 27, 570), (330 + k * 20, 536 - 4 * k)], 16) * np.float32(s), 5 * s
        )
    inside = np.maximum(head, hair.read())
    height = swollen(inside, 120 * s, 0.6) * 0.66
    height = (
        height
        + blur(hair.read(), 5 * s) * 0.10
        + strands.read() * hair.read() * 0.11
        + swollen(leaves.read(), 7 * s) * 0.14
    )
    height = height + blur(details.read(), 1.5 * s) * 0.10 + folds.read() * head * 0.08
    return clamp(floats(height * np.minimum(inside * 1.5, 1)))


def monogram(size: int, letter: str, rng: Random) -> Floats:
    """A crowned cipher between palm branches."""
    s = size / 720
    page = lettering.Page(size, size)
    page.text(360 * s, 392 * s, letter, int(300 * s), lettering.REGULAR, anchor="mm")
    numeral = ("I", "II", "III")[int(rng.integers(0, 3))]
    page.text(360 * s, 402 * s, numeral, int(110 * s), lettering.BLACK, anchor="mm")
    ink = Ink(size, size)
    crown(ink, 360 * s, 232 * s, 116 * s)
    branch = Ink(size, size)
    spine = curve([(376, 596), (486, 560), (552, 470), (560, 360)], 40) * np.float32(s)
    branch.line(spine, 6 * s)
    for k in range(4, 40, 3):
        x, y = spine[k]
        for side in (-0.7, 0.7):
            branch.petal(float(x), float(y), -1.25 - k * 0.012 + side, 42 * s, 15 * s)
    both = _mirrored(branch.read())
    height = np.maximum(swollen(page.read(), 10 * s) * 0.8, swollen(ink.read(), 9 * s) * 0.85)
    return clamp(floats(np.maximum(height, swollen(both, 6 * s) * 0.6)))


def wreath(size: int) -> Floats:
    """Laurel and oak around an empty field."""
    s = size / 720
    ink = Ink(size, size)
    for k in range(17):
        angle = np.radians(100 - k * 10.5 + 90)
        x, y = 360 * s - np.cos(angle) * 262 * s, 360 * s + np.sin(angle - np.pi) * -262 * s
        for side in (-0.75, 0.0, 0.75):
            ink.petal(float(x), float(y), float(np.pi - angle + np.pi / 2 + side + np.pi), 52 * s, 20 * s)
    both = _mirrored(ink.read())
    knot = Ink(size, size)
    for side in (-1, 1):
        knot.line(
            curve([(360, 618), (360 + side * 46, 592), (360 + side * 52, 640), (360, 618)], 24) * np.float32(s), 8 * s
        )
    return clamp(floats(np.maximum(swollen(both, 7 * s) * 0.65, swollen(knot.read(), 5 * s) * 0.7)))
