"""A druse: prisms with pointed ends on a matrix of rock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import meshes, words
from scripts.museum.english import several
from scripts.museum.noise import cells, clouds, grain
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import counted, sentence
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import chance, pick


@dataclass(frozen=True, kw_only=True)
class Species:
    """`gen` is the genitive, as in «друза аметиста»."""

    key: str
    name: Said
    gen: str
    base: tuple[float, float, float]
    tip: tuple[float, float, float]
    colour: Said
    lustre: Said
    sides: int
    slender: float
    roughness: float
    metal: float = 0.0
    clarity: float = 0.72


SPECIES = (
    Species(
        key="amethyst",
        name=Said("Аметист", "Amethyst"),
        gen="аметиста",
        base=(0.72, 0.68, 0.76),
        tip=(0.34, 0.14, 0.52),
        colour=Said("фиолетовая, к основанию светлее", "violet, paler towards the base"),
        lustre=Said("стеклянный", "vitreous"),
        sides=6,
        slender=0.28,
        roughness=0.10,
    ),
    Species(
        key="quartz",
        name=Said("Горный хрусталь", "Rock crystal"),
        gen="горного хрусталя",
        base=(0.78, 0.77, 0.74),
        tip=(0.93, 0.94, 0.95),
        colour=Said("бесцветная, у основания молочная", "colourless, milky at the base"),
        lustre=Said("стеклянный", "vitreous"),
        sides=6,
        slender=0.20,
        roughness=0.08,
    ),
    Species(
        key="smoky",
        name=Said("Дымчатый кварц", "Smoky quartz"),
        gen="дымчатого кварца",
        base=(0.50, 0.42, 0.34),
        tip=(0.14, 0.10, 0.08),
        colour=Said("дымчато-бурая", "smoky brown"),
        lustre=Said("стеклянный", "vitreous"),
        sides=6,
        slender=0.24,
        roughness=0.09,
    ),
    Species(
        key="citrine",
        name=Said("Цитрин", "Citrine"),
        gen="цитрина",
        base=(0.86, 0.80, 0.66),
        tip=(0.86, 0.56, 0.12),
        colour=Said("медово-жёлтая", "honey yellow"),
        lustre=Said("стеклянный", "vitreous"),
        sides=6,
        slender=0.25,
        roughness=0.10,
    ),
    Species(
        key="beryl",
        name=Said("Берилл", "Beryl"),
        gen="берилла",
        base=(0.62, 0.74, 0.62),
        tip=(0.36, 0.66, 0.50),
        colour=Said("бледно-зелёная", "pale green"),
        lustre=Said("стеклянный", "vitreous"),
        sides=6,
        slender=0.17,
        roughness=0.14,
    ),
    Species(
        key="tourmaline",
        name=Said("Шерл", "Schorl"),
        gen="шерла",
        base=(0.06, 0.06, 0.065),
        tip=(0.03, 0.03, 0.035),
        colour=Said("чёрная", "black"),
        lustre=Said("стеклянный", "vitreous"),
        sides=9,
        slender=0.13,
        roughness=0.20,
        clarity=0.0,
    ),
    Species(
        key="antimonite",
        name=Said("Антимонит", "Stibnite"),
        gen="антимонита",
        base=(0.42, 0.43, 0.45),
        tip=(0.62, 0.64, 0.68),
        colour=Said("свинцово-серая", "lead grey"),
        lustre=Said("металлический", "metallic"),
        sides=8,
        slender=0.08,
        roughness=0.24,
        metal=0.9,
        clarity=0.0,
    ),
)
ROCKS = (
    (Said("на породе серого цвета", "on grey matrix"), (0.40, 0.39, 0.37)),
    (Said("на бурой железистой корке", "on a brown ferruginous crust"), (0.40, 0.24, 0.14)),
    (Said("на белом альбите", "on white albite"), (0.80, 0.78, 0.74)),
)
PLACES = (
    Said("Россия, Урал, Мурзинка", "Russia, Urals, Murzinka"),
    Said("Россия, Приполярный Урал", "Russia, Subpolar Urals"),
    Said("Россия, Забайкалье, Шерловая Гора", "Russia, Transbaikal, Sherlovaya Gora"),
    Said("Россия, Приморский край, Дальнегорск", "Russia, Primorye, Dalnegorsk"),
    Said("Казахстан, Акжайляу", "Kazakhstan, Akzhailau"),
)


@dataclass(frozen=True, kw_only=True)
class Crystal:
    x: float
    y: float
    length: float
    lean: float
    toward: float
    spin: float
    width: float
    skew: tuple[float, ...]
    broken: bool


@dataclass(frozen=True, kw_only=True)
class Druse:
    species: Species
    rock: tuple[Said, tuple[float, float, float]]
    width: float
    crystals: tuple[Crystal, ...]
    large: int
    place: Said
    year: int


def choose(rng: Random) -> Druse:
    species = pick(rng, SPECIES)
    width = float(rng.uniform(6, 16))
    large = int(rng.integers(2, 8))
    found = []
    medium, small = int(rng.integers(7, 14)), int(rng.integers(16, 30))
    for k in range(large + medium + small):
        big, tiny = k < large, k >= large + medium
        reach = (
            rng.uniform(0, 0.20) if big else rng.uniform(0.08, 0.34) if not tiny else rng.uniform(0.22, 0.44)
        ) * width
        radius, around = reach, rng.uniform(0, 2 * np.pi)
        length = width * (
            rng.uniform(0.5, 0.95) if big else rng.uniform(0.26, 0.48) if not tiny else rng.uniform(0.12, 0.22)
        )
        found.append(
            Crystal(
                x=float(np.cos(around) * radius),
                y=float(np.sin(around) * radius * 0.8),
                length=float(length),
                lean=float(min(radius / width * 105 + rng.normal(0, 10), 64)),
                toward=float(around),
                spin=float(rng.uniform(0, 360)),
                width=float(length * species.slender * rng.uniform(0.8, 1.4) * (1.0 if big else 1.15)),
                skew=tuple(float(v) for v in rng.uniform(0.72, 1.28, species.sides)),
                broken=big and chance(rng, 0.2),
            )
        )
    return Druse(
        species=species,
        rock=pick(rng, ROCKS),
        width=round(width, 1),
        crystals=tuple(found),
        large=large,
        place=pick(rng, PLACES),
        year=int(rng.integers(1880, 1990)),
    )


def _prism(crystal: Crystal, sides: int) -> Floats:
    """Rows from the tip to the buried foot."""
    angle = np.linspace(0, 2 * np.pi, sides + 1) + np.radians(crystal.spin)
    skew = np.asarray([*crystal.skew, crystal.skew[0]])
    half = crystal.width / 2
    shoulder = crystal.length - half * 1.25 * (skew - 0.72) / 0.56 - half * 0.6
    ring = np.stack([np.cos(angle) * half * skew, np.sin(angle) * half * skew, shoulder], axis=1)
    foot = ring * [0.96, 0.96, 0] + [0, 0, -crystal.length * 0.1]
    if crystal.broken:
        ring[:, 2] = crystal.length * 0.62 + np.sin(angle * 2) * half * 0.3
        tip = np.tile([[0, 0, crystal.length * 0.6]], (sides + 1, 1))
    else:
        tip = np.tile([[half * (skew[0] - 1), half * (skew[2] - 1), crystal.length]], (sides + 1, 1))
    body = meshes.turned(floats(np.stack([tip, ring, foot])), "y", crystal.lean)
    return meshes.moved(meshes.turned(body, "z", np.degrees(crystal.toward)), (crystal.x, crystal.y, 0.0))


def _matrix(druse: Druse, rng: Random) -> Part:
    """A broken lump of rock: planes of fracture over a flattened dome."""
    rows, columns = 84, 144
    dome = meshes.ellipsoid((0, 0, 0), (druse.width * 0.49, druse.width * 0.42, druse.width * 0.15), rows, columns)
    _, labels = cells(rng, rows, columns, 70, jitter=3.0)
    blocks = blur(floats(rng.uniform(-1, 1, int(labels.max()) + 1)[labels]), 0.9, wrap=True)
    lumps = blocks * np.float32(0.07) + clouds(rng, rows, columns, 22, 5, gain=0.62, wrap=True) * np.float32(0.11)
    # At the poles of the grid a bump would pinch.
    calm = np.clip(np.sin(np.linspace(0, np.pi, rows)), 0, 1)[:, None] ** 0.7
    lumps = floats(lumps * calm)
    lumps[:, -1] = lumps[:, 0]
    lumps[0], lumps[-1] = lumps[0].mean(), lumps[-1].mean()
    points = floats(dome * (1 + lumps[..., None]))
    points[..., 2] = np.maximum(points[..., 2], np.float32(-druse.width * 0.08))
    tall, wide = 400, 700
    grains = clouds(rng, tall, wide, 9, 2, wrap=True) * np.float32(0.22) + clouds(
        rng, tall, wide, 70, 5, wrap=True
    ) * np.float32(0.26)
    texture = floats(flat(tall, wide, druse.rock[1]) * (1 + grains[..., None]))
    texture = mixed(
        texture,
        druse.species.base,
        clamp(clouds(rng, tall, wide, 46, 5, wrap=True) * np.float32(1.4) - np.float32(0.5)) * np.float32(0.8),
    )
    texture = mixed(texture, (0.13, 0.12, 0.11), clamp(clouds(rng, tall, wide, 20, 3, wrap=True) - np.float32(0.9)))
    relief = clouds(rng, tall, wide, 26, 5, gain=0.72, wrap=True) * np.float32(druse.width * 0.009)
    relief *= np.sin(np.linspace(0, np.pi, tall, dtype=np.float32))[:, None]
    glints = clamp(grain(rng, tall, wide) - np.float32(2.3))
    finish = Finish(colour=pixels(texture), roughness=clamp(np.float32(0.85) - glints * np.float32(0.8)), height=relief)
    return Part(points=points, finish=finish, closed=True)


def _faces(species: Species, rng: Random) -> Floats:
    """The facets of one crystal side by side: each its own gradient, a bright arris between them, veils inside."""
    tall, wide = 72, 30
    depth = np.linspace(0, 1, tall)[:, None, None]
    column = np.asarray(species.tip) * (1 - depth**0.8) + np.asarray(species.base) * depth**0.8
    facets = []
    for _ in range(species.sides):
        across = np.linspace(rng.uniform(0.62, 1.05), rng.uniform(0.85, 1.35), wide)[None, :, None]
        facet = column * across * rng.uniform(0.88, 1.14)
        edge = np.exp(-(np.minimum(np.arange(wide), wide - 1 - np.arange(wide)) / 1.0))[None, :, None]
        facets.append(facet + (1 - facet) * edge * (0.30 if not species.metal else 0.12))
    return floats(np.concatenate(facets, axis=1))


def exhibit(druse: Druse, rng: Random) -> Exhibit:
    species = druse.species
    prisms = [_prism(crystal, species.sides) for crystal in druse.crystals]
    atlas = floats(np.concatenate([_faces(species, rng) for _ in druse.crystals]))
    tall, wide = atlas.shape[:2]
    pale = (0.96, 0.96, 0.97) if sum(species.tip) > 0.4 else (0.25, 0.25, 0.25)
    veils = clamp(clouds(rng, tall, wide, 24, 4, stretch=1.6) * np.float32(1.5) - np.float32(0.35))
    atlas = mixed(atlas, pale, veils * np.float32(0.10 if species.metal else 0.5))
    dark = clamp(clouds(rng, tall, wide, 30, 3, stretch=2.0) * np.float32(1.3) - np.float32(0.45))
    atlas = mixed(atlas, tuple(c * 0.35 for c in species.tip), dark * np.float32(0.55))
    growth = clouds(rng, tall, wide, 40, 2, stretch=0.06) * np.float32(0.05)
    finish = Finish(
        colour=pixels(clamp(floats(atlas * (1 + growth[..., None])))),
        roughness=species.roughness,
        metal=species.metal,
        translucency=0.0 if species.metal else 0.4,
        clarity=species.clarity,
    )
    crystals = Part(points=floats(np.concatenate(prisms)), finish=finish, rows_per_piece=3, faceted=True)
    low = druse.width * 0.08
    parts = tuple(
        replace(part, points=meshes.moved(part.points, (0, 0, low))) for part in (_matrix(druse, rng), crystals)
    )
    return Exhibit(card=card(druse), arrangements=(Arrangement(parts=parts, stance=Stance.STANDING),))


def card(druse: Druse) -> Card:
    species = druse.species
    crystals = counted(
        druse.large,
        "крупный призматический кристалл",
        "крупных призматических кристалла",
        "крупных призматических кристаллов",
    )
    broken = sum(c.broken for c in druse.crystals)
    height = max(c.length * np.cos(np.radians(c.lean)) for c in druse.crystals) + druse.width * 0.08
    ru = [
        f"друза {species.gen} {druse.rock[0].ru}: {druse.large} {crystals} и мелкая щётка",
        f"окраска {species.colour.ru}, блеск {species.lustre.ru}",
    ]
    en = [
        f"a druse of {species.name.en.lower()} {druse.rock[0].en}: {several(druse.large, 'large prismatic crystal')} "
        f"and smaller ones around them",
        f"colour {species.colour.en}; lustre {species.lustre.en}",
    ]
    if broken:
        ru.append(f"у {broken} {counted(broken, 'кристалла', 'кристаллов', 'кристаллов')} обломана вершина")
        en.append("one crystal has lost its tip" if broken == 1 else f"{broken} crystals have lost their tips")
    return Card(
        kind="crystal",
        typology=Typology.MINERALOGY,
        name=Said(f"{species.name.ru}. Друза кристаллов", f"{species.name.en}, a druse of crystals"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=Said(f"сбор {druse.year} года", f"collected in {druse.year}"),
        year_from=druse.year,
        year_to=druse.year,
        materials=Said(species.name.ru.lower(), species.name.en.lower()),
        technique=Said("природный образец", "natural specimen"),
        dimensions=words.measures(("высота", "height", float(round(height, 1))), ("ширина", "width", druse.width)),
        place=druse.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
