"""A pocket watch: enamel dial, numerals, hands, a case of silver, gold or brass with its crown and bow."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import damage, lettering, meshes, reliefs, words
from scripts.museum.ink import Ink
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Dating, chance, pick

SIZE = 760
CASES = {
    "silver": (Said("серебряном", "silver"), Said("серебро", "silver"), (0.88, 0.87, 0.84)),
    "gold": (Said("золочёном", "gilt"), Said("латунь, позолота", "gilt brass"), (0.93, 0.72, 0.34)),
    "steel": (Said("воронёном стальном", "gunmetal"), Said("сталь", "steel"), (0.16, 0.16, 0.18)),
}
DIALS = {
    "white": (Said("белый эмалевый", "white enamel"), (0.95, 0.94, 0.90), (0.06, 0.06, 0.07)),
    "cream": (Said("кремовый", "cream"), (0.90, 0.84, 0.70), (0.12, 0.09, 0.07)),
    "black": (Said("чёрный", "black"), (0.06, 0.06, 0.065), (0.88, 0.84, 0.70)),
}
MAKERS = (
    ("Павелъ Буре", "П. Буре", Said("Россия, Санкт-Петербург", "Russia, Saint Petersburg")),
    ("Г. Мозеръ", "Г. Мозер", Said("Россия, Москва", "Russia, Moscow")),
    ("ТОЧМЕХ", "Точмех", Said("СССР, Москва", "USSR, Moscow")),
    ("А. Борель", "А. Борель", Said("Швейцария, Невшатель", "Switzerland, Neuchâtel")),
)
ROMAN = ("XII", "I", "II", "III", "IIII", "V", "VI", "VII", "VIII", "IX", "X", "XI")


@dataclass(frozen=True, kw_only=True)
class Watch:
    case: str
    dial: str
    roman: bool
    maker: int
    seconds: bool
    hour: int
    minute: int
    hands: str
    cracked: bool
    chain: bool
    diameter: float
    dating: Dating


def choose(rng: Random) -> Watch:
    return Watch(
        case=pick(rng, tuple(CASES)),
        dial=pick(rng, ("white", "white", "cream", "black")),
        roman=chance(rng, 0.55),
        maker=int(rng.integers(0, 4)),
        seconds=chance(rng, 0.75),
        hour=int(rng.integers(0, 12)),
        minute=int(rng.integers(0, 60)),
        hands=pick(rng, ("blued", "gold")),
        cracked=chance(rng, 0.35),
        chain=chance(rng, 0.5),
        diameter=round(float(rng.uniform(4.4, 6.2)), 1),
        dating=words.within(rng, 1870, 1950),
    )


def _dial(watch: Watch, rng: Random) -> tuple[Floats, Floats]:
    _, ground, print_colour = DIALS[watch.dial]
    colour = flat(SIZE, SIZE, ground)
    c, r = SIZE / 2, SIZE / 2
    page, ink = lettering.Page(SIZE, SIZE), Ink(SIZE, SIZE)
    for k in range(60):
        angle = np.radians(k * 6)
        long = k % 5 == 0
        a, b = r * (0.90 if long else 0.915), r * 0.945
        ink.line(
            [(c + np.sin(angle) * a, c - np.cos(angle) * a), (c + np.sin(angle) * b, c - np.cos(angle) * b)],
            5 if long else 2,
        )
    ink.circle(c, c, r * 0.95, 2).circle(c, c, r * 0.90, 2)
    mark = page.read()
    for k in range(12):
        angle = np.radians(k * 30)
        x, y = c + np.sin(angle) * r * 0.74, c - np.cos(angle) * r * 0.74
        if watch.seconds and k == 6:
            continue
        if watch.roman:
            numeral = lettering.around(
                ROMAN[k],
                SIZE,
                66,
                r * 0.75,
                lettering.BOLD,
                start_deg=k * 30,
                sweep_deg=22 if len(ROMAN[k]) < 4 else 26,
            )
            mark = np.maximum(mark, numeral)
        else:
            page.text(x, y, str(12 if k == 0 else k), 74, lettering.BOLD, anchor="mm")
    page.text(c, c - r * 0.34, MAKERS[watch.maker][0], 34, lettering.REGULAR, anchor="mm")
    mark = np.maximum(np.maximum(mark, page.read()), ink.read())
    if watch.seconds:
        small = Ink(SIZE, SIZE)
        sy = c + r * 0.52
        small.circle(c, sy, r * 0.25, 2).circle(c, sy, r * 0.215, 1.5)
        for k in range(60):
            angle = np.radians(k * 6)
            small.line(
                [
                    (c + np.sin(angle) * r * 0.215, sy - np.cos(angle) * r * 0.215),
                    (
                        c + np.sin(angle) * r * (0.255 if k % 5 == 0 else 0.235),
                        sy - np.cos(angle) * r * (0.255 if k % 5 == 0 else 0.235),
                    ),
                ],
                2.5 if k % 5 == 0 else 1,
            )
        mark = np.maximum(mark, small.read())
    colour = mixed(colour, print_colour, mark * np.float32(0.95))
    colour = mixed(
        colour, (0.45, 0.33, 0.20), clamp(clouds(rng, SIZE, SIZE, 160, 5) - np.float32(0.55)) * np.float32(0.6)
    )
    if watch.cracked:
        colour = mixed(colour, (0.25, 0.22, 0.2), damage.cracks(rng, SIZE, SIZE, 2, 330, 1.3) * np.float32(0.8))
    relief = np.zeros((SIZE, SIZE), np.float32) + mark * np.float32(0.002)
    if watch.seconds:
        relief -= blur(Ink(SIZE, SIZE).disc(c, c + r * 0.52, r * 0.26).read(), 3) * np.float32(0.02)
    return colour, relief


def _hand(length: float, width: float, angle: float, z: float, spade: bool, finish: Finish) -> Part:
    """A thin hand as a flat sheet of three bevelled rows."""
    t = np.linspace(-0.18, 1, 60)
    half = width * (0.55 + 0.25 * (t < 0)) * np.ones_like(t)
    if spade:
        half = half + width * 2.0 * np.exp(-(((t - 0.70) / 0.07) ** 2))
    half = half * np.clip((1 - t) * 9, 0.05, 1) + width * 1.5 * np.exp(-((t / 0.05) ** 2))
    rows = [
        np.stack([side * half, t * length, np.full_like(t, z + (0.02 if side == 0 else 0))], axis=1)
        for side in (-1, 0, 1)
    ]
    return Part(points=meshes.turned(floats(np.stack(rows)), "z", -angle), finish=finish, two_sided=True)


def exhibit(watch: Watch, rng: Random) -> Exhibit:
    radius = watch.diameter / 2
    metal_colour = CASES[watch.case][2]
    aged = flat(100, 200, metal_colour) * (1 + clouds(rng, 100, 200, 50, 4)[..., None] * np.float32(0.10))
    metal = Finish(
        colour=pixels(floats(aged)),
        roughness=0.20,
        metal=0.95,
        height=damage.scratches(rng, 100, 200, 30, 40) * np.float32(-0.004),
    )
    colour, relief = _dial(watch, rng)
    dial = reliefs.disc(radius * 0.86, relief, Finish(colour=pixels(colour), roughness=0.16), lift=radius * 0.30)
    case = curve(
        (
            (radius * 0.86, radius * 0.30),
            (radius * 0.87, radius * 0.345),
            (radius * 0.93, radius * 0.365),
            (radius * 0.985, radius * 0.30),
            (radius, radius * 0.18),
            (radius * 0.96, radius * 0.05),
            (radius * 0.8, 0.0),
            (0.0, 0.0),
        ),
        50,
        sharp=(1,),
    )
    parts = [dial, Part(points=meshes.lathe(case, 120), finish=metal, closed=True)]
    hands = Finish(
        colour=solid(0.07, 0.10, 0.30) if watch.hands == "blued" else solid(0.85, 0.64, 0.26), roughness=0.2, metal=0.85
    )
    if watch.dial == "black":
        hands = Finish(colour=solid(0.90, 0.78, 0.45), roughness=0.25, metal=0.8)
    z = radius * 0.32
    parts.append(_hand(radius * 0.50, radius * 0.034, (watch.hour + watch.minute / 60) * 30, z, True, hands))
    parts.append(_hand(radius * 0.76, radius * 0.026, watch.minute * 6.0, z + 0.03, True, hands))
    if watch.seconds:
        sweep = _hand(radius * 0.20, radius * 0.012, float(rng.uniform(0, 360)), z, False, hands)
        parts.append(replace(sweep, points=meshes.moved(sweep.points, (0, -radius * 0.447, 0))))
    stem = meshes.tube(
        floats(np.array([[0, radius * 0.95, radius * 0.18], [0, radius * 1.12, radius * 0.18]])), radius * 0.085, 24
    )
    parts.append(Part(points=stem, finish=metal, closed=True))
    ridges = 1 + 0.06 * np.sign(np.sin(np.linspace(0, 2 * np.pi * 18, 145)))
    crown_path = floats(
        np.array(
            [
                [0, radius * 1.12, radius * 0.18],
                [0, radius * 1.121, radius * 0.18],
                [0, radius * 1.24, radius * 0.18],
                [0, radius * 1.26, radius * 0.18],
                [0, radius * 1.261, radius * 0.18],
            ]
        )
    )
    crown = meshes.tube(crown_path, floats([0.0, radius * 0.12, radius * 0.12, radius * 0.09, 0.0]), 145)
    axis = floats([0.0, 0.0, radius * 0.18])
    crown[..., 0] = (crown[..., 0] - axis[0]) * ridges[None]
    crown[..., 2] = (crown[..., 2] - axis[2]) * ridges[None] + axis[2]
    parts.append(Part(points=floats(crown), finish=metal, closed=True))
    t = np.linspace(-0.75, np.pi + 0.75, 60)
    bow = floats(
        np.stack(
            [np.cos(t) * radius * 0.30, radius * 1.28 + np.sin(t) * radius * 0.24, np.full_like(t, radius * 0.18)],
            axis=1,
        )
    )
    parts.append(Part(points=meshes.tube(bow, radius * 0.045, 18), finish=metal, closed=True))
    if watch.chain:
        parts.append(_chain(radius, metal, rng))
    return Exhibit(
        card=card(watch), arrangements=(Arrangement(parts=tuple(parts), stance=Stance.LYING, turn_limit_deg=60),)
    )


def _chain(radius: float, metal: Finish, rng: Random) -> Part:
    """Links along a loose curve, as pieces of one part."""
    side = float(rng.choice([-1, 1]))
    path = curve(
        [
            (0, radius * 1.5, 0.12),
            (side * radius * 0.5, radius * 1.72, 0.10),
            (side * radius * 1.2, radius * 1.35, 0.10),
            (side * radius * 1.45, radius * 0.5, 0.10),
            (side * radius * rng.uniform(1.2, 1.5), -radius * rng.uniform(0.2, 0.7), 0.10),
        ],
        38,
    )
    size = radius * 0.085
    blocks = []
    along = np.gradient(path, axis=0)
    angle = np.linspace(0, 2 * np.pi, 17)
    for k, (point, heading) in enumerate(zip(path, along, strict=True)):
        turn = np.degrees(np.arctan2(heading[1], heading[0]))
        ring = floats(
            np.stack([np.cos(angle) * size * 1.25, np.sin(angle) * size * 0.75, np.zeros_like(angle)], axis=1)
        )
        link = meshes.tube(ring, size * 0.24, 9)
        link = meshes.turned(link, "x", 55 if k % 2 else -35)
        blocks.append(meshes.moved(meshes.turned(link, "z", float(turn)), tuple(point)))
    return Part(
        points=floats(np.concatenate(blocks)),
        finish=Finish(colour=metal.colour[:1, :1], roughness=0.25, metal=0.95),
        rows_per_piece=17,
        closed=True,
    )


def card(watch: Watch) -> Card:
    case, material, _ = CASES[watch.case]
    dial = DIALS[watch.dial][0]
    maker, author, place = MAKERS[watch.maker]
    numerals = Said("римскими", "Roman") if watch.roman else Said("арабскими", "Arabic")
    hands = "золочёные" if watch.hands == "gold" or watch.dial == "black" else "воронёные"
    ru = [
        f"часы карманные открытые в {case.ru} корпусе" + (", с цепочкой" if watch.chain else ""),
        f"циферблат {dial.ru} с {numerals.ru} цифрами и надписью «{maker}»"
        + (", с малой секундной шкалой" if watch.seconds else "")
        + f"; стрелки {hands}, показывают {watch.hour or 12} ч {watch.minute:02d} мин",
    ]
    en = [
        f"an open-faced pocket watch in a {case.en} case" + (" with a chain" if watch.chain else ""),
        f"{dial.en} dial with {numerals.en} numerals, signed «{maker}»"
        + (", with subsidiary seconds" if watch.seconds else "")
        + f"; {'gilt' if hands == 'золочёные' else 'blued'} hands showing {watch.hour or 12}:{watch.minute:02d}",
    ]
    if watch.cracked:
        ru.append("на циферблате волосные трещины")
        en.append("hairline cracks in the dial")
    return Card(
        kind="watch",
        typology=Typology.TECHNOLOGY,
        name=Said(f"Часы карманные «{maker}»", f"Pocket watch «{maker}»"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=watch.dating.said,
        year_from=watch.dating.year_from,
        year_to=watch.dating.year_to,
        materials=Said(f"{material.ru}, эмаль, стекло", f"{material.en}, enamel, glass"),
        technique=Said("штамповка, эмаль, механическая сборка", "stamped, enamelled, assembled"),
        dimensions=words.measures(("диаметр", "diameter", watch.diameter)),
        place=place,
        authors=author,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
