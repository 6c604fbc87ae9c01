"""A thrown vase with a coloured glaze, painted bands and none to two handles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, vessels, words
from scripts.museum.english import an
from scripts.museum.noise import clouds, craquelure
from scripts.museum.ornament import MOTIFS, Motif, band, repeats_for
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid, solid_of
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Random, Said, Stance, Typology
from scripts.museum.vessels import Chip
from scripts.museum.words import Colour, Dating, chance, pick

WIDE, TALL = 1400, 640

# Outer profiles as (radius, height) in shares of the height, from the lip down.
SHAPES: dict[str, tuple[Said, tuple[tuple[float, float], ...]]] = {
    "baluster": (
        Said("балясинообразной формы", "baluster-shaped"),
        (
            (0.17, 1.0),
            (0.155, 0.965),
            (0.115, 0.87),
            (0.15, 0.76),
            (0.27, 0.62),
            (0.30, 0.5),
            (0.25, 0.32),
            (0.17, 0.13),
            (0.165, 0.06),
            (0.20, 0.02),
            (0.20, 0.0),
        ),
    ),
    "ovoid": (
        Said("яйцевидной формы", "ovoid"),
        (
            (0.15, 1.0),
            (0.14, 0.965),
            (0.13, 0.92),
            (0.19, 0.86),
            (0.33, 0.7),
            (0.36, 0.56),
            (0.30, 0.32),
            (0.19, 0.08),
            (0.18, 0.0),
        ),
    ),
    "bottle": (
        Said("бутылевидной формы с высоким узким горлом", "bottle-shaped with a tall narrow neck"),
        (
            (0.085, 1.0),
            (0.07, 0.975),
            (0.06, 0.85),
            (0.065, 0.66),
            (0.12, 0.54),
            (0.27, 0.38),
            (0.30, 0.24),
            (0.24, 0.09),
            (0.19, 0.03),
            (0.19, 0.0),
        ),
    ),
    "trumpet": (
        Said("с раструбообразным горлом", "with a trumpet neck"),
        (
            (0.27, 1.0),
            (0.245, 0.97),
            (0.16, 0.83),
            (0.125, 0.68),
            (0.20, 0.56),
            (0.28, 0.43),
            (0.24, 0.27),
            (0.15, 0.12),
            (0.19, 0.03),
            (0.195, 0.0),
        ),
    ),
    "globular": (
        Said("шаровидной формы с коротким горлом", "globular with a short neck"),
        (
            (0.17, 1.0),
            (0.155, 0.965),
            (0.15, 0.89),
            (0.25, 0.82),
            (0.42, 0.58),
            (0.43, 0.46),
            (0.33, 0.18),
            (0.22, 0.045),
            (0.23, 0.0),
        ),
    ),
}
PLACES = (
    Said("Россия, Московская губерния, Гжель", "Russia, Moscow province, Gzhel"),
    Said("Средняя Азия, Риштан", "Central Asia, Rishtan"),
    Said("Россия, Тверская губерния", "Russia, Tver province"),
    Said("Украина, Опошня", "Ukraine, Opishnia"),
    Said("Грузия", "Georgia"),
)
ON_DARK = (words.IVORY, words.YELLOW, words.BLUE)
ON_PALE = (words.COBALT, words.BROWN, words.GREEN, words.OXBLOOD)


@dataclass(frozen=True, kw_only=True)
class Vase:
    shape: str
    height: float
    glaze: Colour
    paint: Colour
    bands: tuple[tuple[Motif, float, float], ...]
    handles: int
    bites: tuple[Chip, ...]
    crazed: bool
    drips: bool
    dating: Dating
    place: Said


def choose(rng: Random) -> Vase:
    shape = pick(rng, tuple(SHAPES))
    glaze = pick(
        rng,
        (
            words.COBALT,
            words.TURQUOISE,
            words.CELADON,
            words.HONEY,
            words.BROWN,
            words.OXBLOOD,
            words.IVORY,
            words.GREEN,
        ),
    )
    # The ornament must be read from across the room: a paint far in brightness from the glaze.
    legible = [c for c in (*ON_DARK, *ON_PALE) if abs(sum(c.rgb) - sum(glaze.rgb)) > 0.65]
    paint = pick(rng, legible)
    main, second = (MOTIFS[key] for key in rng.permutation(list(MOTIFS))[:2])
    places = {"bottle": (0.30, 0.09), "trumpet": (0.44, 0.07)}
    centre, narrow = places.get(shape, (0.55, 0.07))
    bands = [(main, centre, float(rng.uniform(0.13, 0.18)))]
    if chance(rng, 0.75):
        bands.append((second, centre + 0.17 if shape != "bottle" else 0.50, narrow))
    return Vase(
        shape=shape,
        height=round(float(rng.uniform(16, 42)), 1),
        glaze=glaze,
        paint=paint,
        bands=tuple(bands),
        handles=0 if shape in ("bottle", "globular") else int(rng.choice([0, 0, 2])),
        bites=vessels.chips(rng, int(rng.choice([0, 0, 1, 2])), 0.22, 0.9),
        crazed=chance(rng, 0.35),
        drips=chance(rng, 0.4),
        dating=words.within(rng, 1780, 1925),
        place=pick(rng, PLACES),
    )


def _painted(vase: Vase, profile: Floats, rng: Random) -> Finish:
    glaze, paint = words.shade_of(rng, vase.glaze), words.shade_of(rng, vase.paint)
    colour = flat(TALL, WIDE, tuple(glaze))
    pooled = clouds(rng, TALL, WIDE, 200, 4, wrap=True) * np.float32(0.10) + clouds(
        rng, TALL, WIDE, 30, 3, wrap=True
    ) * np.float32(0.03)
    colour *= 1 + pooled[..., None]
    z = np.interp(np.linspace(0, 1, TALL), np.linspace(0, 1, len(profile)), profile[:, 1]) / vase.height
    radius = np.interp(np.linspace(0, 1, TALL), np.linspace(0, 1, len(profile)), profile[:, 0])
    relief = clouds(rng, TALL, WIDE, 90, 3, wrap=True) * np.float32(0.012)
    # Throwing rings: the potter's fingers.
    relief += (np.sin(z * 150 + rng.uniform(0, 6)) * 0.006)[:, None].astype(np.float32)
    for motif, centre, tall in vase.bands:
        rows = np.flatnonzero(np.abs(z - centre) < tall / 2)
        if len(rows) < 12:
            continue
        top, bottom = int(rows[0]), int(rows[-1])
        girth = 2 * np.pi * float(radius[(top + bottom) // 2])
        strip = band(motif, bottom - top, WIDE, repeats_for(motif, tall * vase.height * 1.1, girth))
        strip = clamp(strip * (np.float32(0.92) + clouds(rng, bottom - top, WIDE, 40, 3, wrap=True) * np.float32(0.25)))
        colour[top:bottom] = mixed(colour[top:bottom], tuple(paint), strip * np.float32(0.93))
        relief[top:bottom] += strip * np.float32(0.010)
        for edge in (top - 9, bottom + 3):
            colour[max(edge, 0) : edge + 5] = mixed(colour[max(edge, 0) : edge + 5], tuple(paint), 0.9)
    lip = np.flatnonzero(z > 0.985)
    thin = floats(glaze * 0.5 + np.array([0.55, 0.42, 0.30]) * 0.5)
    colour[lip] = mixed(colour[lip], tuple(thin), 0.55)
    if vase.drips:
        # The glaze stops short of the foot and its edge runs down in drops.
        edge = 0.09 + clouds(rng, 1, WIDE, 110, 3, wrap=True)[0] * 0.035
        bare = smoothstep(floats(edge[None] - z[:, None]), -0.004, 0.004)
        colour = mixed(colour, (0.70, 0.56, 0.42), bare)
        relief -= bare * np.float32(0.05)
    roughness = np.full((TALL, WIDE), 0.13, np.float32) + clamp(pooled) * np.float32(0.2)
    if vase.drips:
        roughness += bare * np.float32(0.6)
    if vase.crazed:
        net = craquelure(rng, TALL, WIDE, 30)
        colour = mixed(colour, (0.25, 0.18, 0.12), net * np.float32(0.5))
        relief -= net * np.float32(0.004)
    if vase.bites:
        gone = vessels.bitten_share(vase.bites, floats(np.linspace(-np.pi, np.pi, WIDE)), floats((1 - z) * vase.height))
        colour = mixed(colour, (0.78, 0.66, 0.53), gone)
        roughness = np.maximum(roughness, gone * np.float32(0.85))
    colour *= 1 - clamp(damage.dust(rng, TALL, WIDE) * np.float32(0.05))[..., None]
    return Finish(colour=pixels(colour), roughness=clamp(roughness), height=relief)


def exhibit(vase: Vase, rng: Random) -> Exhibit:
    knots = np.asarray(SHAPES[vase.shape][1]) * vase.height
    profile = vessels.outside([(float(r), float(z)) for r, z in knots])
    outer = _painted(vase, profile, rng)
    glaze = solid_of(words.shade_of(rng, vase.glaze))
    inner = Finish(colour=glaze, roughness=0.2)
    clay = Finish(colour=solid(0.72, 0.58, 0.44), roughness=0.9)
    shapes = list(vessels.parts(profile, vase.height * 0.014, outer, inner, clay, vase.bites))
    lip, belly = float(profile[0, 0]), float(profile[:, 0].max())
    for side in range(vase.handles):
        low = 0.70 * vase.height
        at = float(np.interp(-low, -profile[:, 1], profile[:, 0]))
        knobs = (
            (lip * 0.85, vase.height * 0.94),
            (belly * 1.0, vase.height * 0.97),
            (belly * 1.08, vase.height * 0.84),
            (at * 0.97, low),
        )
        shapes.append(vessels.handle(knobs, vase.height * 0.02, inner, np.pi / 2 * (1 if side else -1)))
    return Exhibit(card=card(vase), arrangements=(Arrangement(parts=tuple(shapes), stance=Stance.STANDING),))


def card(vase: Vase) -> Card:
    shape = SHAPES[vase.shape][0]
    handles = {0: Said("", ""), 2: Said(" с двумя ручками", " with two handles")}[vase.handles]
    main = vase.bands[0][0]
    ru = [
        f"ваза {shape.ru}{handles.ru}, покрыта {vase.glaze.said('ins', 'f')} глазурью",
        f"тулово украшено {vase.paint.said('ins', 'm')} поясом {main.ru}"
        + (f", выше — узкий пояс {vase.bands[1][0].ru}" if len(vase.bands) > 1 else ""),
    ]
    en = [
        f"a vase, {shape.en}{handles.en}, covered with {an(vase.glaze.en)} glaze",
        f"the body is decorated with {an(vase.paint.en)} band of {main.en}"
        + (f", above it a narrow band of {vase.bands[1][0].en}" if len(vase.bands) > 1 else ""),
    ]
    if vase.drips:
        ru.append("глазурь не доходит до основания и образует потёки")
        en.append("the glaze stops short of the foot in drips")
    if vase.crazed:
        ru.append("по поверхности цек глазури")
        en.append("the glaze is crazed all over")
    if vase.bites:
        ru.append("по краю скол" if len(vase.bites) == 1 else "по краю сколы")
        en.append("chipped rim" if len(vase.bites) == 1 else "chips on the rim")
    belly = 2 * max(r for r, _ in SHAPES[vase.shape][1]) * vase.height
    return Card(
        kind="vase",
        typology=Typology.APPLIED_ARTS,
        name=Said(
            f"Ваза с {vase.glaze.said('ins', 'f')} глазурью и поясом {main.ru}",
            f"Vase with {vase.glaze.en} glaze and a band of {main.en}",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=vase.dating.said,
        year_from=vase.dating.year_from,
        year_to=vase.dating.year_to,
        materials=Said("глина, глазурь", "clay, glaze"),
        technique=Said("гончарный круг, роспись, обжиг", "thrown, painted, fired"),
        dimensions=words.measures(("высота", "height", vase.height), ("диаметр", "diameter", round(belly, 1))),
        place=vase.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
