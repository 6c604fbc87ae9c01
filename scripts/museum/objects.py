"""The museum's objects by number. An object depends on the seed and its number alone, never on how many there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .kinds import KINDS
from .photograph import Photograph, Photographer
from .values import Card, Random, Said, Typology

MUSEUM = Said("Демонстрационный музей «Витрина»", "Vitrine Demonstration Museum")

# Inventory books, as museums keep them: one letter code for each collection.
BOOKS = {
    Typology.ARCHAEOLOGY: "А",
    Typology.WEAPONS: "ОР",
    Typology.NUMISMATICS: "Н",
    Typology.PHOTOGRAPHS: "Ф",
    Typology.RARE_BOOKS: "РК",
    Typology.DOCUMENTS: "Д",
    Typology.PRINTED_MATTER: "ПП",
    Typology.APPLIED_ARTS: "ДПИ",
    Typology.SCULPTURE: "С",
    Typology.GRAPHICS: "Г",
    Typology.TECHNOLOGY: "Т",
    Typology.PAINTING: "Ж",
    Typology.NATURAL_SCIENCE: "ЕН",
    Typology.MINERALOGY: "М",
    Typology.OTHER: "ПР",
}


@dataclass(frozen=True, kw_only=True)
class Catalogued:
    """One object's numbers, card and photographs."""

    number: int
    card: Card
    photographs: tuple[Photograph, ...]

    @property
    def external_id(self) -> str:
        return f"VDM-{self.number:06d}"

    @property
    def inventory_no(self) -> str:
        return f"{BOOKS[self.card.typology]}-{1000 + self.number}"

    @property
    def kp_no(self) -> str:
        return f"ВДМ КП-{20000 + self.number * 7 // 5}/{self.number % 9 + 1}"


def randomness(seed: int, *path: int) -> Random:
    return np.random.default_rng([seed, *path])


def catalogued(seed: int, number: int, photographs: int) -> Catalogued:
    """The object with this number, from 1, photographed from so many sides."""
    exhibit = KINDS[(number - 1) % len(KINDS)](randomness(seed, number))
    photographer = Photographer(exhibit)
    taken = tuple(photographer.take(view, randomness(seed, number, view)) for view in range(1, photographs + 1))
    return Catalogued(number=number, card=exhibit.card, photographs=taken)
