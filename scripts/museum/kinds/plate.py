"""A painted plate or dish: a band of ornament on its rim and a flower, a bird or a rosette in the well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, reliefs, words
from scripts.museum.english import an
from scripts.museum.ink import Ink
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds, craquelure, hairline
from scripts.museum.ornament import MOTIFS, Motif, band, repeats_for
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, sampled, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Colour, Dating, chance, pick

SIZE = 900
CENTRES = {
    "bird": (Said("птица на ветке", "a bird on a branch"), Said("птицей на ветке", "a bird on a branch")),
    "bouquet": (Said("букет цветов", "a bouquet of flowers"), Said("букетом цветов", "a bouquet of flowers")),
    "rosette": (
        Said("многолепестковая розетка", "a many-petalled rosette"),
        Said("многолепестковой розеткой", "a many-petalled rosette"),
    ),
    "fish": (Said("рыба среди водорослей", "a fish among weeds"), Said("рыбой среди водорослей", "a fish among weeds")),
    "star": (
        Said("восьмиконечная звезда", "an eight-pointed star"),
        Said("восьмиконечной звездой", "an eight-pointed star"),
    ),
}
WARES = {
    "faience": (Said("фаянс", "faience"), Said("фаянсовая", "faience"), words.IVORY, 0.10),
    "porcelain": (Said("фарфор", "porcelain"), Said("фарфоровая", "porcelain"), words.WHITE, 0.07),
    "majolica": (
        Said("глина, цветная глазурь", "clay, coloured glaze"),
        Said("майоликовая", "majolica"),
        words.YELLOW,
        0.14,
    ),
}
PLACES = (
    Said("Россия, завод Ауэрбаха, Кузнецово", "Russia, Auerbach factory, Kuznetsovo"),
    Said("Россия, завод Гарднера, Вербилки", "Russia, Gardner factory, Verbilki"),
    Said("Россия, Гжель", "Russia, Gzhel"),
    Said("Средняя Азия, Гиждуван", "Central Asia, Gijduvan"),
)


@dataclass(frozen=True, kw_only=True)
class Plate:
    ware: str
    motif: Motif
    centre: str
    first: Colour
    second: Colour
    diameter: float
    crack: bool
    crazed: bool
    rim_wear: bool
    chip_deg: float | None
    seed: int
    dating: Dating
    place: Said


def choose(rng: Random) -> Plate:
    inks = (words.COBALT, words.GREEN, words.OXBLOOD, words.BROWN, words.TURQUOISE, words.VIOLET)
    order = rng.permutation(len(inks))
    return Plate(
        ware=pick(rng, tuple(WARES)),
        motif=MOTIFS[pick(rng, tuple(MOTIFS))],
        centre=pick(rng, tuple(CENTRES)),
        first=inks[int(order[0])],
        second=inks[int(order[1])],
        diameter=round(float(rng.uniform(18, 36)), 1),
        crack=chance(rng, 0.3),
        crazed=chance(rng, 0.35),
        rim_wear=chance(rng, 0.4),
        chip_deg=float(rng.uniform(0, 360)) if chance(rng, 0.35) else None,
        seed=int(rng.integers(0, 1 << 30)),
        dating=words.within(rng, 1800, 1930),
        place=pick(rng, PLACES),
    )


def _wound(strip: Floats, inner: float, outer: float) -> Floats:
    """A strip laid around the middle between two radii (shares of the plate's)."""
    distance, angle = reliefs.from_centre(SIZE)
    column = (angle / (2 * np.pi) + 0.5) * (strip.shape[1] - 1)
    row = (outer - distance) / (outer - inner) * (strip.shape[0] - 1)
    inside = smoothstep(distance, inner - 0.003, inner + 0.003) * (
        1 - smoothstep(distance, outer - 0.003, outer + 0.003)
    )
    return sampled(strip, floats(column), floats(row)) * inside


def _centre(plate: Plate, rng: Random) -> list[tuple[Colour, Floats]]:
    c, r = SIZE / 2, SIZE * 0.24
    a, b, line = Ink(SIZE, SIZE), Ink(SIZE, SIZE), Ink(SIZE, SIZE)
    if plate.centre == "rosette":
        n = int(rng.integers(8, 15))
        for k in range(n):
            t = k * 2 * np.pi / n
            a.petal(c, c, t, r, r * 3.4 / n)
            b.petal(c, c, t + np.pi / n, r * 0.72, r * 2.0 / n)
            line.line([(c, c), (c + np.cos(t) * r * 0.8, c + np.sin(t) * r * 0.8)], 2)
        b.disc(c, c, r * 0.20)
    elif plate.centre == "star":
        for turn in (0.0, np.pi / 4):
            a.area([(c + np.cos(turn + k * np.pi / 2) * r, c + np.sin(turn + k * np.pi / 2) * r) for k in range(4)])
        b.disc(c, c, r * 0.58)
        for k in range(8):
            line.petal(c, c, k * np.pi / 4, r * 0.5, r * 0.2)
    elif plate.centre == "bouquet":
        for k in range(5):
            t = -np.pi / 2 + (k - 2) * 0.55 + rng.normal(0, 0.06)
            reach = r * (0.78 + 0.14 * (k % 2))
            x, y = c + np.cos(t) * reach, c + np.sin(t) * reach * 0.92
            line.line(
                curve([(c, c + r * 0.85), ((c + x) / 2 + rng.normal(0, 8), (c + y) / 2 + r * 0.3), (x, y)], 20), 4
            )
            n = int(rng.integers(5, 9))
            for j in range(n):
                (a if k % 2 else b).petal(x, y, j * 2 * np.pi / n + k, r * 0.30, r * 0.20)
            (b if k % 2 else a).disc(x, y, r * 0.08)
        for k in range(6):
            line.petal(c, c + r * (0.2 + 0.1 * k), (-0.4 if k % 2 else np.pi + 0.4), r * 0.42, r * 0.17)
    elif plate.centre == "bird":
        a.area(
            curve(
                [
                    (c - r * 0.55, c - r * 0.38),
                    (c - r * 0.30, c - r * 0.55),
                    (c + r * 0.1, c - r * 0.2),
                    (c + r * 0.5, c + r * 0.1),
                    (c + r * 0.1, c + r * 0.42),
                    (c - r * 0.35, c + r * 0.2),
                    (c - r * 0.55, c - r * 0.38),
                ],
                70,
            )
        )
        for k in range(5):
            a.petal(c + r * 0.38, c + r * 0.12, 0.15 + 0.16 * k + rng.normal(0, 0.02), r * 0.75, r * 0.13)
        b.area(
            curve(
                [
                    (c - r * 0.1, c - r * 0.15),
                    (c + r * 0.3, c - r * 0.28),
                    (c + r * 0.62, c - r * 0.12),
                    (c + r * 0.2, c + r * 0.18),
                    (c - r * 0.1, c - r * 0.15),
                ],
                40,
            )
        )
        a.area([(c - r * 0.52, c - r * 0.46), (c - r * 0.82, c - r * 0.36), (c - r * 0.53, c - r * 0.32)])
        line.disc(c - r * 0.40, c - r * 0.42, r * 0.05)
        line.line(curve([(c - r, c + r * 0.62), (c - r * 0.1, c + r * 0.48), (c + r * 0.95, c + r * 0.75)], 40), 7)
        for k in range(9):
            t = -0.95 + k * 0.23
            b.petal(
                c + r * t,
                c + r * (0.56 + 0.04 * (k % 3)),
                (-1.0 if k % 2 else 1.1) + rng.normal(0, 0.2),
                r * 0.32,
                r * 0.14,
            )
    else:
        a.area(
            curve(
                [
                    (c - r * 0.9, c),
                    (c - r * 0.3, c - r * 0.42),
                    (c + r * 0.5, c - r * 0.12),
                    (c + r * 0.95, c - r * 0.42),
                    (c + r * 0.85, c),
                    (c + r * 0.95, c + r * 0.42),
                    (c + r * 0.5, c + r * 0.12),
                    (c - r * 0.3, c + r * 0.42),
                    (c - r * 0.9, c),
                ],
                90,
            )
        )
        for k in range(4):
            for j in range(-2, 3):
                x, y = c - r * 0.38 + k * r * 0.22, c + j * r * 0.13
                arc = np.linspace(-1.2, 1.2, 12)
                b.line(np.stack([x + np.cos(arc) * r * 0.10, y + np.sin(arc) * r * 0.09], axis=1), 3)
        b.disc(c - r * 0.68, c - r * 0.07, r * 0.06)
        for k in range(8):
            side = 1 if k % 2 else -1
            x = c + (k - 3.5) * r * 0.24
            line.line(
                curve([(x, c + side * r * 0.95), (x + 14, c + side * r * 0.74), (x - 6, c + side * r * 0.56)], 14), 5
            )
    return [(plate.second, line.read()), (plate.first, a.read()), (plate.second, b.read())]


def exhibit(plate: Plate, rng: Random) -> Exhibit:
    _material, _, ground, gloss = WARES[plate.ware]
    distance, angle = reliefs.from_centre(SIZE)
    tone = words.shade_of(rng, ground, 0.02)
    colour = flat(SIZE, SIZE, tuple(tone)) * (1 + clouds(rng, SIZE, SIZE, 200, 3)[..., None] * np.float32(0.025))
    colour = floats(colour)
    first, second = words.shade_of(rng, plate.first), words.shade_of(rng, plate.second)
    tones = {plate.first: first, plate.second: second}
    wide = 2600
    strip = band(plate.motif, 120, wide, max(8, repeats_for(plate.motif, 0.20, 2 * np.pi * 0.82)))
    brush = clamp(np.float32(0.88) + clouds(rng, SIZE, SIZE, 30, 3) * np.float32(0.32))
    rim = _wound(strip, 0.70, 0.91)
    colour = mixed(colour, tuple(first), clamp(rim * brush))
    for at, thick, ink in ((0.955, 0.016, second), (0.685, 0.006, first), (0.925, 0.004, first), (0.60, 0.008, second)):
        ring = np.exp(-(((distance - at) / thick) ** 4))
        colour = mixed(colour, tuple(ink), floats(ring * 0.9))
    painter = np.random.default_rng(plate.seed)
    for ink_colour, mask in _centre(plate, painter):
        colour = mixed(colour, tuple(tones[ink_colour]), clamp(mask * brush * np.float32(0.96)))
    relief_cm = plate.diameter * np.interp(
        distance, [0, 0.58, 0.66, 0.72, 0.97, 1.0, 1.42], [0.012, 0.012, 0.030, 0.052, 0.092, 0.090, 0.07]
    )
    relief = floats(relief_cm) + rim * np.float32(0.010) + clouds(rng, SIZE, SIZE, 160, 2) * np.float32(0.02)
    roughness = np.full((SIZE, SIZE), gloss, np.float32)
    if plate.crazed:
        net = craquelure(rng, SIZE, SIZE, 42)
        colour = mixed(colour, (0.42, 0.33, 0.22), net * np.float32(0.42))
    if plate.crack:
        start = rng.uniform(0, 2 * np.pi)
        edge = (SIZE / 2 + np.cos(start) * SIZE * 0.49, SIZE / 2 + np.sin(start) * SIZE * 0.49)
        split = (
            Ink(SIZE, SIZE).line(hairline(rng, edge, start + np.pi + rng.normal(0, 0.2), SIZE * 0.62, 0.16), 2.2).read()
        )
        colour = mixed(colour, (0.26, 0.19, 0.13), split * np.float32(0.9))
        relief -= split * np.float32(0.03)
    if plate.rim_wear:
        bare = clamp(floats((distance - 0.93) * 14)) * clamp(
            clouds(rng, SIZE, SIZE, 50, 4) * np.float32(1.4) - np.float32(0.2)
        )
        colour = mixed(colour, (0.80, 0.70, 0.56), bare)
        roughness += bare * np.float32(0.5)
    outline = np.ones(360)
    if plate.chip_deg is not None:
        away = np.abs((np.arange(360) - plate.chip_deg + 180) % 360 - 180)
        outline -= 0.05 * np.sqrt(np.clip(1 - (away / 6.5) ** 2, 0, 1))
        turn = np.degrees(np.arctan2(np.cos(angle), np.sin(angle))) % 360
        near = np.abs((turn - plate.chip_deg + 180) % 360 - 180) < 7.5
        chipped = floats(near) * smoothstep(distance, 0.955, 0.965)
        colour = mixed(colour, (0.76, 0.66, 0.54), chipped)
        roughness += chipped * np.float32(0.6)
    colour *= 1 - clamp(damage.dust(rng, SIZE, SIZE) * np.float32(0.03))[..., None]
    finish = Finish(colour=pixels(colour), roughness=clamp(roughness))
    radius = plate.diameter / 2
    top = reliefs.disc(radius, relief, finish, outline=floats(outline))
    scale = (
        np.interp(np.degrees(np.linspace(0, 2 * np.pi, 181)), np.arange(361), np.append(outline, outline[0])) * radius
    )
    t = np.linspace(0, 2 * np.pi, 181)
    ring = np.stack([np.cos(t) * scale, np.sin(t) * scale], axis=1)
    levels = ((1.0, 0.09 * plate.diameter), (0.99, 0.08 * plate.diameter), (0.62, 0.005), (0.58, 0.0))
    under = Part(
        points=floats(np.stack([np.concatenate([ring * k, np.full((181, 1), z)], axis=1) for k, z in levels])),
        finish=Finish(colour=solid(*(float(v) for v in tone)), roughness=0.15),
        closed=True,
    )
    return Exhibit(
        card=card(plate), arrangements=(Arrangement(parts=(top, under), stance=Stance.LYING, turn_limit_deg=80),)
    )


def card(plate: Plate) -> Card:
    material, adjective, ground, _ = WARES[plate.ware]
    centre = CENTRES[plate.centre]
    dish = plate.diameter > 27
    noun = Said("блюдо", "dish") if dish else Said("тарелка", "plate")
    adjective_ru = adjective.ru[:-2] + "ое" if dish else adjective.ru
    ru = [
        f"{noun.ru} {adjective_ru}, {'круглое' if dish else 'круглая'}, с широким бортом; фон {ground.ru}",
        f"по борту пояс {plate.motif.ru}, исполненный {plate.first.said('ins', 'f')} краской, в центре — "
        f"{centre[0].ru} ({plate.first.ru} и {plate.second.ru} цвета)",
    ]
    en = [
        f"a round {adjective.en} {noun.en} with a broad rim and {ground.en} ground",
        f"on the rim {an(plate.first.en)} band of {plate.motif.en}; in the well {centre[0].en} in "
        f"{plate.first.en} and {plate.second.en}",
    ]
    states = (
        (plate.chip_deg is not None, "скол края", "chipped edge"),
        (plate.crack, "трещина от края", "a crack running from the edge"),
        (plate.crazed, "цек глазури", "crazed glaze"),
        (plate.rim_wear, "потёртости по краю", "rubbed rim"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="plate",
        typology=Typology.APPLIED_ARTS,
        name=Said(f"{noun.ru.capitalize()} с {centre[1].ru}", f"{noun.en.capitalize()} with {centre[1].en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=plate.dating.said,
        year_from=plate.dating.year_from,
        year_to=plate.dating.year_to,
        materials=material,
        technique=Said("формовка, роспись, глазурование, обжиг", "moulded, painted, glazed, fired"),
        dimensions=words.measures(
            ("диаметр", "diameter", plate.diameter), ("высота", "height", round(plate.diameter * 0.09, 1))
        ),
        place=plate.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
