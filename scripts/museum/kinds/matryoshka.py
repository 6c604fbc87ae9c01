"""A turned and painted nesting doll: kerchief, face, apron with a flower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, meshes, words
from scripts.museum.english import an
from scripts.museum.ink import Ink
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Colour, Dating, chance, pick

WIDE, TALL = 1400, 760
PROFILE = (
    (0.0, 1.0),
    (0.10, 0.992),
    (0.20, 0.945),
    (0.245, 0.85),
    (0.235, 0.74),
    (0.215, 0.665),
    (0.25, 0.575),
    (0.295, 0.42),
    (0.30, 0.28),
    (0.27, 0.12),
    (0.245, 0.03),
    (0.235, 0.0),
    (0.0, 0.0),
)
FLOWERS = (Said("розой", "a rose"), Said("ромашкой", "a daisy"), Said("веткой с ягодами", "a sprig of berries"))
PLACES = (
    Said("Россия, Московская губерния, Сергиев Посад", "Russia, Moscow province, Sergiev Posad"),
    Said("СССР, Горьковская область, Семёнов", "USSR, Gorky region, Semyonov"),
    Said("СССР, Горьковская область, Полховский Майдан", "USSR, Gorky region, Polkhovsky Maidan"),
)


@dataclass(frozen=True, kw_only=True)
class Doll:
    height: float
    kerchief: Colour
    dress: Colour
    apron: Colour
    flower: int
    dotted: bool
    blush: float
    hair: tuple[float, float, float]
    worn: bool
    cracked: bool
    dating: Dating
    place: Said


def choose(rng: Random) -> Doll:
    kerchief, dress, apron = (
        pick(rng, group)
        for group in (
            (words.RED, words.YELLOW, words.BLUE, words.GREEN),
            (words.GREEN, words.COBALT, words.OXBLOOD, words.VIOLET),
            (words.WHITE, words.YELLOW, words.BLUE, words.RED),
        )
    )
    if apron is kerchief:
        apron = words.WHITE
    return Doll(
        height=round(float(rng.uniform(8, 22)), 1),
        kerchief=kerchief,
        dress=dress,
        apron=apron,
        flower=int(rng.integers(0, 3)),
        dotted=chance(rng, 0.5),
        blush=float(rng.uniform(0.3, 0.8)),
        hair=((0.30, 0.17, 0.08), (0.10, 0.07, 0.05), (0.78, 0.55, 0.22))[int(rng.integers(0, 3))],
        worn=chance(rng, 0.45),
        cracked=chance(rng, 0.3),
        dating=words.within(rng, 1905, 1985),
        place=pick(rng, PLACES),
    )


def _at(x: float, height: float) -> tuple[float, float]:
    """Pixels of a point `x` doll-heights to the right of the middle at a share of the height, on the painted map."""
    return WIDE / 2 + x * WIDE / 1.75, _row(height)


def _row(height: float) -> float:
    profile = curve(PROFILE, 200, sharp=(11,))
    # Heights fall along the profile, so they are searched from below.
    return float(np.interp(-height, -profile[:, 1], np.linspace(0, TALL - 1, 200)))


def _painted(doll: Doll, rng: Random) -> Finish:
    wood = (0.83, 0.66, 0.43)
    tone = words.shade_of
    colour = flat(TALL, WIDE, tuple(tone(rng, doll.dress)))

    def lay(paint: tuple[float, ...] | Floats, ink: Ink, strength: float = 0.96) -> None:
        nonlocal colour
        colour = mixed(colour, tuple(float(c) for c in paint), clamp(ink.read() * np.float32(strength)))

    top = Ink(TALL, WIDE).area([(0, 0), (WIDE, 0), (WIDE, _row(0.62)), (0, _row(0.62))])
    lay(tone(rng, doll.kerchief), top)
    if doll.dotted:
        dots = Ink(TALL, WIDE)
        for row in range(5):
            for k in range(30):
                dots.disc((k + 0.5 * (row % 2)) * WIDE / 30, _row(0.94 - row * 0.065), 7)
        lay((0.95, 0.93, 0.88), dots)
    fx, fy = _at(0, 0.815)
    face = Ink(TALL, WIDE)
    face.ellipse(fx, fy, 118, _row(0.74) - _row(0.90))
    lay((0.93, 0.77, 0.60), face)
    tall = _row(0.74) - _row(0.90)
    hair = Ink(TALL, WIDE)
    for side in (-1, 1):
        hair.area(
            curve(
                [
                    (fx, fy - tall),
                    (fx + side * 70, fy - tall * 0.82),
                    (fx + side * 112, fy - tall * 0.1),
                    (fx + side * 78, fy - tall * 0.36),
                    (fx + side * 8, fy - tall * 0.66),
                    (fx, fy - tall),
                ],
                40,
            )
        )
    lay(doll.hair, hair)
    cheeks = Ink(TALL, WIDE)
    for side in (-1, 1):
        cheeks.disc(fx + side * 62, fy + tall * 0.34, 26)
    soft = clamp(Ink(TALL, WIDE).disc(fx - 62, fy + tall * 0.34, 26).disc(fx + 62, fy + tall * 0.34, 26).read())
    colour = mixed(colour, (0.86, 0.30, 0.24), blur(soft, 9) * np.float32(doll.blush))
    white, dark = Ink(TALL, WIDE), Ink(TALL, WIDE)
    for side in (-1, 1):
        ex, ey = fx + side * 42, fy - tall * 0.04
        white.ellipse(ex, ey, 21, 12)
        dark.disc(ex, ey, 10.5)
        dark.line(curve([(ex - 23, ey + 3), (ex - 8, ey - 12), (ex + 12, ey - 12), (ex + 24, ey + 2)], 16), 4)
        dark.line(curve([(ex - 26, ey - 24), (ex, ey - 33), (ex + 26, ey - 24)], 12), 4.5)
    dark.line(curve([(fx - 6, fy + tall * 0.30), (fx, fy + tall * 0.34), (fx + 7, fy + tall * 0.30)], 8), 2.5)
    lay((0.96, 0.95, 0.92), white)
    lay((0.10, 0.08, 0.09), dark)
    glint = Ink(TALL, WIDE)
    for side in (-1, 1):
        glint.disc(fx + side * 42 + 4, fy - tall * 0.04 - 4, 3)
    lay((1, 1, 1), glint)
    mouth = Ink(TALL, WIDE).area(
        curve(
            [
                (fx - 20, fy + tall * 0.54),
                (fx - 7, fy + tall * 0.48),
                (fx, fy + tall * 0.51),
                (fx + 7, fy + tall * 0.48),
                (fx + 20, fy + tall * 0.54),
                (fx, fy + tall * 0.64),
                (fx - 20, fy + tall * 0.54),
            ],
            40,
        )
    )
    lay((0.72, 0.10, 0.10), mouth)
    knot = Ink(TALL, WIDE)
    kx, ky = _at(0, 0.665)
    for side in (-1, 1):
        knot.petal(kx, ky, np.pi / 2 - side * 0.75, 112, 62)
    knot.disc(kx, ky, 18)
    lay(tone(rng, doll.kerchief), knot)
    lay((0.12, 0.10, 0.10), Ink(TALL, WIDE).circle(kx, ky, 18, 2.5), 0.6)
    ax, top_y, low_y = WIDE / 2, _row(0.56), _row(0.06)
    apron = Ink(TALL, WIDE).area(
        curve(
            [
                (ax - 105, top_y),
                (ax + 105, top_y),
                (ax + 190, low_y - 120),
                (ax + 120, low_y),
                (ax - 120, low_y),
                (ax - 190, low_y - 120),
                (ax - 105, top_y),
            ],
            80,
        )
    )
    lay(tone(rng, doll.apron), apron)
    trim = Ink(TALL, WIDE).line(
        curve(
            [
                (ax - 105, top_y),
                (ax - 190, low_y - 120),
                (ax - 120, low_y),
                (ax + 120, low_y),
                (ax + 190, low_y - 120),
                (ax + 105, top_y),
            ],
            80,
        ),
        7,
    )
    lay((0.93, 0.76, 0.25), trim)
    for paint, ink in _flower(doll.flower, ax, (top_y + low_y) / 2 + 10, rng):
        lay(paint, ink)
    sleeves = Ink(TALL, WIDE)
    for side in (-1, 1):
        sleeves.line(
            curve([(ax + side * 330, _row(0.56)), (ax + side * 300, _row(0.38)), (ax + side * 190, _row(0.33))], 30), 9
        )
    lay((0.10, 0.08, 0.08), sleeves, 0.7)
    foot = Ink(TALL, WIDE).area([(0, _row(0.045)), (WIDE, _row(0.045)), (WIDE, TALL), (0, TALL)])
    lay((0.10, 0.09, 0.09), foot)
    seam = _row(0.47)
    colour[int(seam) - 2 : int(seam) + 2] *= np.float32(0.45)
    relief = clouds(rng, TALL, WIDE, 50, 3, wrap=True) * np.float32(doll.height * 0.0006)
    relief[int(seam) - 3 : int(seam) + 3] -= np.float32(doll.height * 0.004)
    roughness = np.full((TALL, WIDE), 0.22, np.float32)
    if doll.worn:
        bare = clamp(
            damage.losses(rng, TALL, WIDE, 0.05, 90) + damage.scratches(rng, TALL, WIDE, 60, 90) * np.float32(0.7)
        )
        colour = mixed(colour, wood, bare)
        roughness += bare * np.float32(0.4)
    if doll.cracked:
        x = WIDE / 2 + rng.uniform(-260, 260)
        split = Ink(TALL, WIDE).line(
            curve([(x, TALL), (x + 10, TALL * 0.8), (x - 6, TALL * rng.uniform(0.45, 0.6))], 30), 3
        )
        colour = mixed(colour, (0.09, 0.06, 0.04), split.read())
    colour *= 1 + (clouds(rng, TALL, WIDE, 120, 4, wrap=True) * np.float32(0.05))[..., None]
    return Finish(colour=pixels(colour), roughness=clamp(roughness), height=relief)


def _flower(kind: int, x: float, y: float, rng: Random) -> list[tuple[tuple[float, float, float], Ink]]:
    stems, petals, heart = Ink(TALL, WIDE), Ink(TALL, WIDE), Ink(TALL, WIDE)
    tilt = rng.uniform(-0.3, 0.3)
    stems.line(curve([(x, y), (x + 20 * tilt, y + 70), (x - 30 * tilt, y + 130)], 20), 6)
    for side in (-1, 1):
        stems.petal(x, y + 80, np.pi / 2 - side * (1.0 + tilt * 0.5), 86, 34)
        stems.petal(x, y + 40, -np.pi / 2 + side * 1.9, 70, 28)
    leaf = (0.16, 0.42, 0.18)
    if kind == 0:
        for ring, count, reach in ((0, 8, 58), (1, 6, 40)):
            for k in range(count):
                petals.petal(x, y, k * 2 * np.pi / count + ring + tilt, reach, 44)
        for k in range(4):
            heart.circle(x, y, 8 + k * 11, 2.5)
        return [(leaf, stems), ((0.78, 0.10, 0.16), petals), ((0.42, 0.03, 0.08), heart)]
    if kind == 1:
        for k in range(13):
            petals.petal(x, y, k * 2 * np.pi / 13 + tilt, 66, 24)
        return [
            (leaf, stems),
            ((0.98, 0.97, 0.94) if rng.random() < 0.5 else (0.95, 0.55, 0.65), petals),
            ((0.93, 0.70, 0.12), heart.disc(x, y, 20)),
        ]
    for k in range(7):
        angle = k * 0.9 + tilt
        petals.disc(x + np.cos(angle) * (18 + 6 * k), y - 10 + np.sin(angle) * (14 + 5 * k), 17)
        heart.disc(x + np.cos(angle) * (18 + 6 * k) - 5, y - 15 + np.sin(angle) * (14 + 5 * k), 4)
    return [(leaf, stems), ((0.75, 0.08, 0.10), petals), ((1.0, 0.85, 0.8), heart)]


def exhibit(doll: Doll, rng: Random) -> Exhibit:
    profile = floats(curve(PROFILE, 120, sharp=(11,)) * np.float32(doll.height))
    body = Part(points=meshes.lathe(profile, 168), finish=_painted(doll, rng), closed=True)
    return Exhibit(
        card=card(doll), arrangements=(Arrangement(parts=(body,), stance=Stance.STANDING, turn_limit_deg=75),)
    )


def card(doll: Doll) -> Card:
    flower = FLOWERS[doll.flower]
    dots = Said(" в горошек", ", dotted") if doll.dotted else Said("", "")
    ru = [
        f"токарная разъёмная игрушка в виде девушки в {doll.kerchief.said('pre', 'm')} платке{dots.ru}, "
        f"{doll.dress.said('pre', 'm')} сарафане и {doll.apron.said('pre', 'm')} переднике с {flower.ru}",
        "основание чёрное, поверхность покрыта лаком",
    ]
    en = [
        f"a turned nesting toy in the form of a girl in {an(doll.kerchief.en)} kerchief{dots.en}, "
        f"{an(doll.dress.en)} sarafan and {an(doll.apron.en)} apron with {flower.en}",
        "black base, varnished",
    ]
    if doll.worn:
        ru.append("потёртости и утраты красочного слоя")
        en.append("rubbed, with losses of paint")
    if doll.cracked:
        ru.append("вертикальная трещина от основания")
        en.append("a vertical crack rising from the base")
    return Card(
        kind="matryoshka",
        typology=Typology.OTHER,
        name=Said(
            f"Матрёшка «Девушка в {doll.kerchief.said('pre', 'm')} платке»",
            f"Matryoshka, Girl in {an(doll.kerchief.en)} kerchief",
        ),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=doll.dating.said,
        year_from=doll.dating.year_from,
        year_to=doll.dating.year_to,
        materials=Said("дерево (липа), краски, лак", "lime wood, paint, varnish"),
        technique=Said("токарная работа, роспись", "turned, painted"),
        dimensions=words.measures(
            ("высота", "height", doll.height), ("диаметр", "diameter", round(doll.height * 0.6, 1))
        ),
        place=doll.place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
