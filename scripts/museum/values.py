"""What an object of the demo museum is: its card in two languages, and the surfaces it is photographed by."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Single precision wherever there is one value a pixel; sums on the way there may be double.
Floats = NDArray[np.floating[Any]]
Pixels = NDArray[np.uint8]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Random = np.random.Generator


class Said(NamedTuple):
    """One statement in Russian and in English."""

    ru: str
    en: str


class Typology(Enum):
    """The fifteen typologies of the Goskatalog."""

    ARCHAEOLOGY = Said("Археология", "Archaeology")
    WEAPONS = Said("Оружие", "Arms and armour")
    NUMISMATICS = Said("Нумизматика", "Numismatics")
    PHOTOGRAPHS = Said("Фото и негативы", "Photographs and negatives")
    RARE_BOOKS = Said("Редкие книги", "Rare books")
    DOCUMENTS = Said("Документы", "Documents")
    PRINTED_MATTER = Said("Печатная продукция", "Printed matter")
    APPLIED_ARTS = Said("Предметы прикладного искусства", "Applied arts")
    SCULPTURE = Said("Скульптура", "Sculpture")
    GRAPHICS = Said("Графика", "Graphic arts")
    TECHNOLOGY = Said("Техника", "Technology")
    PAINTING = Said("Живопись", "Painting")
    NATURAL_SCIENCE = Said("Естественнонаучная коллекция", "Natural science")
    MINERALOGY = Said("Минералогия", "Mineralogy")
    OTHER = Said("Прочие", "Other")


class Stance(Enum):
    """How an object is put before the camera; a hanging object lies on a ground that is a wall."""

    STANDING = "standing"
    LYING = "lying"
    HANGING = "hanging"


@dataclass(frozen=True, kw_only=True)
class Card:
    """The catalogue record, less the numbers that the museum gives."""

    kind: str
    typology: Typology
    name: Said
    description: Said
    period: Said
    year_from: int
    year_to: int
    materials: Said
    technique: Said
    dimensions: Said
    place: Said
    authors: str = ""


@dataclass(frozen=True, kw_only=True)
class Finish:
    """How a surface takes the light. Maps are float32 [h, w]; a map of one pixel is a constant.

    `height` is a relief in the units of the part's points; `opacity` below one half is a hole.
    """

    colour: Pixels
    roughness: Floats | float = 0.6
    metal: Floats | float = 0.0
    height: Floats | None = None
    opacity: Floats | None = None
    # Light that passes through thin or waxy matter and lifts the shadow side.
    translucency: float = 0.0
    # The share of what is seen that has come through the body, bent and tinted: glass and crystal.
    clarity: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Part:
    """A grid of points, float32 [rows, columns, 3] in centimetres, z up, with its finish stretched over it.

    With `rows_per_piece` the grid is a stack of separate pieces of that many rows. `closed` says that the first and the
    last column coincide; `two_sided` surfaces are seen from behind as well; `faceted` ones keep their hard edges.
    """

    points: Floats
    finish: Finish
    rows_per_piece: int | None = None
    closed: bool = False
    two_sided: bool = False
    faceted: bool = False
    # Normals [h, w, 3] of a maker that knows them better than the grid does; they stand for the finish's relief too.
    normals: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """One way to lay an object before the camera: the parts rest on z = 0; the front is -y (standing) or +z (lying)."""

    parts: tuple[Part, ...]
    stance: Stance
    side: Said = field(default=Said("общий вид", "general view"))
    # A turned object may be seen from all around; a bust only from the front and the sides.
    turn_limit_deg: float = 180.0


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """An object: its card, and its arrangements, of which the first is the catalogue's."""

    card: Card
    arrangements: tuple[Arrangement, ...]
