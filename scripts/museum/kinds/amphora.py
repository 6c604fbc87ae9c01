"""An ancient painted vessel in two colours: amphora, krater or jug, with a frieze of animals and bands of ornament."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, vessels, words
from scripts.museum.beasts import beast
from scripts.museum.english import number
from scripts.museum.noise import borders, cells, clouds, grain
from scripts.museum.ornament import MOTIFS, Motif, band, repeats_for
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Random, Said, Stance, Typology
from scripts.museum.vessels import Chip
from scripts.museum.words import Dating, chance, pick

WIDE, TALL = 1500, 700
SHAPES: dict[str, tuple[Said, int, tuple[tuple[float, float], ...]]] = {
    "amphora": (
        Said("Амфора", "Amphora"),
        2,
        (
            (0.155, 1.0),
            (0.16, 0.97),
            (0.145, 0.945),
            (0.105, 0.91),
            (0.098, 0.80),
            (0.13, 0.735),
            (0.26, 0.64),
            (0.305, 0.52),
            (0.27, 0.34),
            (0.17, 0.15),
            (0.105, 0.075),
            (0.11, 0.055),
            (0.17, 0.035),
            (0.175, 0.0),
        ),
    ),
    "krater": (
        Said("Кратер", "Krater"),
        2,
        (
            (0.40, 1.0),
            (0.385, 0.97),
            (0.31, 0.90),
            (0.30, 0.78),
            (0.36, 0.66),
            (0.38, 0.55),
            (0.33, 0.36),
            (0.20, 0.19),
            (0.12, 0.12),
            (0.12, 0.09),
            (0.20, 0.04),
            (0.21, 0.0),
        ),
    ),
    "jug": (
        Said("Ойнохоя", "Oinochoe"),
        1,
        (
            (0.14, 1.0),
            (0.135, 0.97),
            (0.10, 0.92),
            (0.095, 0.80),
            (0.16, 0.70),
            (0.31, 0.55),
            (0.33, 0.43),
            (0.28, 0.24),
            (0.18, 0.09),
            (0.17, 0.05),
            (0.20, 0.02),
            (0.20, 0.0),
        ),
    ),
    "lekythos": (
        Said("Лекиф", "Lekythos"),
        1,
        (
            (0.10, 1.0),
            (0.11, 0.97),
            (0.09, 0.93),
            (0.042, 0.88),
            (0.042, 0.79),
            (0.09, 0.735),
            (0.19, 0.70),
            (0.20, 0.64),
            (0.19, 0.30),
            (0.13, 0.13),
            (0.06, 0.075),
            (0.06, 0.05),
            (0.145, 0.035),
            (0.15, 0.0),
        ),
    ),
}
BEASTS = {
    "horse": Said("конь", "a horse"),
    "deer": Said("олень", "a deer"),
    "lion": Said("лев", "a lion"),
    "owl": Said("сова", "an owl"),
    "ship": Said("корабль", "a ship"),
}
SITES = (
    Said("Крым, Пантикапей, раскопки", "Crimea, Panticapaeum excavations"),
    Said("Таманский полуостров, Гермонасса", "Taman peninsula, Hermonassa"),
    Said("Северное Причерноморье, Ольвия", "Northern Black Sea, Olbia"),
    Said("Крым, Нимфей, некрополь", "Crimea, Nymphaion, necropolis"),
)
DATINGS = (
    Dating(said=Said("VI в. до н. э.", "6th century BC"), year_from=-600, year_to=-501),
    Dating(said=Said("V в. до н. э.", "5th century BC"), year_from=-500, year_to=-401),
    Dating(
        said=Said("вторая половина VI в. до н. э.", "second half of the 6th century BC"), year_from=-550, year_to=-501
    ),
)
CLAY, GLAZE = (0.68, 0.37, 0.20), (0.06, 0.052, 0.05)


@dataclass(frozen=True, kw_only=True)
class Amphora:
    shape: str
    red_figured: bool
    beast: str
    beasts: int
    above: Motif
    below: Motif
    height: float
    bites: tuple[Chip, ...]
    mended: bool
    crust: float
    lost_handle: bool
    site: Said
    dating: Dating
    seed: int


def choose(rng: Random) -> Amphora:
    above, below = (
        MOTIFS[k]
        for k in rng.permutation(
            ["meander", "palmettes", "waves", "petals", "zigzag", "tendril", "triangles", "scales"]
        )[:2]
    )
    shape = pick(rng, tuple(SHAPES))
    return Amphora(
        shape=shape,
        red_figured=chance(rng, 0.45),
        beast=pick(rng, tuple(BEASTS)),
        beasts=int(rng.integers(4, 7)),
        above=above,
        below=below,
        height=round(float(rng.uniform(18, 46)), 1),
        bites=vessels.chips(rng, int(rng.choice([0, 0, 1, 2])), 0.26, 1.0),
        mended=chance(rng, 0.45),
        crust=float(rng.uniform(0, 0.8)),
        lost_handle=chance(rng, 0.2),
        site=pick(rng, SITES),
        dating=pick(rng, DATINGS),
        seed=int(rng.integers(0, 1 << 30)),
    )


def _painted(item: Amphora, profile: Floats, rng: Random) -> Finish:
    shape = np.random.default_rng(item.seed)
    z = np.interp(np.linspace(0, 1, TALL), np.linspace(0, 1, len(profile)), profile[:, 1]) / item.height
    radius = np.interp(np.linspace(0, 1, TALL), np.linspace(0, 1, len(profile)), profile[:, 0])
    black = np.zeros((TALL, WIDE), np.float32)
    incised = np.zeros((TALL, WIDE), np.float32)
    top, _middle, low = {
        "amphora": (0.70, 0.53, 0.36),
        "krater": (0.86, 0.60, 0.38),
        "jug": (0.63, 0.46, 0.28),
        "lekythos": (0.69, 0.50, 0.32),
    }[item.shape]
    black[z > top + 0.055] = 1
    black[z < low - 0.085] = 1
    for motif, centre, tall in ((item.above, top, 0.075), (item.below, low, 0.075)):
        rows = np.flatnonzero(np.abs(z - centre) < tall / 2)
        strip = band(
            motif,
            len(rows),
            WIDE,
            repeats_for(motif, tall * item.height * 1.15, 2 * np.pi * float(radius[rows[len(rows) // 2]])),
        )
        black[rows] = strip
        for edge in (int(rows[0]) - 7, int(rows[-1]) + 3):
            black[edge : edge + 4] = 1
    rows = np.flatnonzero((z < top - 0.05) & (z > low + 0.05))
    for k in range(item.beasts):
        cell = WIDE // item.beasts
        # A figure is as wide as the girth says, or it would be stretched around the belly.
        girth = 2 * np.pi * float(radius[rows].max()) / item.beasts
        across = int(min(cell, len(rows) * cell / girth * (z[rows[0]] - z[rows[-1]]) * item.height / len(rows)))
        figure, cuts = beast(item.beast, len(rows) - 12, across, shape)
        left = k * cell + (cell - across) // 2
        black[rows[6] : rows[6] + figure.shape[0], left : left + across] = figure
        incised[rows[6] : rows[6] + figure.shape[0], left : left + across] = cuts * figure
    rays = np.flatnonzero((z < low - 0.05) & (z > low - 0.085))
    black[rays] = np.maximum(black[rays], band(MOTIFS["triangles"], len(rays), WIDE, 26)) if len(rays) > 8 else 1
    if item.red_figured:
        black[rows] = 1 - black[rows]
    # Each painter's black is uneven and worn in its own places.
    wear = clamp(clouds(rng, TALL, WIDE, 110, 5, gain=0.6, wrap=True) - np.float32(0.62)) * np.float32(1.3)
    black = clamp(black * (1 - wear))
    colour = flat(TALL, WIDE, CLAY) * (
        1
        + clouds(rng, TALL, WIDE, 200, 4, wrap=True)[..., None] * np.float32(0.09)
        + grain(rng, TALL, WIDE, 0.8)[..., None] * np.float32(0.02)
    )
    colour = mixed(floats(colour), GLAZE, black * np.float32(0.95))
    colour = mixed(colour, CLAY if not item.red_figured else GLAZE, incised * np.float32(0.9))
    relief = (
        black * np.float32(0.006)
        - incised * np.float32(0.012)
        + clouds(rng, TALL, WIDE, 80, 3, wrap=True) * np.float32(0.012)
    )
    roughness = np.float32(0.72) - black * np.float32(0.48)
    if item.mended:
        _, labels = cells(rng, TALL, WIDE, 26, jitter=14)
        seams = borders(labels, 0.9) * clamp(
            clouds(rng, TALL, WIDE, 500, 2, wrap=True) * np.float32(3) + np.float32(0.9)
        )
        colour = mixed(colour, (0.30, 0.19, 0.12), seams * np.float32(0.85))
        relief -= seams * np.float32(0.03)
    crust = clamp(
        clouds(rng, TALL, WIDE, 130, 6, gain=0.62, wrap=True) - np.float32(0.85 - 0.5 * item.crust)
    ) * np.float32(1.4)
    colour = mixed(colour, (0.76, 0.70, 0.60), clamp(crust) * np.float32(0.9))
    roughness = roughness + clamp(crust) * np.float32(0.4)
    if item.bites:
        gone = vessels.bitten_share(item.bites, floats(np.linspace(-np.pi, np.pi, WIDE)), floats((1 - z) * item.height))
        colour = mixed(colour, (0.72, 0.45, 0.28), gone)
        roughness = np.maximum(roughness, gone * np.float32(0.85))
    colour = colour * (1 - clamp(damage.dust(rng, TALL, WIDE) * np.float32(0.06))[..., None])
    return Finish(colour=pixels(floats(colour)), roughness=clamp(floats(roughness)), height=blur(floats(relief), 0.6))


def exhibit(item: Amphora, rng: Random) -> Exhibit:
    _, handles, share = SHAPES[item.shape]
    knots = np.asarray(share) * item.height
    profile = vessels.outside([(float(r), float(z)) for r, z in knots])
    glaze = Finish(colour=solid(*GLAZE), roughness=0.28)
    clay = Finish(colour=solid(*CLAY), roughness=0.85)
    parts = list(
        vessels.parts(
            profile,
            item.height * 0.015,
            _painted(item, profile, rng),
            glaze if item.shape != "krater" else clay,
            clay,
            item.bites,
        )
    )
    h = item.height

    def radius_at(z: float) -> float:
        return float(np.interp(-z, -profile[:, 1], profile[:, 0]))

    paths = {
        "amphora": [
            (radius_at(0.93 * h) * 0.9, 0.93 * h),
            (0.20 * h, 0.955 * h),
            (0.245 * h, 0.87 * h),
            (radius_at(0.66 * h) * 0.97, 0.66 * h),
        ],
        "krater": [
            (radius_at(0.56 * h) * 0.97, 0.52 * h),
            (0.47 * h, 0.56 * h),
            (0.48 * h, 0.74 * h),
            (radius_at(0.80 * h) * 0.98, 0.82 * h),
        ],
        "jug": [
            (0.125 * h, 0.985 * h),
            (0.20 * h, 1.05 * h),
            (0.34 * h, 0.92 * h),
            (radius_at(0.60 * h) * 0.97, 0.60 * h),
        ],
        "lekythos": [
            (0.045 * h, 0.86 * h),
            (0.12 * h, 0.89 * h),
            (0.17 * h, 0.80 * h),
            (radius_at(0.71 * h) * 0.95, 0.70 * h),
        ],
    }
    count = handles - (1 if item.lost_handle and handles == 2 else 0)
    for k in range(count):
        parts.append(
            vessels.handle(
                paths[item.shape], h * 0.019, glaze, np.pi / 2 * (1 if k else -1) if handles == 2 else np.pi * 0.5
            )
        )
    if item.lost_handle and handles == 2:
        for r, z in (paths[item.shape][0], paths[item.shape][-1]):
            stump = vessels.handle(((r * 0.9, z), (r + 0.02 * h, z), (r + 0.028 * h, z)), h * 0.022, clay, np.pi / 2)
            parts.append(stump)
    return Exhibit(card=card(item), arrangements=(Arrangement(parts=tuple(parts), stance=Stance.STANDING),))


def card(item: Amphora) -> Card:
    name, handles, share = SHAPES[item.shape]
    style = Said("краснофигурн", "red-figured") if item.red_figured else Said("чернофигурн", "black-figured")
    ending = {"amphora": "ая", "krater": "ый", "jug": "ая", "lekythos": "ый"}[item.shape]
    beast = {
        "horse": Said("кони", "horses"),
        "deer": Said("олени", "deer"),
        "lion": Said("львы", "lions"),
        "owl": Said("совы", "owls"),
        "ship": Said("корабли", "ships"),
    }[item.beast]
    handle = Said("двумя ручками", "two handles") if handles == 2 else Said("одной ручкой", "one handle")
    ru = [
        f"сосуд с {handle.ru}, на тулове в росписи чёрным лаком фриз: {beast.ru} ({item.beasts} "
        f"{'изображения' if item.beasts < 5 else 'изображений'})",
        f"над фризом пояс {item.above.ru}, под ним пояс {item.below.ru}, у основания лучи",
    ]
    en = [
        f"a vessel with {handle.en}, the body painted in black glaze with a frieze of {number(item.beasts)} {beast.en}",
        f"above it a band of {item.above.en}, below it a band of {item.below.en}, rays at the foot",
    ]
    states = (
        (item.mended, "склеен из фрагментов", "mended from fragments"),
        (bool(item.bites), "сколы по венчику", "chipped rim"),
        (item.lost_handle and handles == 2, "одна ручка утрачена", "one handle lost"),
        (item.crust > 0.4, "известковые отложения", "lime deposits"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    wide = round(2 * max(r for r, _ in share) * item.height, 1)
    return Card(
        kind="amphora",
        typology=Typology.ARCHAEOLOGY,
        name=Said(
            f"{name.ru} {style.ru}{ending}: {beast.ru}", f"{style.en.capitalize()} {name.en.lower()} with {beast.en}"
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=item.dating.said,
        year_from=item.dating.year_from,
        year_to=item.dating.year_to,
        materials=Said("глина, чёрный лак", "clay, black glaze"),
        technique=Said("гончарный круг, роспись, обжиг", "thrown, painted, fired"),
        dimensions=words.measures(("высота", "height", item.height), ("диаметр", "diameter", float(wide))),
        place=item.site,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
