"""A handwritten charter or certificate: a printed heading, cursive lines, signatures and a seal of red wax."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import devices, lettering, meshes, papers, reliefs, words
from scripts.museum.ink import Ink
from scripts.museum.noise import clouds
from scripts.museum.papers import Ageing
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import lying, one_side
from scripts.museum.values import Card, Exhibit, Finish, Floats, Part, Random, Said, Typology
from scripts.museum.words import chance, pick

HEADINGS = (
    ("ПАТЕНТЪ", Said("Патент на чин", "Commission patent")),
    ("СВИДѢТЕЛЬСТВО", Said("Свидетельство", "Certificate")),
    ("ГРАМОТА", Said("Грамота", "Charter")),
    ("АТТЕСТАТЪ", Said("Аттестат", "School certificate")),
    ("КУПЧАЯ КРѢПОСТЬ", Said("Купчая крепость", "Deed of sale")),
    ("ПАСПОРТЪ", Said("Паспорт", "Passport")),
)
WAXES = (
    ("red", Said("красного", "red"), (0.55, 0.05, 0.04)),
    ("black", Said("чёрного", "black"), (0.06, 0.05, 0.05)),
    ("brown", Said("коричневого", "brown"), (0.30, 0.12, 0.05)),
)
INKS = (
    (Said("коричневыми чернилами", "brown ink"), (0.26, 0.15, 0.07)),
    (Said("чёрными чернилами", "black ink"), (0.07, 0.065, 0.07)),
    (Said("фиолетовыми чернилами", "violet ink"), (0.24, 0.13, 0.36)),
)
PLACES = (
    Said("Россия, Санкт-Петербург", "Russia, Saint Petersburg"),
    Said("Россия, Москва", "Russia, Moscow"),
    Said("Россия, Казань", "Russia, Kazan"),
    Said("Россия, Нижний Новгород", "Russia, Nizhny Novgorod"),
)


@dataclass(frozen=True, kw_only=True)
class Document:
    heading: int
    lines: int
    wax: int
    ink: int
    eagle: bool
    stamp: bool
    signatures: int
    seal: tuple[float, float, float]
    frame: bool
    ageing: Ageing
    width: float
    height: float
    year: int
    place: Said


def choose(rng: Random) -> Document:
    width = float(rng.uniform(20, 24))
    return Document(
        heading=int(rng.integers(0, len(HEADINGS))),
        lines=int(rng.integers(9, 17)),
        wax=int(rng.choice([0, 0, 1, 2])),
        ink=int(rng.integers(0, 3)),
        eagle=chance(rng, 0.6),
        stamp=chance(rng, 0.4),
        signatures=int(rng.integers(1, 4)),
        seal=(float(rng.uniform(0.18, 0.82)), float(rng.uniform(0.83, 0.89)), float(rng.uniform(1.5, 2.1))),
        frame=chance(rng, 0.4),
        ageing=papers.aged(rng),
        width=round(width, 1),
        height=round(width * float(rng.uniform(1.32, 1.5)), 1),
        year=int(rng.integers(1762, 1912)),
        place=pick(rng, PLACES),
    )


def _written(document: Document, rng: Random) -> tuple[Floats, int, int]:
    wide = 820
    tall = int(wide * document.height / document.width)
    paper = papers.blank(rng, tall, wide, document.ageing)
    printed = lettering.Page(tall, wide)
    top = 70
    if document.eagle:
        emblem = devices.eagle(200, rng)
        mask = np.zeros((tall, wide), np.float32)
        mask[top - 20 : top + 180, wide // 2 - 100 : wide // 2 + 100] = smoothstep(emblem, 0.15, 0.4)
        paper = mixed(paper, (0.10, 0.09, 0.08), mask * np.float32(0.85))
        top += 175
    title = HEADINGS[document.heading][0]
    printed.text(wide / 2, top, title, 60 if len(title) < 10 else 46, lettering.BOLD, anchor="ma", spacing=6)
    printed.text(wide / 2, top + 76, f"№ {(document.year * 37) % 900 + 11}", 26, lettering.REGULAR, anchor="ma")
    if document.frame:
        printed.frame(28, 28, wide - 29, tall - 29, 3)
        printed.frame(38, 38, wide - 39, tall - 39, 1)
    ink = Ink(tall, wide)
    first = top + 150
    step = (tall * 0.77 - first) / document.lines
    for k in range(document.lines):
        short = 0.55 if k == document.lines - 1 else 1.0
        papers.handwriting(
            rng, ink, 90 + (50 if k == 0 else 0), first + k * step, (wide - 180) * short, min(step * 0.62, 24)
        )
    for k in range(document.signatures):
        papers.signature(
            rng, ink, wide * (0.12 if document.seal[0] > 0.5 else 0.52) + rng.uniform(-20, 40), tall * 0.82 + k * 46, 26
        )
    page = printed.read()
    year = lettering.Page(tall, wide)
    year.text(wide - 90, tall * 0.945, f"{document.year} года", 28, lettering.REGULAR, anchor="ra")
    shade = clamp(np.float32(0.82) + clouds(rng, tall, wide, 50, 3) * np.float32(0.35))
    paper = mixed(paper, (0.10, 0.09, 0.085), np.maximum(page, year.read()) * np.float32(0.88))
    paper = mixed(paper, INKS[document.ink][1], clamp(ink.read() * shade))
    if document.stamp:
        ring = lettering.around("КАНЦЕЛЯРIЯ ГУБЕРНСКАГО ПРАВЛЕНIЯ", 220, 20, 88)
        circle = Ink(220, 220).circle(110, 110, 106, 3).circle(110, 110, 70, 2).read()
        mark = np.zeros((tall, wide), np.float32)
        sx, sy = int(wide * (0.62 if document.seal[0] < 0.5 else 0.14)), int(tall * 0.79)
        sy = min(sy, tall - 222)
        mark[sy : sy + 220, sx : sx + 220] = np.maximum(ring, circle)
        paper = mixed(
            paper, (0.22, 0.22, 0.52), mark * clamp(np.float32(0.6) + clouds(rng, tall, wide, 40, 3) * np.float32(0.5))
        )
    return papers.worn(rng, paper, document.ageing), tall, wide


def _seal(document: Document, rng: Random) -> Part:
    size = 260
    colour = WAXES[document.wax][2]
    distance, _angle = reliefs.from_centre(size)
    device = devices.eagle(size, rng)
    rim = np.exp(-(((distance - 0.82) / 0.10) ** 2))
    dome = 0.35 * np.sqrt(np.clip(1 - distance**6, 0, 1))
    inner = smoothstep(floats(0.70 - distance), -0.02, 0.02)
    height = dome * 0.6 + rim * 0.20 + device * 0.16 * inner - 0.05 * inner + clouds(rng, size, size, 40, 3) * 0.025
    wax = flat(size, size, colour) * (1 + clouds(rng, size, size, 60, 3)[..., None] * np.float32(0.15))
    radius = document.seal[2]
    outline = 1 + 0.10 * np.convolve(np.tile(rng.normal(0, 1, 360), 3), np.ones(40) / 6.3, mode="same")[360:720] / 3
    part = reliefs.disc(
        radius,
        floats(height * radius * 0.4),
        Finish(colour=pixels(floats(wax)), roughness=0.24),
        outline=floats(outline),
    )
    x, y = (document.seal[0] - 0.5) * document.width, (0.5 - document.seal[1]) * document.height
    return replace(part, points=meshes.moved(part.points, (x, y, document.width * 0.008)))


def exhibit(document: Document, rng: Random) -> Exhibit:
    colour, tall, wide = _written(document, rng)
    relief = papers.relief(rng, tall, wide, document.ageing) * np.float32(document.width / wide)
    finish = Finish(
        colour=pixels(colour), roughness=0.85, height=relief, opacity=papers.outline(rng, tall, wide, document.ageing)
    )
    sheet = lying(rng, finish, document.width, document.height, curl=0.006)
    return Exhibit(card=card(document), arrangements=one_side(sheet, _seal(document, rng)))


def card(document: Document) -> Card:
    said, wax, ink = HEADINGS[document.heading][1], WAXES[document.wax][1], INKS[document.ink][0]
    ru = [
        f"рукописный документ на одном листе, заголовок «{HEADINGS[document.heading][0]}» отпечатан "
        f"типографским способом" + (", над ним государственный герб" if document.eagle else ""),
        f"текст написан {ink.ru}, внизу {'подпись' if document.signatures == 1 else 'подписи'} и печать "
        f"{wax.ru} сургуча" + (", оттиск штампа синей краской" if document.stamp else ""),
    ]
    en = [
        f"a manuscript document on one leaf, with the printed heading «{HEADINGS[document.heading][0]}»"
        + (" under the state arms" if document.eagle else ""),
        f"written in {ink.en}, with {'a signature' if document.signatures == 1 else 'signatures'} and a seal of "
        f"{wax.en} wax below" + (", and a blue office stamp" if document.stamp else ""),
    ]
    if document.ageing.ru():
        ru.append("сохранность: " + ", ".join(document.ageing.ru()))
        en.append("condition: " + ", ".join(document.ageing.en()))
    dating = words.exactly(document.year)
    return Card(
        kind="document",
        typology=Typology.DOCUMENTS,
        name=Said(f"{said.ru}. {document.year} г.", f"{said.en}. {document.year}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=document.year,
        year_to=document.year,
        materials=Said("бумага, чернила, сургуч", "paper, ink, sealing wax"),
        technique=Said("рукопись, печать", "manuscript, printing"),
        dimensions=words.size(document.height, document.width),
        place=document.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
