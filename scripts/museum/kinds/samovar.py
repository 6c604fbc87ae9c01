"""A samovar of brass or nickelled brass: body, crown, tap, handles, a stamped row of medals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from scripts.museum import damage, devices, meshes, words
from scripts.museum.english import an
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, resized
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid
from scripts.museum.values import (
    Arrangement,
    Card,
    Exhibit,
    Finish,
    Floats,
    Part,
    Random,
    Said,
    Stance,
    Typology,
)
from scripts.museum.words import Dating, chance, pick

WIDE, TALL = 1400, 420


class Adder(Protocol):
    """Takes one more closed surface; without a finish it is of the samovar's metal."""

    def __call__(self, points: Floats, finish: Finish = ...) -> None: ...


SHAPES: dict[str, tuple[Said, tuple[tuple[float, float], ...]]] = {
    "jar": (
        Said("банкой", "cylindrical («bank»)"),
        ((0.150, 0.72), (0.155, 0.70), (0.158, 0.60), (0.158, 0.40), (0.155, 0.31), (0.135, 0.27), (0.085, 0.235)),
    ),
    "vase": (
        Said("вазой", "vase-shaped"),
        ((0.175, 0.72), (0.185, 0.70), (0.190, 0.62), (0.175, 0.50), (0.145, 0.37), (0.105, 0.28), (0.075, 0.235)),
    ),
    "ball": (
        Said("шаром", "globular"),
        ((0.110, 0.72), (0.155, 0.68), (0.195, 0.58), (0.205, 0.49), (0.190, 0.38), (0.140, 0.29), (0.080, 0.235)),
    ),
    "glass": (
        Said("рюмкой", "goblet-shaped"),
        ((0.160, 0.72), (0.165, 0.70), (0.162, 0.60), (0.140, 0.46), (0.110, 0.35), (0.085, 0.28), (0.065, 0.235)),
    ),
}
METALS = {
    "brass": (Said("латунь", "brass"), Said("латунный", "brass"), (0.90, 0.68, 0.33)),
    "nickel": (
        Said("латунь, никелировка", "nickel-plated brass"),
        Said("никелированный", "nickel-plated"),
        (0.80, 0.79, 0.77),
    ),
    "copper": (Said("томпак", "tombac"), Said("томпаковый", "tombac"), (0.82, 0.50, 0.32)),
}
MAKERS = (
    ("Т-во Б. Г. Тейле", "Товарищество Б. Г. Тейле"),
    ("Бр. Шемарины", "Фабрика братьев Шемариных"),
    ("Насл. В. С. Баташева", "Фабрика наследников В. С. Баташева"),
    ("Н. И. Капырзин", "Фабрика Н. И. Капырзина"),
)


@dataclass(frozen=True, kw_only=True)
class Samovar:
    shape: str
    metal: str
    facets: int
    maker: int
    medals: int
    height: float
    tarnish: float
    dented: bool
    lid: bool
    turned_key: float
    dating: Dating


def choose(rng: Random) -> Samovar:
    return Samovar(
        shape=pick(rng, tuple(SHAPES)),
        metal=pick(rng, ("brass", "brass", "nickel", "copper")),
        facets=int(rng.choice([0, 0, 8, 12])),
        maker=int(rng.integers(0, len(MAKERS))),
        medals=int(rng.integers(0, 6)),
        height=round(float(rng.uniform(36, 54)), 1),
        tarnish=float(rng.uniform(0, 0.8)),
        dented=chance(rng, 0.35),
        lid=chance(rng, 0.85),
        turned_key=float(rng.uniform(-60, 60)),
        dating=words.within(rng, 1865, 1917),
    )


def _polish(item: Samovar, rng: Random, tall: int, wide: int, wrap: bool) -> tuple[Floats, Floats, Floats]:
    """Colour, roughness and metal of a much handled surface."""
    colour = METALS[item.metal][2]
    base = flat(tall, wide, colour) * (1 + clouds(rng, tall, wide, 120, 3, wrap=wrap)[..., None] * np.float32(0.05))
    spots = clouds(rng, tall, wide, 90, 5, gain=0.62, wrap=wrap) * np.float32(0.8) + np.float32(item.tarnish - 0.72)
    dirt = clamp(floats(spots))
    dark = (0.26, 0.17, 0.10) if item.metal != "nickel" else (0.50, 0.36, 0.20)
    return (
        mixed(floats(base), dark, dirt * np.float32(0.8)),
        clamp(np.float32(0.13) + dirt * np.float32(0.4)),
        clamp(np.float32(0.97) - dirt * np.float32(0.35)),
    )


def _body(item: Samovar, rng: Random) -> Part:
    profile = curve(SHAPES[item.shape][1], 90) * np.float32(item.height)
    points = meshes.lathe(floats(profile), 168)
    angle = np.linspace(-np.pi, np.pi, 168)
    if item.facets:
        phase = np.mod(angle * item.facets / (2 * np.pi) + 0.5, 1.0) - 0.5
        flute = np.cos(np.pi / item.facets) / np.cos(phase * 2 * np.pi / item.facets)
        points[..., :2] *= floats(flute)[None, :, None]
    colour, roughness, metal = _polish(item, rng, TALL, WIDE, wrap=True)
    relief = damage.scratches(rng, TALL, WIDE, 60, 120) * np.float32(-0.01)
    # The maker's medals stand in a row on the front, above the tap.
    for k in range(item.medals):
        size = 62
        seal = resized(devices.profile(240, rng) if k % 2 else devices.eagle(240, rng), size, size)
        y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
        disc = np.hypot(x, y)
        stamp = seal * 0.5 * (disc < 0.85) + np.exp(-(((disc - 0.9) / 0.06) ** 2)) * 0.5
        left = int(WIDE / 2 + (k - (item.medals - 1) / 2) * 74 - size / 2)
        top = 92 + int(16 * abs(k - (item.medals - 1) / 2) ** 1.2)
        relief[top : top + size, left : left + size] += floats(stamp * 0.16)
        cavity = floats(np.clip(0.5 - stamp, 0, 0.5) * (disc < 0.95))
        patch = colour[top : top + size, left : left + size]
        colour[top : top + size, left : left + size] = mixed(patch, (0.20, 0.13, 0.08), cavity * np.float32(0.6))
    if item.dented:
        y, x = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)
        cx, cy = WIDE * (0.5 + rng.choice([-1, 1]) * rng.uniform(0.08, 0.16)), TALL * rng.uniform(0.4, 0.7)
        relief -= floats(np.exp(-(((x - cx) / 42) ** 2) - (((y - cy) / 30) ** 2)) * item.height * 0.016)
    finish = Finish(colour=pixels(colour), roughness=roughness, metal=metal, height=relief)
    return Part(points=points, finish=finish, closed=True)


def exhibit(item: Samovar, rng: Random) -> Exhibit:
    h = item.height
    colour, roughness, metal = _polish(item, rng, 120, 200, wrap=False)
    plain = Finish(colour=pixels(colour), roughness=roughness, metal=metal)
    wood = Finish(colour=solid(0.10, 0.06, 0.045), roughness=0.25)
    top = float(SHAPES[item.shape][1][0][0])
    parts = [_body(item, rng)]

    def lathe(*knots: tuple[float, float]) -> Floats:
        return meshes.lathe(curve(floats(knots) * np.float32(h), 70, sharp=tuple(range(len(knots)))), 96)

    def add(points: Floats, finish: Finish = plain) -> None:
        parts.append(Part(points=points, finish=finish, closed=True))

    chimney = 0.075
    add(
        lathe(
            (chimney, 0.775),
            (top * 0.80, 0.765),
            (top * 1.02, 0.735),
            (top * 1.10, 0.728),
            (top * 1.10, 0.712),
            (top, 0.708),
        )
    )
    add(
        lathe(
            (chimney * 0.8, 0.93),
            (chimney * 1.25, 0.93),
            (chimney * 1.30, 0.915),
            (chimney * 0.95, 0.90),
            (chimney * 0.95, 0.77),
        )
    )
    if item.lid:
        add(lathe((0.0, 0.985), (0.018, 0.98), (0.022, 0.965), (0.014, 0.955), (0.05, 0.945), (chimney * 0.95, 0.925)))
    add(
        lathe(
            (0.088, 0.240), (0.105, 0.232), (0.092, 0.215), (0.060, 0.195), (0.055, 0.150), (0.085, 0.115), (0.10, 0.10)
        )
    )
    add(lathe((0.10, 0.105), (0.135, 0.098), (0.135, 0.080), (0.115, 0.072), (0.125, 0.045)))
    base = meshes.box(0.34 * h, 0.34 * h, 0.035 * h, 0.008 * h)
    parts.append(Part(points=meshes.moved(base, (0, 0, 0.018 * h)), finish=plain, faceted=True))
    for x in (-1, 1):
        for y in (-1, 1):
            add(meshes.ellipsoid((x * 0.14 * h, y * 0.14 * h, 0.017 * h), (0.026 * h, 0.026 * h, 0.02 * h), 16, 24))
    _handles(item, h, add, wood)
    _tap(item, h, add)
    turned = tuple(replace(part, points=meshes.turned(part.points, "z", -18)) for part in parts)
    return Exhibit(
        card=card(item), arrangements=(Arrangement(parts=turned, stance=Stance.STANDING, turn_limit_deg=70),)
    )


def _girth(item: Samovar, z: float) -> float:
    knots = np.asarray(SHAPES[item.shape][1])
    return float(np.interp(-z, -knots[:, 1], knots[:, 0]))


def _handles(item: Samovar, h: float, add: Adder, wood: Finish) -> None:
    for side in (-1, 1):
        r = _girth(item, 0.60)
        arm = [(r * 0.96, 0.66), (r + 0.06, 0.685), (r + 0.085, 0.65)]
        low = [(r + 0.085, 0.575), (r + 0.06, 0.535), (_girth(item, 0.55) * 0.97, 0.55)]
        for knots in (arm, low):
            flat_path = curve([(side * x * h, 0.0, z * h) for x, z in knots], 24)
            add(meshes.tube(flat_path, 0.0105 * h, 14))
        grip = floats(np.array([[side * (r + 0.085) * h, 0.0, z * h] for z in np.linspace(0.655, 0.57, 14)]))
        swell = 0.017 * h * (0.7 + 0.3 * np.sin(np.linspace(0, np.pi, 14)))
        swell[[0, -1]] = 0.004 * h
        add(meshes.tube(grip, floats(swell), 20), wood)


def _tap(item: Samovar, h: float, add: Adder) -> None:
    r = _girth(item, 0.335)
    spout = curve(
        [
            (0, -(r - 0.01) * h, 0.335 * h),
            (0, -(r + 0.07) * h, 0.335 * h),
            (0, -(r + 0.15) * h, 0.325 * h),
            (0, -(r + 0.175) * h, 0.285 * h),
        ],
        40,
    )
    add(meshes.tube(spout, floats(np.linspace(0.022, 0.013, 40) * h), 18))
    rose = floats(
        np.array([[0, -(r - 0.012) * h, 0.335 * h], [0, -(r + 0.004) * h, 0.335 * h], [0, -(r + 0.012) * h, 0.335 * h]])
    )
    add(meshes.tube(rose, floats(np.array([0.040, 0.038, 0.024]) * h), 24))
    y = -(r + 0.085) * h
    stem = floats(np.array([[0, y, z * h] for z in (0.300, 0.302, 0.375, 0.380)]))
    add(meshes.tube(stem, floats(np.array([0.0, 0.020, 0.020, 0.010]) * h), 18))
    c, s = np.cos(np.radians(item.turned_key)), np.sin(np.radians(item.turned_key))
    t = np.linspace(0, 2 * np.pi, 60)
    # The key is a branch: three loops one above another.
    for k, size in enumerate((0.030, 0.024, 0.018)):
        u = np.cos(t) * size * h
        ring = np.stack([u * c, y + u * s, (0.395 + 0.034 * k + np.sin(t) * size * 0.7) * h], axis=1)
        add(meshes.tube(floats(ring), 0.0055 * h, 10))


def card(item: Samovar) -> Card:
    shape, (material, adjective, _) = SHAPES[item.shape][0], METALS[item.metal]
    mark, maker = MAKERS[item.maker]
    facets = (
        Said(f", гранёный, на {item.facets} граней", f", with {item.facets} facets") if item.facets else Said("", "")
    )
    medals = Said("", "")
    if item.medals:
        medals = Said(
            f", на стенке клейма-медали ({item.medals})", f", stamped with medals ({item.medals}) on the body"
        )
    ru = [
        f"самовар жаровой {adjective.ru}, форма «{shape.ru}»{facets.ru}, на квадратном основании с четырьмя ножками",
        f"кран с фигурной веткой, две боковые ручки с деревянными хватами{medals.ru}; клеймо «{mark}»",
    ]
    en = [
        f"{an(adjective.en)} charcoal samovar, {shape.en}{facets.en}, on a square base with four feet",
        f"tap with a pierced key, two side handles with wooden grips{medals.en}; mark «{mark}»",
    ]
    states = (
        (item.tarnish > 0.45, "потемнение металла", "tarnished"),
        (item.dented, "вмятина на тулове", "a dent in the body"),
        (not item.lid, "заглушка утрачена", "chimney cap lost"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="samovar",
        typology=Typology.APPLIED_ARTS,
        name=Said(f"Самовар {adjective.ru} «{shape.ru}»", f"Samovar, {adjective.en}, {shape.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=item.dating.said,
        year_from=item.dating.year_from,
        year_to=item.dating.year_to,
        materials=Said(f"{material.ru}, дерево", f"{material.en}, wood"),
        technique=Said("штамповка, пайка, полировка", "stamped, soldered, polished"),
        dimensions=words.measures(("высота", "height", item.height)),
        place=Said("Россия, Тула", "Russia, Tula"),
        authors=maker,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
