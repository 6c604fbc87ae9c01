"""A pinned butterfly over its label, in a white tray: wings from one curve, patterned by the species."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import lettering, meshes, words
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds, grain
from scripts.museum.planes import flat, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Part, Random, Said, Stance, Typology
from scripts.museum.wings import SIZE, SPECIES, Species, wings_of
from scripts.museum.words import chance, pick

PLACES = (
    Said("Подмосковье", "Moscow region"),
    Said("Кавказ, Теберда", "Caucasus, Teberda"),
    Said("Южный Урал", "Southern Urals"),
    Said("Алтай", "Altai"),
    Said("Приморье", "Primorye"),
    Said("Крым", "Crimea"),
)
COLLECTORS = ("Н. Холодковский", "А. Четвериков", "Л. Шелюжко", "К. Аверин")


@dataclass(frozen=True, kw_only=True)
class Butterfly:
    species: Species
    span: float
    torn: bool
    one_antenna: bool
    faded: float
    year: int
    collector: str
    place: Said
    seed: int


def choose(rng: Random) -> Butterfly:
    species = pick(rng, SPECIES)
    return Butterfly(
        species=species,
        span=round(species.span * float(rng.uniform(0.9, 1.12)), 1),
        torn=chance(rng, 0.35),
        one_antenna=chance(rng, 0.25),
        faded=float(rng.uniform(0, 0.45)),
        year=int(rng.integers(1885, 1975)),
        collector=pick(rng, COLLECTORS),
        place=pick(rng, PLACES),
        seed=int(rng.integers(0, 1 << 30)),
    )


def exhibit(butterfly: Butterfly, rng: Random) -> Exhibit:
    colour, cover = wings_of(butterfly.species, butterfly.seed, butterfly.torn, butterfly.faded)
    span, species = butterfly.span, butterfly.species
    height = span * 0.10 + 0.55
    rows = 40
    wings = meshes.sheet(span * 1.02, span * 1.02, 0.0, rows, rows)
    # The wings rise a little from the body towards their tips.
    away = np.abs(wings[..., 0]) / (span / 2)
    wings[..., 2] = height + 0.10 * span * away**1.3 - 0.012 * span * np.cos(away * 9) + 0.006 * span
    finish = Finish(
        colour=pixels(colour),
        roughness=0.55,
        metal=float(species.metal),
        opacity=cover,
        height=clouds(rng, SIZE, SIZE, 12, 2) * np.float32(0.01),
    )
    parts = [Part(points=wings, finish=finish, two_sided=True)]
    fur = flat(60, 60, tuple(0.6 * c for c in species.dark)) + (clouds(rng, 60, 60, 6, 2) * np.float32(0.07))[..., None]
    coat = Finish(
        colour=pixels(floats(fur + 0.04)), roughness=0.85, height=clouds(rng, 60, 60, 5, 2) * np.float32(0.03)
    )
    middle = span * 0.03
    for cy, a, b, rise in ((0.06, 0.030, 0.085, 0.016), (0.15, 0.023, 0.030, 0.014), (-0.13, 0.020, 0.150, 0.0)):
        body = meshes.ellipsoid((0, 0, 0), (a * span, b * span, a * span), 20, 28)
        parts.append(
            Part(points=meshes.moved(body, (0, cy * span + middle, height + rise * span)), finish=coat, closed=True)
        )
    horn = Finish(colour=solid(0.12, 0.09, 0.07), roughness=0.5)
    for side in (-1, 1) if not butterfly.one_antenna else (1,):
        path = curve(
            [
                (0, 0.16 * span + middle, height + 0.02 * span),
                (side * 0.10 * span, 0.30 * span, height + 0.05 * span),
                (side * 0.19 * span, 0.40 * span, height + 0.04 * span),
            ],
            30,
        )
        radius = np.full(30, 0.0032 * span)
        radius[-5:] = 0.0075 * span
        parts.append(Part(points=meshes.tube(path, floats(radius), 10), finish=horn, closed=True))
    steel = Finish(colour=solid(0.75, 0.75, 0.76), roughness=0.2, metal=0.95)
    pin_top = height + 0.30 * span
    pin = meshes.tube(floats(np.array([[0, 0.06 * span + middle, pin_top], [0, 0.06 * span + middle, 0.0]])), 0.035, 10)
    parts.append(Part(points=pin, finish=steel, closed=True))
    parts.append(
        Part(
            points=meshes.ellipsoid((0, 0.06 * span + middle, pin_top), (0.08, 0.08, 0.07), 12, 16),
            finish=steel,
            closed=True,
        )
    )
    parts.extend(_tray(butterfly, rng))
    return Exhibit(
        card=card(butterfly), arrangements=(Arrangement(parts=tuple(parts), stance=Stance.LYING, turn_limit_deg=40),)
    )


def _tray(butterfly: Butterfly, rng: Random) -> list[Part]:
    """A pale cork-lined tray with a rim, and the printed label."""
    span = butterfly.span
    w, h = span * 1.28, span * 1.42
    cork = flat(300, 270, (0.88, 0.86, 0.80)) * (
        1
        + grain(rng, 300, 270, 0.9)[..., None] * np.float32(0.02)
        + clouds(rng, 300, 270, 60, 3)[..., None] * np.float32(0.02)
    )
    page = lettering.Page(150, 300)
    page.frame(4, 4, 295, 145, 2)
    page.text(150, 16, butterfly.species.latin, 27, lettering.BOLD, anchor="ma")
    page.text(150, 54, butterfly.place.ru, 23, lettering.REGULAR, anchor="ma")
    page.text(150, 84, f"{butterfly.year}", 23, lettering.REGULAR, anchor="ma")
    page.text(150, 111, butterfly.collector, 21, lettering.REGULAR, anchor="ma")
    label = mixed(flat(150, 300, (0.93, 0.90, 0.81)), (0.08, 0.07, 0.07), page.read())
    floor = Part(
        points=meshes.moved(meshes.sheet(w, h, 0.06), (0, -span * 0.10, 0)),
        finish=Finish(colour=pixels(floats(cork)), roughness=0.95),
    )
    card_part = Part(
        points=meshes.moved(meshes.sheet(span * 0.46, span * 0.23, 0.12), (0, -span * 0.64, 0)),
        finish=Finish(colour=pixels(label), roughness=0.8),
    )
    wood = Finish(colour=solid(0.30, 0.19, 0.11), roughness=0.35)
    t, rise = span * 0.05, span * 0.16
    sides = [(0, h / 2, w + 2 * t, t), (0, -h / 2, w + 2 * t, t), (-w / 2, 0, t, h), (w / 2, 0, t, h)]
    rim = [
        Part(points=meshes.moved(meshes.box(a, b, rise, t * 0.12), (x, y - span * 0.10, 0)), finish=wood, faceted=True)
        for x, y, a, b in sides
    ]
    return [floor, card_part, *rim]


def card(butterfly: Butterfly) -> Card:
    species = butterfly.species
    ru = [
        f"расправленный экземпляр на энтомологической булавке ({species.latin}), {species.wing_said.ru}",
        "помещён в лоток с этикеткой",
    ]
    en = [
        f"a set specimen on an entomological pin ({species.latin}), {species.wing_said.en}",
        "kept in a tray with its label",
    ]
    states = (
        (butterfly.torn, "край крыла оборван", "a torn wing edge"),
        (butterfly.one_antenna, "утрачен один усик", "one antenna lost"),
        (butterfly.faded > 0.28, "окраска выцвела", "faded colours"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    dating = words.exactly(butterfly.year)
    return Card(
        kind="butterfly",
        typology=Typology.NATURAL_SCIENCE,
        name=Said(f"Бабочка. {species.ru}", f"Butterfly. {species.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=butterfly.year,
        year_to=butterfly.year,
        materials=Said("насекомое, булавка, бумага", "insect, pin, paper"),
        technique=Said("сухая расправка", "dry mounted"),
        dimensions=words.measures(("размах крыльев", "wingspan", butterfly.span)),
        place=butterfly.place,
        authors=butterfly.collector,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
