"""A brass microscope on a black horseshoe foot: tube, stage, mirror, wheels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import meshes, words
from scripts.museum.english import several
from scripts.museum.meshes import curve
from scripts.museum.noise import clouds
from scripts.museum.planes import clamp, flat, floats, mixed, pixels
from scripts.museum.russian import counted, decimal, sentence
from scripts.museum.sheets import solid
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import Dating, chance, pick

MAKERS = (
    ("E. Leitz, Wetzlar", Said("Германия, Вецлар, фирма «Э. Лейтц»", "Germany, Wetzlar, E. Leitz")),
    ("C. Reichert, Wien", Said("Австрия, Вена, фирма «К. Рейхерт»", "Austria, Vienna, C. Reichert")),
    ("ГОМЗ, Ленинград", Said("СССР, Ленинград, завод ГОМЗ", "USSR, Leningrad, GOMZ works")),
    ("Trouvé, Paris", Said("Франция, Париж, фирма «Труве»", "France, Paris, Trouvé")),
)
FEET = {
    "horseshoe": Said("подковообразном", "horseshoe"),
    "round": Said("круглом", "round"),
    "tripod": Said("трёхлучевом", "three-toed"),
}
LACQUERS = {
    "black": (Said("чёрной", "black"), (0.035, 0.035, 0.04)),
    "green": (Said("тёмно-зелёной", "dark green"), (0.05, 0.11, 0.08)),
    "brass": (Said("", ""), (0.84, 0.62, 0.28)),
}


@dataclass(frozen=True, kw_only=True)
class Microscope:
    maker: int
    foot: str
    lacquer: str
    objectives: int
    tilt: float
    height: float
    tube: float
    round_stage: bool
    tarnish: float
    mirror: bool
    dating: Dating


def choose(rng: Random) -> Microscope:
    return Microscope(
        maker=int(rng.integers(0, 4)),
        foot=pick(rng, tuple(FEET)),
        lacquer=pick(rng, ("black", "black", "green", "brass")),
        objectives=int(rng.integers(1, 4)),
        tilt=float(rng.choice([0.0, 0.0, 14.0, 26.0])),
        height=round(float(rng.uniform(26, 36)), 1),
        tube=float(rng.uniform(0.9, 1.15)),
        round_stage=chance(rng, 0.4),
        tarnish=float(rng.uniform(0.05, 0.8)),
        mirror=chance(rng, 0.8),
        dating=words.within(rng, 1870, 1945),
    )


def _turned(*knots: tuple[float, float], sharp: bool = True) -> Floats:
    """A lathe of (radius, z) from the top down with crisp edges."""
    dense: list[tuple[float, float]] = []
    for (r0, z0), (r1, z1) in itertools.pairwise(knots):
        dense += [
            (r0, z0),
            (r0 + (r1 - r0) * 0.03, z0 + (z1 - z0) * 0.03),
            (r0 + (r1 - r0) * 0.97, z0 + (z1 - z0) * 0.97),
        ]
    return meshes.lathe(floats(np.asarray([*dense, knots[-1]])), 56)


def _wheel(radius: float, thick: float, x: float, y: float, z: float) -> Floats:
    """A milled focusing wheel on a horizontal axis."""
    body = _turned(
        (0.0, thick),
        (radius * 0.92, thick),
        (radius, thick * 0.8),
        (radius, thick * 0.2),
        (radius * 0.92, 0.0),
        (0.0, 0.0),
    )
    angle = np.linspace(-np.pi, np.pi, body.shape[1])
    body[..., :2] *= floats(1 + 0.035 * np.sign(np.sin(angle * 28)))[None, :, None]
    return meshes.moved(meshes.turned(body, "y", 90), (x, y, z))


def exhibit(item: Microscope, rng: Random) -> Exhibit:
    brass_map = flat(120, 160, (0.86, 0.64, 0.30)) * (1 + clouds(rng, 120, 160, 60, 4)[..., None] * np.float32(0.10))
    stain = clamp(clouds(rng, 120, 160, 50, 5) * np.float32(0.9) + np.float32(item.tarnish - 0.75))
    brass_map = mixed(floats(brass_map), (0.28, 0.17, 0.09), stain * np.float32(0.85))
    brass = Finish(
        colour=pixels(brass_map),
        roughness=clamp(np.float32(0.22) + stain * np.float32(0.35)),
        metal=clamp(np.float32(0.95) - stain * np.float32(0.4)),
    )
    paint = LACQUERS[item.lacquer][1]
    worn = clamp(clouds(rng, 120, 160, 26, 4) * np.float32(1.2) - np.float32(1.25 - 0.6 * item.tarnish))
    coat = (
        brass
        if item.lacquer == "brass"
        else Finish(
            colour=pixels(mixed(flat(120, 160, paint), (0.55, 0.42, 0.22), worn)),
            roughness=0.16,
            metal=worn * np.float32(0.8),
        )
    )
    glass = Finish(colour=solid(0.10, 0.12, 0.16), roughness=0.05)
    steel = Finish(colour=solid(0.72, 0.72, 0.73), roughness=0.22, metal=0.95)
    u = item.height / 30.0
    upper: list[Part] = []

    def add(points: Floats, finish: Finish, by: tuple[float, float, float] = (0, 0, 0)) -> None:
        upper.append(Part(points=meshes.moved(points, by), finish=finish, closed=True))

    axis_y = -3.4
    long = 10.5 * item.tube
    low = 12.6
    add(
        _turned(
            (0.0, low + long + 4.1),
            (1.05, low + long + 4.1),
            (1.30, low + long + 3.9),
            (1.30, low + long + 3.4),
            (1.12, low + long + 3.3),
            (1.12, low + long + 0.2),
            (1.62, low + long),
            (1.62, low + long - 0.7),
            (1.50, low + long - 0.8),
            (1.50, low + 3.2),
            (1.66, low + 3.1),
            (1.66, low + 2.4),
            (1.2, low + 2.2),
            (0.0, low + 2.2),
        ),
        brass,
        (0, axis_y, 0),
    )
    add(
        _turned(
            (0.0, low + long + 4.16), (0.72, low + long + 4.16), (0.78, low + long + 4.05), (0.0, low + long + 4.05)
        ),
        glass,
        (0, axis_y, 0),
    )
    for k in range(item.objectives):
        lean = 0.0 if item.objectives == 1 else (k - (item.objectives - 1) / 2) * 38.0
        objective = _turned(
            (0.0, 0.0), (0.95, 0.0), (0.95, -0.9), (0.80, -1.0), (0.80, -1.8), (0.46, -2.3), (0.40, -2.5), (0.0, -2.5)
        )
        add(meshes.turned(objective, "y", lean), brass, (0, axis_y, low + 2.3))
    if item.objectives > 1:
        add(_turned((0.0, low + 2.6), (1.7, low + 2.5), (1.5, low + 2.0), (0.0, low + 1.8)), steel, (0, axis_y, 0))
    arm = curve(
        [
            (0, 0.4, low + long * 0.42),
            (0, 0.9, low + long * 0.30),
            (0, 1.5, low - 0.8),
            (0, 1.1, low - 4.6),
            (0, 0.2, low - 6.2),
        ],
        44,
    )
    add(meshes.tube(arm, floats(np.linspace(0.95, 1.15, 44)), 22, 0.62), coat)
    add(
        meshes.tube(
            floats(np.array([[0, -2.6, low + long * 0.42], [0, -1.4, low + long * 0.42], [0, 0.9, low + long * 0.42]])),
            0.9,
            20,
            0.7,
        ),
        coat,
    )
    add(
        meshes.tube(
            floats(
                np.array(
                    [
                        [0, -2.2, low + long * 0.75],
                        [0, -2.19, low + long * 0.75],
                        [0, -2.19, low + 3.2],
                        [0, -2.2, low + 3.2],
                    ]
                )
            ),
            floats([0.0, 0.7, 0.7, 0.0]),
            18,
        ),
        coat,
    )
    for side in (-1, 1):
        add(_wheel(1.55, 0.8, 0.75 if side > 0 else -1.55, 0.1, low + long * 0.42), brass)
        add(_wheel(0.75, 0.7, 0.9 if side > 0 else -1.6, 1.35, low - 2.2), brass)
    stage_z = low - 2.2
    if item.round_stage:
        add(
            _turned((0.0, 0.45), (3.6, 0.45), (3.75, 0.35), (3.75, 0.05), (3.6, 0.0), (0.0, 0.0)),
            coat,
            (0, axis_y, stage_z),
        )
    else:
        upper.append(
            Part(points=meshes.moved(meshes.box(7.4, 7.0, 0.5, 0.12), (0, axis_y, stage_z)), finish=coat, faceted=True)
        )
    upper.append(
        Part(
            points=meshes.moved(meshes.box(2.6, 7.6, 0.12, 0.02), (0, axis_y - 0.0, stage_z + 0.5)),
            finish=Finish(colour=solid(0.72, 0.78, 0.78), roughness=0.06),
            faceted=True,
        )
    )
    for side in (-1, 1):
        clip = curve(
            [
                (side * 2.6, axis_y + 2.0, stage_z + 0.6),
                (side * 2.2, axis_y, stage_z + 0.9),
                (side * 1.4, axis_y - 1.4, stage_z + 0.68),
            ],
            16,
        )
        add(meshes.tube(clip, 0.16, 10), steel)
    add(_turned((0.0, 0.0), (1.2, 0.0), (1.2, -1.3), (0.9, -1.5), (0.0, -1.5)), brass, (0, axis_y, stage_z - 0.05))
    if item.mirror:
        mirror = meshes.turned(
            _turned((0.0, 0.10), (1.55, 0.10), (1.70, 0.2), (1.78, 0.0), (1.5, -0.3), (0.0, -0.35)), "x", 38
        )
        add(mirror, brass, (0, axis_y, stage_z - 4.4))
        disc = meshes.turned(_turned((0.0, 0.16), (1.5, 0.16), (1.5, 0.1), (0.0, 0.1)), "x", 38)
        add(disc, Finish(colour=solid(0.86, 0.88, 0.90), roughness=0.04, metal=1.0), (0, axis_y, stage_z - 4.4))
        fork = curve(
            [
                (-1.95, axis_y, stage_z - 4.4),
                (-1.7, axis_y, stage_z - 5.7),
                (0, axis_y + 0.3, stage_z - 6.2),
                (1.7, axis_y, stage_z - 5.7),
                (1.95, axis_y, stage_z - 4.4),
            ],
            36,
        )
        add(meshes.tube(fork, 0.20, 12), brass)
        add(
            meshes.tube(
                floats(np.array([[0, axis_y + 0.3, stage_z - 6.2], [0, -1.6, stage_z - 5.6], [0, 0.4, stage_z - 4.0]])),
                0.26,
                12,
            ),
            brass,
        )
    joint = (0.0, 0.2, low - 6.4)
    turned = []
    for part in upper:
        leaned = meshes.turned(meshes.moved(part.points, (-joint[0], -joint[1], -joint[2])), "x", -item.tilt)
        turned.append(replace(part, points=floats(meshes.moved(leaned, joint) * np.float32(u))))
    # Shown at three quarters, so that arm, wheels and stage are all seen.
    parts = tuple(
        replace(part, points=meshes.turned(part.points, "z", 40))
        for part in (*turned, *_stand(item, joint, u, coat, brass))
    )
    return Exhibit(card=card(item), arrangements=(Arrangement(parts=parts, stance=Stance.STANDING, turn_limit_deg=75),))


def _stand(item: Microscope, joint: tuple[float, float, float], u: float, coat: Finish, brass: Finish) -> list[Part]:
    """Pillar, joint and foot."""
    pieces = [
        (
            _turned(
                (0.0, joint[2] - 0.4),
                (1.0, joint[2] - 0.4),
                (1.0, joint[2] - 0.9),
                (0.72, joint[2] - 1.1),
                (0.80, 1.5),
                (1.3, 1.2),
                (1.3, 0.8),
                (0.0, 0.8),
            ),
            coat,
        ),
        (_wheel(0.95, 2.8, -1.4, 0.2, joint[2]), brass),
    ]
    pieces = [(meshes.moved(pieces[0][0], (0, 0.2, 0)), coat), pieces[1]]
    if item.foot == "horseshoe":
        t = np.linspace(-0.4 * np.pi, 1.4 * np.pi, 60)
        path = np.stack([np.cos(t) * 4.3, -2.2 + np.sin(t) * 4.6, np.full_like(t, 0.62)], axis=1)
        path = np.concatenate([[path[0] + [-1.0, -1.6, 0.0]], path, [path[-1] + [1.0, -1.6, 0.0]]])
        foot = meshes.tube(floats(path), floats(np.concatenate([[0.02], np.full(60, 1.0), [0.02]])), 20)
        foot[..., 2] = np.clip(foot[..., 2], 0.0, 1.25)
        pieces.append((foot, coat))
        pieces.append(
            (
                meshes.tube(
                    floats(np.array([[0, 2.6, 0.7], [0, 1.2, 0.75], [0, -0.4, 0.9]])), floats([1.1, 1.15, 1.0]), 18
                ),
                coat,
            )
        )
    elif item.foot == "round":
        pieces.append(
            (
                meshes.moved(
                    _turned(
                        (0.0, 1.3), (1.4, 1.3), (1.8, 1.0), (4.9, 0.9), (5.2, 0.7), (5.2, 0.1), (5.1, 0.0), (0.0, 0.0)
                    ),
                    (0, -1.2, 0),
                ),
                coat,
            )
        )
    else:
        for angle in (-145.0, 90.0, -35.0):
            c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
            leg = meshes.tube(
                curve([(0, 0.2, 1.3), (c * 2.8, 0.2 + s * 2.8, 1.25), (c * 5.6, 0.2 + s * 6.4, 0.42)], 24),
                floats(np.linspace(1.2, 0.6, 24)),
                18,
            )
            leg[..., 2] = np.maximum(leg[..., 2], 0.0)
            pieces.append((leg, coat))
            pieces.append(
                (
                    meshes.moved(
                        _turned((0.0, 0.5), (0.85, 0.45), (0.9, 0.0), (0.0, 0.0)), (c * 5.6, 0.2 + s * 6.4, 0)
                    ),
                    coat,
                )
            )
    return [Part(points=floats(points * np.float32(u)), finish=finish, closed=True) for points, finish in pieces]


def card(item: Microscope) -> Card:
    maker, place = MAKERS[item.maker]
    foot, lacquer = FEET[item.foot], LACQUERS[item.lacquer][0]
    n = item.objectives
    coat = (
        Said("латунный", "brass")
        if item.lacquer == "brass"
        else Said(f"латунный, штатив покрыт {lacquer.ru} эмалью", f"brass, the stand lacquered {lacquer.en}")
    )
    ru = [
        f"микроскоп {coat.ru}, на {foot.ru} основании, с {'круглым' if item.round_stage else 'прямоугольным'} "
        f"предметным столиком, {n} {counted(n, 'объектив', 'объектива', 'объективов')}"
        + (", зеркало на вилке" if item.mirror else ", зеркало утрачено"),
        ("тубус наклонён" if item.tilt else "тубус вертикальный") + f"; по клейму — «{maker}»",
    ]
    en = [
        f"a microscope, {coat.en}, on a {foot.en} foot, with a {'round' if item.round_stage else 'rectangular'} "
        f"stage and {several(n, 'objective')}" + (", the mirror on a fork" if item.mirror else ", the mirror lost"),
        ("the tube is inclined" if item.tilt else "the tube is upright") + f"; signed «{maker}»",
    ]
    if item.tarnish > 0.45:
        ru.append("латунь потемнела, местами утрачен лак")
        en.append("tarnished brass, lacquer partly lost")
    return Card(
        kind="microscope",
        typology=Typology.TECHNOLOGY,
        name=Said("Микроскоп биологический", "Compound microscope"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=item.dating.said,
        year_from=item.dating.year_from,
        year_to=item.dating.year_to,
        materials=Said(
            "латунь, сталь, стекло" + ("" if item.lacquer == "brass" else ", эмаль"),
            "brass, steel, glass" + ("" if item.lacquer == "brass" else ", enamel"),
        ),
        technique=Said("литьё, токарная обработка, сборка", "cast, turned, assembled"),
        dimensions=Said(f"высота {decimal(item.height)} см", f"height {item.height:g} cm"),
        place=place,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
