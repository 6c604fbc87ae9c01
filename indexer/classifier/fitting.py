"""Fits the classifier head on the catalogue's own labels, and measures it on objects that it has not seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer.classifier import examples, figures
from indexer.classifier.examples import Examples, Floats, Numbers, Split
from indexer.classifier.recipes import RECIPES, Recipe
from vitrine.classifier import Head
from vitrine.exam import Exam

TOO_FEW_LABELS = "too_few_labels"
# A class is learned from three objects on, and there is a classifier where two classes have five.
_FEWEST_OBJECTS, _SOLID_OBJECTS, _SOLID_CLASSES = 3, 5, 2
# Twenty pictures of each are what a fit of minutes has room for (`examples`). Where there are more, the column probably
# holds titles or places.
_MOST_CLASSES = 500
# An exam is kept with each version; so many pictures tell recalls apart by less than a point.
_MOST_EXAMINED = 10_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fitted:
    """A head with its exam and figures, or the reason code ``missing``. ``report`` is a JSON document in any case."""

    head: Head | None
    missing: str | None
    report: Mapping[str, Any]
    exam: Exam | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Tried:
    recipe: Recipe
    logits: Floats
    temperature: float
    loss: float
    balanced_accuracy: float

    def document(self) -> dict[str, Any]:
        return {
            "kind": self.recipe.kind,
            **self.recipe.settings,
            "balanced_accuracy": round(self.balanced_accuracy, 4),
            "log_loss": round(self.loss, 4),
        }


def fit(
    vectors: Floats,
    labels: Sequence[str],
    record_ids: Numbers,
    *,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    kind: str | None = None,
    seed: int = 0,
    places: Numbers | None = None,
) -> Fitted:
    """vectors: float32 [n, d] of unit length; labels [n]; record_ids int64 [n], one label for each record.

    ``places`` [n]: their rows in vectors, of which there may be more; a sample of them is copied, never all.
    All images of an object are on one side of every split. The recipe (of ``kind``, or of any) with the best balanced
    accuracy by held-out object is taken. Figures are those of held-out objects, each object counting once; recipe and
    temperature are chosen on the same held-out objects, two choices in all, which flatters little.
    """
    counts = _objects_of(labels, record_ids)
    names = _worth_learning(counts)
    dropped = {name: counts[name] for name in sorted(counts.keys() - set(names))}
    report: dict[str, Any] = {"classes": {name: counts[name] for name in names}, "dropped": dropped}
    if sum(counts[name] >= _SOLID_OBJECTS for name in names) < _SOLID_CLASSES:
        return Fitted(head=None, missing=TOO_FEW_LABELS, report=report)
    known = examples.labelled(vectors, labels, record_ids, names, np.random.default_rng(seed), places)
    splits = examples.folds(known, seed)
    best, tried = _best([recipe for recipe in RECIPES if kind in (None, recipe.kind)], known, splits, names)
    head = dataclasses.replace(
        best.recipe.fit(known, names),
        temperature=best.temperature,
        translations={name: dict(known) for name, known in (translations or {}).items() if name in names and known},
    )
    exam = exam_of(known, best.logits, np.random.default_rng(seed))
    chosen = {
        **best.document(),
        **figures.of(exam, names),
        "temperature": round(best.temperature, 4),
        "folds": len(splits),
        "tried": tried,
    }
    return Fitted(head=head, missing=None, report={**report, **chosen}, exam=exam)


def _objects_of(labels: Sequence[str], record_ids: Numbers) -> dict[str, int]:
    objects: dict[str, set[int]] = {}
    for label, record_id in zip(labels, record_ids.tolist(), strict=True):
        objects.setdefault(label, set()).add(record_id)
    return {label: len(known) for label, known in sorted(objects.items())}


def _worth_learning(counts: Mapping[str, int]) -> tuple[str, ...]:
    """In order of their names. Of very many classes, those with the most objects."""
    most = sorted(counts, key=lambda name: (-counts[name], name))[:_MOST_CLASSES]
    return tuple(sorted(name for name in most if counts[name] >= _FEWEST_OBJECTS))


def _best(
    recipes: Sequence[Recipe], known: Examples, splits: Sequence[Split], names: Sequence[str]
) -> tuple[_Tried, list[dict[str, Any]]]:
    """The best, and what is to be told of each."""
    documents: list[dict[str, Any]] = []

    def tried(recipe: Recipe) -> _Tried:
        one = _tried(recipe, known, splits, names)
        documents.append(one.document())
        return one

    # One by one: only the logits of the best so far are kept.
    best = max(map(tried, recipes), key=lambda one: (round(one.balanced_accuracy, 3), -one.loss))
    return best, documents


def _tried(recipe: Recipe, known: Examples, splits: Sequence[Split], names: Sequence[str]) -> _Tried:
    logits = np.zeros((len(known.classes), len(names)), np.float32)
    for learned, held_out in splits:
        logits[held_out] = recipe.fit(known.at(learned), names).logits(known.vectors[held_out])
    temperature, loss = figures.best_temperature(logits, known)
    return _Tried(
        recipe=recipe,
        logits=logits,
        temperature=temperature,
        loss=loss,
        balanced_accuracy=figures.balanced_accuracy(logits, known),
    )


def exam_of(known: Examples, logits: Floats, rng: np.random.Generator) -> Exam:
    """logits [n, c]: what was said of each example by a head that had not seen its object."""
    rows = np.arange(len(known.classes), dtype=np.int64)
    rows = examples.balanced_sample(rows, known.classes, known.objects, _MOST_EXAMINED, rng)
    return Exam(
        vectors=known.vectors[rows], classes=known.classes[rows], objects=known.objects[rows], logits=logits[rows]
    )
