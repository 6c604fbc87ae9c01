"""A string of beads laid in a loop: glass, carnelian, amber or faience, with a larger one in the middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import meshes, words
from scripts.museum.noise import clouds
from scripts.museum.planes import clamp, floats, mixed, pixels
from scripts.museum.russian import counted, sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Dating, chance, pick

Rgb = tuple[float, float, float]
ROWS, COLUMNS = 17, 25


@dataclass(frozen=True, kw_only=True)
class Matter:
    said: Said
    beads: Said
    colours: tuple[Rgb, ...]
    colour_said: Said
    roughness: float
    translucency: float


MATTERS = (
    Matter(
        said=Said("сердолик", "carnelian"),
        beads=Said("сердоликовых", "carnelian"),
        colours=((0.58, 0.16, 0.06), (0.68, 0.26, 0.10), (0.44, 0.09, 0.05)),
        colour_said=Said("оранжево-красные", "orange red"),
        roughness=0.14,
        translucency=0.4,
    ),
    Matter(
        said=Said("янтарь", "amber"),
        beads=Said("янтарных", "amber"),
        colours=((0.80, 0.46, 0.08), (0.72, 0.34, 0.06), (0.88, 0.66, 0.26)),
        colour_said=Said("медово-жёлтые", "honey yellow"),
        roughness=0.18,
        translucency=0.5,
    ),
    Matter(
        said=Said("стекло", "glass"),
        beads=Said("стеклянных", "glass"),
        colours=((0.08, 0.15, 0.45), (0.10, 0.32, 0.50), (0.14, 0.20, 0.55)),
        colour_said=Said("синие", "blue"),
        roughness=0.07,
        translucency=0.35,
    ),
    Matter(
        said=Said("стекло", "glass"),
        beads=Said("стеклянных", "glass"),
        colours=((0.10, 0.36, 0.18), (0.66, 0.12, 0.10), (0.82, 0.62, 0.14), (0.12, 0.18, 0.48)),
        colour_said=Said("разноцветные", "many-coloured"),
        roughness=0.08,
        translucency=0.3,
    ),
    Matter(
        said=Said("фаянс", "faience"),
        beads=Said("фаянсовых", "faience"),
        colours=((0.32, 0.62, 0.60), (0.24, 0.52, 0.56), (0.46, 0.68, 0.60)),
        colour_said=Said("бирюзовые", "turquoise"),
        roughness=0.42,
        translucency=0.0,
    ),
    Matter(
        said=Said("горный хрусталь", "rock crystal"),
        beads=Said("хрустальных", "rock crystal"),
        colours=((0.82, 0.83, 0.84), (0.74, 0.76, 0.78)),
        colour_said=Said("бесцветные", "colourless"),
        roughness=0.06,
        translucency=0.6,
    ),
)
FORMS = {
    "round": Said("шаровидной формы", "spherical"),
    "barrel": Said("бочонковидной формы", "barrel-shaped"),
    "bicone": Said("биконической формы", "biconical"),
    "melon": Said("рубчатых", "melon-ribbed"),
}
PLACES = (
    (
        Said("Северный Кавказ, могильник", "North Caucasus, burial ground"),
        Dating(said=Said("VIII–IX века", "8th–9th centuries"), year_from=701, year_to=900),
    ),
    (
        Said("Крым, склеп", "Crimea, burial vault"),
        Dating(said=Said("I–III века", "1st–3rd centuries"), year_from=1, year_to=300),
    ),
    (
        Said("Приуралье, курган", "Cis-Urals, barrow"),
        Dating(said=Said("IV–II вв. до н. э.", "4th–2nd centuries BC"), year_from=-400, year_to=-101),
    ),
    (
        Said("Новгород, усадьба", "Novgorod, homestead"),
        Dating(said=Said("XI–XII века", "11th–12th centuries"), year_from=1001, year_to=1200),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Beads:
    matter: Matter
    form: str
    count: int
    graded: bool
    pendant: bool
    broken: int
    size: float
    weathered: bool
    find: int
    seed: int


def choose(rng: Random) -> Beads:
    return Beads(
        matter=pick(rng, MATTERS),
        form=pick(rng, tuple(FORMS)),
        count=int(rng.integers(19, 44)),
        graded=chance(rng, 0.6),
        pendant=chance(rng, 0.5),
        broken=int(rng.choice([0, 0, 1, 2])),
        size=float(rng.uniform(0.55, 1.1)),
        weathered=chance(rng, 0.4),
        find=int(rng.integers(0, len(PLACES))),
        seed=int(rng.integers(0, 1 << 30)),
    )


def _bead(form: str, radius: float, length: float) -> Floats:
    """Along x, with the hole at the ends."""
    t = np.linspace(0, np.pi, ROWS)
    power = {"round": 1.0, "barrel": 0.55, "bicone": 1.7, "melon": 0.85}[form]
    r = 0.24 + 0.76 * np.sin(t) ** power
    profile = floats(np.stack([np.concatenate([[0.10], r[1:-1], [0.10]]) * radius, np.cos(t) * length / 2], axis=1))
    bead = meshes.lathe(profile, COLUMNS)
    if form == "melon":
        angle = np.linspace(-np.pi, np.pi, COLUMNS)
        bead[..., :2] *= floats(1 - 0.10 * np.abs(np.cos(angle * 4)))[None, :, None]
    return meshes.turned(bead, "y", 90)


def exhibit(beads: Beads, rng: Random) -> Exhibit:
    layout = np.random.default_rng(beads.seed)
    n = beads.count
    place = np.abs(np.linspace(-1, 1, n))
    radii = beads.size / 2 * ((1.15 - 0.5 * place) if beads.graded else np.ones(n)) * layout.uniform(0.9, 1.08, n)
    if beads.pendant:
        radii[n // 2] *= 1.75
    lengths = (
        radii
        * 2
        * {"round": 0.95, "barrel": 1.15, "bicone": 1.25, "melon": 0.8}[beads.form]
        * layout.uniform(0.92, 1.08, n)
    )
    # Beads one after another along a loop that opens at the top.
    along = np.cumsum(lengths * 1.03) - lengths / 2
    total = float(along[-1] + lengths[-1] / 2)
    turn = along / total * 2 * np.pi * 0.93 + np.pi / 2 + 0.07 * np.pi
    scale = total / (2 * np.pi * 0.93)
    a, b = scale * layout.uniform(0.92, 1.02), scale * layout.uniform(0.98, 1.10)
    wobble = 1 + 0.03 * np.sin(turn * 3 + layout.uniform(0, 6)) + 0.02 * np.sin(turn * 5 + layout.uniform(0, 6))
    x, y = np.cos(turn) * a * wobble, np.sin(turn) * b * wobble
    heading = np.degrees(np.arctan2(np.gradient(y), np.gradient(x)))
    blocks, rows = [], []
    for k in range(n):
        bead = meshes.turned(_bead(beads.form, float(radii[k]), float(lengths[k])), "x", float(layout.uniform(0, 360)))
        blocks.append(
            meshes.moved(meshes.turned(bead, "z", float(heading[k])), (float(x[k]), float(y[k]), float(radii[k])))
        )
        colour = np.asarray(beads.matter.colours[int(layout.integers(0, len(beads.matter.colours)))]) * layout.uniform(
            0.85, 1.12
        )
        rows.append(np.broadcast_to(colour, (ROWS * 2, 96, 3)))
    atlas = floats(np.concatenate(rows))
    h, w = atlas.shape[:2]
    atlas = floats(atlas * (1 + clouds(rng, h, w, 24, 4)[..., None] * np.float32(0.16)))
    roughness = np.full((h, w), beads.matter.roughness, np.float32)
    if beads.weathered:
        crust = clamp(clouds(rng, h, w, 14, 4) * np.float32(1.3) - np.float32(0.35))
        atlas = mixed(atlas, (0.66, 0.60, 0.50), crust * np.float32(0.75))
        roughness += crust * np.float32(0.6)
    finish = Finish(
        colour=pixels(atlas),
        roughness=clamp(roughness),
        translucency=beads.matter.translucency,
        clarity=beads.matter.translucency * 0.9,
    )
    string = Part(points=floats(np.concatenate(blocks)), finish=finish, rows_per_piece=ROWS, closed=True)
    ends = [
        (float(x[0]), float(y[0])),
        (float(x[0]) + 0.3, float(y[0]) + beads.size * 1.2),
        (float(x[0]) + beads.size * 1.6, float(y[0]) + beads.size * 1.9),
    ]
    other = [
        (float(x[-1]), float(y[-1])),
        (float(x[-1]) - 0.1, float(y[-1]) + beads.size),
        (float(x[-1]) - beads.size * 1.2, float(y[-1]) + beads.size * 2.1),
    ]
    path = meshes.curve([*other[::-1], *[(float(x[k]), float(y[k])) for k in range(n - 1, -1, -1)], *ends], 260)
    cord = meshes.tube(
        floats(np.concatenate([path, np.full((260, 1), beads.size * 0.42)], axis=1)), beads.size * 0.055, 8
    )
    return Exhibit(
        card=card(beads, radii, total),
        arrangements=(
            Arrangement(
                parts=(
                    string,
                    Part(points=cord, finish=Finish(colour=solid(0.62, 0.55, 0.43), roughness=0.9), closed=True),
                ),
                stance=Stance.LYING,
                turn_limit_deg=80,
            ),
        ),
    )


def card(beads: Beads, radii: Floats, total: float) -> Card:
    place, dating = PLACES[beads.find]
    matter, form = beads.matter, FORMS[beads.form]
    n = beads.count
    ru = [
        f"низка из {n} {matter.beads.ru} {'бусины' if n % 10 == 1 and n % 100 != 11 else 'бусин'} {form.ru}, "
        f"цвет бусин: {matter.colour_said.ru}" + (", к концам размер уменьшается" if beads.graded else ""),
        "нанизаны на новую нить",
    ]
    en = [
        f"a string of {n} {form.en} {matter.beads.en} beads, {matter.colour_said.en}"
        + (", graduated" if beads.graded else ""),
        "restrung on a modern thread",
    ]
    if beads.pendant:
        ru[0] += "; в центре более крупная бусина"
        en[0] += ", with a larger one in the middle"
    if beads.weathered:
        ru.append("поверхность местами патинирована")
        en.append("partly weathered surface")
    big = float(round(2 * float(radii.max()), 1))
    return Card(
        kind="beads",
        typology=Typology.ARCHAEOLOGY,
        name=Said(
            f"Бусы ({matter.said.ru}), {n} {counted(n, 'бусина', 'бусины', 'бусин')}",
            f"Beads ({matter.said.en}), {n} pieces",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=dating.year_from,
        year_to=dating.year_to,
        materials=matter.said,
        technique=Said(
            "шлифовка, сверление" if matter.said.en not in ("glass", "faience") else "формовка, навивка",
            "ground and drilled" if matter.said.en not in ("glass", "faience") else "moulded, wound",
        ),
        dimensions=words.measures(
            ("длина низки", "length of the string", float(round(total, 1))),
            ("диаметр наибольшей бусины", "diameter of the largest bead", big),
        ),
        place=place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
