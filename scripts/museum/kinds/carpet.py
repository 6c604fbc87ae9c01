"""A knotted carpet: field, medallions, borders, fringes. Drawn knot by knot, so a pixel of the design is a knot."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, words
from scripts.museum.english import several
from scripts.museum.ink import Ink
from scripts.museum.noise import clouds, grain
from scripts.museum.ornament import MOTIFS, Motif, band
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import counted, sentence
from scripts.museum.sheets import lying
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Random, Said, Stance, Typology
from scripts.museum.words import Colour, Dating, chance, pick

KNOTS = 200
SCHOOLS = (
    (Said("Туркмения, текинский", "Turkmenistan, Tekke"), Said("Туркмения", "Turkmenistan")),
    (Said("Азербайджан, карабахский", "Azerbaijan, Karabakh"), Said("Азербайджан, Карабах", "Azerbaijan, Karabakh")),
    (Said("Дагестан, табасаранский", "Dagestan, Tabasaran"), Said("Дагестан", "Dagestan")),
    (Said("Армения, казакский", "Armenia, Kazak"), Said("Армения", "Armenia")),
    (Said("Иран, хамаданский", "Iran, Hamadan"), Said("Иран, Хамадан", "Iran, Hamadan")),
)
WOOL_RED = Colour(ru="красный", en="madder red", rgb=(0.50, 0.11, 0.09))
WOOL_BLUE = Colour(ru="синий", en="indigo blue", rgb=(0.09, 0.14, 0.31))
WOOL_IVORY = Colour(ru="кремовый", en="ivory", rgb=(0.82, 0.75, 0.60))
WOOL_GREEN = Colour(ru="зелёный", en="green", rgb=(0.18, 0.30, 0.20))
WOOL_GOLD = Colour(ru="охристый", en="ochre", rgb=(0.68, 0.48, 0.18))
WOOL_BROWN = Colour(ru="коричневый", en="brown", rgb=(0.22, 0.13, 0.08))


@dataclass(frozen=True, kw_only=True)
class Carpet:
    school: int
    medallions: int
    form: str
    field: Colour
    medallion: Colour
    accent: Colour
    border: Motif
    border_ground: Colour
    minor: Motif
    width: float
    proportion: float
    worn: bool
    hole: bool
    fringe: bool
    seed: int
    dating: Dating


def choose(rng: Random) -> Carpet:
    field, medallion = (
        c
        for c in [
            (WOOL_RED, WOOL_BLUE),
            (WOOL_BLUE, WOOL_RED),
            (WOOL_RED, WOOL_IVORY),
            (WOOL_BROWN, WOOL_RED),
            (WOOL_IVORY, WOOL_RED),
            (WOOL_GREEN, WOOL_RED),
        ][int(rng.integers(0, 6))]
    )
    border = pick(rng, ("meander", "rosettes", "tendril", "lozenges", "waves", "plait", "flowers"))
    minor = pick(rng, tuple(key for key in ("zigzag", "triangles", "circles", "lozenges", "net") if key != border))
    return Carpet(
        school=int(rng.integers(0, len(SCHOOLS))),
        medallions=int(rng.integers(1, 5)),
        form=pick(rng, ("octagon", "lozenge", "star", "cross")),
        field=field,
        medallion=medallion,
        accent=pick(rng, (WOOL_GOLD, WOOL_GREEN)) if field is not WOOL_GREEN else WOOL_GOLD,
        border=MOTIFS[border],
        border_ground=WOOL_BLUE if field is not WOOL_BLUE else WOOL_RED,
        minor=MOTIFS[minor],
        width=round(float(rng.uniform(86, 170))),
        proportion=float(rng.uniform(1.35, 1.62)),
        worn=chance(rng, 0.5),
        hole=chance(rng, 0.2),
        fringe=chance(rng, 0.75),
        seed=int(rng.integers(0, 1 << 30)),
        dating=words.within(rng, 1830, 1940),
    )


def _shape(ink: Ink, form: str, x: float, y: float, a: float, b: float) -> None:
    if form == "octagon":
        ink.area(
            [
                (x - a * 0.5, y - b),
                (x + a * 0.5, y - b),
                (x + a, y - b * 0.5),
                (x + a, y + b * 0.5),
                (x + a * 0.5, y + b),
                (x - a * 0.5, y + b),
                (x - a, y + b * 0.5),
                (x - a, y - b * 0.5),
            ]
        )
    elif form == "lozenge":
        steps = 7
        right = [
            (x + a * (1 - abs(k) / steps), y + b * (k + (0.5 if k < 0 else -0.5)) / steps)
            for k in range(-steps, steps + 1)
        ]
        stairs: list[tuple[float, float]] = []
        for (px, py), (qx, _) in itertools.pairwise(right):
            stairs += [(px, py), (qx, py)]
        ink.area([*stairs, *[(2 * x - px, py) for px, py in stairs[::-1]]])
    elif form == "star":
        ink.area(
            [
                (
                    x + np.cos(k * np.pi / 8) * a * (1.0 if k % 2 == 0 else 0.66),
                    y + np.sin(k * np.pi / 8) * b * (1.0 if k % 2 == 0 else 0.66),
                )
                for k in range(16)
            ]
        )
    else:
        for w, h in ((1.0, 0.42), (0.42, 1.0), (0.72, 0.72)):
            ink.area([(x - a * w, y - b * h), (x + a * w, y - b * h), (x + a * w, y + b * h), (x - a * w, y + b * h)])


def _design(carpet: Carpet) -> Floats:
    """One pixel a knot."""
    rng = np.random.default_rng(carpet.seed)
    tall, wide = int(KNOTS * carpet.proportion), KNOTS
    colour = flat(tall, wide, carpet.field.rgb)

    def lay(ink: Ink, paint: Colour) -> None:
        nonlocal colour
        colour = mixed(colour, paint.rgb, floats(ink.read() > 0.5))

    inner, edge = 34, 5
    quarter = Ink(tall, wide)
    filler = int(rng.integers(0, 3))
    for y in range(inner + 10, tall, 22):
        for x in range(inner + 8, wide, 20):
            if filler == 0:
                quarter.line([(x - 3, y), (x + 3, y)], 1.4).line([(x, y - 3), (x, y + 3)], 1.4)
            elif filler == 1:
                quarter.area([(x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)])
            else:
                quarter.line([(x - 4, y + 3), (x, y - 3), (x + 4, y + 3)], 1.5).disc(x, y - 5, 1.5)
    mask = quarter.read() > 0.5
    mask = mask | mask[:, ::-1]
    colour = mixed(colour, carpet.accent.rgb, floats(mask))
    span = (tall - 2 * inner) / carpet.medallions
    a, b = min((wide - 2 * inner) * 0.42, span * 0.6), span * 0.44
    for k in range(carpet.medallions):
        at = inner + span * (k + 0.5)
        for scale, paint in (
            (1.0, WOOL_BROWN),
            (0.95, WOOL_IVORY if carpet.medallion is not WOOL_IVORY else WOOL_GOLD),
            (0.87, carpet.medallion),
            (0.55, WOOL_BROWN),
            (0.50, carpet.accent),
            (0.32, carpet.field),
            (0.15, WOOL_IVORY),
        ):
            ink = Ink(tall, wide, 1)
            _shape(ink, carpet.form, wide / 2, at, a * scale, b * scale)
            lay(ink, paint)
        hooks = Ink(tall, wide, 1)
        for side in (-1, 1):
            for up in (-1, 1):
                hx, hy = wide / 2 + side * a * 0.64, at + up * b * 0.30
                hooks.line([(hx, hy), (hx + side * a * 0.13, hy), (hx + side * a * 0.13, hy - up * b * 0.10)], 2)
                hooks.area(
                    [
                        (wide / 2 + side * 4, at + up * b * 0.70),
                        (wide / 2 + side * 9, at + up * b * 0.64),
                        (wide / 2 + side * 4, at + up * b * 0.58),
                        (wide / 2 - side * 1, at + up * b * 0.64),
                    ]
                )
        lay(hooks, WOOL_IVORY)
    frame = np.minimum(
        np.minimum(*np.mgrid[0:tall, 0:wide]),
        np.minimum(tall - 1 - np.mgrid[0:tall, 0:wide][0], wide - 1 - np.mgrid[0:tall, 0:wide][1]),
    )
    colour[frame < inner] = WOOL_BROWN.rgb
    for start, thick, motif, ground, paint in (
        (edge, 7, carpet.minor, WOOL_IVORY, carpet.field if carpet.field is not WOOL_IVORY else WOOL_RED),
        (edge + 8, 13, carpet.border, carpet.border_ground, WOOL_IVORY),
        (edge + 22, 6, carpet.minor, WOOL_GOLD, WOOL_BROWN),
    ):
        _border(colour, start, thick, motif, ground, paint)
    return colour


def _border(colour: Floats, start: int, thick: int, motif: Motif, ground: Colour, paint: Colour) -> None:
    """A strip of ornament on all four sides, turned at the corners."""
    tall, wide = colour.shape[:2]
    for turn in range(4):
        view = np.rot90(colour, turn)
        length = view.shape[1]
        strip = (
            band(
                motif,
                thick,
                length - 2 * start - 2 * thick,
                max(4, round((length - 2 * start - 2 * thick) / (thick * motif.across))),
            )
            > 0.45
        )
        full = np.zeros((thick, length), bool)
        full[:, start + thick : length - start - thick] = strip
        area = view[start : start + thick, start : length - start]
        area[:] = ground.rgb
        area[full[:, start : length - start]] = paint.rgb
    for y in (start, tall - start - thick):
        for x in (start, wide - start - thick):
            colour[y + thick // 3 : y + thick - thick // 3, x + thick // 3 : x + thick - thick // 3] = paint.rgb


def exhibit(carpet: Carpet, rng: Random) -> Exhibit:
    design, times = _design(carpet), 4
    tall, wide = design.shape[0] * times, design.shape[1] * times
    # Each knot differs a little, and each row of weaving from the next (the dyer's abrash).
    per_knot = (
        1
        + rng.normal(0, 0.055, design.shape[:2])[..., None]
        + np.repeat(np.cumsum(rng.normal(0, 0.010, design.shape[0]))[:, None], design.shape[1], 1)[..., None] * 0.6
    )
    woven = np.repeat(np.repeat(floats(design * per_knot), times, axis=0), times, axis=1)
    y, x = np.mgrid[0:tall, 0:wide].astype(np.float32)
    pile = (
        np.abs(np.sin(x * np.pi / times)) * np.float32(0.5)
        + np.abs(np.sin(y * np.pi / times)) * np.float32(0.5)
        + grain(rng, tall, wide, 0.8) * np.float32(0.12)
    )
    woven = floats(woven * (0.82 + 0.22 * pile[..., None]))
    woven = mixed(
        woven, (0.45, 0.38, 0.28), clamp(clouds(rng, tall, wide, 260, 4) - np.float32(0.1)) * np.float32(0.22)
    )
    relief = pile * np.float32(0.10) + clouds(rng, tall, wide, 120, 3) * np.float32(0.35)
    opacity = np.ones((tall, wide), np.float32)
    if carpet.worn:
        bald = damage.losses(rng, tall, wide, 0.045, 170) * clamp(
            np.float32(0.7) + grain(rng, tall, wide, 1.0) * np.float32(0.3)
        )
        woven = mixed(woven, (0.62, 0.54, 0.41), bald * np.float32(0.8))
        relief -= blur(bald, 2.0) * np.float32(0.25)
    if carpet.hole:
        cx, cy = rng.uniform(0.2, 0.8) * wide, rng.uniform(0.2, 0.8) * tall
        away = (
            np.hypot(x - np.float32(cx), (y - np.float32(cy)) * np.float32(1.3))
            - np.float32(wide * 0.045)
            + clouds(rng, tall, wide, 30, 4) * np.float32(14)
        )
        woven = mixed(woven, (0.58, 0.50, 0.38), clamp(1 - away / 10) * np.float32(0.8))
        opacity = clamp(floats(away * 0.5 + 0.5))
    height = carpet.width * carpet.proportion
    if carpet.fringe:
        tassels = int(tall * 0.045)
        woven, relief, opacity = _with_fringe(woven, relief, opacity, tassels, rng)
        height *= 1 + 2 * tassels / tall
    finish = Finish(
        colour=pixels(woven), roughness=0.95, height=floats(relief * carpet.width / wide * times), opacity=opacity
    )
    sheet = lying(rng, finish, carpet.width, height, curl=0.0, wobble=0.006)
    return Exhibit(
        card=card(carpet),
        arrangements=(
            Arrangement(parts=(sheet,), stance=Stance.LYING, side=Said("лицевая сторона", "front"), turn_limit_deg=60),
        ),
    )


def _with_fringe(
    woven: Floats, relief: Floats, opacity: Floats, tassels: int, rng: Random
) -> tuple[Floats, Floats, Floats]:
    wide = woven.shape[1]
    blocks = []
    for _ in range(2):
        ink = Ink(tassels, wide)
        for k in range(0, wide, 7):
            sway = rng.normal(0, 3.0, 3)
            reach = tassels * (rng.uniform(0.55, 1.0) if rng.random() > 0.06 else 0.15)
            ink.line(
                [(k, tassels), (k + sway[0], tassels - reach * 0.5), (k + sway[0] + sway[1], tassels - reach)],
                2.6,
                int(rng.uniform(170, 255)),
            )
        blocks.append(ink.read())
    wool = (0.80, 0.73, 0.58)
    top, bottom = blocks[0], blocks[1][::-1]
    colour = [mixed(flat(tassels, wide, (0.50, 0.44, 0.34)), wool, block) for block in (top, bottom)]
    return (
        floats(np.concatenate([colour[0], woven, colour[1]])),
        floats(np.concatenate([top * np.float32(0.05), relief, bottom * np.float32(0.05)])),
        floats(np.concatenate([clamp(top * 2), opacity, clamp(bottom * 2)])),
    )


def card(carpet: Carpet) -> Card:
    school, place = SCHOOLS[carpet.school]
    form = {
        "octagon": Said("восьмиугольн", "octagonal"),
        "lozenge": Said("ромбическ", "lozenge-shaped"),
        "star": Said("звёздчат", "star-shaped"),
        "cross": Said("крестообразн", "cruciform"),
    }[carpet.form]
    endings = {"octagon": ("ый", "ых"), "lozenge": ("ий", "их"), "star": ("ый", "ых"), "cross": ("ый", "ых")}[
        carpet.form
    ]
    n = carpet.medallions
    many = (
        f"{form.ru}{endings[0]} медальон"
        if n == 1
        else f"{n} {form.ru}{endings[1]} {counted(n, 'медальон', 'медальона', 'медальонов')}"
    )
    ru = [
        f"ковёр ворсовый прямоугольный: на {carpet.field.said('pre', 'n')} поле {many} "
        f"{carpet.medallion.said('gen', 'm')} цвета",
        f"главная кайма с узором из {carpet.border.ru} на {carpet.border_ground.said('pre', 'm')} фоне, малые "
        f"каймы — из {carpet.minor.ru}" + ("; по торцам бахрома" if carpet.fringe else "; бахрома не сохранилась"),
    ]
    en = [
        f"a rectangular pile carpet: {several(n, f'{carpet.medallion.en} {form.en} medallion')} "
        f"on a field of {carpet.field.en}",
        f"main border of {carpet.border.en} on {carpet.border_ground.en}, minor borders of {carpet.minor.en}"
        + ("; fringed ends" if carpet.fringe else "; the fringe is lost"),
    ]
    states = ((carpet.worn, "потёртости ворса", "worn pile"), (carpet.hole, "сквозная утрата", "a hole"))
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="carpet",
        typology=Typology.APPLIED_ARTS,
        name=Said(
            f"Ковёр {school.ru.split(', ')[1]} с медальонным узором",
            f"{school.en.split(', ')[1]} carpet with medallions",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=carpet.dating.said,
        year_from=carpet.dating.year_from,
        year_to=carpet.dating.year_to,
        materials=Said("шерсть", "wool"),
        technique=Said("ручное ворсовое ткачество", "hand-knotted pile"),
        dimensions=words.size(round(carpet.width * carpet.proportion), carpet.width),
        place=place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
