"""A fragment of a painted pot, curved as the wall was, broken all around."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import meshes, reliefs, words
from scripts.museum.noise import clouds, grain
from scripts.museum.ornament import MOTIFS, Motif, band
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, sampled
from scripts.museum.russian import sentence
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Colour, Dating, chance, pick

CLAYS = (
    (Said("красноглиняного", "red clay"), (0.64, 0.36, 0.22)),
    (Said("сероглиняного", "grey clay"), (0.46, 0.44, 0.41)),
    (Said("светлоглиняного", "pale clay"), (0.80, 0.68, 0.50)),
)
SITES = (
    Said("Крым, Херсонес, раскопки", "Crimea, Chersonesos excavations"),
    Said("Таманский полуостров, Фанагория", "Taman peninsula, Phanagoria"),
    Said("Новгород, Троицкий раскоп", "Novgorod, Troitsky excavation"),
    Said("Поволжье, Болгар", "Volga region, Bolgar"),
    Said("Средняя Азия, Афрасиаб", "Central Asia, Afrasiab"),
)


@dataclass(frozen=True, kw_only=True)
class Shard:
    clay: int
    paint: Colour
    bands: tuple[Motif, ...]
    incised: bool
    rim: bool
    size: float
    crust: float
    corners: int
    dating: Dating
    site: Said


def choose(rng: Random) -> Shard:
    keys = [MOTIFS[k] for k in rng.permutation(list(MOTIFS))[:2]]
    site = pick(rng, SITES)
    ages = {
        "Крым": (Said("IV–III вв. до н. э.", "4th–3rd centuries BC"), -400, -201),
        "Тама": (Said("V в. до н. э.", "5th century BC"), -500, -401),
        "Новг": (Said("XII–XIII века", "12th–13th centuries"), 1101, 1300),
        "Пово": (Said("XIV век", "14th century"), 1301, 1400),
        "Сред": (Said("X–XI века", "10th–11th centuries"), 901, 1100),
    }
    said, first, last = ages[site.ru[:4]]
    return Shard(
        clay=int(rng.integers(0, 3)),
        paint=pick(rng, (words.BLACK, words.BROWN, words.OXBLOOD)),
        bands=tuple(keys[: int(rng.integers(1, 3))]),
        incised=chance(rng, 0.4),
        rim=chance(rng, 0.4),
        size=round(float(rng.uniform(6, 13)), 1),
        crust=float(rng.uniform(0, 0.9)),
        corners=int(rng.integers(5, 9)),
        dating=Dating(said=said, year_from=first, year_to=last),
        site=site,
    )


def _broken_outline(shard: Shard, rng: Random) -> Floats:
    """The outline of the sherd, counter-clockwise, in units of its size; straight on top where the rim is left."""
    angles = np.sort(
        rng.uniform(0, 2 * np.pi, shard.corners) * 0.25
        + np.linspace(0, 2 * np.pi, shard.corners, endpoint=False) * 0.98
    )
    knots = np.stack(
        [
            np.cos(angles) * rng.uniform(0.38, 0.52, shard.corners),
            np.sin(angles) * rng.uniform(0.33, 0.46, shard.corners),
        ],
        axis=1,
    )
    closed = np.concatenate([knots, knots[:1]])
    points = []
    for a, b in itertools.pairwise(closed):
        t = np.linspace(0, 1, 40 // shard.corners * 4, endpoint=False)[:, None]
        points.append(a + (b - a) * t)
    outline = np.concatenate(points)
    rough = np.convolve(np.tile(rng.normal(0, 1, len(outline)), 3), np.ones(4) / 4, mode="same")[
        len(outline) : 2 * len(outline)
    ]
    outline *= 1 + 0.018 * rough[:, None]
    if shard.rim:
        outline[:, 1] = np.minimum(outline[:, 1], 0.30)
    return floats(outline)


def exhibit(shard: Shard, rng: Random) -> Exhibit:
    outline = _broken_outline(shard, rng) * np.float32(shard.size)
    _said, colour = CLAYS[shard.clay]
    size = 760
    reach = float(np.abs(outline).max()) * 1.02
    surface = flat(size, size, colour) * (
        1
        + clouds(rng, size, size, 160, 5)[..., None] * np.float32(0.12)
        + grain(rng, size, size, 0.8)[..., None] * np.float32(0.03)
    )
    surface = floats(surface)
    relief = clouds(rng, size, size, 40, 5, gain=0.6) * np.float32(0.02) + grain(rng, size, size, 1.2) * np.float32(
        0.002
    )
    top = 150 if len(shard.bands) > 1 else 280
    for motif, tall in zip(shard.bands, (190, 130), strict=False):
        strip = band(motif, tall, size, max(3, round(size / tall / motif.across)))
        wear = clamp(np.float32(1.15) + clouds(rng, tall, size, 70, 5) * np.float32(0.9))
        if shard.incised:
            relief[top : top + tall] -= strip * np.float32(0.05)
            surface[top : top + tall] = mixed(
                surface[top : top + tall], tuple(c * 0.55 for c in colour), strip * np.float32(0.6)
            )
        else:
            surface[top : top + tall] = mixed(
                surface[top : top + tall], shard.paint.rgb, strip * wear * np.float32(0.92)
            )
        for edge in (top - 14, top + tall + 6):
            line = np.ones((7, size), np.float32) * clamp(
                np.float32(1.2) + clouds(rng, 7, size, 60, 3) * np.float32(0.8)
            )
            surface[edge : edge + 7] = mixed(
                surface[edge : edge + 7],
                tuple(c * 0.55 for c in colour) if shard.incised else shard.paint.rgb,
                line * np.float32(0.85),
            )
        top += tall + 50
    crust = clamp(clouds(rng, size, size, 120, 6, gain=0.62) - np.float32(0.75 - 0.65 * shard.crust)) * np.float32(1.6)
    surface = mixed(surface, (0.80, 0.75, 0.64), clamp(crust))
    relief += clamp(crust) * np.float32(0.03)
    rings, thickness = 26, shard.size * 0.07
    closed = np.concatenate([outline, outline[:1]])
    centre = outline.mean(axis=0)
    scales = np.concatenate([np.linspace(0, 1.0, rings), [1.0, 0.0]])
    rows = []
    for number, scale in enumerate(scales):
        flat_ring = centre + (closed - centre) * scale
        lower = thickness if number >= rings else 0.0
        # The pot's wall: curved about the vertical, a little about the horizontal.
        bulge = -0.62 * flat_ring[:, 0] ** 2 / shard.size - 0.22 * flat_ring[:, 1] ** 2 / shard.size
        rows.append(np.concatenate([flat_ring, (bulge - lower)[:, None]], axis=1))
    points = floats(np.stack(rows))
    face, side = points[:rings], points[rings - 1 :]
    tall, wide = 420, 900
    t = np.linspace(0, 1, tall)[:, None]
    ring = (
        np.interp(np.linspace(0, len(closed) - 1, wide), np.arange(len(closed)), closed[:, 0]),
        np.interp(np.linspace(0, len(closed) - 1, wide), np.arange(len(closed)), closed[:, 1]),
    )
    x, y = centre[0] + (ring[0][None] - centre[0]) * t, centre[1] + (ring[1][None] - centre[1]) * t
    where = floats((x / reach + 1) * (size - 1) / 2), floats((1 - y / reach) * (size - 1) / 2)
    surface_part = Part(
        points=face,
        finish=Finish(colour=pixels(sampled(surface, *where)), roughness=0.75),
        normals=_curved_normals(where, relief, reach, shard.size, x, y),
        closed=True,
    )
    core = flat(60, 300, tuple(c * 0.8 for c in colour)) * (1 + grain(rng, 60, 300, 1.0)[..., None] * np.float32(0.10))
    edge_part = Part(
        points=side,
        finish=Finish(colour=pixels(floats(core)), roughness=0.95, height=grain(rng, 60, 300, 1.2) * np.float32(0.03)),
        closed=True,
        two_sided=True,
    )
    low = float(points[..., 2].min())
    parts = tuple(replace(p, points=meshes.moved(p.points, (0, 0, -low))) for p in (surface_part, edge_part))
    return Exhibit(
        card=card(shard, outline), arrangements=(Arrangement(parts=parts, stance=Stance.LYING, turn_limit_deg=70),)
    )


def _curved_normals(
    where: tuple[Floats, Floats], relief: Floats, reach: float, size: float, x: Floats, y: Floats
) -> Floats:
    bump = sampled(reliefs.normals_of(relief, 2 * reach / relief.shape[1]), *where)
    bump[..., 0] += floats(1.24 * x / size) * bump[..., 2]
    bump[..., 1] += floats(0.44 * y / size) * bump[..., 2]
    return floats(bump / np.linalg.norm(bump, axis=2, keepdims=True))


def card(shard: Shard, outline: Floats) -> Card:
    clay = CLAYS[shard.clay][0]
    part = Said("фрагмент венчика", "rim fragment") if shard.rim else Said("фрагмент стенки", "wall fragment")
    how = (
        Said("прочерченный орнамент", "incised ornament")
        if shard.incised
        else Said(f"роспись {shard.paint.said('ins', 'f')} краской", f"{shard.paint.en} painted ornament")
    )
    ru = [
        f"{part.ru} {clay.ru} сосуда неправильной формы",
        f"на лицевой поверхности {how.ru}: пояс {' и пояс '.join(m.ru for m in shard.bands)}",
    ]
    en = [
        f"an irregular {part.en} of a {clay.en} vessel",
        f"{how.en} on the outside: a band of {' and a band of '.join(m.en for m in shard.bands)}",
    ]
    if shard.crust > 0.45:
        ru.append("на поверхности известковые отложения")
        en.append("lime deposits on the surface")
    wide, tall = (float(round(v, 1)) for v in np.ptp(outline, axis=0))
    return Card(
        kind="shard",
        typology=Typology.ARCHAEOLOGY,
        name=Said(
            f"{part.ru[0].upper()}{part.ru[1:]} {clay.ru} сосуда с орнаментом",
            f"{part.en[0].upper()}{part.en[1:]} of a {clay.en} vessel with ornament",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=shard.dating.said,
        year_from=shard.dating.year_from,
        year_to=shard.dating.year_to,
        materials=Said("глина" if shard.incised else "глина, краска", "clay" if shard.incised else "clay, paint"),
        technique=Said(
            "гончарный круг, обжиг, " + ("прочерчивание" if shard.incised else "роспись"),
            "thrown, fired, " + ("incised" if shard.incised else "painted"),
        ),
        dimensions=words.size(tall, wide),
        place=shard.site,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
