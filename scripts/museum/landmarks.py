"""What stands in a landscape: trees, a church, a hut, a mill, a boat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ink import Ink
from .meshes import curve
from .planes import blur, floats, mixed
from .values import Floats, Random, Said
from .words import chance, pick

Rgb = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Season:
    key: str
    said: Said
    sky_high: Rgb
    sky_low: Rgb
    cloud: Rgb
    far: Rgb
    near: Rgb
    leaves: tuple[Rgb, ...]
    water: Rgb


SEASONS = (
    Season(
        key="summer",
        said=Said("летний", "summer"),
        sky_high=(0.36, 0.56, 0.78),
        sky_low=(0.80, 0.86, 0.86),
        cloud=(0.96, 0.95, 0.92),
        far=(0.44, 0.54, 0.58),
        near=(0.36, 0.44, 0.17),
        leaves=((0.17, 0.31, 0.12), (0.27, 0.40, 0.14), (0.40, 0.47, 0.18)),
        water=(0.42, 0.54, 0.62),
    ),
    Season(
        key="autumn",
        said=Said("осенний", "autumn"),
        sky_high=(0.50, 0.58, 0.66),
        sky_low=(0.86, 0.82, 0.72),
        cloud=(0.83, 0.81, 0.78),
        far=(0.50, 0.46, 0.48),
        near=(0.52, 0.42, 0.20),
        leaves=((0.62, 0.32, 0.08), (0.80, 0.54, 0.12), (0.50, 0.20, 0.08)),
        water=(0.44, 0.48, 0.52),
    ),
    Season(
        key="winter",
        said=Said("зимний", "winter"),
        sky_high=(0.62, 0.66, 0.72),
        sky_low=(0.90, 0.83, 0.78),
        cloud=(0.86, 0.86, 0.88),
        far=(0.60, 0.63, 0.70),
        near=(0.88, 0.89, 0.92),
        leaves=((0.22, 0.25, 0.22), (0.32, 0.33, 0.32), (0.80, 0.83, 0.87)),
        water=(0.70, 0.75, 0.80),
    ),
    Season(
        key="evening",
        said=Said("вечерний", "evening"),
        sky_high=(0.28, 0.28, 0.42),
        sky_low=(0.95, 0.62, 0.34),
        cloud=(0.86, 0.52, 0.42),
        far=(0.36, 0.28, 0.36),
        near=(0.20, 0.19, 0.12),
        leaves=((0.10, 0.12, 0.08), (0.16, 0.17, 0.09), (0.26, 0.19, 0.09)),
        water=(0.62, 0.46, 0.40),
    ),
)


MOTIFS = {
    "church": Said("с церковью на холме", "with a church on a hill"),
    "hut": Said("с крестьянской избой", "with a peasant hut"),
    "mill": Said("с ветряной мельницей", "with a windmill"),
    "boat": Said("с лодкой на воде", "with a boat on the water"),
    "birches": Said("с берёзами", "with birches"),
}


@dataclass(frozen=True, kw_only=True)
class Landscape:
    season: Season
    motif: str
    river: bool
    horizon: float
    at: float
    birches: int
    seed: int

    def said(self) -> Said:
        motif = MOTIFS[self.motif]
        river = Said(" у реки", " by a river") if self.river and self.motif != "boat" else Said("", "")
        return Said(
            f"{self.season.said.ru} пейзаж {motif.ru}{river.ru}",
            f"{self.season.said.en} landscape {motif.en}{river.en}",
        )

    def title(self) -> Said:
        said = self.said()
        return Said(said.ru[0].upper() + said.ru[1:], said.en[0].upper() + said.en[1:])


def _lay(picture: Floats, ink: Ink, colour: Rgb, texture: Floats | None = None) -> None:
    paint = np.asarray(colour, np.float32) * (1 if texture is None else (1 + texture[..., None]))
    picture[:] = mixed(picture, floats(np.broadcast_to(paint, picture.shape)), ink.read())


def tree(view: Landscape, picture: Floats, at: float, base: float, tall: float, rng: Random) -> None:
    height, width = picture.shape[:2]
    dark, middle, pale = (view.season.leaves[k] for k in (0, 1, 2))
    trunk = Ink(height, width)
    x, y, reach = at * width, base * height, tall * height
    trunk.line([(x, y), (x + rng.normal(0, 4), y - reach * 0.8)], max(2.0, reach * 0.03))
    _lay(picture, trunk, (0.18, 0.13, 0.09))
    conifer = rng.random() < 0.35
    for colour, shift, count in ((dark, 0.0, 70), (middle, -0.018, 60), (pale, -0.036, 34)):
        leaves = Ink(height, width, 1)
        for _ in range(count):
            up = rng.uniform(0.15, 1.0)
            half = (1.05 - up) * 0.30 if conifer else np.sqrt(max(0.0, 1 - ((up - 0.6) / 0.42) ** 2)) * 0.30
            leaves.ellipse(
                x + (rng.uniform(-half, half) + shift * 2) * reach,
                y - (up - shift) * reach,
                reach * rng.uniform(0.02, 0.06),
                reach * rng.uniform(0.012, 0.035),
                rng.uniform(-0.5, 0.5),
            )
        _lay(picture, leaves, colour)


def birch(view: Landscape, picture: Floats, at: float, rng: Random) -> None:
    height, width = picture.shape[:2]
    x, foot = at * width, (view.horizon + rng.uniform(0.16, 0.34)) * height
    lean = rng.normal(0, 0.02) * width
    top = height * rng.uniform(-0.08, 0.08)
    path = curve([(x, foot), (x + lean * 0.3, foot * 0.55), (x + lean, top)], 30)
    thick = height * rng.uniform(0.012, 0.022)
    _lay(picture, Ink(height, width).line(path, thick), (0.87, 0.86, 0.82))
    shade = Ink(height, width).line(path + floats([thick * 0.32, 0]), thick * 0.35)
    _lay(picture, shade, (0.55, 0.55, 0.56))
    marks = Ink(height, width)
    for _ in range(26):
        px, py = path[int(rng.integers(0, 30))]
        marks.line([(px - thick * 0.4, py), (px + thick * rng.uniform(-0.1, 0.4), py + 1)], rng.uniform(1, 3.4))
    _lay(picture, marks, (0.14, 0.12, 0.11))
    for colour in view.season.leaves:
        leaves = Ink(height, width, 1)
        for _ in range(60):
            along = rng.uniform(0, 0.62)
            leaves.ellipse(
                x + lean * (1 - along) + rng.normal(0, 0.05) * width,
                foot * along * 0.9 + rng.uniform(0, 0.05) * height,
                rng.uniform(2, 6),
                rng.uniform(1.5, 3.5),
            )
        _lay(picture, leaves, colour)


def _church(view: Landscape, picture: Floats, rng: Random) -> None:
    height, width = picture.shape[:2]
    u = height * rng.uniform(0.0011, 0.0017)
    x, y = view.at * width, (view.horizon + 0.055) * height
    wall, shade, roof = Ink(height, width), Ink(height, width), Ink(height, width)
    hill = Ink(height, width).area(
        curve([(x - 230 * u, y + 50 * u), (x - 90 * u, y + 2), (x + 90 * u, y + 2), (x + 240 * u, y + 50 * u)], 40)
    )
    _lay(picture, hill, tuple(c * 0.85 for c in view.season.near))  # type: ignore[arg-type]
    wall.area([(x - 60 * u, y), (x - 60 * u, y - 85 * u), (x + 60 * u, y - 85 * u), (x + 60 * u, y)])
    wall.area([(x + 78 * u, y), (x + 78 * u, y - 150 * u), (x + 116 * u, y - 150 * u), (x + 116 * u, y)])
    shade.area([(x + 20 * u, y), (x + 20 * u, y - 85 * u), (x + 60 * u, y - 85 * u), (x + 60 * u, y)])
    shade.area([(x + 100 * u, y), (x + 100 * u, y - 150 * u), (x + 116 * u, y - 150 * u), (x + 116 * u, y)])
    roof.area([(x - 68 * u, y - 85 * u), (x, y - 112 * u), (x + 68 * u, y - 85 * u)])
    roof.area([(x + 74 * u, y - 150 * u), (x + 97 * u, y - 215 * u), (x + 120 * u, y - 150 * u)])
    for dx, dy, size in ((0, 128, 1.0), (-40, 112, 0.62), (40, 112, 0.62)):
        cx, cy = x + dx * u, y - dy * u
        wall.area(
            [
                (cx - 10 * size * u, cy + 30 * u),
                (cx - 10 * size * u, cy - 8 * u),
                (cx + 10 * size * u, cy - 8 * u),
                (cx + 10 * size * u, cy + 30 * u),
            ]
        )
        roof.area(
            curve(
                [
                    (cx - 10 * size * u, cy - 8 * u),
                    (cx - 19 * size * u, cy - 24 * size * u),
                    (cx, cy - (34 + 22 * size) * u),
                    (cx + 19 * size * u, cy - 24 * size * u),
                    (cx + 10 * size * u, cy - 8 * u),
                ],
                40,
            )
        )
        roof.line([(cx, cy - (30 + 22 * size) * u), (cx, cy - (52 + 22 * size) * u)], 2.4 * u)
        roof.line([(cx - 6 * u, cy - (45 + 22 * size) * u), (cx + 6 * u, cy - (45 + 22 * size) * u)], 2.0 * u)
    _lay(picture, wall, (0.92, 0.90, 0.85))
    _lay(picture, shade, (0.66, 0.66, 0.70))
    _lay(picture, roof, pick(rng, ((0.20, 0.40, 0.36), (0.62, 0.47, 0.16), (0.24, 0.32, 0.52), (0.30, 0.28, 0.28))))
    windows = Ink(height, width)
    for k in range(3):
        windows.area(
            [
                (x + (-44 + 32 * k) * u, y - 26 * u),
                (x + (-44 + 32 * k) * u, y - 56 * u),
                (x + (-35 + 32 * k) * u, y - 56 * u),
                (x + (-35 + 32 * k) * u, y - 26 * u),
            ]
        )
    windows.area(
        [(x + 92 * u, y - 118 * u), (x + 92 * u, y - 140 * u), (x + 102 * u, y - 140 * u), (x + 102 * u, y - 118 * u)]
    )
    _lay(picture, windows, (0.16, 0.17, 0.22))


def _hut(view: Landscape, picture: Floats, rng: Random) -> None:
    height, width = picture.shape[:2]
    u = height * rng.uniform(0.0014, 0.0021)
    x, y = view.at * width, (view.horizon + rng.uniform(0.10, 0.18)) * height
    wall = Ink(height, width).area(
        [(x - 70 * u, y), (x - 70 * u, y - 70 * u), (x, y - 128 * u), (x + 70 * u, y - 70 * u), (x + 70 * u, y)]
    )
    _lay(picture, wall, (0.42, 0.30, 0.19))
    side = Ink(height, width).area(
        [(x + 70 * u, y), (x + 70 * u, y - 70 * u), (x + 190 * u, y - 64 * u), (x + 190 * u, y - 6 * u)]
    )
    _lay(picture, side, (0.27, 0.19, 0.13))
    logs = Ink(height, width)
    for k in range(1, 7):
        logs.line([(x - 70 * u, y - k * 11 * u), (x + 70 * u, y - k * 11 * u), (x + 190 * u, y - k * 9.6 * u)], 1.6 * u)
    _lay(picture, logs, (0.15, 0.10, 0.07))
    roof = Ink(height, width).area(
        [
            (x - 86 * u, y - 58 * u),
            (x, y - 138 * u),
            (x + 128 * u, y - 124 * u),
            (x + 206 * u, y - 52 * u),
            (x + 84 * u, y - 60 * u),
            (x, y - 124 * u),
            (x - 78 * u, y - 52 * u),
        ]
    )
    _lay(picture, roof, (0.86, 0.87, 0.90) if view.season.key == "winter" else (0.48, 0.40, 0.29))
    windows, frames = Ink(height, width), Ink(height, width)
    for k in (-1, 0, 1):
        box = [
            (x + (k * 40 - 11) * u, y - 24 * u),
            (x + (k * 40 - 11) * u, y - 50 * u),
            (x + (k * 40 + 11) * u, y - 50 * u),
            (x + (k * 40 + 11) * u, y - 24 * u),
        ]
        windows.area(box)
        frames.line(box, 3.2 * u, closed=True)
    _lay(picture, windows, (0.95, 0.78, 0.40) if view.season.key == "evening" else (0.17, 0.20, 0.24))
    _lay(picture, frames, (0.80, 0.80, 0.78))
    fence = Ink(height, width)
    for k in range(16):
        fx = x - 95 * u - k * 12 * u
        fence.line([(fx, y + 6 * u), (fx, y - 22 * u)], 2.6 * u)
    fence.line([(x - 85 * u, y - 14 * u), (x - 280 * u, y - 14 * u)], 2.2 * u)
    _lay(picture, fence, (0.34, 0.27, 0.20))


def _mill(view: Landscape, picture: Floats, rng: Random) -> None:
    height, width = picture.shape[:2]
    u = height * rng.uniform(0.0014, 0.002)
    x, y = view.at * width, (view.horizon + 0.06) * height
    body = Ink(height, width).area(
        [(x - 42 * u, y), (x - 26 * u, y - 125 * u), (x + 26 * u, y - 125 * u), (x + 42 * u, y)]
    )
    _lay(picture, body, (0.40, 0.32, 0.25))
    _lay(
        picture,
        Ink(height, width).area([(x + 6 * u, y), (x + 5 * u, y - 125 * u), (x + 26 * u, y - 125 * u), (x + 42 * u, y)]),
        (0.26, 0.21, 0.17),
    )
    _lay(
        picture,
        Ink(height, width).area([(x - 32 * u, y - 122 * u), (x, y - 158 * u), (x + 32 * u, y - 122 * u)]),
        (0.30, 0.20, 0.15),
    )
    sails, turn = Ink(height, width), rng.uniform(0, np.pi / 2)
    for k in range(4):
        a = turn + k * np.pi / 2
        cx, cy = x, y - 126 * u
        ex, ey = cx + np.cos(a) * 115 * u, cy + np.sin(a) * 115 * u
        sails.line([(cx, cy), (ex, ey)], 4 * u)
        nx, ny = -np.sin(a) * 22 * u, np.cos(a) * 22 * u
        for t in np.linspace(0.25, 1, 9):
            px, py = cx + (ex - cx) * t, cy + (ey - cy) * t
            sails.line([(px, py), (px + nx, py + ny)], 1.8 * u)
        sails.line([(cx + (ex - cx) * 0.25 + nx, cy + (ey - cy) * 0.25 + ny), (ex + nx, ey + ny)], 1.8 * u)
    _lay(picture, sails, (0.16, 0.13, 0.11))


def _boat(view: Landscape, picture: Floats, rng: Random) -> None:
    height, width = picture.shape[:2]
    u = height * rng.uniform(0.0013, 0.002)
    x, y = (0.5 + (view.at - 0.5) * 0.5) * width, (view.horizon + 0.22) * height
    shadow = Ink(height, width).ellipse(x, y + 14 * u, 92 * u, 9 * u)
    picture[:] = mixed(picture, (0.10, 0.12, 0.13), blur(shadow.read(), 2.5) * np.float32(0.6))
    hull = Ink(height, width).area(
        curve(
            [
                (x - 90 * u, y - 16 * u),
                (x - 60 * u, y + 8 * u),
                (x + 55 * u, y + 8 * u),
                (x + 92 * u, y - 20 * u),
                (x, y - 9 * u),
                (x - 90 * u, y - 16 * u),
            ],
            60,
        )
    )
    _lay(picture, hull, pick(rng, ((0.30, 0.20, 0.14), (0.22, 0.30, 0.36), (0.44, 0.16, 0.11))))
    if chance(rng, 0.6):
        _lay(picture, Ink(height, width).line([(x, y), (x, y - 150 * u)], 3.4 * u), (0.24, 0.17, 0.12))
        sail = Ink(height, width).area(
            curve(
                [(x + 3 * u, y - 148 * u), (x + 64 * u, y - 70 * u), (x + 72 * u, y - 26 * u), (x + 3 * u, y - 20 * u)],
                40,
            )
        )
        _lay(picture, sail, (0.90, 0.85, 0.74))
    else:
        man = (
            Ink(height, width)
            .area(
                [(x - 10 * u, y - 8 * u), (x - 12 * u, y - 42 * u), (x + 10 * u, y - 42 * u), (x + 14 * u, y - 8 * u)]
            )
            .disc(x, y - 52 * u, 9 * u)
        )
        man.line([(x + 8 * u, y - 34 * u), (x + 66 * u, y + 12 * u)], 3 * u)
        _lay(picture, man, (0.16, 0.13, 0.13))


def _nothing(view: Landscape, picture: Floats, rng: Random) -> None:
    """The birches are the motif."""


DRAW = {"church": _church, "hut": _hut, "mill": _mill, "boat": _boat, "birches": _nothing}
