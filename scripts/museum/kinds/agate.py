"""A polished slice: banded agate, malachite, jasper or labradorite, with its rough rind."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import meshes, reliefs, words
from scripts.museum.noise import cells, clouds, grain
from scripts.museum.planes import blur, clamp, floats, mixed, pixels, sampled
from scripts.museum.russian import sentence
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import chance, pick

SIZE = 860
Rgb = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Stone:
    key: str
    name: Said
    gen: str
    bands: tuple[tuple[Rgb, ...], ...]
    colour: tuple[Said, ...]
    rind: Rgb
    pattern: Said
    form: str


STONES = (
    Stone(
        key="agate",
        name=Said("Агат", "Agate"),
        gen="агата",
        form="nested",
        rind=(0.36, 0.30, 0.24),
        pattern=Said("концентрически-полосчатый рисунок", "concentric banding"),
        bands=(
            ((0.80, 0.79, 0.78), (0.42, 0.44, 0.50), (0.92, 0.91, 0.90), (0.55, 0.58, 0.64)),
            ((0.66, 0.30, 0.14), (0.90, 0.84, 0.76), (0.46, 0.14, 0.08), (0.80, 0.56, 0.34)),
            ((0.30, 0.42, 0.58), (0.86, 0.88, 0.90), (0.16, 0.24, 0.40), (0.58, 0.66, 0.76)),
        ),
        colour=(Said("серо-белый", "grey and white"), Said("красно-бурый", "red-brown"), Said("голубой", "blue")),
    ),
    Stone(
        key="malachite",
        name=Said("Малахит", "Malachite"),
        gen="малахита",
        form="kidneys",
        rind=(0.22, 0.22, 0.16),
        pattern=Said("концентрически-зональный почковидный рисунок", "botryoidal zoning"),
        bands=(((0.03, 0.30, 0.19), (0.10, 0.52, 0.34), (0.02, 0.20, 0.13), (0.34, 0.68, 0.50)),),
        colour=(Said("зелёный разных оттенков", "green in several tones"),),
    ),
    Stone(
        key="jasper",
        name=Said("Яшма", "Jasper"),
        gen="яшмы",
        form="landscape",
        rind=(0.42, 0.34, 0.26),
        pattern=Said("пейзажный рисунок", "a landscape-like pattern"),
        bands=(
            ((0.60, 0.26, 0.16), (0.78, 0.62, 0.42), (0.34, 0.15, 0.12), (0.52, 0.46, 0.38)),
            ((0.32, 0.38, 0.27), (0.66, 0.60, 0.44), (0.46, 0.20, 0.14), (0.22, 0.26, 0.20)),
        ),
        colour=(Said("красно-коричневый", "red-brown"), Said("зелёно-коричневый", "green-brown")),
    ),
    Stone(
        key="rhodonite",
        name=Said("Родонит", "Rhodonite"),
        gen="родонита",
        form="veined",
        rind=(0.16, 0.14, 0.14),
        pattern=Said("рисунок чёрных дендритов", "black dendritic veins"),
        bands=(((0.72, 0.34, 0.40), (0.80, 0.50, 0.54), (0.60, 0.25, 0.32), (0.84, 0.62, 0.62)),),
        colour=(Said("розовый", "pink"),),
    ),
)
PLACES = (
    Said("Россия, Урал", "Russia, Urals"),
    Said("Россия, Урал, Гумешевский рудник", "Russia, Urals, Gumeshevsky mine"),
    Said("Россия, Тиман", "Russia, Timan"),
    Said("Армения, Иджеван", "Armenia, Ijevan"),
    Said("Россия, Забайкалье", "Russia, Transbaikal"),
)


@dataclass(frozen=True, kw_only=True)
class Slice:
    stone: Stone
    palette: int
    width: float
    oval: float
    geode: bool
    crack: bool
    pitch: float
    place: Said
    year: int
    seed: int


def choose(rng: Random) -> Slice:
    stone = pick(rng, STONES)
    return Slice(
        stone=stone,
        palette=int(rng.integers(0, len(stone.bands))),
        width=round(float(rng.uniform(6, 18)), 1),
        oval=float(rng.uniform(0.68, 0.95)),
        geode=stone.key == "agate" and chance(rng, 0.45),
        crack=chance(rng, 0.3),
        pitch=float(rng.uniform(0.7, 1.4)),
        place=pick(rng, PLACES),
        year=int(rng.integers(1875, 1990)),
        seed=int(rng.integers(0, 1 << 30)),
    )


def _field(item: Slice, rng: Random) -> tuple[Floats, Floats]:
    """The height of the banding field and how far each pixel is from the rim."""
    distance, angle = reliefs.from_centre(SIZE)
    inwards = 1 - distance
    warp = clouds(rng, SIZE, SIZE, 320, 4) * np.float32(0.10)
    if item.stone.form == "nested":
        lobes = (
            0.05 * np.sin(angle * 3 + rng.uniform(0, 6))
            + 0.04 * np.sin(angle * 5 + rng.uniform(0, 6))
            + 0.02 * np.sin(angle * 11)
        )
        return floats(inwards + lobes * np.minimum(inwards * 4, 1) + warp * 0.6), floats(inwards)
    if item.stone.form == "kidneys":
        total = np.full((SIZE, SIZE), 9.0, np.float32)
        y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j].astype(np.float32)
        for _ in range(7):
            cx, cy, s = rng.uniform(-0.9, 0.9), rng.uniform(-0.9, 0.9), rng.uniform(0.6, 1.4)
            total = np.minimum(total, np.hypot(x - np.float32(cx), y - np.float32(cy)) * np.float32(s))
        return floats(total + warp * 0.5), floats(inwards)
    y = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j][0].astype(np.float32)
    if item.stone.form == "landscape":
        return floats(y * 0.55 + warp * 2.6 + clouds(rng, SIZE, SIZE, 150, 4, stretch=0.4) * 0.12), floats(inwards)
    return floats(warp * 2 + clouds(rng, SIZE, SIZE, 120, 4) * 0.2), floats(inwards)


def _polished(item: Slice, rng: Random) -> tuple[Floats, Floats, Floats]:
    field, inwards = _field(item, rng)
    # Bands of uneven width: a random ladder of colours looked up by the field.
    palette = np.asarray(item.stone.bands[item.palette])
    steps = int(70 * item.pitch)
    steps_of_colour = palette[rng.integers(0, len(palette), steps)] * rng.uniform(0.82, 1.14, (steps, 1))
    ladder = blur(floats(np.repeat(steps_of_colour, 8, axis=0)[None]), 3.0)
    column = np.mod((field + 1) * np.float32(steps * 8 / 2.6), np.float32(steps * 8 - 1))
    colour = sampled(ladder, floats(column), np.zeros_like(column))
    relief = np.zeros((SIZE, SIZE), np.float32)
    rough = np.full((SIZE, SIZE), 0.07, np.float32)
    if item.stone.form == "veined":
        net = np.abs(clouds(rng, SIZE, SIZE, 170, 6, gain=0.62))
        colour = mixed(colour, (0.06, 0.05, 0.055), clamp((np.float32(0.075) - net) * np.float32(22)))
    if item.geode:
        hollow = clamp(
            (inwards + clouds(rng, SIZE, SIZE, 120, 4) * np.float32(0.06) - np.float32(0.62)) * np.float32(30)
        )
        near, labels = cells(rng, SIZE, SIZE, 900)
        crystals = floats(((labels * 7919) % 97) / 97.0)
        colour = mixed(colour, floats(np.asarray([0.80, 0.78, 0.80]) * (0.55 + 0.5 * crystals[..., None])), hollow)
        relief -= hollow * np.float32(0.35) - hollow * np.float32(0.10) * np.exp(-near / 7)
        relief += hollow * (crystals - np.float32(0.5)) * np.float32(0.10)
        rough += hollow * np.float32(0.05)
    if item.crack:
        split = np.abs(clouds(rng, SIZE, SIZE, 420, 5) + np.linspace(-1, 1, SIZE, dtype=np.float32)[None] * 0.5)
        colour = mixed(
            colour, (0.25, 0.20, 0.16), clamp((np.float32(0.008) - split) * np.float32(110)) * np.float32(0.8)
        )
    rind = clamp((np.float32(0.055) + clouds(rng, SIZE, SIZE, 50, 4) * np.float32(0.022) - inwards) * np.float32(60))
    stone = floats(np.asarray(item.stone.rind) * (1 + clouds(rng, SIZE, SIZE, 16, 4)[..., None] * 0.35))
    colour = mixed(colour, stone, rind)
    rough += rind * np.float32(0.7)
    relief -= rind * (np.float32(0.06) + clouds(rng, SIZE, SIZE, 12, 3) * np.float32(0.05))
    return clamp(floats(colour * (1 + grain(rng, SIZE, SIZE, 0.8)[..., None] * 0.012))), relief, clamp(rough)


def exhibit(item: Slice, rng: Random) -> Exhibit:
    shape = np.random.default_rng(item.seed)
    colour, relief, rough = _polished(item, shape)
    degrees = np.radians(np.arange(360))
    outline = (
        np.hypot(np.cos(degrees), np.sin(degrees) * item.oval)
        + 0.05 * np.sin(degrees * 2 + shape.uniform(0, 6))
        + 0.035 * np.sin(degrees * 3 + shape.uniform(0, 6))
        + 0.02 * np.sin(degrees * 5 + shape.uniform(0, 6))
    )
    outline = (
        outline / outline.max()
        + np.convolve(np.tile(shape.normal(0, 1, 360), 3), np.ones(5) / 5, mode="same")[360:720] * 0.010
    )
    radius, thick = item.width / 2, item.width * 0.07
    face = reliefs.disc(
        radius,
        floats(relief * radius * 0.3),
        Finish(colour=pixels(colour), roughness=rough),
        outline=floats(outline),
        lift=thick,
    )
    t = np.linspace(0, 2 * np.pi, 241)
    scale = np.interp(np.degrees(t), np.arange(361), np.append(outline, outline[0])) * radius
    rows = []
    for share, z in ((0.985, thick), (1.0, thick * 0.75), (1.01, thick * 0.35), (0.97, 0.0)):
        ragged = 1 + 0.012 * shape.normal(0, 1, 241)
        ragged[-1] = ragged[0]
        rows.append(
            np.stack(
                [np.cos(t) * scale * share * ragged, np.sin(t) * scale * share * ragged, np.full_like(t, z)], axis=1
            )
        )
    stone = np.asarray(item.stone.rind) * (1 + clouds(rng, 40, 400, 14, 3)[..., None] * np.float32(0.3))
    edge = Part(
        points=floats(np.stack(rows)),
        finish=Finish(
            colour=pixels(floats(stone)), roughness=0.9, height=clouds(rng, 40, 400, 9, 3) * np.float32(0.06)
        ),
        closed=True,
    )
    parts = tuple(replace(p, points=meshes.moved(p.points, (0, 0, 0.0))) for p in (face, edge))
    return Exhibit(card=card(item), arrangements=(Arrangement(parts=parts, stance=Stance.LYING, turn_limit_deg=80),))


def card(item: Slice) -> Card:
    stone, colour = item.stone, item.stone.colour[item.palette]
    ru = [
        f"полированный срез {stone.gen}, неправильно-овальной формы; {stone.pattern.ru}, цвет {colour.ru}",
        "края необработанные, с естественной коркой",
    ]
    en = [
        f"a polished slice of {stone.name.en.lower()}, irregularly oval, with {stone.pattern.en}, {colour.en}",
        "unworked edges with the natural rind",
    ]
    if item.geode:
        ru.append("в центре полость с мелкими кристаллами кварца")
        en.append("in the middle a cavity lined with small quartz crystals")
    if item.crack:
        ru.append("через срез проходит трещина")
        en.append("a crack runs across the slice")
    return Card(
        kind="slice",
        typology=Typology.MINERALOGY,
        name=Said(f"{stone.name.ru}. Полированный срез", f"{stone.name.en}, a polished slice"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=Said(f"поступил в {item.year} году", f"acquired in {item.year}"),
        year_from=item.year,
        year_to=item.year,
        materials=Said(stone.name.ru.lower(), stone.name.en.lower()),
        technique=Said("распиловка, полировка", "sawn and polished"),
        dimensions=words.size(round(item.width * item.oval, 1), item.width),
        place=item.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
