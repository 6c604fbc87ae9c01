"""A printed poster: an announcement in wood type around a flat-coloured emblem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import lettering, papers, words
from scripts.museum.ink import Ink
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds, grain
from scripts.museum.papers import Ageing
from scripts.museum.planes import clamp, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.sheets import lying, one_side
from scripts.museum.values import Card, Exhibit, Finish, Floats, Random, Said, Typology
from scripts.museum.words import Colour, pick

WIDE = 840
EVENTS = (
    ("ВЫСТАВКА", "КАРТИН И СКУЛЬПТУРЫ", Said("художественной выставки", "an art exhibition")),
    ("КОНЦЕРТ", "СИМФОНИЧЕСКОГО ОРКЕСТРА", Said("концерта", "a concert")),
    ("ЦИРК", "БОЛЬШОЕ ПРЕДСТАВЛЕНИЕ", Said("циркового представления", "a circus")),
    ("ЯРМАРКА", "КУСТАРНЫХ ИЗДЕЛИЙ", Said("кустарной ярмарки", "a craft fair")),
    ("РЕГАТА", "ПАРУСНЫЕ ГОНКИ", Said("парусной регаты", "a sailing regatta")),
    ("ЛЕКЦИЯ", "О ПОЛЁТЕ К ЗВЁЗДАМ", Said("публичной лекции", "a public lecture")),
)
HALLS = ("ГОРОДСКОЙ САД", "НАРОДНЫЙ ДОМ", "ДВОРЕЦ ТРУДА", "КЛУБ ЖЕЛЕЗНОДОРОЖНИКОВ", "ЗИМНИЙ ТЕАТР", "РЕЧНОЙ ВОКЗАЛ")
MONTHS = ("МАЯ", "ИЮНЯ", "ИЮЛЯ", "АВГУСТА", "СЕНТЯБРЯ", "ОКТЯБРЯ")
EMBLEMS = {
    "sun": Said("солнце с лучами", "a sun with rays"),
    "ship": Said("парусник на волнах", "a sailing ship on the waves"),
    "wheel": Said("шестерня", "a cogwheel"),
    "lyre": Said("лира", "a lyre"),
    "star": Said("звезда с орбитами", "a star with orbits"),
    "tent": Said("полосатый шатёр", "a striped tent"),
}
GROUNDS = (words.WHITE, words.YELLOW, words.BLUE, words.RED)
PLACES = (
    Said("СССР, Ленинград", "USSR, Leningrad"),
    Said("СССР, Москва", "USSR, Moscow"),
    Said("СССР, Саратов", "USSR, Saratov"),
    Said("СССР, Свердловск", "USSR, Sverdlovsk"),
)


@dataclass(frozen=True, kw_only=True)
class Poster:
    event: int
    emblem: str
    ground: Colour
    first: Colour
    second: Colour
    layout: str
    day: int
    month: int
    hall: int
    year: int
    ageing: Ageing
    height: float
    place: Said


def choose(rng: Random) -> Poster:
    ground = pick(rng, GROUNDS)
    inks = [c for c in (words.RED, words.COBALT, words.BLACK, words.GREEN, words.OXBLOOD) if c is not ground]
    order = rng.permutation(len(inks))
    return Poster(
        event=int(rng.integers(0, len(EVENTS))),
        emblem=pick(rng, tuple(EMBLEMS)),
        ground=ground,
        first=inks[int(order[0])],
        second=inks[int(order[1])],
        layout=pick(rng, ("upright", "diagonal", "banded")),
        day=int(rng.integers(1, 30)),
        month=int(rng.integers(0, 6)),
        hall=int(rng.integers(0, 6)),
        year=int(rng.integers(1922, 1962)),
        ageing=papers.aged(rng),
        height=round(float(rng.uniform(52, 98)), 1),
        place=pick(rng, PLACES),
    )


def _emblem(name: str, x: float, y: float, r: float, height: int) -> tuple[Floats, Floats]:
    """Masks for the first and the second ink."""
    a, b = Ink(height, WIDE), Ink(height, WIDE)
    if name == "sun":
        for k in range(16):
            t = k * np.pi / 8
            (a if k % 2 else b).area(
                [
                    (x + np.cos(t - 0.10) * r * 0.55, y + np.sin(t - 0.10) * r * 0.55),
                    (x + np.cos(t) * r * 1.15, y + np.sin(t) * r * 1.15),
                    (x + np.cos(t + 0.10) * r * 0.55, y + np.sin(t + 0.10) * r * 0.55),
                ]
            )
        a.disc(x, y, r * 0.48)
        b.circle(x, y, r * 0.36, r * 0.05)
    elif name == "ship":
        a.area(
            curve(
                [
                    (x - r * 0.85, y + r * 0.30),
                    (x - r * 0.5, y + r * 0.66),
                    (x + r * 0.5, y + r * 0.66),
                    (x + r * 0.9, y + r * 0.22),
                ],
                40,
            )
        )
        for dx, top in ((-0.35, -0.75), (0.22, -1.0)):
            b.line([(x + dx * r, y + r * 0.3), (x + dx * r, y + top * r)], r * 0.05)
            a.area(
                curve(
                    [
                        (x + dx * r + 4, y + top * r),
                        (x + (dx + 0.52) * r, y + (top + 0.55) * r),
                        (x + (dx + 0.46) * r, y + r * 0.16),
                        (x + dx * r + 4, y + r * 0.16),
                    ],
                    30,
                )
            )
        for k in range(3):
            sea = np.linspace(-1.25, 1.25, 80)
            b.line(
                np.stack([x + sea * r, y + r * (0.78 + 0.15 * k) + np.sin(sea * 9 + k) * r * 0.05], axis=1), r * 0.05
            )
    elif name == "wheel":
        for k in range(12):
            t = k * np.pi / 6
            a.line([(x, y), (x + np.cos(t) * r, y + np.sin(t) * r)], r * 0.24)
        a.disc(x, y, r * 0.82)
        a.disc(x, y, r * 0.52, 0)
        for k in range(4):
            t = k * np.pi / 2 + 0.4
            b.line([(x, y), (x + np.cos(t) * r * 0.6, y + np.sin(t) * r * 0.6)], r * 0.13)
        b.disc(x, y, r * 0.20)
    elif name == "lyre":
        for side in (-1, 1):
            a.line(
                curve(
                    [
                        (x, y + r * 0.62),
                        (x + side * r * 0.62, y + r * 0.22),
                        (x + side * r * 0.42, y - r * 0.42),
                        (x + side * r * 0.82, y - r * 0.98),
                    ],
                    60,
                ),
                r * 0.17,
            )
            a.disc(x + side * r * 0.78, y - r * 0.98, r * 0.13)
        a.area(
            [
                (x - r * 0.35, y + r * 0.62),
                (x + r * 0.35, y + r * 0.62),
                (x + r * 0.5, y + r * 0.95),
                (x - r * 0.5, y + r * 0.95),
            ]
        )
        b.line([(x - r * 0.58, y - r * 0.62), (x + r * 0.58, y - r * 0.62)], r * 0.10)
        for k in range(-2, 3):
            b.line([(x + k * r * 0.13, y - r * 0.62), (x + k * r * 0.07, y + r * 0.6)], r * 0.03)
    elif name == "star":
        points = [
            (
                x + np.sin(k * np.pi / 5) * r * (0.62 if k % 2 == 0 else 0.25),
                y - np.cos(k * np.pi / 5) * r * (0.62 if k % 2 == 0 else 0.25),
            )
            for k in range(10)
        ]
        a.area(points)
        for k, tilt in enumerate((0.4, -0.5, 1.4)):
            orbit = np.linspace(0, 2 * np.pi, 90)
            u, v = np.cos(orbit) * r, np.sin(orbit) * r * 0.36
            b.line(
                np.stack([x + u * np.cos(tilt) - v * np.sin(tilt), y + u * np.sin(tilt) + v * np.cos(tilt)], axis=1),
                r * 0.035,
            )
            b.disc(x + np.cos(tilt) * r * (1 - 0.02 * k), y + np.sin(tilt) * r, r * 0.09)
    else:
        for k in range(8):
            left, right = -1 + k * 0.25, -1 + (k + 1) * 0.25
            (a if k % 2 else b).area(
                [
                    (x, y - r * 0.9),
                    (x + left * r, y + r * 0.1),
                    (x + left * r * 0.92, y + r * 0.85),
                    (x + right * r * 0.92, y + r * 0.85),
                    (x + right * r, y + r * 0.1),
                ]
            )
        b.line([(x, y - r * 0.9), (x, y - r * 1.2)], r * 0.04)
        a.area([(x, y - r * 1.2), (x + r * 0.3, y - r * 1.12), (x, y - r * 1.02)])
    return a.read(), b.read()


def _printed(poster: Poster, rng: Random) -> tuple[Floats, int]:
    tall = int(WIDE * 1.42)
    paper = papers.blank(rng, tall, WIDE, poster.ageing)
    first, second = np.zeros((tall, WIDE), np.float32), np.zeros((tall, WIDE), np.float32)
    page, small = lettering.Page(tall, WIDE), lettering.Page(tall, WIDE)
    title, subtitle, _ = EVENTS[poster.event]
    size = 60
    while lettering.width_of(title, size + 4, lettering.BLACK) < WIDE * 0.86 and size < 190:
        size += 4
    line = 30
    while lettering.width_of(subtitle, line + 1, lettering.BOLD) < WIDE * 0.80 and line < 60:
        line += 1
    top = 70 if poster.layout != "banded" else int(tall * 0.60)
    page.text(WIDE / 2, top, title, size, lettering.BLACK, anchor="ma")
    small.text(WIDE / 2, top + size * 1.18, subtitle, line, lettering.BOLD, anchor="ma")
    centre = tall * (0.56 if poster.layout != "banded" else 0.32)
    a, b = _emblem(poster.emblem, WIDE / 2, centre, WIDE * 0.27, tall)
    foot = tall - 164
    date = f"{poster.day} {MONTHS[poster.month]} {poster.year}"
    small.text(
        WIDE / 2, foot, HALLS[poster.hall], 50 if len(HALLS[poster.hall]) < 16 else 36, lettering.BOLD, anchor="ma"
    )
    page.text(WIDE / 2, foot + 62, date, 44, lettering.BOLD, anchor="ma")
    back = Ink(tall, WIDE)
    if poster.layout == "diagonal":
        back.area([(0, tall * 0.36), (WIDE, tall * 0.24), (WIDE, tall * 0.74), (0, tall * 0.86)])
    elif poster.layout == "banded":
        back.area([(36, 36), (WIDE - 36, 36), (WIDE - 36, tall * 0.575), (36, tall * 0.575)])
    frame = Ink(tall, WIDE)
    frame.line([(26, 26), (WIDE - 26, 26), (WIDE - 26, tall - 26), (26, tall - 26)], 8, closed=True)
    first = np.maximum(np.maximum(page.read(), a), frame.read())
    second = np.maximum(small.read(), b)

    def pressed(mask: Floats) -> Floats:
        """Ink from wood type is thin in places and speckled."""
        uneven = clamp(
            np.float32(1.02)
            + clouds(rng, tall, WIDE, 120, 4) * np.float32(0.16)
            - clamp(grain(rng, tall, WIDE, 0.9) - np.float32(2.0)) * np.float32(0.9)
        )
        return clamp(floats(mask * uneven))

    ground = poster.ground.rgb
    if poster.ground is not words.WHITE:
        field = np.ones((tall, WIDE), np.float32)
        field[:14], field[-14:], field[:, :14], field[:, -14:] = 0, 0, 0, 0
        paper = mixed(paper, ground, pressed(field) * np.float32(0.93))
    if poster.layout != "upright":
        pale = (0.93, 0.89, 0.78) if poster.ground is not words.WHITE else words.YELLOW.rgb
        paper = mixed(paper, pale, pressed(back.read()) * np.float32(0.95))
    paper = mixed(paper, poster.second.rgb, pressed(second) * np.float32(0.95))
    # The second plate was never quite in register.
    paper = mixed(paper, poster.first.rgb, pressed(np.roll(first, (1, -2), axis=(0, 1))) * np.float32(0.95))
    return papers.worn(rng, paper, poster.ageing), tall


def exhibit(poster: Poster, rng: Random) -> Exhibit:
    colour, tall = _printed(poster, rng)
    width = poster.height / 1.42
    relief = papers.relief(rng, tall, WIDE, poster.ageing) * np.float32(width / WIDE)
    finish = Finish(
        colour=pixels(colour), roughness=0.7, height=relief, opacity=papers.outline(rng, tall, WIDE, poster.ageing)
    )
    return Exhibit(card=card(poster), arrangements=one_side(lying(rng, finish, width, poster.height, curl=0.007)))


def card(poster: Poster) -> Card:
    title, subtitle, said = EVENTS[poster.event]
    emblem = EMBLEMS[poster.emblem]
    ground = Said(f"на {poster.ground.said('pre', 'm')} фоне", f"on a {poster.ground.en} ground")
    if poster.ground is words.WHITE:
        ground = Said("на белой бумаге", "on white paper")
    ru = [
        f"афиша {said.ru} {ground.ru}, текст набран крупным шрифтом: «{title}», «{subtitle}», «{HALLS[poster.hall]}», "
        f"дата {poster.day} {MONTHS[poster.month].lower()} {poster.year} года",
        f"{'вверху' if poster.layout == 'banded' else 'в центре'} изображение: {emblem.ru}; печать "
        f"{poster.first.said('ins', 'f')} и {poster.second.said('ins', 'f')} красками",
    ]
    en = [
        f"poster of {said.en} {ground.en}, set in large type: «{title}», «{subtitle}», «{HALLS[poster.hall]}», "
        f"dated {poster.day}.{poster.month + 5:02d}.{poster.year}",
        f"{'above' if poster.layout == 'banded' else 'in the centre'} {emblem.en}; printed in {poster.first.en} "
        f"and {poster.second.en}",
    ]
    if poster.ageing.ru():
        ru.append("сохранность: " + ", ".join(poster.ageing.ru()))
        en.append("condition: " + ", ".join(poster.ageing.en()))
    dating = words.exactly(poster.year)
    return Card(
        kind="poster",
        typology=Typology.PRINTED_MATTER,
        name=Said(f"Афиша «{title.capitalize()} {subtitle.lower()}»", f"Poster of {said.en}, «{title}»"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=poster.year,
        year_to=poster.year,
        materials=Said("бумага, типографская краска", "paper, printing ink"),
        technique=Said("литография, типографская печать", "lithography, letterpress"),
        dimensions=words.size(poster.height, round(poster.height / 1.42, 1)),
        place=poster.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
