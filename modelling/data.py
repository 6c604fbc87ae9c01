"""Pictures to learn from, in memory, and what is held out of them for the choices."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np

from modelling import evaluate, pictures
from vitrine import errors, preprocessing
from vitrine.domain import Pixels

HELD_OUT = 8
"""Every eighth class of a folder of classes, and every eighth object of a museum, is not learned from."""

LARGEST = 256
"""Longer side in memory; Caltech-101 lies at 208 px."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thing:
    """Photographs of one object (one, or several sides), and the class it belongs to."""

    kind: str
    views: tuple[Pixels, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collection:
    learned: Sequence[Thing]
    held_out: Sequence[Thing]


def read_classes(folder: pathlib.Path) -> Collection:
    """A folder of folders of pictures, as Caltech-101 is: each picture an object seen once. Raises Misconfigured."""
    if not folder.is_dir():
        raise errors.Misconfigured(f"{folder} is no folder. --classes DIR: a folder of .jpg pictures for each class.")
    classes = sorted(path for path in folder.iterdir() if path.is_dir())
    parts: tuple[list[Thing], list[Thing]] = ([], [])
    for number, path in enumerate(classes):
        for file in sorted(path.glob("*.jpg")):
            parts[number % HELD_OUT == HELD_OUT - 1].append(Thing(kind=path.name, views=(_read(file),)))
    return Collection(learned=parts[0], held_out=parts[1])


def read_museum(folder: pathlib.Path) -> Collection:
    """The demo museum: each object seen from several sides."""
    by_object: dict[str, list[evaluate.Photograph]] = {}
    for photograph in evaluate.read_museum(folder):
        by_object.setdefault(photograph.object_id, []).append(photograph)
    parts: tuple[list[Thing], list[Thing]] = ([], [])
    for number, seen in enumerate(by_object.values()):
        # The catalogue's view first: the others are asked with.
        seen.sort(key=lambda photograph: photograph.view != "catalogue")
        thing = Thing(kind=seen[0].kind, views=tuple(_read(photograph.path) for photograph in seen))
        parts[number % HELD_OUT == HELD_OUT - 1].append(thing)
    return Collection(learned=parts[0], held_out=parts[1])


def squares(things: Sequence[Thing], resize: preprocessing.Resize) -> Pixels:
    """The first view of each, as the product would prepare it: uint8 [n, size, size, 3]."""
    return np.stack([preprocessing.fit(thing.views[0], resize) for thing in things])


def _read(path: pathlib.Path) -> Pixels:
    return preprocessing.longest_side(pictures.read_picture(path), LARGEST)
