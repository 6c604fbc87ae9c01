"""A bust on a socle: one surface with a face modelled into it, in marble, plaster, bronze or terracotta."""

from __future__ import annotations

import numpy as np

from scripts.museum import meshes, words
from scripts.museum.heads import COLUMNS, ROWS, WHO, Bust, modelled
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds, grain
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels
from scripts.museum.russian import sentence
from scripts.museum.surface import smooth_normals
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import chance, pick

MATTER = {
    "marble": (
        Said("мрамор", "marble"),
        Said("мраморный", "marble"),
        Said("резьба, шлифовка", "carved and polished"),
        (0.87, 0.855, 0.82),
        0.32,
        0.0,
    ),
    "plaster": (
        Said("гипс", "plaster"),
        Said("гипсовый", "plaster"),
        Said("отливка", "cast"),
        (0.83, 0.80, 0.74),
        0.8,
        0.0,
    ),
    "bronze": (
        Said("бронза", "bronze"),
        Said("бронзовый", "bronze"),
        Said("литьё, патинирование", "cast and patinated"),
        (0.30, 0.20, 0.11),
        0.34,
        0.85,
    ),
    "terracotta": (
        Said("терракота", "terracotta"),
        Said("терракотовый", "terracotta"),
        Said("лепка, обжиг", "modelled and fired"),
        (0.70, 0.40, 0.27),
        0.75,
        0.0,
    ),
}
SCULPTORS = (
    "Неизвестный скульптор",
    "Грачёв Л. М.",
    "Фёдорова Т. А.",
    "Рахманов С. П.",
    "Орловский Д. К.",
    "Шуваева Н. В.",
)


def choose(rng: Random) -> Bust:
    matter = pick(rng, tuple(MATTER))
    return Bust(
        who=pick(rng, tuple(WHO)),
        matter=matter,
        socle=pick(rng, ("round", "square")),
        height=round(float(rng.uniform(24, 62)), 1),
        nose=float(rng.uniform(0.75, 1.3)),
        jaw=float(rng.uniform(0.88, 1.12)),
        brow=float(rng.uniform(0.5, 1.5)),
        turn=float(rng.uniform(-22, 22)),
        chipped=matter != "bronze" and chance(rng, 0.4),
        broken_nose=matter in ("marble", "terracotta") and chance(rng, 0.2),
        author=pick(rng, SCULPTORS),
        dating=words.within(rng, 1800, 1965),
        seed=int(rng.integers(0, 1 << 30)),
    )


def exhibit(bust: Bust, rng: Random) -> Exhibit:
    shape = np.random.default_rng(bust.seed)
    unit = bust.height / 2.62
    fine = modelled(bust, shape)
    normals = smooth_normals(fine, closed=True)
    socle_tall = 0.46 * unit
    body = meshes.moved(floats(fine * np.float32(unit)), (0, 0, socle_tall + 1.15 * unit))
    finish, plain = _finish(bust, fine, rng)
    parts = [
        Part(
            points=floats(np.concatenate([body[::3], body[-1:]])[:, np.r_[0:COLUMNS:3, COLUMNS - 1]]),
            finish=finish,
            normals=normals,
            closed=True,
        )
    ]
    if bust.socle == "round":
        knots = (
            (0.0, 0.46),
            (0.16, 0.46),
            (0.17, 0.44),
            (0.13, 0.40),
            (0.12, 0.32),
            (0.17, 0.20),
            (0.25, 0.14),
            (0.26, 0.11),
            (0.29, 0.10),
            (0.30, 0.02),
            (0.29, 0.0),
            (0.0, 0.0),
        )
        parts.append(
            Part(
                points=meshes.lathe(floats(curve(knots, 60, sharp=(1, 2, 7, 8, 10)) * np.float32(unit)), 96),
                finish=plain,
                closed=True,
            )
        )
    else:
        for w, low, tall in ((0.62, 0.0, 0.10), (0.50, 0.10, 0.24), (0.36, 0.34, 0.12)):
            parts.append(
                Part(
                    points=meshes.moved(
                        meshes.box(w * unit, w * unit * 0.9, tall * unit, 0.012 * unit), (0, 0, low * unit)
                    ),
                    finish=plain,
                    faceted=True,
                )
            )
    return Exhibit(
        card=card(bust), arrangements=(Arrangement(parts=tuple(parts), stance=Stance.STANDING, turn_limit_deg=62),)
    )


def _finish(bust: Bust, fine: Floats, rng: Random) -> tuple[Finish, Finish]:
    _, _, _, colour, roughness, metal = MATTER[bust.matter]
    tall, wide = ROWS, COLUMNS
    base = flat(tall, wide, colour)
    radius = np.hypot(fine[..., 0], fine[..., 1])
    hollow = clamp(floats((blur(floats(radius), 5.0, wrap=True) - radius) * 22))
    if bust.matter == "marble":
        vein = np.abs(clouds(rng, tall, wide, 180, 5, gain=0.6, wrap=True))
        base = mixed(base, (0.58, 0.58, 0.60), clamp(np.float32(0.10) - vein) * np.float32(4.5))
        base = mixed(base, (0.62, 0.55, 0.42), hollow * np.float32(0.55))
    elif bust.matter == "bronze":
        base = mixed(
            base,
            (0.16, 0.26, 0.20),
            clamp(hollow * 1.2 + clouds(rng, tall, wide, 120, 5, wrap=True) * 0.5 - 0.1) * np.float32(0.8),
        )
        worn = clamp(-floats((blur(floats(radius), 5.0, wrap=True) - radius) * 18))
        base = mixed(base, (0.66, 0.46, 0.22), worn * np.float32(0.7))
    else:
        base = base * (
            1
            + clouds(rng, tall, wide, 90, 4, wrap=True)[..., None] * np.float32(0.07)
            + grain(rng, tall, wide, 0.8)[..., None] * np.float32(0.02)
        )
        base = mixed(floats(base), (0.42, 0.36, 0.29), hollow * np.float32(0.6))
    if bust.chipped:
        chips = clamp((clouds(rng, tall, wide, 46, 5, gain=0.62, wrap=True) - np.float32(0.95)) * 8)
        base = mixed(base, tuple(min(1.0, c * 1.18) for c in colour), chips)
    rough = np.float32(roughness) + hollow * np.float32(0.25)
    plain = flat(8, 8, colour) if bust.matter != "marble" else flat(8, 8, (0.30, 0.31, 0.33))
    translucency = 0.18 if bust.matter == "marble" else 0.0
    return (
        Finish(
            colour=pixels(floats(base)),
            roughness=clamp(rough),
            metal=clamp(np.float32(metal) - hollow * np.float32(0.5)),
            translucency=translucency,
        ),
        Finish(colour=pixels(plain), roughness=roughness, metal=metal),
    )


def card(bust: Bust) -> Card:
    who, style = WHO[bust.who]
    material, adjective, technique, *_ = MATTER[bust.matter]
    socle = (
        Said("на круглом профилированном цоколе", "on a round moulded socle")
        if bust.socle == "round"
        else Said("на ступенчатом прямоугольном цоколе", "on a stepped rectangular socle")
    )
    hair = {
        "beard": Said("с длинной бородой и усами", "with a long beard and moustache"),
        "curls": Said("с короткими кудрями", "with short curls"),
        "bun": Said("с волосами, собранными в узел на затылке", "her hair gathered in a knot at the back"),
        "short": Said("с короткими волосами и усами", "with short hair and a moustache"),
        "whiskers": Said("с вьющимися волосами и бакенбардами", "with curly hair and side-whiskers"),
    }[style]
    turn = (
        Said(
            "голова слегка повёрнута " + ("вправо" if bust.turn > 0 else "влево"),
            "the head turned slightly to the " + ("right" if bust.turn > 0 else "left"),
        )
        if abs(bust.turn) > 7
        else Said("голова обращена прямо", "the head facing forward")
    )
    ru = [f"погрудное изображение {who.ru} {hair.ru}, {turn.ru}", f"бюст {adjective.ru}, {socle.ru}"]
    en = [f"bust of {who.en} {hair.en}, {turn.en}", f"the bust is of {material.en}, {socle.en}"]
    states = (
        (bust.broken_nose, "отбит нос", "nose broken off"),
        (bust.chipped, "мелкие сколы на поверхности", "small chips on the surface"),
        (bust.matter == "bronze", "в углублениях зелёная патина", "green patina in the hollows"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="bust",
        typology=Typology.SCULPTURE,
        name=Said(f"Бюст {who.ru}", f"Bust of {who.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=bust.dating.said,
        year_from=bust.dating.year_from,
        year_to=bust.dating.year_to,
        materials=material,
        technique=technique,
        dimensions=words.measures(("высота", "height", bust.height)),
        place=Said("Россия", "Russia"),
        authors=bust.author,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
