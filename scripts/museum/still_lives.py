"""Still lives: a table, a cloth, a jug or a bottle, and fruit, in the light of a window on the left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .ink import Ink
from .meshes import curve
from .noise import clouds
from .planes import blur, clamp, flat, floats, mixed, smoothstep
from .values import Floats, Random, Said
from .words import chance, pick

Rgb = tuple[float, float, float]

# How large things stand in the picture.
ZOOM = 1.28


@dataclass(frozen=True, kw_only=True)
class Fruit:
    said: Said
    colour: Rgb
    blush: Rgb
    size: float
    tall: float
    stem: bool = True


FRUITS = {
    "apples": Fruit(
        said=Said("яблоки", "apples"), colour=(0.72, 0.62, 0.20), blush=(0.66, 0.14, 0.10), size=0.082, tall=0.92
    ),
    "pears": Fruit(
        said=Said("груши", "pears"), colour=(0.66, 0.62, 0.22), blush=(0.68, 0.42, 0.16), size=0.078, tall=1.3
    ),
    "oranges": Fruit(
        said=Said("апельсины", "oranges"),
        colour=(0.86, 0.44, 0.08),
        blush=(0.90, 0.52, 0.12),
        size=0.085,
        tall=1.0,
        stem=False,
    ),
    "plums": Fruit(
        said=Said("сливы", "plums"), colour=(0.26, 0.16, 0.34), blush=(0.42, 0.34, 0.52), size=0.056, tall=1.12
    ),
    "lemons": Fruit(
        said=Said("лимоны", "lemons"),
        colour=(0.90, 0.78, 0.20),
        blush=(0.84, 0.66, 0.16),
        size=0.068,
        tall=0.82,
        stem=False,
    ),
}
VESSELS = {
    "jug": (Said("глиняный кувшин", "a clay jug"), (0.52, 0.30, 0.18)),
    "bottle": (Said("зелёная бутылка", "a green bottle"), (0.07, 0.17, 0.11)),
    "vase": (Said("синяя ваза с цветами", "a blue vase with flowers"), (0.14, 0.24, 0.48)),
    "kettle": (Said("медный чайник", "a copper kettle"), (0.66, 0.35, 0.19)),
}
CLOTHS = {
    "white": (Said("белой скатерти", "a white tablecloth"), (0.84, 0.82, 0.78)),
    "red": (Said("красной скатерти", "a red tablecloth"), (0.52, 0.12, 0.10)),
    "blue": (Said("синей скатерти", "a blue tablecloth"), (0.16, 0.26, 0.44)),
    "bare": (Said("деревянном столе", "a wooden table"), (0.40, 0.25, 0.14)),
}
WALLS: tuple[Rgb, ...] = (
    (0.30, 0.27, 0.23),
    (0.24, 0.30, 0.30),
    (0.44, 0.34, 0.24),
    (0.20, 0.20, 0.24),
    (0.42, 0.42, 0.38),
)


@dataclass(frozen=True, kw_only=True)
class StillLife:
    vessel: str
    fruits: tuple[str, ...]
    count: int
    cloth: str
    wall: Rgb
    at: float
    seed: int

    def said(self) -> Said:
        vessel, cloth = VESSELS[self.vessel][0], CLOTHS[self.cloth][0]
        fruits = [FRUITS[name].said for name in self.fruits]
        return Said(
            f"{vessel.ru}, {' и '.join(f.ru for f in fruits)} на {cloth.ru}",
            f"{vessel.en}, {' and '.join(f.en for f in fruits)} on {cloth.en}",
        )

    def title(self) -> Said:
        fruit = FRUITS[self.fruits[0]].said
        ru = {"jug": "с кувшином", "bottle": "с бутылкой", "vase": "с вазой цветов", "kettle": "с чайником"}[
            self.vessel
        ]
        en = {"jug": "a jug", "bottle": "a bottle", "vase": "a vase of flowers", "kettle": "a kettle"}[self.vessel]
        genitive = {
            "яблоки": "яблоками",
            "груши": "грушами",
            "апельсины": "апельсинами",
            "сливы": "сливами",
            "лимоны": "лимонами",
        }
        return Said(f"Натюрморт {ru} и {genitive[fruit.ru]}", f"Still life with {en} and {fruit.en}")


def arrange(rng: Random) -> StillLife:
    names = [str(name) for name in rng.permutation(list(FRUITS))[: int(rng.integers(1, 3))]]
    return StillLife(
        vessel=pick(rng, tuple(VESSELS)),
        fruits=tuple(names),
        count=int(rng.integers(4, 9)),
        cloth=pick(rng, tuple(CLOTHS)),
        wall=pick(rng, WALLS),
        at=float(rng.uniform(0.32, 0.66)),
        seed=int(rng.integers(0, 1 << 30)),
    )


def painted(life: StillLife, height: int, width: int) -> Floats:
    """The picture in colour, [height, width, 3], 0..1."""
    rng = np.random.default_rng(life.seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    light = 1.15 - 0.55 * x - 0.25 * y
    wall = np.asarray(life.wall) * light[..., None] * (1 + clouds(rng, height, width, 160, 4)[..., None] * 0.16)
    picture = floats(wall)
    edge = 0.60 + clouds(rng, 1, width, width * 0.8, 2)[0] * 0.008
    table = smoothstep(floats(y - edge[None]), -0.004, 0.004)
    cloth = np.asarray(CLOTHS[life.cloth][1])
    folds = np.sin((x * 9 + clouds(rng, height, width, 300, 3) * 2.2) * 2.2 + y * 6) * 0.5
    drop = smoothstep(y, 0.86, 0.90)
    tone = 1.05 - 0.35 * x + folds * (0.05 + 0.16 * drop) - 0.18 * drop + clouds(rng, height, width, 40, 3) * 0.03
    if life.cloth == "bare":
        tone = tone + clouds(rng, height, width, 18, 2, stretch=0.08) * 0.14
    picture = mixed(picture, floats(cloth * tone[..., None]), table)
    scene = _Scene(picture, rng)
    _vessel(life, scene)
    spots = sorted(_places(life, rng), key=lambda spot: spot[1])
    for k, (px, py) in enumerate(spots):
        _fruit(FRUITS[life.fruits[k % len(life.fruits)]], scene, px, py)
    return clamp(scene.picture)


def _places(life: StillLife, rng: Random) -> list[tuple[float, float]]:
    """Where the fruit lies: a loose heap beside the vessel, and one rolled away."""
    side = 1 if life.at < 0.5 else -1
    spots = [
        (life.at + side * (0.16 + 0.10 * k + float(rng.normal(0, 0.02))), 0.70 + float(rng.uniform(-0.03, 0.06)))
        for k in range(life.count - 2)
    ]
    spots = [
        (px if 0.08 < px < 0.92 else float(rng.uniform(0.15, 0.85)), py + 0.04 * (not 0.08 < px < 0.92))
        for px, py in spots
    ]
    spots.append((life.at - side * float(rng.uniform(0.13, 0.2)), 0.79))
    spots.append((life.at + side * float(rng.uniform(0.02, 0.10)), 0.82))
    return spots


class _Scene:
    """Solids laid over one another, each with its light from the left and its shadow to the right."""

    def __init__(self, picture: Floats, rng: Random) -> None:
        self.picture, self.rng = picture, rng
        self.height, self.width = picture.shape[:2]
        self.y, self.x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)

    def shadow(self, x: float, y: float, wide: float, tall: float) -> None:
        ink = Ink(self.height, self.width, 1).ellipse(x + wide * 0.55, y, wide * 1.25, tall)
        self.picture = mixed(self.picture, (0.07, 0.055, 0.05), blur(ink.read(), wide * 0.14) * np.float32(0.55))

    def solid(self, outline: Floats, colour: Floats | Rgb, shade: Floats) -> Floats:
        mask = Ink(self.height, self.width).area(outline).read()
        body = np.asarray(colour, np.float32) * shade[..., None]
        self.picture = mixed(self.picture, floats(np.broadcast_to(body, self.picture.shape)), mask)
        return mask

    def glint(self, x: float, y: float, a: float, b: float, strength: float) -> None:
        spot = blur(Ink(self.height, self.width, 1).ellipse(x, y, a, b, 0.3).read(), a * 0.4)
        self.picture = mixed(self.picture, (0.98, 0.97, 0.94), spot * np.float32(strength))


def _fruit(fruit: Fruit, scene: _Scene, px: float, py: float) -> None:
    rng = scene.rng
    r = ZOOM * fruit.size * scene.height * float(rng.uniform(0.88, 1.1))
    x, y = px * scene.width, py * scene.height - r * 0.6
    scene.shadow(x, y + r * 0.85 * fruit.tall, r, r * 0.32)
    tilt = float(rng.normal(0, 0.35))
    angle = np.linspace(0, 2 * np.pi, 48)
    form = (
        np.where(np.sin(angle) < 0, 1 - 0.42 * (fruit.tall - 1) * 2 * np.abs(np.sin(angle)), 1.0)
        if fruit.tall > 1.2
        else 1.0
    )
    u, v = np.cos(angle) * r * form, np.sin(angle) * r * fruit.tall
    outline = floats(
        np.stack([x + u * np.cos(tilt) - v * np.sin(tilt), y + u * np.sin(tilt) + v * np.cos(tilt)], axis=1)
    )
    nx, ny = (scene.x - x) / r, (scene.y - y) / (r * fruit.tall)
    nz = np.sqrt(np.maximum(1 - nx**2 - ny**2, 0.0))
    lambert = np.maximum(-0.62 * nx - 0.52 * ny + 0.58 * nz, 0)
    bounce = np.maximum(0.5 * nx + 0.6 * ny, 0) * 0.14
    lean = float(rng.uniform(-1, 1))
    share = smoothstep(floats(lean * nx + 0.6 * ny + 0.2 * np.sin(nx * 5 + lean * 9)), -0.4, 0.7)
    colour = mixed(flat(scene.height, scene.width, fruit.colour), fruit.blush, share)
    scene.solid(outline, colour, floats(0.20 + 0.98 * lambert + bounce))
    if fruit.stem:
        top = (x + r * fruit.tall * 0.82 * np.sin(tilt), y - r * fruit.tall * 0.82 * np.cos(tilt))
        stem = Ink(scene.height, scene.width).line(
            curve([top, (top[0] + r * 0.1, top[1] - r * 0.2), (top[0] + r * 0.25, top[1] - r * 0.38)], 10), r * 0.09
        )
        scene.picture = mixed(scene.picture, (0.20, 0.13, 0.07), stem.read())
    scene.glint(x - r * 0.38, y - r * 0.42 * fruit.tall, r * 0.16, r * 0.10, 0.6)


_FORMS: dict[str, tuple[tuple[float, float], ...]] = {
    "jug": ((0.055, 0.0), (0.050, 0.06), (0.052, 0.12), (0.10, 0.22), (0.118, 0.32), (0.10, 0.44), (0.075, 0.49)),
    "bottle": ((0.020, 0.0), (0.019, 0.10), (0.022, 0.20), (0.058, 0.29), (0.062, 0.36), (0.062, 0.50), (0.058, 0.53)),
    "vase": ((0.060, 0.0), (0.045, 0.05), (0.045, 0.09), (0.090, 0.17), (0.098, 0.24), (0.07, 0.33), (0.055, 0.36)),
    "kettle": ((0.030, 0.0), (0.060, 0.03), (0.105, 0.08), (0.128, 0.16), (0.128, 0.22), (0.115, 0.27), (0.105, 0.285)),
}


def _vessel(life: StillLife, scene: _Scene) -> None:
    h = scene.height
    x, foot = life.at * scene.width, 0.755 * h
    form = curve(_FORMS[life.vessel], 60) * np.float32(h * ZOOM)
    tall = float(form[-1, 1])
    top = foot - tall
    scene.shadow(x, foot, float(form[-1, 0]) * 1.5, h * 0.035)
    right = np.stack([x + form[:, 0], top + form[:, 1]], axis=1)
    left = np.stack([x - form[:, 0], top + form[:, 1]], axis=1)
    base = np.stack(
        [x + np.linspace(1, -1, 12) * form[-1, 0], foot + np.sqrt(1 - np.linspace(1, -1, 12) ** 2) * h * 0.014], axis=1
    )
    half = np.interp(scene.y, top + form[:, 1], form[:, 0])
    nx = np.clip((scene.x - x) / np.maximum(half, 1), -1, 1)
    lambert = np.maximum(-0.66 * nx + 0.62 * np.sqrt(1 - nx**2), 0)
    bounce = np.maximum(nx - 0.55, 0) * 0.4
    colour = VESSELS[life.vessel][1]
    outline = floats(np.concatenate([right, base, left[::-1]]))
    _handle(life, scene, x, top, h * ZOOM, colour)
    scene.solid(outline, colour, floats(0.26 + 0.95 * lambert + bounce))
    rim = Ink(scene.height, scene.width).ellipse(x, top, float(form[0, 0]), h * 0.012)
    scene.picture = mixed(scene.picture, tuple(c * 0.3 for c in colour), rim.read())
    widest = int(np.argmax(form[:, 0]))
    gx, gy = x - float(form[widest, 0]) * 0.45, top + float(form[widest, 1])
    strength = {"jug": 0.35, "bottle": 0.85, "vase": 0.75, "kettle": 0.85}[life.vessel]
    scene.glint(gx, gy - h * 0.03, h * 0.008, h * 0.034, strength)
    if life.vessel == "vase":
        _flowers(life, scene, x, top, h * ZOOM)


def _handle(life: StillLife, scene: _Scene, x: float, top: float, h: float, colour: Rgb) -> None:
    lines = {
        "jug": [(0.045, 0.03), (0.13, 0.05), (0.16, 0.16), (0.11, 0.27)],
        "kettle": [(-0.07, 0.05), (-0.06, -0.09), (0.06, -0.09), (0.07, 0.05)],
    }.get(life.vessel)
    if lines:
        path = curve([(x + a * h, top + b * h) for a, b in lines], 40)
        ink = Ink(scene.height, scene.width).line(path, h * 0.022)
        scene.picture = mixed(scene.picture, tuple(c * 0.55 for c in colour), ink.read())
        light = Ink(scene.height, scene.width).line(path - floats([h * 0.004, h * 0.003]), h * 0.006)
        scene.picture = mixed(scene.picture, tuple(min(1.0, c * 1.7) for c in colour), light.read())
    if life.vessel == "kettle":
        spout = [(-0.10, 0.20), (-0.16, 0.14), (-0.185, 0.04), (-0.205, 0.03), (-0.19, 0.16), (-0.12, 0.26)]
        outline = curve([(x + a * h, top + b * h) for a, b in [*spout, spout[0]]], 60)
        scene.solid(outline, colour, floats(np.full((scene.height, scene.width), 0.8)))


def _flowers(life: StillLife, scene: _Scene, x: float, top: float, h: float) -> None:
    rng = scene.rng
    palette = [(0.86, 0.30, 0.34), (0.92, 0.86, 0.80), (0.88, 0.62, 0.22), (0.62, 0.40, 0.66)]
    first, second = (palette[int(k)] for k in rng.permutation(4)[:2])
    leaves = Ink(scene.height, scene.width)
    heads = [(x + float(rng.normal(0, 0.085)) * h, top - float(rng.uniform(0.06, 0.26)) * h) for _ in range(11)]
    for hx, hy in heads:
        leaves.line(curve([(x, top), ((x + hx) / 2, (top + hy) / 2 - h * 0.01), (hx, hy)], 16), h * 0.006)
        leaves.petal((x + hx) / 2, (top + hy) / 2, float(rng.uniform(-3, 0)), h * 0.07, h * 0.025)
    scene.picture = mixed(scene.picture, (0.17, 0.28, 0.13), leaves.read())
    for k, (hx, hy) in enumerate(sorted(heads, key=lambda head: head[1])):
        r = h * float(rng.uniform(0.030, 0.046))
        colour = first if k % 3 else second
        for ring, count in ((1.0, 9), (0.62, 7)):
            petals = Ink(scene.height, scene.width)
            for j in range(count):
                petals.petal(hx, hy, j * 2 * np.pi / count + float(rng.uniform(0, 0.4)), r * ring, r * 0.62 * ring)
            scene.picture = mixed(
                scene.picture, tuple(c * (0.72 if ring == 1.0 else 1.0) for c in colour), petals.read()
            )
        if chance(rng, 0.5):
            scene.picture = mixed(
                scene.picture, (0.80, 0.62, 0.16), Ink(scene.height, scene.width).disc(hx, hy, r * 0.2).read()
            )
