"""A nineteenth-century photograph on its mount: a view or a studio portrait in brown tones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.museum import damage, landscapes, lettering, words
from scripts.museum.landmarks import Landscape
from scripts.museum.noise import clouds, grain
from scripts.museum.planes import blur, clamp, flat, floats, mixed, pixels, smoothstep
from scripts.museum.russian import sentence
from scripts.museum.sheets import board, one_side, solid
from scripts.museum.sitters import Sitter, drawn, sit
from scripts.museum.values import Card, Exhibit, Finish, Floats, Random, Said, Typology
from scripts.museum.words import Dating, chance, pick

STUDIOS = (
    ("Фотографiя К. БЕРГА", "въ Саратовѣ", Said("Россия, Саратов", "Russia, Saratov"), "Берг К."),
    ("А. ЗАХАРЬИНЪ", "Вятка", Said("Россия, Вятка", "Russia, Vyatka"), "Захарьин А."),
    ("Фотографъ И. НЕВСКIЙ", "Тверь", Said("Россия, Тверь", "Russia, Tver"), "Невский И."),
    ("Е. ЛЮДВИГЪ", "Рига", Said("Российская империя, Рига", "Russian Empire, Riga"), "Людвиг Е."),
    ("С. АРУТЮНОВЪ", "Тифлисъ", Said("Российская империя, Тифлис", "Russian Empire, Tiflis"), "Арутюнов С."),
)
TONES = {
    "sepia": (Said("альбуминовый отпечаток", "albumen print"), (0.16, 0.085, 0.045), (0.93, 0.86, 0.72)),
    "cool": (Said("бромосеребряный отпечаток", "gelatin silver print"), (0.06, 0.06, 0.065), (0.90, 0.895, 0.86)),
    "purple": (Said("коллодионный отпечаток", "collodion print"), (0.14, 0.06, 0.07), (0.92, 0.86, 0.78)),
}
MOUNTS = (
    (Said("тёмно-зелёном", "dark green"), (0.10, 0.15, 0.12)),
    (Said("кремовом", "cream"), (0.88, 0.83, 0.72)),
    (Said("тёмно-бордовом", "maroon"), (0.24, 0.07, 0.08)),
    (Said("сером", "grey"), (0.55, 0.55, 0.53)),
)


@dataclass(frozen=True, kw_only=True)
class Print:
    subject: Landscape | Sitter
    tone: str
    mount: int
    studio: int
    faded: float
    scratched: bool
    corner: int
    dating: Dating


def choose(rng: Random) -> Print:
    portrait = chance(rng, 0.6)
    return Print(
        subject=sit(rng) if portrait else landscapes.imagine(rng),
        tone=pick(rng, tuple(TONES)),
        mount=int(rng.integers(0, len(MOUNTS))),
        studio=int(rng.integers(0, len(STUDIOS))),
        faded=float(rng.uniform(0, 0.6)),
        scratched=chance(rng, 0.5),
        corner=int(rng.choice([-1, -1, 0, 1, 2, 3])),
        dating=words.within(rng, 1865, 1916),
    )


def _grey(photo: Print, tall: int, wide: int) -> Floats:
    if isinstance(photo.subject, Sitter):
        return drawn(photo.subject, tall, wide)
    return floats(landscapes.painted(photo.subject, tall, wide) @ floats([0.25, 0.55, 0.20]))


def exhibit(photo: Print, rng: Random) -> Exhibit:
    upright = isinstance(photo.subject, Sitter)
    width, height = (10.8, 16.4) if upright else (21.0, 16.5)
    tall, wide = (1020, int(1020 * width / height)) if upright else (int(1000 * height / width), 1000)
    margin, foot = int(wide * 0.06), int(tall * (0.13 if upright else 0.11))
    inner_tall, inner_wide = tall - margin - foot, wide - 2 * margin
    grey = blur(_grey(photo, inner_tall, inner_wide), 0.7) + grain(rng, inner_tall, inner_wide, 0.7) * np.float32(0.012)
    y, x = np.mgrid[-1 : 1 : inner_tall * 1j, -1 : 1 : inner_wide * 1j].astype(np.float32)
    grey = grey * (1 - 0.22 * smoothstep(floats(np.hypot(x, y)), 0.75, 1.4))
    fade = photo.faded * (
        0.5
        + 0.5
        * smoothstep(
            floats(np.maximum(np.abs(x), np.abs(y)) + clouds(rng, inner_tall, inner_wide, 200, 3) * 0.2), 0.6, 1.05
        )
    )
    grey = clamp(floats((grey - 0.08) * 1.12 * (1 - fade * 0.45) + fade * 0.40))
    _, dark, pale = TONES[photo.tone]
    image = mixed(flat(inner_tall, inner_wide, dark), pale, grey)
    mount = flat(tall, wide, MOUNTS[photo.mount][1]) * (
        1 + clouds(rng, tall, wide, 300, 4)[..., None] * np.float32(0.05)
    )
    mount = floats(mount)
    mount[margin : margin + inner_tall, margin : margin + inner_wide] = image
    dim = sum(MOUNTS[photo.mount][1]) < 1.0
    gold = (0.80, 0.63, 0.30) if dim else (0.34, 0.22, 0.12)
    page = lettering.Page(tall, wide)
    name, town, _, _ = STUDIOS[photo.studio]
    middle = tall - foot / 2
    page.text(margin * 1.2, middle, name, int(foot * 0.24), lettering.REGULAR, anchor="lm", spacing=1.5)
    page.text(wide - margin * 1.2, middle, town, int(foot * 0.24), lettering.REGULAR, anchor="rm", spacing=1.5)
    page.frame(margin - 6, margin - 6, margin + inner_wide + 5, margin + inner_tall + 5, 2)
    page.frame(10, 10, wide - 11, tall - 11, 3)
    letters = page.read()
    mount = mixed(mount, gold, letters * np.float32(0.9))
    if photo.scratched:
        mount = mixed(mount, (0.9, 0.86, 0.78), damage.scratches(rng, tall, wide, 26, 260) * np.float32(0.5))
        mount = mixed(mount, (0.2, 0.13, 0.08), damage.foxing(rng, tall, wide, 0.5) * np.float32(0.35))
    if photo.corner >= 0:
        cx, cy = ((0, 0), (wide, 0), (wide, tall), (0, tall))[photo.corner]
        yy, xx = np.mgrid[0:tall, 0:wide].astype(np.float32)
        away = np.abs(xx - cx) + np.abs(yy - cy) + clouds(rng, tall, wide, 24, 3) * 8
        crease = np.exp(-(((away - wide * 0.16) / 2.0) ** 2))
        mount = mixed(mount, (0.88, 0.84, 0.76), floats(crease) * np.float32(0.75))
    roughness = np.full((tall, wide), 0.55, np.float32)
    roughness[margin : margin + inner_tall, margin : margin + inner_wide] = 0.27
    metal = letters * np.float32(0.6 if dim else 0.0)
    height_map = np.zeros((tall, wide), np.float32)
    height_map[margin : margin + inner_tall, margin : margin + inner_wide] = 0.02
    height_map += clouds(rng, tall, wide, 200, 3) * np.float32(0.012)
    finish = Finish(colour=pixels(mount), roughness=roughness, metal=metal, height=height_map)
    parts = board(finish, width, height, 0.15, solid(0.75, 0.70, 0.60), bow=float(rng.uniform(0.05, 0.25)))
    return Exhibit(card=card(photo, width, height), arrangements=one_side(*parts))


def card(photo: Print, width: float, height: float) -> Card:
    said = photo.subject.said()
    mount, (tone, _, _) = MOUNTS[photo.mount][0], TONES[photo.tone]
    name, town, place, author = STUDIOS[photo.studio]
    details = photo.subject.details() if isinstance(photo.subject, Sitter) else None
    title = Said(f"Фотография. {said.ru[0].upper()}{said.ru[1:]}", f"Photograph. {said.en[0].upper()}{said.en[1:]}")
    ru = [
        f"{said.ru}; {details.ru}" if details else f"изображён {said.ru}",
        f"отпечаток наклеен на паспарту на {mount.ru} картоне с тиснёной надписью «{name} {town}»",
    ]
    en = [
        f"{said.en}; {details.en}" if details else said.en,
        f"mounted on {mount.en} card lettered «{name} {town}»",
    ]
    states = (
        (photo.faded > 0.3, "выцветание по краям", "fading at the edges"),
        (photo.scratched, "царапины и пятна", "scratches and spots"),
        (photo.corner >= 0, "залом угла", "a creased corner"),
    )
    if any(s[0] for s in states):
        ru.append("сохранность: " + ", ".join(s[1] for s in states if s[0]))
        en.append("condition: " + ", ".join(s[2] for s in states if s[0]))
    return Card(
        kind="photograph",
        typology=Typology.PHOTOGRAPHS,
        name=title,
        description=Said(" ".join(map(sentence, ru)), " ".join(map(sentence, en))),
        period=photo.dating.said,
        year_from=photo.dating.year_from,
        year_to=photo.dating.year_to,
        materials=Said("фотобумага, картон", "photographic paper, card"),
        technique=tone,
        dimensions=words.size(height, width),
        place=place,
        authors=author,
    )


def make(rng: Random) -> Exhibit:
    return exhibit(choose(rng), rng)
