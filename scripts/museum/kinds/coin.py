"""Struck coins: eagle, ruler's profile or monogram within a legend; the value in a wreath on the reverse."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scripts.museum import damage, devices, lettering, meshes, reliefs, words
from scripts.museum.noise import clouds, grain
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import solid_of
from scripts.museum.values import Arrangement, Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import chance, pick

SIZE = 720


@dataclass(frozen=True, kw_only=True)
class Metal:
    said: Said
    adjective: Said
    bright: tuple[float, float, float]
    patina: tuple[float, float, float]
    patina_said: Said


SILVER = Metal(
    said=Said("серебро", "silver"),
    adjective=Said("серебряная", "silver"),
    bright=(0.90, 0.885, 0.85),
    patina=(0.30, 0.27, 0.25),
    patina_said=Said("тёмная патина в углублениях", "dark toning in the recesses"),
)
COPPER = Metal(
    said=Said("медь", "copper"),
    adjective=Said("медная", "copper"),
    bright=(0.72, 0.42, 0.28),
    patina=(0.22, 0.13, 0.09),
    patina_said=Said("коричневая патина", "brown patina"),
)
BRONZE = Metal(
    said=Said("бронза", "bronze"),
    adjective=Said("бронзовая", "bronze"),
    bright=(0.66, 0.50, 0.30),
    patina=(0.22, 0.34, 0.27),
    patina_said=Said("зелёная патина", "green patina"),
)
GOLD = Metal(
    said=Said("золото", "gold"),
    adjective=Said("золотая", "gold"),
    bright=(0.96, 0.76, 0.38),
    patina=(0.55, 0.34, 0.13),
    patina_said=Said("красноватый налёт у букв", "reddish tarnish around the letters"),
)
VALUES = {
    "silver": (
        SILVER,
        (
            ("РУБЛЬ", "Рубль", "Rouble", 3.9),
            ("ПОЛТИНА", "Полтина", "Poltina (half rouble)", 3.1),
            ("20 КОПѢЕКЪ", "20 копеек", "20 kopecks", 2.4),
        ),
    ),
    "copper": (
        COPPER,
        (
            ("5 КОПѢЕКЪ", "5 копеек", "5 kopecks", 4.2),
            ("2 КОПѢЙКИ", "2 копейки", "2 kopecks", 3.3),
            ("ДЕНГА", "Деньга", "Denga", 2.6),
        ),
    ),
    "bronze": (BRONZE, (("3 КОПѢЙКИ", "3 копейки", "3 kopecks", 2.8), ("1 КОПѢЙКА", "1 копейка", "1 kopeck", 2.2))),
    "gold": (GOLD, (("10 РУБЛЕЙ", "10 рублей", "10 roubles", 2.3), ("5 РУБЛЕЙ", "5 рублей", "5 roubles", 1.9))),
}
LEGENDS = (
    "МОНЕТА РОССIЙСКАЯ ЦѢНА",
    "Б.М. ИМПЕРАТРИЦА И САМОДЕРЖ. ВСЕРОСС.",
    "Б.М. ИМПЕРАТОРЪ И САМОДЕРЖЕЦЪ ВСЕРОСС.",
    "РОССIЙСКАЯ МОНЕТА",
)
MINTS = (
    (Said("Санкт-Петербургский монетный двор", "Saint Petersburg Mint"), "СПБ"),
    (Said("Екатеринбургский монетный двор", "Yekaterinburg Mint"), "ЕМ"),
    (Said("Московский монетный двор", "Moscow Mint"), "ММД"),
)
OBVERSES = {
    "eagle": Said("двуглавый орёл под короной", "double-headed eagle under a crown"),
    "profile": Said("погрудный портрет в профиль вправо", "bust in profile to right"),
    "monogram": Said("вензель под короной", "crowned monogram"),
}


@dataclass(frozen=True, kw_only=True)
class Coin:
    metal: Metal
    value: tuple[str, str, str, float]
    obverse: str
    letter: str
    legend: str
    year: int
    mint: tuple[Said, str]
    wear: float
    patina: float
    holed: bool
    nicks: int
    portrait: int


def choose(rng: Random) -> Coin:
    metal, values = VALUES[pick(rng, ("silver", "silver", "copper", "copper", "bronze", "gold"))]
    return Coin(
        metal=metal,
        value=pick(rng, values),
        obverse=pick(rng, tuple(OBVERSES)),
        letter=pick(rng, ("Е", "А", "П", "Н", "I")),
        legend=pick(rng, LEGENDS),
        year=int(rng.integers(1725, 1912)),
        mint=pick(rng, MINTS),
        wear=float(rng.uniform(0.05, 0.75)),
        patina=float(rng.uniform(0.25, 0.9)),
        holed=chance(rng, 0.15),
        nicks=int(rng.choice([0, 1, 2, 3])),
        portrait=int(rng.integers(0, 1 << 30)),
    )


def _device(coin: Coin) -> Floats:
    rng = np.random.default_rng(coin.portrait)
    if coin.obverse == "eagle":
        return devices.eagle(SIZE, rng)
    if coin.obverse == "profile":
        return devices.profile(SIZE, rng)
    return devices.monogram(SIZE, coin.letter, rng)


def _struck(coin: Coin, device: Floats, letters: Floats, rng: Random) -> tuple[Floats, Floats]:
    """Height 0..1 and the share of dirt that lies in the hollows."""
    distance, angle = reliefs.from_centre(SIZE)
    rim = smoothstep(distance, 0.945, 0.955) * (1 - smoothstep(distance, 0.985, 1.0) * 0.6)
    beads = clamp((np.cos(angle * 96) + 0.2) * 2) * np.exp(-(((distance - 0.915) / 0.018) ** 2))
    raised = np.maximum(
        np.maximum(device * 0.9, blur(letters, 1.3) * 0.55), np.maximum(rim * 0.75, floats(beads) * 0.5)
    )
    worn = blur(raised, 1.0 + 5.0 * coin.wear)
    level = 1.0 - 0.5 * coin.wear
    height = np.minimum(worn * 0.6 + raised * (1 - coin.wear) * 0.5, level)
    height = height - damage.scratches(rng, SIZE, SIZE, int(25 + 60 * coin.wear), 160) * 0.06
    height = height + clouds(rng, SIZE, SIZE, 60, 3) * 0.025 + grain(rng, SIZE, SIZE, 1.0) * 0.003
    hollows = clamp((blur(height, 9.0) - height) * 5 + 0.25 + clouds(rng, SIZE, SIZE, 180, 4) * 0.4)
    return floats(height), floats(hollows)


def _face(
    coin: Coin, device: Floats, letters: Floats, rng: Random, outline: Floats, thickness: float, back: bool
) -> Part:
    height, hollows = _struck(coin, device, letters, rng)
    radius = coin.value[3] / 2
    dirt = clamp(hollows * np.float32(coin.patina * 1.25))
    colour = mixed(flat(SIZE, SIZE, coin.metal.bright), coin.metal.patina, dirt * np.float32(0.85))
    # Tarnish plays in warm and cold tones.
    hue = clouds(rng, SIZE, SIZE, 300, 3) * np.float32(0.06 * coin.patina)
    colour *= 1 + np.stack([hue, hue * 0.2, -hue], axis=2)
    relief = floats(height * np.float32(radius * 0.065))
    finish = Finish(
        colour=pixels(colour),
        roughness=clamp(np.float32(0.26) + dirt * np.float32(0.45)),
        metal=clamp(np.float32(1.0) - dirt * np.float32(0.75)),
    )
    return reliefs.disc(radius, relief, finish, outline=outline, lift=0.0 if back else thickness, back=back)


def exhibit(coin: Coin, rng: Random) -> Exhibit:
    radius = coin.value[3] / 2
    thickness = coin.value[3] * 0.055
    outline = np.ones(360)
    for _ in range(coin.nicks):
        at, deep = rng.uniform(0, 360), rng.uniform(0.008, 0.025)
        away = np.abs((np.arange(360) - at + 180) % 360 - 180)
        outline -= deep * np.exp(-((away / rng.uniform(1.5, 4)) ** 2))
    outline += np.convolve(rng.normal(0, 1, 360 + 30), np.ones(31) / 31, mode="valid") * 0.012 * (1 + coin.wear)
    letters = lettering.around(coin.legend, SIZE, 46, SIZE * 0.40, start_deg=0, sweep_deg=290)
    front = _face(coin, _device(coin), letters, rng, floats(outline), thickness, back=False)
    page = lettering.Page(SIZE, SIZE)
    words_on = coin.value[0].split(" ")
    y = SIZE * (0.5 - 0.075 * len(words_on) - 0.06)
    for word in words_on:
        page.text(SIZE / 2, y, word, 84 if len(word) < 7 else 62, lettering.BLACK, anchor="mm")
        y += SIZE * 0.125
    page.text(SIZE / 2, y, str(coin.year), 64, lettering.BLACK, anchor="mm")
    page.text(SIZE / 2, y + SIZE * 0.09, coin.mint[1], 36, lettering.BOLD, anchor="mm")
    reverse = _face(coin, devices.wreath(SIZE), page.read(), rng, floats(outline[::-1]), thickness, back=True)
    angles = np.linspace(0, 2 * np.pi, 181)
    scale = np.interp(np.degrees(angles), np.arange(361), np.append(outline, outline[0])) * radius
    ring = np.stack([np.cos(angles) * scale, np.sin(angles) * scale], axis=1)
    edge_points = np.stack(
        [np.concatenate([ring, np.full((181, 1), z)], axis=1) for z in (thickness, thickness * 0.5, 0.0)]
    )
    edge = Part(
        points=floats(edge_points),
        finish=Finish(colour=solid_of(floats(coin.metal.bright) * 0.7), roughness=0.4, metal=0.9),
        closed=True,
    )
    parts = [front, edge]
    if coin.holed:
        parts.append(_hole(radius, thickness))
    turned = tuple(_turned_over(part, thickness) for part in (reverse, edge))
    arrangements = (
        Arrangement(parts=tuple(parts), stance=Stance.LYING, side=Said("аверс", "obverse"), turn_limit_deg=60),
        Arrangement(parts=turned, stance=Stance.LYING, side=Said("реверс", "reverse"), turn_limit_deg=60),
    )
    return Exhibit(card=card(coin), arrangements=arrangements)


def _hole(radius: float, thickness: float) -> Part:
    """A drilled hole: a dark plug just above the field, with a rim of its own."""
    plug = meshes.lathe(
        floats(np.array([[0.0, 0.0], [radius * 0.058, 0.0], [radius * 0.072, radius * 0.012], [radius * 0.085, 0.0]])),
        32,
    )
    dark = np.full((4, 1, 3), 12, np.uint8)
    dark[2:] = 120
    return Part(
        points=meshes.moved(plug, (0.0, radius * 0.80, thickness + radius * 0.052)),
        finish=Finish(colour=dark, roughness=0.8),
        closed=True,
    )


def _turned_over(part: Part, thickness: float) -> Part:
    points = part.points * floats([1, -1, -1]) + floats([0, 0, thickness])
    normals = None if part.normals is None else floats(part.normals * floats([1, -1, -1]))
    return replace(part, points=floats(points), normals=normals)


def card(coin: Coin) -> Card:
    side = OBVERSES[coin.obverse]
    _, name_ru, name_en, diameter = coin.value
    ru = [
        f"Монета {coin.metal.adjective.ru}, круглая. Лицевая сторона: {side.ru}, по кругу легенда «{coin.legend}»",
        f"оборотная сторона: в венке надпись «{coin.value[0]}», под ней дата «{coin.year}» и знак монетного "
        f"двора «{coin.mint[1]}»",
    ]
    en = [
        f"A round {coin.metal.adjective.en} coin. Obverse: {side.en}, legend around: «{coin.legend}»",
        f"reverse: «{coin.value[0]}» within a wreath, below it the date {coin.year} and the mint mark «{coin.mint[1]}»",
    ]
    worn = (coin.wear > 0.5, coin.patina > 0.5, coin.holed, coin.nicks > 0)
    state_ru = [
        s
        for s, yes in zip(
            ("рельеф потёрт", coin.metal.patina_said.ru, "в верхней части просверлено отверстие", "на гурте забоины"),
            worn,
            strict=True,
        )
        if yes
    ]
    state_en = [
        s
        for s, yes in zip(
            ("worn relief", coin.metal.patina_said.en, "pierced at the top", "nicks on the edge"), worn, strict=True
        )
        if yes
    ]
    if state_ru:
        ru.append("сохранность: " + ", ".join(state_ru))
        en.append("condition: " + ", ".join(state_en))
    dating = words.exactly(coin.year)
    return Card(
        kind="coin",
        typology=Typology.NUMISMATICS,
        name=Said(f"Монета. {name_ru}. {coin.year} г.", f"Coin. {name_en}. {coin.year}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=dating.said,
        year_from=coin.year,
        year_to=coin.year,
        materials=coin.metal.said,
        technique=Said("чеканка", "struck"),
        dimensions=words.measures(("диаметр", "diameter", diameter)),
        place=Said(f"Россия, {coin.mint[0].ru}", f"Russia, {coin.mint[0].en}"),
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
