"""An icon on a wooden panel: a half-length saint with a gilded halo, a name in red letters, a raised border."""

from __future__ import annotations

import numpy as np

from scripts.museum import damage, lettering, reliefs, words
from scripts.museum.icon_painting import paint_figure
from scripts.museum.icon_parts import (
    CHERRY,
    CINNABAR,
    DARK_BLUE,
    EARTH,
    GILT,
    OCHRE,
    OLIVE,
    PALE,
    TALL,
    WIDE,
    Icon,
    Panel,
    Saint,
)
from scripts.museum.ink import Ink
from scripts.museum.meshes import box
from scripts.museum.noise import clouds, craquelure, grain, hairline
from scripts.museum.planes import clamp, flat, floats, mixed, pixels, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import one_side, solid
from scripts.museum.values import Card, Exhibit, Finish, Floats, Part, Random, Said, Stance, Typology
from scripts.museum.words import chance, pick

SAINTS = (
    Saint(
        key="nicholas",
        name=Said("Святой Николай Чудотворец", "Saint Nicholas the Wonderworker"),
        letters=("СТЫЙ", "НИКОЛАЕ"),
        hair=(0.52, 0.48, 0.43),
        beard=0.55,
        bald=True,
        crosses=True,
    ),
    Saint(
        key="john",
        name=Said("Святой Иоанн Богослов", "Saint John the Theologian"),
        letters=("СТЫЙ", "IОАННЪ"),
        hair=(0.44, 0.38, 0.32),
        beard=0.95,
        bald=True,
        crosses=False,
    ),
    Saint(
        key="saviour",
        name=Said("Господь Вседержитель", "Christ Pantocrator"),
        letters=("IС", "ХС"),
        hair=(0.22, 0.12, 0.07),
        beard=0.42,
        bald=False,
        crosses=False,
    ),
    Saint(
        key="blaise",
        name=Said("Святой Власий", "Saint Blaise"),
        letters=("СТЫЙ", "ВЛАСIЙ"),
        hair=(0.30, 0.24, 0.19),
        beard=0.9,
        bald=False,
        crosses=True,
    ),
    Saint(
        key="panteleimon",
        name=Said("Святой целитель Пантелеимон", "Saint Panteleimon the Healer"),
        letters=("СТЫЙ", "ПАНТЕЛЕ"),
        hair=(0.20, 0.11, 0.06),
        beard=0.0,
        bald=False,
        crosses=False,
    ),
)
PLACES = (
    Said("Россия, Палех", "Russia, Palekh"),
    Said("Россия, Мстёра", "Russia, Mstyora"),
    Said("Русский Север", "Russian North"),
    Said("Россия, Ветка", "Vetka"),
    Said("Россия, Поволжье", "Russia, Volga region"),
)


def choose(rng: Random) -> Icon:
    robe, mantle = (
        (CHERRY, OLIVE),
        (OCHRE, CINNABAR),
        (DARK_BLUE, CHERRY),
        (CINNABAR, DARK_BLUE),
        (OLIVE, EARTH),
        (CHERRY, DARK_BLUE),
    )[int(rng.integers(0, 6))]
    return Icon(
        saint=pick(rng, SAINTS),
        ground=pick(rng, (GILT, GILT, OCHRE, PALE, CINNABAR)),
        robe=robe,
        mantle=mantle,
        border=pick(rng, (CINNABAR, OLIVE, EARTH, OCHRE)),
        book_open=chance(rng, 0.4),
        darkened=float(rng.uniform(0, 0.65)),
        lost=float(rng.choice([0.0, 0.012, 0.03, 0.06])),
        split=chance(rng, 0.3),
        height=round(float(rng.uniform(22, 54)), 1),
        proportion=float(rng.uniform(0.78, 0.86)),
        face=float(rng.uniform(0.92, 1.08)),
        seed=int(rng.integers(0, 1 << 30)),
        dating=words.within(rng, 1690, 1905),
        place=pick(rng, PLACES),
    )


def _painted(icon: Icon, rng: Random) -> tuple[Floats, Floats, Floats]:
    painter = np.random.default_rng(icon.seed)
    y, x = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)
    margin = 74
    inwards = np.minimum(np.minimum(x, WIDE - 1 - x), np.minimum(y, TALL - 1 - y))
    panel = Panel(flat(TALL, WIDE, icon.ground.rgb))
    if icon.ground is GILT:
        panel.gold[:] = 1
    paint_figure(icon, panel, painter)
    page = lettering.Page(TALL, WIDE)
    left, right = icon.saint.letters
    for text, cx in ((left, WIDE * 0.20), (right, WIDE * 0.80)):
        page.text(cx, TALL * 0.20, text, 46 if len(text) < 5 else 34, lettering.BOLD, anchor="mm", spacing=2)
        page.rule(cx - 34, TALL * 0.163, cx + 34, TALL * 0.163, 4)
    letters = page.read()
    panel.colour = mixed(panel.colour, CINNABAR.rgb if icon.ground is not CINNABAR else GILT.rgb, letters)
    panel.gold *= 1 - letters
    frame = 1 - smoothstep(floats(inwards), margin - 1.5, margin + 1.5)
    panel.colour = mixed(panel.colour, icon.border.rgb, frame)
    panel.gold *= 1 - frame
    for at, thick, paint in (
        (margin, 3.5, CINNABAR.rgb if icon.border is not CINNABAR else GILT.rgb),
        (10.0, 6.0, EARTH.rgb),
        (margin - 16, 2.0, (0.86, 0.80, 0.66)),
    ):
        rule = np.exp(-(((inwards - at) / thick) ** 4))
        panel.colour = mixed(panel.colour, paint, floats(rule * 0.9))
        panel.gold *= floats(1 - rule)
    # The ark: the middle lies lower than the borders.
    relief = np.float32(-0.22) * smoothstep(floats(inwards), margin - 6, margin + 8) + clouds(
        rng, TALL, WIDE, 200, 3
    ) * np.float32(0.03)
    relief += clouds(rng, TALL, WIDE, 30, 3) * np.float32(0.008)
    return panel.colour, panel.gold, floats(relief)


def exhibit(icon: Icon, rng: Random) -> Exhibit:
    colour, gold, relief = _painted(icon, rng)
    tone = 1 + clouds(rng, TALL, WIDE, 90, 5) * np.float32(0.10) + grain(rng, TALL, WIDE, 0.8) * np.float32(0.02)
    colour = floats(colour * tone[..., None])
    rubbed = clamp(clouds(rng, TALL, WIDE, 60, 5, gain=0.6) - np.float32(0.55)) * np.float32(0.9)
    colour = mixed(colour, (0.52, 0.24, 0.12), rubbed * gold)
    gold = gold * (1 - rubbed)
    net = craquelure(rng, TALL, WIDE, 30)
    colour = mixed(colour, (0.12, 0.08, 0.05), net * np.float32(0.5))
    relief = relief - net * np.float32(0.012)
    varnish = clamp(np.float32(icon.darkened) + clouds(rng, TALL, WIDE, 260, 3) * np.float32(0.12)) * np.float32(0.62)
    colour = colour * (1 - varnish[..., None] * (1 - floats([0.52, 0.36, 0.16])))
    roughness = np.float32(0.30) - gold * np.float32(0.04) + net * np.float32(0.3)
    if icon.lost:
        gone = damage.losses(rng, TALL, WIDE, icon.lost, 150)
        chalk = mixed(
            flat(TALL, WIDE, (0.84, 0.79, 0.68)),
            (0.46, 0.32, 0.19),
            damage.losses(rng, TALL, WIDE, icon.lost * 0.4, 150),
        )
        colour = mixed(floats(colour), chalk, gone)
        gold, roughness, relief = (
            gold * (1 - gone),
            roughness + gone * np.float32(0.5),
            relief - gone * np.float32(0.05),
        )
    if icon.split:
        at = WIDE * float(rng.uniform(0.25, 0.75))
        line = (
            Ink(TALL, WIDE)
            .line(hairline(rng, (at, 0.0), np.pi / 2, TALL * float(rng.uniform(0.5, 1.05)), 0.05), 3.4)
            .read()
        )
        colour = mixed(floats(colour), (0.07, 0.045, 0.03), line)
        relief = relief - line * np.float32(0.10)
    width = icon.height * icon.proportion
    finish = Finish(
        colour=pixels(floats(colour)), roughness=clamp(floats(roughness)), metal=clamp(gold * np.float32(0.85))
    )
    face = reliefs.rectangle(width, icon.height, floats(relief * width / 30), finish, lift=width * 0.085)
    block = Part(
        points=box(width, icon.height, width * 0.07),
        finish=Finish(colour=solid(0.30, 0.20, 0.12), roughness=0.8),
        faceted=True,
    )
    return Exhibit(card=card(icon), arrangements=one_side(face, block, stance=Stance.HANGING))


def card(icon: Icon) -> Card:
    saint = icon.saint
    book = (
        Said("раскрытым Евангелием", "an open Gospel")
        if icon.book_open
        else Said("закрытым Евангелием", "a closed Gospel")
    )
    beard = Said("", "") if saint.beard == 0 else Said(", с бородой", ", bearded")
    ru = [
        f"поясное изображение: {saint.name.ru}{beard.ru}, в {icon.robe.said('pre', 'm')} хитоне и "
        f"{icon.mantle.said('pre', 'm')} плаще, правая рука благословляет, левая с {book.ru}",
        f"фон {icon.ground.ru}, нимб золочёный, поля {icon.border.said('nom', 'p')}; по сторонам надпись "
        f"«{saint.letters[0]} {saint.letters[1]}»",
    ]
    en = [
        f"half-length figure of {saint.name.en}{beard.en}, in {icon.robe.en} tunic and {icon.mantle.en} mantle, "
        f"the right hand blessing, {book.en} in the left",
        f"{icon.ground.en} ground, gilded halo, {icon.border.en} borders; inscribed at the sides "
        f"«{saint.letters[0]} {saint.letters[1]}»",
    ]
    states = (
        (True, "кракелюр", "craquelure"),
        (icon.darkened > 0.4, "потемнение олифы", "darkened varnish"),
        (icon.lost > 0, "утраты красочного слоя до левкаса", "losses of paint down to the gesso"),
        (icon.split, "вертикальная трещина доски", "a vertical split in the panel"),
    )
    ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
    en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="icon",
        typology=Typology.PAINTING,
        name=Said(f"Икона «{saint.name.ru}»", f"Icon, {saint.name.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=icon.dating.said,
        year_from=icon.dating.year_from,
        year_to=icon.dating.year_to,
        materials=Said("дерево, левкас, темпера, золочение", "tempera and gold on gessoed wood"),
        technique=Said("темпера, золочение", "tempera, gilding"),
        dimensions=words.size(icon.height, round(icon.height * icon.proportion, 1)),
        place=icon.place,
        authors="Неизвестный иконописец",
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
