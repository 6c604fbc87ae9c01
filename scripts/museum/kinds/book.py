"""A rare book in its binding: leather with gold tooling, raised bands on the spine, toned edges."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import damage, lettering, meshes, reliefs, words
from scripts.museum.ink import Ink
from scripts.museum.noise import clouds, grain
from scripts.museum.ornament import MOTIFS, Motif, band
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import decimal, sentence
from scripts.museum.sheets import one_side
from scripts.museum.values import Card, Exhibit, Finish, Floats, Part, Random, Said, Typology
from scripts.museum.words import chance, pick

WIDE = 720
LEATHERS = (
    (Said("коричневая кожа", "brown calf"), (0.30, 0.16, 0.08)),
    (Said("тёмно-красный сафьян", "dark red morocco"), (0.36, 0.06, 0.06)),
    (Said("зелёный сафьян", "green morocco"), (0.08, 0.19, 0.12)),
    (Said("светлый пергамент", "pale vellum"), (0.80, 0.72, 0.55)),
    (Said("чёрная кожа", "black leather"), (0.06, 0.05, 0.05)),
    (Said("синий сафьян", "blue morocco"), (0.08, 0.12, 0.27)),
)
TITLES = (
    (
        ("ОПИСАНIЕ", "ЗЕМЛИ", "КАМЧАТКИ"),
        Said("Описание земли Камчатки", "A Description of the Land of Kamchatka"),
        "Степанов К.",
    ),
    (("СЛОВАРЬ", "РОССIЙСКIЙ"), Said("Словарь российский", "A Russian Dictionary"), ""),
    (("ПСАЛТЫРЬ",), Said("Псалтырь", "Psalter"), ""),
    (("СТИХОТВОРЕНIЯ",), Said("Стихотворения", "Poems"), "Оленин А."),
    (("АТЛАСЪ", "ВСЕМIРНЫЙ"), Said("Атлас всемирный", "Atlas of the World"), ""),
    (("ТРАВНИКЪ",), Said("Травник", "Herbal"), "Миллер И."),
    (("ИСТОРIЯ", "ГОРОДА", "ТВЕРИ"), Said("История города Твери", "A History of the City of Tver"), "Карманов Д."),
)
CENTRES = {
    "lozenge": Said("ромбовидный средник", "a lozenge centrepiece"),
    "medallion": Said("овальный медальон с розеткой", "an oval medallion with a rosette"),
    "title": Said("тиснёное заглавие", "the stamped title"),
    "cross": Said("крест в сиянии", "a radiant cross"),
}
PLACES = (
    Said("Россия, Санкт-Петербург", "Russia, Saint Petersburg"),
    Said("Россия, Москва", "Russia, Moscow"),
    Said("Речь Посполитая, Вильно", "Poland–Lithuania, Vilna"),
)


@dataclass(frozen=True, kw_only=True)
class Book:
    leather: int
    title: int
    centre: str
    border: Motif
    blind: bool
    clasps: bool
    rubbed: float
    lost_corner: bool
    stained: bool
    height: float
    proportion: float
    thickness: float
    year: int
    place: Said


def choose(rng: Random) -> Book:
    height = float(rng.uniform(16, 36))
    title = int(rng.integers(0, len(TITLES)))
    # A cross belongs on a psalter only.
    centres = (
        ("cross", "cross", "medallion") if TITLES[title][0] == ("ПСАЛТЫРЬ",) else ("lozenge", "medallion", "title")
    )
    return Book(
        leather=int(rng.integers(0, len(LEATHERS))),
        title=title,
        centre=pick(rng, centres),
        border=MOTIFS[pick(rng, ("tendril", "meander", "plait", "rosettes", "palmettes", "petals", "lozenges"))],
        blind=chance(rng, 0.3),
        clasps=chance(rng, 0.35),
        rubbed=float(rng.uniform(0.05, 0.9)),
        lost_corner=chance(rng, 0.3),
        stained=chance(rng, 0.35),
        height=round(height, 1),
        proportion=float(rng.uniform(0.64, 0.78)),
        thickness=round(height * float(rng.uniform(0.09, 0.18)), 1),
        year=int(rng.integers(1720, 1860)),
        place=pick(rng, PLACES),
    )


def _tooling(book: Book, tall: int) -> Floats:
    ink, page = Ink(tall, WIDE), lettering.Page(tall, WIDE)
    for inset, thick in ((34, 4.0), (44, 1.5), (112, 1.5), (120, 3.0)):
        ink.line(
            [(inset, inset), (WIDE - inset, inset), (WIDE - inset, tall - inset), (inset, tall - inset)],
            thick,
            closed=True,
        )
    tooled = np.zeros((tall, WIDE), np.float32)
    across, along = band(book.border, 52, WIDE - 156, 12), band(book.border, 52, tall - 156, 16)
    tooled[52:104, 78 : WIDE - 78] = across
    tooled[tall - 104 : tall - 52, 78 : WIDE - 78] = across[::-1]
    tooled[78 : tall - 78, 52:104] = along.T
    tooled[78 : tall - 78, WIDE - 104 : WIDE - 52] = along.T[:, ::-1]
    for x in (52, WIDE - 104):
        for y in (52, tall - 104):
            tooled[y : y + 52, x : x + 52] = 0
            ink.circle(x + 26, y + 26, 20, 3).disc(x + 26, y + 26, 8)
    cx, cy = WIDE / 2, tall / 2
    if book.centre == "lozenge":
        for k, r in enumerate((1.0, 0.93, 0.55)):
            ink.line(
                [(cx, cy - 220 * r), (cx + 140 * r, cy), (cx, cy + 220 * r), (cx - 140 * r, cy)], 4 - k, closed=True
            )
        for k in range(8):
            ink.petal(cx, cy, k * np.pi / 4, 62, 26)
        for side in (-1, 1):
            ink.petal(cx, cy + side * 118, side * np.pi / 2, 80, 34).petal(
                cx + side * 78, cy, 0 if side > 0 else np.pi, 44, 24
            )
    elif book.centre == "medallion":
        for r, thick in ((1.0, 5), (0.93, 1.5), (0.6, 2)):
            oval = np.linspace(0, 2 * np.pi, 90)
            ink.line(np.stack([cx + np.cos(oval) * 138 * r, cy + np.sin(oval) * 186 * r], axis=1), thick)
        for k in range(24):
            t = k * np.pi / 12
            ink.petal(cx + np.cos(t) * 88, cy + np.sin(t) * 116, t, 46, 17)
        for k in range(10):
            ink.petal(cx, cy, k * np.pi / 5, 60, 22)
    elif book.centre == "cross":
        ink.line([(cx, cy - 170), (cx, cy + 190)], 24).line([(cx - 105, cy - 60), (cx + 105, cy - 60)], 24).line(
            [(cx - 48, cy - 118), (cx + 48, cy - 118)], 15
        ).line([(cx - 55, cy + 82), (cx + 55, cy + 118)], 15)
        for k in range(28):
            t = k * 2 * np.pi / 28 + 0.11
            ink.line(
                [(cx + np.cos(t) * 84, cy - 60 + np.sin(t) * 84), (cx + np.cos(t) * 150, cy - 60 + np.sin(t) * 150)],
                2.5,
            )
    else:
        lines = TITLES[book.title][0]
        size = int(min(76, 76 * (WIDE - 290) / max(lettering.width_of(line, 76, lettering.BOLD) for line in lines)))
        for k, line in enumerate(lines):
            page.text(cx, cy + (k - (len(lines) - 1) / 2) * size * 1.4, line, size, lettering.BOLD, anchor="mm")
        ink.line([(cx - 70, cy - 90 - 50 * len(lines)), (cx + 70, cy - 90 - 50 * len(lines))], 3).line(
            [(cx - 70, cy + 80 + 50 * len(lines)), (cx + 70, cy + 80 + 50 * len(lines))], 3
        )
    return np.maximum(np.maximum(ink.read(), page.read()), tooled)


def _cover(book: Book, rng: Random) -> tuple[Finish, Floats]:
    tall = int(WIDE / book.proportion)
    colour = LEATHERS[book.leather][1]
    leather = flat(tall, WIDE, colour) * (1 + clouds(rng, tall, WIDE, 200, 5)[..., None] * np.float32(0.18))
    leather = floats(leather)
    pebbles = clouds(rng, tall, WIDE, 7, 2)
    relief = pebbles * np.float32(0.010) + clouds(rng, tall, WIDE, 60, 3) * np.float32(0.01)
    tooled = _tooling(book, tall)
    edge = damage.edge_wear(rng, tall, WIDE, 26)
    rub = clamp(
        edge * np.float32(0.8 * book.rubbed)
        + clamp(clouds(rng, tall, WIDE, 90, 5, gain=0.62) - np.float32(1.25 - 0.6 * book.rubbed))
        + damage.scratches(rng, tall, WIDE, int(50 * book.rubbed), 160) * np.float32(0.4)
    )
    gold = (
        tooled
        * clamp(1 - rub * np.float32(0.9))
        * clamp(np.float32(1.05) + grain(rng, tall, WIDE, 1.0) * np.float32(0.12))
    )
    pale = tuple(0.55 * c + 0.45 * p for c, p in zip(colour, (0.66, 0.48, 0.30), strict=True))
    leather = mixed(leather, pale, rub * np.float32(0.75))
    if book.stained:
        leather = mixed(
            leather, tuple(c * 0.45 for c in colour), damage.stains(rng, tall, WIDE, 2, 190) * np.float32(0.75)
        )
    metal: Floats = np.zeros((tall, WIDE), np.float32)
    if book.blind:
        leather = mixed(leather, tuple(c * 0.5 for c in colour), gold * np.float32(0.7))
    else:
        leather = mixed(leather, (0.97, 0.78, 0.38), gold)
        metal = floats(gold * np.float32(0.7))
    relief -= blur(tooled, 1.0) * np.float32(0.035)
    roughness = clamp(np.float32(0.46) + pebbles * np.float32(0.08) + rub * np.float32(0.3) - metal * np.float32(0.15))
    opacity = None
    if book.lost_corner:
        y, x = np.mgrid[0:tall, 0:WIDE].astype(np.float32)
        opacity = clamp(floats((np.hypot(WIDE - x, tall - y) - 46 + clouds(rng, tall, WIDE, 24, 3) * 14) * 0.5 + 0.5))
    return Finish(colour=pixels(leather), roughness=roughness, metal=metal, opacity=opacity), relief


def exhibit(book: Book, rng: Random) -> Exhibit:
    width, height, thick = book.height * book.proportion, book.height, book.thickness
    finish, relief = _cover(book, rng)
    colour = LEATHERS[book.leather][1]
    board = thick * 0.06 + 0.12
    relief = relief * np.float32(width / 16)
    # Clear of the board beneath, or its top would show through the tooling.
    cover = reliefs.rectangle(width, height, relief, finish, lift=thick + width * 0.006)
    plain = Finish(colour=pixels(flat(4, 4, tuple(c * 0.9 for c in colour))), roughness=0.6)
    upper = Part(
        points=meshes.moved(meshes.box(width, height, board, board * 0.3), (0, 0, thick - board * 1.03)),
        finish=plain,
        faceted=True,
    )
    lower = Part(points=meshes.box(width, height, board, board * 0.3), finish=plain, faceted=True)
    pieces = [cover, upper, lower, *_leaves(width, height, thick, board, rng), _spine(book, width, height, thick, rng)]
    if book.clasps:
        brass = Finish(colour=pixels(flat(4, 4, (0.80, 0.62, 0.30))), roughness=0.3, metal=0.95)
        for y in (-0.27, 0.27):
            strap = meshes.box(width * 0.17, height * 0.055, thick * 0.04, thick * 0.015)
            pieces.append(
                Part(points=meshes.moved(strap, (width * 0.45, y * height, thick)), finish=brass, faceted=True)
            )
            side = meshes.box(thick * 0.05, height * 0.055, thick * 1.02, thick * 0.012)
            pieces.append(Part(points=meshes.moved(side, (width * 0.535, y * height, 0)), finish=brass, faceted=True))
    return Exhibit(card=card(book), arrangements=one_side(*pieces))


def _leaves(width: float, height: float, thick: float, board: float, rng: Random) -> list[Part]:
    """The three visible edges of the text block: foot, fore-edge and head."""
    lines = clouds(rng, 160, 500, 5, 2, stretch=0.6)[:, :1] * np.ones((1, 500), np.float32) + clouds(
        rng, 160, 500, 200, 3, stretch=0.02
    ) * np.float32(0.6)
    block = flat(160, 500, (0.78, 0.70, 0.54)) * (1 + lines[..., None] * np.float32(0.20))
    finish = Finish(colour=pixels(floats(block)), roughness=0.9, height=lines * np.float32(0.02))
    w, h = width * 0.955, height * 0.955
    low, high = board * 0.9, thick - board * 0.9
    corners = (
        (-w / 2 - width * 0.01, -h / 2, w / 2, -h / 2),
        (w / 2, -h / 2, w / 2, h / 2),
        (w / 2, h / 2, -w / 2 - width * 0.01, h / 2),
    )
    parts = []
    for x0, y0, x1, y1 in corners:
        rows = [[[x0 + (x1 - x0) * t, y0 + (y1 - y0) * t, z] for t in (0.0, 1.0)] for z in (high, low)]
        parts.append(Part(points=floats(np.asarray(rows)), finish=replace(finish, height=None), two_sided=True))
    return parts


def _spine(book: Book, width: float, height: float, thick: float, rng: Random) -> Part:
    t = np.linspace(np.pi / 2, 3 * np.pi / 2, 30)
    y = np.linspace(-height / 2, height / 2, 121)
    bands = np.sum([np.exp(-(((y - c * height) / (height * 0.013)) ** 2)) for c in (-0.33, -0.11, 0.11, 0.33)], axis=0)
    bulge = thick * 0.30 * (1 + 0.16 * bands)
    x = -width / 2 + np.cos(t)[:, None] * bulge[None]
    z = thick / 2 + np.sin(t)[:, None] * (thick / 2) * (1 + 0.02 * bands[None])
    points = np.stack([x, np.broadcast_to(-y[None], x.shape), z], axis=2)[:, ::-1]
    colour = LEATHERS[book.leather][1]
    leather = flat(120, 480, colour) * (1 + clouds(rng, 120, 480, 90, 4)[..., None] * np.float32(0.18))
    worn = clamp(clouds(rng, 120, 480, 50, 4) * np.float32(0.5) + np.float32(book.rubbed - 0.6))
    leather = mixed(floats(leather), (0.60, 0.44, 0.28), worn * np.float32(0.6))
    return Part(
        points=floats(points[::-1, ::-1]),
        finish=Finish(colour=pixels(leather), roughness=0.5, height=clouds(rng, 120, 480, 7, 2) * np.float32(0.008)),
        two_sided=True,
    )


def card(book: Book) -> Card:
    leather, centre = LEATHERS[book.leather][0], CENTRES[book.centre]
    _, title, author = TITLES[book.title]
    tool = Said("со слепым тиснением", "blind-tooled") if book.blind else Said("с золотым тиснением", "gold-tooled")
    ru = [
        f"книга в цельнокожаном переплёте ({leather.ru}) {tool.ru}: рамка с поясом {book.border.ru}, в центре "
        f"{centre.ru}"
        if "пергамент" not in leather.ru
        else f"книга в пергаментном переплёте {tool.ru}: рамка с поясом {book.border.ru}, в центре {centre.ru}",
        "корешок с четырьмя бинтами" + (", две латунные застёжки" if book.clasps else ""),
    ]
    en = [
        f"bound in {leather.en}, {tool.en}: a border of {book.border.en}, in the centre {centre.en}",
        "spine with four raised bands" + (", two brass clasps" if book.clasps else ""),
    ]
    states = (
        (book.rubbed > 0.5, "потёртости переплёта", "rubbed binding"),
        (book.lost_corner, "утрачен нижний угол крышки", "lower corner of the cover lost"),
        (book.stained, "пятна на верхней крышке", "stains on the upper cover"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    dating = words.exactly(book.year)
    flat_size = words.size(book.height, round(book.height * book.proportion, 1))
    return Card(
        kind="book",
        typology=Typology.RARE_BOOKS,
        name=Said(f"Книга. {title.ru}. {book.year} г.", f"Book. {title.en}. {book.year}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=book.year,
        year_to=book.year,
        materials=Said(
            "бумага, картон, " + ("пергамент" if "пергамент" in leather.ru else "кожа"),
            "paper, board, " + ("vellum" if "vellum" in leather.en else "leather"),
        ),
        technique=Said("печать, тиснение", "printing, tooling"),
        dimensions=Said(
            f"{flat_size.ru[:-3]} × {decimal(book.thickness)} см", f"{flat_size.en[:-3]} × {book.thickness:g} cm"
        ),
        place=book.place,
        authors=author,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
