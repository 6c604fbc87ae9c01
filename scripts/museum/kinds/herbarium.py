"""A pressed plant on its sheet, sewn down with paper strips, with a label in the corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import lettering, papers, words
from scripts.museum.ink import Ink
from scripts.museum.noise import clouds
from scripts.museum.papers import Ageing
from scripts.museum.planes import blur, clamp, floats, mixed, pixels
from scripts.museum.plants import SPECIES, TALL, WIDE, Press, Species, grow
from scripts.museum.russian import counted, sentence
from scripts.museum.sheets import lying, one_side
from scripts.museum.values import Card, Exhibit, Finish, Floats, Random, Said, Typology
from scripts.museum.words import chance, pick

COLLECTORS = (
    ("Собр. Н. Ильин", "Ильин Н."),
    ("Собр. В. Краснова", "Краснова В."),
    ("Собр. П. Сюзев", "Сюзев П."),
    ("Собр. А. Фомина", "Фомина А."),
)
PLACES = (
    Said("Московская обл., Звенигородский р-н", "Moscow region, Zvenigorod district"),
    Said("Тверская губ., Осташковский у.", "Tver province, Ostashkov district"),
    Said("Пермская губ., берег р. Камы", "Perm province, bank of the Kama"),
    Said("Крым, окр. Алупки", "Crimea, near Alupka"),
    Said("Алтай, долина р. Катуни", "Altai, Katun valley"),
)


@dataclass(frozen=True, kw_only=True)
class Specimen:
    species: Species
    stems: int
    seed: int
    faded: float
    lost_leaves: bool
    root: bool
    year: int
    day: int
    collector: int
    place: Said
    ageing: Ageing


def choose(rng: Random) -> Specimen:
    species = pick(rng, SPECIES)
    return Specimen(
        species=species,
        stems=int(rng.integers(1, 4)),
        seed=int(rng.integers(0, 1 << 30)),
        faded=float(rng.uniform(0, 1)),
        lost_leaves=chance(rng, 0.3),
        root=chance(rng, 0.5),
        year=int(rng.integers(1868, 1968)),
        day=int(rng.integers(1, 29)),
        collector=int(rng.integers(0, len(COLLECTORS))),
        place=pick(rng, PLACES),
        ageing=papers.aged(rng),
    )


def _label(specimen: Specimen) -> Floats:
    page = lettering.Page(170, 290)
    page.frame(4, 4, 285, 165, 2)
    page.text(145, 14, "ГЕРБАРИЙ", 19, lettering.BOLD, anchor="ma", spacing=4)
    page.rule(16, 42, 274, 42)
    latin = specimen.species.latin.split(" ")
    page.text(145, 50, " ".join(latin[:2]), 21, lettering.BOLD, anchor="ma")
    page.text(145, 76, specimen.species.ru, 18, lettering.REGULAR, anchor="ma")
    page.text(16, 106, specimen.place.ru, 14, lettering.REGULAR)
    month = ("V", "VI", "VII", "VIII")[specimen.day % 4]
    page.text(16, 130, f"{specimen.day}.{month}.{specimen.year}", 15, lettering.REGULAR)
    page.text(276, 130, COLLECTORS[specimen.collector][0], 15, lettering.REGULAR, anchor="ra")
    return page.read()


def exhibit(specimen: Specimen, rng: Random) -> Exhibit:
    plant = np.random.default_rng(specimen.seed)
    press = Press()
    grow(specimen.species, specimen.stems, specimen.lost_leaves, specimen.root, press, plant)
    sheet = papers.blank(rng, TALL, WIDE, specimen.ageing)
    masks = {name: getattr(press, name).read() for name in ("stem", "leaf", "dark_leaf", "vein", "flower", "heart")}
    everything = np.maximum.reduce([masks[name] for name in ("stem", "leaf", "dark_leaf", "flower", "heart")])
    # The plant's juices have browned the paper around it.
    sheet = mixed(sheet, (0.66, 0.52, 0.30), blur(everything, 12) * np.float32(0.25))
    shadow = np.roll(blur(everything, 3.0), (4, 4), axis=(0, 1))
    sheet = mixed(sheet, (0.35, 0.28, 0.18), shadow * np.float32(0.35))
    green = np.array([0.33, 0.38, 0.17]) * (1 - specimen.faded) + np.array([0.44, 0.36, 0.17]) * specimen.faded
    mottled = 1 + clouds(rng, TALL, WIDE, 36, 4)[..., None] * np.float32(0.30)
    for name, colour in (
        ("stem", green * 0.85),
        ("leaf", green * 1.08),
        ("dark_leaf", green * 0.80),
        ("flower", np.asarray(specimen.species.flower)),
        ("heart", np.array([0.55, 0.40, 0.12])),
    ):
        sheet = mixed(sheet, floats(colour * mottled), masks[name] * np.float32(0.96))
    sheet = mixed(
        sheet,
        tuple(green * 0.55),
        masks["vein"] * masks["leaf"] * np.float32(0.7) + masks["vein"] * masks["dark_leaf"] * np.float32(0.7),
    )
    relief = (
        papers.relief(rng, TALL, WIDE, specimen.ageing)
        + blur(everything, 1.0) * np.float32(3.0)
        - masks["vein"] * everything * np.float32(0.8)
    )
    strips = Ink(TALL, WIDE)
    for y in (0.38, 0.58, 0.78):
        x = WIDE / 2 + plant.uniform(-30, 30)
        strips.line([(x - 46, TALL * y), (x + 46, TALL * y + plant.uniform(-16, 16))], 13)
    pale = strips.read()
    sheet = mixed(sheet, (0.90, 0.87, 0.78), pale)
    relief += pale * np.float32(2.0)
    top, left = TALL - 200, WIDE - 320
    sheet[top : top + 170, left : left + 290] = mixed(
        sheet[top : top + 170, left : left + 290], (0.95, 0.93, 0.87), 0.8
    )
    sheet[top : top + 170, left : left + 290] = mixed(
        sheet[top : top + 170, left : left + 290], (0.09, 0.08, 0.08), _label(specimen) * np.float32(0.9)
    )
    sheet = papers.worn(rng, clamp(sheet), specimen.ageing)
    width, height = 28.0, 40.5
    finish = Finish(
        colour=pixels(sheet),
        roughness=0.85,
        height=floats(relief * np.float32(width / WIDE)),
        opacity=papers.outline(rng, TALL, WIDE, specimen.ageing),
    )
    return Exhibit(
        card=card(specimen, width, height), arrangements=one_side(lying(rng, finish, width, height, curl=0.004))
    )


def card(specimen: Specimen, width: float, height: float) -> Card:
    species = specimen.species
    parts_ru = [
        f"на листе {specimen.stems} {counted(specimen.stems, 'побег', 'побега', 'побегов')}",
        species.leaf_said.ru,
        species.flower_said.ru,
        "с корнями" if specimen.root else "",
    ]
    parts_en = [
        f"{specimen.stems} {'shoot' if specimen.stems == 1 else 'shoots'} on the sheet",
        species.leaf_said.en,
        species.flower_said.en,
        "with roots" if specimen.root else "",
    ]
    ru = [
        f"гербарный лист с засушенным растением ({species.latin}): " + ", ".join(p for p in parts_ru if p),
        "растение закреплено бумажными полосками, в правом нижнем углу печатная этикетка",
    ]
    en = [
        f"a herbarium sheet with a pressed plant ({species.latin}): " + ", ".join(p for p in parts_en if p),
        "held with paper strips; a printed label in the lower right corner",
    ]
    state_ru = (
        (["растение побурело"] if specimen.faded > 0.6 else [])
        + (["утрачена часть листьев"] if specimen.lost_leaves else [])
        + specimen.ageing.ru()
    )
    state_en = (
        (["the plant has turned brown"] if specimen.faded > 0.6 else [])
        + (["some leaves lost"] if specimen.lost_leaves else [])
        + specimen.ageing.en()
    )
    if state_ru:
        ru.append("сохранность: " + ", ".join(state_ru))
        en.append("condition: " + ", ".join(state_en))
    dating = words.exactly(specimen.year)
    return Card(
        kind="herbarium",
        typology=Typology.NATURAL_SCIENCE,
        name=Said(f"Гербарный лист. {species.ru}", f"Herbarium sheet. {species.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=specimen.year,
        year_to=specimen.year,
        materials=Said("растение, бумага", "plant, paper"),
        technique=Said("гербаризация", "pressed and mounted"),
        dimensions=words.size(height, width),
        place=specimen.place,
        authors=COLLECTORS[specimen.collector][1],
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
