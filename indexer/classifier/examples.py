"""What a head is fitted on: pictures whose class is known, each class and each object in it counting the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]
Split = tuple[Numbers, Numbers]

MOST_IMAGES = 50_000
# Pictures × classes: time and memory of a fit go with it. Of a hundred classes all those pictures, of more fewer each.
_MOST_LOGITS = 5_000_000
_FOLDS = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examples:
    """vectors [n, d]; classes [n] as numbers; objects [n]; weights [n]: classes count the same, and objects in them."""

    vectors: Floats
    classes: Numbers
    objects: Numbers
    weights: npt.NDArray[np.float64]

    @classmethod
    def of(cls, vectors: Floats, classes: Numbers, objects: Numbers) -> Examples:
        return cls(vectors=vectors, classes=classes, objects=objects, weights=_balanced(classes, objects))

    def at(self, rows: Numbers) -> Examples:
        return Examples.of(self.vectors[rows], self.classes[rows], self.objects[rows])


def labelled(
    vectors: Floats,
    labels: Sequence[str],
    record_ids: Numbers,
    names: Sequence[str],
    rng: np.random.Generator,
    places: Numbers | None = None,
) -> Examples:
    """Those whose label is one of ``names``; of very many, a sample. ``places`` [n]: their rows in ``vectors``."""
    number = {name: position for position, name in enumerate(names)}
    classes = np.array([number.get(label, -1) for label in labels], np.int64)
    most = min(MOST_IMAGES, _MOST_LOGITS // len(names))
    rows = balanced_sample(np.flatnonzero(classes >= 0), classes, record_ids, most, rng)
    taken = vectors[rows if places is None else places[rows]]
    return Examples.of(np.asarray(taken, np.float32), classes[rows], record_ids[rows])


def told_once(photographs: Numbers, labels: Sequence[str]) -> Numbers:
    """Rows [m] of ``photographs`` [n], each photograph once, and none that is filed under records of several labels.

    Whoever has learned from a photograph knows its every copy, whatever record that is filed under; and one that shows
    several kinds of thing, or says that there is no photograph, tells of none.
    """
    number = {label: position for position, label in enumerate(dict.fromkeys(labels))}
    classes = np.array([number[label] for label in labels], np.int64)
    _, first, photograph = np.unique(photographs, return_index=True, return_inverse=True)
    pairs = np.unique(np.stack([photograph, classes], axis=1), axis=0)
    return np.sort(first[np.bincount(pairs[:, 0], minlength=len(first)) == 1])


def balanced_sample(rows: Numbers, classes: Numbers, objects: Numbers, most: int, rng: np.random.Generator) -> Numbers:
    """At most ``most`` of the rows, in order. Rare classes are kept whole and only the largest are thinned out.

    A head on some hundred numbers gains nothing measurable from more, and fifty million rows would not fit. Second
    pictures go before objects do: no class falls below the fewest objects that one is learned from.
    """
    if len(rows) <= most:
        return rows
    shuffled = rng.permutation(rows)
    by_picture = shuffled[np.argsort(_places_within(objects[shuffled]), kind="stable")]
    return np.sort(by_picture[np.argsort(_places_within(classes[by_picture]), kind="stable")[:most]])


def _places_within(groups: Numbers) -> Numbers:
    """[n]: how many of the same group stand before each."""
    order = np.argsort(groups, kind="stable")
    in_groups = groups[order]
    places = np.empty(len(groups), np.int64)
    places[order] = np.arange(len(groups)) - np.searchsorted(in_groups, in_groups)
    return places


def folds(examples: Examples, seed: int) -> list[Split]:
    """Rows to learn from and rows to be asked about; all images of an object are on one side."""
    objects = [len(np.unique(examples.objects[examples.classes == number])) for number in np.unique(examples.classes)]
    splitter = StratifiedGroupKFold(n_splits=min(_FOLDS, *objects), shuffle=True, random_state=seed)
    return list(splitter.split(examples.vectors, examples.classes, examples.objects))


def once_each(objects: Numbers) -> npt.NDArray[np.float64]:
    """Weights [n] with which each object counts 1, however many pictures it has."""
    _, object_number, images = np.unique(objects, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / images[object_number], np.float64)


def _balanced(classes: Numbers, objects: Numbers) -> npt.NDArray[np.float64]:
    weights = once_each(objects)
    weights = weights / np.bincount(classes, weights=weights)[classes]
    return np.asarray(weights * len(weights) / weights.sum(), np.float64)
