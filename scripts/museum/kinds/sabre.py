"""A curved sabre without its scabbard: fullered blade, brass hilt with a knuckle bow, leather grip."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import damage, meshes, words
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds
from scripts.museum.ornament import MOTIFS, Motif, band
from scripts.museum.planes import clamp, flat, floats, mixed, pixels
from scripts.museum.russian import adjective, sentence
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Dating, chance, pick

GRIPS = (
    (Said("чёрной кожей", "black leather"), (0.06, 0.05, 0.05)),
    (Said("коричневой кожей", "brown leather"), (0.25, 0.13, 0.07)),
    (Said("шагреневой кожей", "shagreen"), (0.50, 0.46, 0.36)),
)
HILTS = {
    "brass": (Said("латунный", "brass"), (0.86, 0.66, 0.32)),
    "steel": (Said("стальной", "steel"), (0.62, 0.62, 0.62)),
    "silver": (Said("серебряный", "silver"), (0.85, 0.84, 0.80)),
}
PLACES = (
    Said("Россия, Златоуст", "Russia, Zlatoust"),
    Said("Россия, Тула", "Russia, Tula"),
    Said("Кавказ", "Caucasus"),
    Said("Польша", "Poland"),
)


@dataclass(frozen=True, kw_only=True)
class Sabre:
    length: float
    bend: float
    fuller: bool
    bow: bool
    hilt: str
    grip: int
    engraved: Motif | None
    rust: float
    notches: int
    dating: Dating
    place: Said


def choose(rng: Random) -> Sabre:
    return Sabre(
        length=round(float(rng.uniform(78, 100)), 1),
        bend=float(rng.uniform(0.05, 0.15)),
        fuller=chance(rng, 0.7),
        bow=chance(rng, 0.7),
        hilt=pick(rng, tuple(HILTS)),
        grip=int(rng.integers(0, 3)),
        engraved=MOTIFS[pick(rng, ("tendril", "plait", "palmettes"))] if chance(rng, 0.5) else None,
        rust=float(rng.uniform(0, 0.9)),
        notches=int(rng.choice([0, 0, 2, 4])),
        dating=words.within(rng, 1770, 1917),
        place=pick(rng, PLACES),
    )


def _spine(sabre: Sabre) -> Floats:
    """The middle of the blade from the guard to the point, lying on its side, edge downwards."""
    t = np.linspace(0, 1, 90)
    blade = sabre.length * 0.84
    x = t * blade * np.cos(sabre.bend * t)
    y = sabre.bend * blade * (t - t * t) * 1.6 - sabre.bend * blade * 0.1 * t
    return floats(np.stack([x, y, np.zeros_like(x)], axis=1))


def _blade(sabre: Sabre, rng: Random) -> Part:
    spine = _spine(sabre)
    t = np.linspace(0, 1, len(spine))
    width = sabre.length * 0.034 * (1 - 0.25 * t) * np.where(t > 0.93, np.sqrt(np.clip((1 - t) / 0.07, 0, 1)), 1.0)
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], axis=1)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    # Section from the back to the edge: a flat back, a hollow, the bevel.
    section = (
        (0.5, 0.0),
        (0.5, 0.11),
        (0.40, 0.13),
        (0.10, 0.085 if sabre.fuller else 0.115),
        (-0.15, 0.10),
        (-0.5, 0.0),
    )
    rows = []
    bites = np.ones(len(t))
    for _ in range(sabre.notches):
        bites[int(rng.integers(15, 80))] -= rng.uniform(0.05, 0.12)
    for u, z in section:
        shrink = bites if u == -0.5 else 1.0
        rows.append(spine + across * (u * width * shrink)[:, None] + np.stack([0 * t, 0 * t, z * width * 1.2], axis=1))
    tall, wide = 120, 1400
    steel = flat(tall, wide, (0.63, 0.635, 0.64)) * (
        1 + clouds(rng, tall, wide, 14, 2, stretch=0.12)[..., None] * np.float32(0.05)
    )
    spots = clamp(
        clouds(rng, tall, wide, 50, 5, gain=0.65) * np.float32(1.1) - np.float32(0.75 - 0.65 * sabre.rust)
    ) * np.float32(1.5)
    spots = clamp(spots)
    steel = mixed(floats(steel), (0.26, 0.15, 0.09), spots * np.float32(0.85))
    relief = clouds(rng, tall, wide, 6, 2) * np.float32(0.002) - spots * np.float32(0.01)
    roughness = np.float32(0.24) + spots * np.float32(0.5)
    if sabre.engraved is not None:
        strip = np.zeros((tall, wide), np.float32)
        strip[24:70, 30:560] = band(sabre.engraved, 46, 530, 12)
        steel = mixed(steel, (0.14, 0.13, 0.13), strip * np.float32(0.75))
        relief -= strip * np.float32(0.02)
    return Part(
        points=floats(np.stack(rows)),
        finish=Finish(
            colour=pixels(steel), roughness=clamp(roughness), metal=clamp(np.float32(0.95) - spots), height=relief
        ),
    )


def exhibit(sabre: Sabre, rng: Random) -> Exhibit:
    blade = _blade(sabre, rng)
    size = sabre.length * 0.16
    hilt = HILTS[sabre.hilt][1]
    tarnish = flat(120, 120, hilt) * (1 + clouds(rng, 120, 120, 40, 4)[..., None] * np.float32(0.22))
    metal = Finish(
        colour=pixels(floats(tarnish)),
        roughness=0.27,
        metal=0.95,
        height=clouds(rng, 120, 120, 20, 3) * np.float32(0.01),
    )
    grip_path = curve([(0, 0, 0.9), (-size * 0.5, -size * 0.02, 1.0), (-size * 0.92, -size * 0.14, 0.9)], 40)
    radius = sabre.length * 0.0125 * (1 + 0.22 * np.sin(np.linspace(0.3, np.pi, 40)))
    tall, wide = 400, 90
    leather = flat(tall, wide, GRIPS[sabre.grip][1]) * (1 + damage.dust(rng, tall, wide)[..., None] * np.float32(0.25))
    turns = np.sin(np.linspace(0, 2 * np.pi * 15, tall))[:, None] * np.ones((1, wide))
    wire = clamp(floats(turns * 6 - 5))
    leather = mixed(floats(leather), (0.80, 0.68, 0.40), wire)
    grip = Part(
        points=meshes.tube(grip_path, floats(radius), 28),
        finish=Finish(
            colour=pixels(leather),
            roughness=clamp(np.float32(0.55) - wire * np.float32(0.25)),
            metal=wire * np.float32(0.9),
            height=floats(turns * 0.10 + 0 * wire),
        ),
        closed=True,
    )
    pieces = [blade, grip]
    width = sabre.length * 0.034
    guard = meshes.tube(
        curve(
            [(0.4, width * 2.0, 0.9), (0.25, width * 0.6, 0.9), (0.25, -width * 0.6, 0.9), (0.6, -width * 2.0, 0.9)], 40
        ),
        floats(0.55 + 0.35 * np.abs(np.linspace(-1, 1, 40)) ** 3),
        20,
    )
    pieces.append(Part(points=guard, finish=metal, closed=True))
    pommel = meshes.ellipsoid((0, 0, 0), (size * 0.10, size * 0.115, 0.95), 20, 32)
    pieces.append(Part(points=meshes.moved(pommel, (-size * 0.97, -size * 0.15, 0.95)), finish=metal, closed=True))
    collar = meshes.tube(
        floats(np.array([[-0.9, 0, 0.95], [0.0, 0, 0.95], [0.5, 0, 0.95]])),
        floats(np.array([1.35, 1.5, 1.3]) * sabre.length / 90),
        24,
    )
    pieces.append(Part(points=collar, finish=metal, closed=True))
    if sabre.bow:
        bow = curve(
            [
                (0.3, -width * 1.6, 0.9),
                (-size * 0.25, -size * 0.36, 0.9),
                (-size * 0.75, -size * 0.40, 0.9),
                (-size * 0.98, -size * 0.2, 0.9),
            ],
            48,
        )
        pieces.append(Part(points=meshes.tube(bow, 0.36, 18, 0.6), finish=metal, closed=True))
    # Diagonal in the frame, hilt below on the left, as weapons are shown.
    turned = tuple(
        replace(p, points=meshes.turned(meshes.moved(p.points, (-sabre.length * 0.4, 0, 0)), "z", 24)) for p in pieces
    )
    low = min(float(p.points[..., 2].min()) for p in turned)
    turned = tuple(replace(p, points=meshes.moved(p.points, (0, 0, -low))) for p in turned)
    return Exhibit(card=card(sabre), arrangements=(Arrangement(parts=turned, stance=Stance.LYING, turn_limit_deg=40),))


def card(sabre: Sabre) -> Card:
    hilt, grip = HILTS[sabre.hilt][0], GRIPS[sabre.grip][0]
    metal = {"brass": Said("латунь", "brass"), "steel": Said("сталь", "steel"), "silver": Said("серебро", "silver")}[
        sabre.hilt
    ]
    ru = [
        f"клинок стальной, изогнутый, однолезвийный, {'с долом' if sabre.fuller else 'без долов'}"
        + (f", с гравировкой в виде {sabre.engraved.ru}" if sabre.engraved else ""),
        f"эфес {hilt.ru}, с крестовиной{' и защитной дужкой' if sabre.bow else ', без дужки'}, рукоять обтянута "
        f"{grip.ru} и обвита проволокой",
    ]
    en = [
        f"a curved single-edged steel blade {'with a fuller' if sabre.fuller else 'without fullers'}"
        + (f", engraved with {sabre.engraved.en}" if sabre.engraved else ""),
        f"{hilt.en} hilt with a cross-guard{' and a knuckle bow' if sabre.bow else ', without a knuckle bow'}; "
        f"the grip is covered with {grip.en} and bound with wire",
    ]
    states = (
        (sabre.rust > 0.45, "на клинке пятна коррозии", "corrosion spots on the blade"),
        (sabre.notches > 0, "на лезвии зазубрины", "notches in the edge"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="sabre",
        typology=Typology.WEAPONS,
        name=Said(
            f"Сабля с {adjective(hilt.ru, 'ins')} эфесом",
            f"Sabre with a {hilt.en} hilt",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=sabre.dating.said,
        year_from=sabre.dating.year_from,
        year_to=sabre.dating.year_to,
        materials=Said(
            ", ".join(dict.fromkeys(["сталь", metal.ru, "дерево", "кожа"])),
            ", ".join(dict.fromkeys(["steel", metal.en, "wood", "leather"])),
        ),
        technique=Said(
            "ковка, литьё" + (", гравировка" if sabre.engraved else ""),
            "forged, cast" + (", engraved" if sabre.engraved else ""),
        ),
        dimensions=words.measures(
            ("общая длина", "overall length", sabre.length),
            ("длина клинка", "blade length", round(sabre.length * 0.84, 1)),
        ),
        place=sabre.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
