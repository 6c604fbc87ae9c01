"""Colours, centuries and places as a cataloguer writes them, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from .planes import floats
from .russian import adjective, decimal
from .values import Floats, Random, Said

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Colour:
    """`ru` is the masculine adjective; `rgb` is 0..1 sRGB."""

    ru: str
    en: str
    rgb: tuple[float, float, float]

    def said(self, case: str = "nom", gender: str = "m") -> str:
        return adjective(self.ru, case, gender)


COBALT = Colour(ru="синий", en="cobalt blue", rgb=(0.11, 0.20, 0.52))
TURQUOISE = Colour(ru="бирюзовый", en="turquoise", rgb=(0.16, 0.58, 0.60))
CELADON = Colour(ru="серо-зелёный", en="celadon green", rgb=(0.58, 0.68, 0.56))
HONEY = Colour(ru="медово-коричневый", en="honey brown", rgb=(0.62, 0.36, 0.13))
BROWN = Colour(ru="тёмно-коричневый", en="dark brown", rgb=(0.24, 0.13, 0.075))
OXBLOOD = Colour(ru="тёмно-красный", en="oxblood red", rgb=(0.46, 0.08, 0.07))
IVORY = Colour(ru="молочно-белый", en="milk white", rgb=(0.91, 0.89, 0.83))
GREEN = Colour(ru="зелёный", en="green", rgb=(0.13, 0.38, 0.20))
YELLOW = Colour(ru="жёлтый", en="yellow", rgb=(0.87, 0.66, 0.16))
RED = Colour(ru="красный", en="red", rgb=(0.68, 0.13, 0.10))
BLACK = Colour(ru="чёрный", en="black", rgb=(0.07, 0.065, 0.065))
WHITE = Colour(ru="белый", en="white", rgb=(0.92, 0.91, 0.88))
BLUE = Colour(ru="голубой", en="light blue", rgb=(0.42, 0.62, 0.78))
TERRACOTTA = Colour(ru="терракотовый", en="terracotta", rgb=(0.66, 0.34, 0.20))
VIOLET = Colour(ru="фиолетовый", en="violet", rgb=(0.36, 0.22, 0.52))

ROMAN = {
    16: "XVI",
    17: "XVII",
    18: "XVIII",
    19: "XIX",
    20: "XX",
    15: "XV",
    14: "XIV",
    13: "XIII",
    12: "XII",
    11: "XI",
    10: "X",
}
ORDINALS = {21: "21st"}


@dataclass(frozen=True, kw_only=True)
class Dating:
    said: Said
    year_from: int
    year_to: int


def _th(century: int) -> str:
    return ORDINALS.get(century, f"{century}th")


def within(rng: Random, year_from: int, year_to: int) -> Dating:
    """A dating somewhere between the years, as exact as such things are dated."""
    year = int(rng.integers(year_from, year_to + 1))
    century = (year - 1) // 100 + 1
    start = (century - 1) * 100 + 1
    how = rng.integers(0, 4)
    if how == 0 and year_from <= start and start + 99 <= year_to + 20:
        return Dating(
            said=Said(f"{ROMAN[century]} век", f"{_th(century)} century"), year_from=start, year_to=start + 99
        )
    if how == 1:
        first = year - start < 50
        ru, en = ("первая", "first") if first else ("вторая", "second")
        begin = start if first else start + 50
        return Dating(
            said=Said(f"{ru} половина {ROMAN[century]} века", f"{en} half of the {_th(century)} century"),
            year_from=begin,
            year_to=begin + 49,
        )
    if how == 2:
        third = min((year - start) // 33, 2)
        ru, en = (("начало", "early"), ("середина", "mid-"), ("конец", "late"))[third]
        begin = start + (0, 40, 75)[third]
        english = f"{en}{_th(century)} century" if en.endswith("-") else f"{en} {_th(century)} century"
        return Dating(
            said=Said(f"{ru} {ROMAN[century]} века", english), year_from=begin, year_to=begin + (25, 20, 24)[third]
        )
    return decade(year)


def decade(year: int) -> Dating:
    begin = year - year % 10
    return Dating(said=Said(f"{begin}-е годы", f"{begin}s"), year_from=begin, year_to=begin + 9)


def exactly(year: int) -> Dating:
    return Dating(said=Said(f"{year} год", str(year)), year_from=year, year_to=year)


def size(height: float, width: float) -> Said:
    """Flat things: height by width."""
    return Said(f"{decimal(height)} × {decimal(width)} см", f"{height:.1f} × {width:.1f} cm")


def measures(*named: tuple[str, str, float]) -> Said:
    """«высота 24,5 см; диаметр 18 см» from (Russian, English, centimetres)."""
    return Said(
        "; ".join(f"{ru} {decimal(value)} см" for ru, _, value in named),
        "; ".join(f"{en} {decimal(value).replace(',', '.')} cm" for _, en, value in named),
    )


def pick(rng: Random, choices: Sequence[T]) -> T:
    return choices[int(rng.integers(0, len(choices)))]


def chance(rng: Random, share: float) -> bool:
    return bool(rng.random() < share)


def shade_of(rng: Random, colour: Colour, spread: float = 0.03) -> Floats:
    """The colour as it came out of this kiln."""
    return floats(
        np.clip(np.asarray(colour.rgb) * (1 + rng.normal(0, spread)) + rng.normal(0, spread / 2, 3), 0.02, 0.97)
    )
