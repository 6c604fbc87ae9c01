"""A landscape drawn in pencil, ink or sanguine: contours and hatching on toned paper."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.museum import landscapes, papers, words
from scripts.museum.ink import Ink
from scripts.museum.landmarks import Landscape
from scripts.museum.noise import clouds, grain
from scripts.museum.papers import Ageing
from scripts.museum.planes import blur, clamp, floats, mixed, pixels, sampled
from scripts.museum.russian import sentence
from scripts.museum.sheets import lying, one_side
from scripts.museum.values import Card, Exhibit, Finish, Floats, Random, Said, Typology
from scripts.museum.words import Dating, pick

MEDIA = {
    "pencil": (Said("карандаш", "pencil"), Said("карандашом", "in pencil"), (0.20, 0.20, 0.21), 0.85),
    "ink": (Said("тушь, перо", "pen and ink"), Said("тушью, пером", "in pen and ink"), (0.07, 0.06, 0.06), 1.0),
    "sanguine": (Said("сангина", "sanguine"), Said("сангиной", "in sanguine"), (0.56, 0.22, 0.12), 0.9),
    "charcoal": (Said("уголь", "charcoal"), Said("углем", "in charcoal"), (0.11, 0.105, 0.10), 1.0),
}
ARTISTS = (
    "Неизвестный художник",
    "Лисицын В. Г.",
    "Заозёрская А. И.",
    "Мельников К. Т.",
    "Горностаев Р. Ю.",
    "Чижова Е. Д.",
)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    view: Landscape
    medium: str
    hatch: float
    signed: bool
    ageing: Ageing
    width: float
    height: float
    author: str
    dating: Dating


def choose(rng: Random) -> Drawing:
    width = float(rng.uniform(18, 46))
    author = pick(rng, ARTISTS)
    return Drawing(
        view=landscapes.imagine(rng),
        medium=pick(rng, tuple(MEDIA)),
        hatch=float(rng.uniform(-1.1, -0.5)),
        signed=author != ARTISTS[0],
        ageing=papers.aged(rng),
        width=round(width, 1),
        height=round(width * float(rng.uniform(0.66, 0.8)), 1),
        author=author,
        dating=words.within(rng, 1790, 1960),
    )


def _hatched(grey: Floats, angle: float, rng: Random, medium: str) -> Floats:
    """Pencil 0..1: lines of one direction where it is dim, crossed where it is dark, and contours."""
    height, width = grey.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    tremble = clouds(rng, height, width, 140, 3) * np.float32(5.0)
    total = np.zeros_like(grey)
    for turn, limit, pitch in ((0.0, 0.74, 7.0), (0.45, 0.52, 6.0), (1.35, 0.34, 6.5), (0.9, 0.20, 5.0)):
        a = angle + turn
        phase = (x * np.cos(a + np.pi / 2) + y * np.sin(a + np.pi / 2) + tremble) * np.float32(2 * np.pi / pitch)
        line = clamp((np.cos(phase) - np.float32(0.25)) * np.float32(1.6))
        # Strokes begin and end: each line is broken by noise stretched along it.
        along = x * np.cos(a) + y * np.sin(a)
        broken = sampled(
            clouds(rng, 256, 256, 24, 2), floats(along * 0.16 + phase * 0.7), floats(phase * 1.9), wrap=True
        )
        total = np.maximum(
            total, line * clamp((limit - grey) * np.float32(5.0)) * clamp(np.float32(0.95) + broken * np.float32(0.7))
        )
    edges = cv2.Canny((blur(grey, 1.4) * 255).astype(np.uint8), 26, 62)
    contour = blur(floats(edges) / np.float32(255), 0.8) * np.float32(1.9)
    total = np.maximum(total * np.float32(0.78), clamp(contour))
    if medium == "charcoal":
        total = np.maximum(blur(total, 1.6) * np.float32(1.1), clamp((np.float32(0.55) - grey) * np.float32(0.9)))
    if medium != "ink":
        total = total * clamp(np.float32(0.85) + grain(rng, height, width, 0.9) * np.float32(0.30))
    return clamp(floats(total))


def exhibit(drawing: Drawing, rng: Random) -> Exhibit:
    wide = 1000
    tall = int(wide * drawing.height / drawing.width)
    margin = 46
    view = landscapes.painted(drawing.view, tall - 2 * margin, wide - 2 * margin) @ floats([0.3, 0.55, 0.15])
    dark, pale = np.quantile(view, 0.02), np.quantile(view, 0.92)
    grey = floats((view - dark) / (pale - dark))
    _, _, colour, strength = MEDIA[drawing.medium]
    lines = np.zeros((tall, wide), np.float32)
    lines[margin : tall - margin, margin : wide - margin] = _hatched(grey, drawing.hatch, rng, drawing.medium)
    if drawing.signed:
        ink = Ink(tall, wide)
        papers.signature(rng, ink, wide - margin - 150, tall - margin - 14, 20)
        lines = np.maximum(lines, ink.read())
    paper = papers.blank(rng, tall, wide, drawing.ageing, white=(0.90, 0.87, 0.79))
    paper = mixed(paper, colour, floats(lines * strength))
    paper = papers.worn(rng, paper, drawing.ageing)
    relief = papers.relief(rng, tall, wide, drawing.ageing) * np.float32(drawing.width / wide)
    finish = Finish(
        colour=pixels(paper), roughness=0.9, height=relief, opacity=papers.outline(rng, tall, wide, drawing.ageing)
    )
    return Exhibit(
        card=card(drawing), arrangements=one_side(lying(rng, finish, drawing.width, drawing.height, curl=0.006))
    )


def card(drawing: Drawing) -> Card:
    said = drawing.view.said()
    medium, how, *_ = MEDIA[drawing.medium]
    ru = [f"{said.ru}, исполнен {how.ru} на бумаге" + (", в правом нижнем углу подпись" if drawing.signed else "")]
    en = [f"{said.en}, drawn {how.en} on paper" + (", signed lower right" if drawing.signed else "")]
    if drawing.ageing.ru():
        ru.append("сохранность: " + ", ".join(drawing.ageing.ru()))
        en.append("condition: " + ", ".join(drawing.ageing.en()))
    return Card(
        kind="drawing",
        typology=Typology.GRAPHICS,
        name=Said(f"Рисунок «{said.ru[0].upper()}{said.ru[1:]}»", f"Drawing, {said.en[0].upper()}{said.en[1:]}"),
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=drawing.dating.said,
        year_from=drawing.dating.year_from,
        year_to=drawing.dating.year_to,
        materials=Said(f"бумага, {medium.ru}", f"paper, {medium.en}"),
        technique=Said("рисунок", "drawing"),
        dimensions=words.size(drawing.height, drawing.width),
        place=Said("Россия", "Russia"),
        authors=drawing.author,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
