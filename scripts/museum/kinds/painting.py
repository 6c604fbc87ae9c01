"""An oil painting on canvas, a landscape or a still life: brushwork, craquelure, a gilded frame or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, frames, landscapes, still_lives, words
from scripts.museum.english import an
from scripts.museum.landmarks import Landscape
from scripts.museum.noise import clouds, craquelure
from scripts.museum.planes import clamp, mixed, pixels
from scripts.museum.russian import decimal, sentence
from scripts.museum.sheets import one_side
from scripts.museum.still_lives import StillLife
from scripts.museum.strokes import brushed, canvas_weave
from scripts.museum.values import Card, Exhibit, Finish, Floats, Random, Said, Stance, Typology
from scripts.museum.words import Dating, chance, pick

PAINTERS = (
    "Неизвестный художник",
    "Лагутин П. С.",
    "Вершинин А. Н.",
    "Озерова М. К.",
    "Ставровский И. И.",
    "Тихменев Н. Д.",
    "Калужский В. Е.",
    "Белецкая О. Ф.",
)


@dataclass(frozen=True, kw_only=True)
class Picture:
    view: Landscape | StillLife
    height: float
    width: float
    frame: str
    cracked: bool
    yellowed: float
    losses: bool
    author: str
    dating: Dating


def choose(rng: Random, subject: Callable[[Random], Landscape | StillLife]) -> Picture:
    wide = float(rng.uniform(38, 96))
    view = subject(rng)
    low, high = (0.62, 0.80) if isinstance(view, Landscape) else (0.74, 0.92)
    return Picture(
        view=view,
        width=round(wide, 1),
        height=round(wide * float(rng.uniform(low, high)), 1),
        frame=pick(rng, tuple(frames.FRAMES)),
        cracked=chance(rng, 0.45),
        yellowed=float(rng.uniform(0, 0.35)),
        losses=chance(rng, 0.25),
        author=pick(rng, PAINTERS),
        dating=words.within(rng, 1840, 1955),
    )


def _subject(view: Landscape | StillLife, tall: int, wide: int) -> Floats:
    return (
        landscapes.painted(view, tall, wide) if isinstance(view, Landscape) else still_lives.painted(view, tall, wide)
    )


def exhibit(picture: Picture, rng: Random) -> Exhibit:
    wide = 860
    tall = int(wide * picture.height / picture.width)
    colour, relief = brushed(_subject(picture.view, tall, wide), rng)
    colour = mixed(colour, (0.60, 0.44, 0.18), picture.yellowed * 0.5)
    relief = relief * np.float32(picture.width * 0.0011) + canvas_weave(rng, tall, wide) * np.float32(
        picture.width * 0.00022
    )
    if picture.cracked:
        net = craquelure(rng, tall, wide, 34)
        colour = mixed(colour, (0.14, 0.10, 0.07), net * np.float32(0.55))
        relief -= net * np.float32(picture.width * 0.0006)
    if picture.losses:
        gone = damage.losses(rng, tall, wide, 0.012, 110)
        colour = mixed(colour, (0.74, 0.66, 0.52), gone)
        relief -= gone * np.float32(picture.width * 0.001)
    gloss = clamp(np.float32(0.30) + clouds(rng, tall, wide, 200, 3) * np.float32(0.1))
    finish = Finish(colour=pixels(colour), roughness=gloss, height=relief)
    parts = frames.hung(finish, picture.width, picture.height, picture.frame, rng)
    return Exhibit(card=card(picture), arrangements=one_side(*parts, stance=Stance.HANGING))


def card(picture: Picture) -> Card:
    said, frame = picture.view.said(), frames.FRAMES[picture.frame]
    landscape = isinstance(picture.view, Landscape)
    ru = [f"изображён {said.ru}" if landscape else f"изображены {said.ru}", f"картина {frame.said.ru}"]
    en = [an(said.en) if landscape else said.en, f"the painting is {frame.said.en}"]
    states = (
        (picture.cracked, "сетка кракелюра", "craquelure"),
        (picture.yellowed > 0.2, "пожелтение лака", "yellowed varnish"),
        (picture.losses, "мелкие утраты красочного слоя до грунта", "small losses of paint down to the ground"),
    )
    if any(state[0] for state in states):
        ru.append("сохранность: " + ", ".join(state[1] for state in states if state[0]))
        en.append("condition: " + ", ".join(state[2] for state in states if state[0]))
    title = picture.view.title()
    return Card(
        kind="landscape" if landscape else "still_life",
        typology=Typology.PAINTING,
        name=Said(f"Картина «{title.ru}»", f"Painting, {title.en}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=picture.dating.said,
        year_from=picture.dating.year_from,
        year_to=picture.dating.year_to,
        materials=Said("холст, масло", "oil on canvas"),
        technique=Said("масляная живопись", "oil painting"),
        dimensions=Said(
            f"{decimal(picture.height)} × {decimal(picture.width)} см (без рамы)",
            f"{picture.height:g} × {picture.width:g} cm (unframed)",
        ),
        place=Said("Россия", "Russia"),
        authors=picture.author,
    )


def make_landscape(rng: Random) -> Exhibit:
    return exhibit(choose(rng, landscapes.imagine), rng)


def make_still_life(rng: Random) -> Exhibit:
    return exhibit(choose(rng, still_lives.arrange), rng)
