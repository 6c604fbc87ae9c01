"""Fits the classifier head on the catalogue's own labels, and measures it on objects that it has not seen."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.model_selection import StratifiedGroupKFold

from vitrine.classifier import LinearHead

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

TOO_FEW_LABELS = "too_few_labels"
# A class is learned from three objects on, and there is a classifier where two classes have five.
_FEWEST_OBJECTS, _SOLID_OBJECTS, _SOLID_CLASSES = 3, 5, 2
_FOLDS = 4
# Inverse strengths of regularisation, weak enough for unit embeddings, whose coordinates are small.
_STRENGTHS = (3.0, 30.0, 300.0)
_MOST_IMAGES = 50_000
_ITERATIONS, _TOLERANCE = 200, 1e-3
# What a fold says of a class that it has not seen: less than of any other.
_UNSEEN = -10.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fitted:
    """A head with its figures, or the reason code ``missing``. ``report`` is a JSON document in either case."""

    head: LinearHead | None
    missing: str | None
    report: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Examples:
    """vectors [n, d]; classes [n] as numbers; objects [n]; weights [n]: classes count the same, and objects in them."""

    vectors: Floats
    classes: Numbers
    objects: Numbers
    weights: npt.NDArray[np.float64]

    def at(self, rows: Numbers) -> _Examples:
        return _weighted(self.vectors[rows], self.classes[rows], self.objects[rows])


def fit(
    vectors: Floats,
    labels: Sequence[str],
    record_ids: Numbers,
    *,
    translations: Mapping[str, Mapping[str, str]] | None = None,
    seed: int = 0,
) -> Fitted:
    """vectors: float32 [n, d] of unit length; labels [n]; record_ids int64 [n], one label for each record.

    All images of an object are on one side of every split. Figures are those of held-out objects, each object counting
    once; strength and temperature are chosen on the same held-out objects, two numbers in all, which flatters little.
    """
    counts = _objects_of(labels, record_ids)
    dropped = {name: count for name, count in counts.items() if count < _FEWEST_OBJECTS}
    names = tuple(sorted(counts.keys() - dropped.keys()))
    report: dict[str, Any] = {"classes": {name: counts[name] for name in names}, "dropped": dropped}
    if sum(counts[name] >= _SOLID_OBJECTS for name in names) < _SOLID_CLASSES:
        return Fitted(head=None, missing=TOO_FEW_LABELS, report=report)
    examples = _examples(vectors, labels, record_ids, names, np.random.default_rng(seed))
    folds = _folds(examples, seed)
    held_out = {strength: _held_out_logits(examples, folds, len(names), strength) for strength in _STRENGTHS}
    strength = min(_STRENGTHS, key=lambda one: _best_temperature(held_out[one], examples)[1])
    temperature, loss = _best_temperature(held_out[strength], examples)
    weights, bias = _solved(examples, len(names), strength)
    head = LinearHead(
        classes=names,
        weights=weights,
        bias=bias,
        temperature=temperature,
        translations={name: dict(known) for name, known in (translations or {}).items() if name in names and known},
    )
    figures = _figures(held_out[strength], examples, names)
    chosen = {"regularisation": strength, "temperature": round(temperature, 4), "log_loss": round(loss, 4)}
    return Fitted(head=head, missing=None, report={**report, **figures, **chosen, "folds": len(folds)})


def _objects_of(labels: Sequence[str], record_ids: Numbers) -> dict[str, int]:
    objects: dict[str, set[int]] = {}
    for label, record_id in zip(labels, record_ids.tolist(), strict=True):
        objects.setdefault(label, set()).add(record_id)
    return {label: len(known) for label, known in sorted(objects.items())}


def _examples(
    vectors: Floats, labels: Sequence[str], record_ids: Numbers, names: Sequence[str], rng: np.random.Generator
) -> _Examples:
    number = {name: position for position, name in enumerate(names)}
    classes = np.array([number.get(label, -1) for label in labels], np.int64)
    rows = np.flatnonzero(classes >= 0)
    if len(rows) > _MOST_IMAGES:
        rows = _balanced_sample(rows, classes, rng)
    return _weighted(np.asarray(vectors[rows], np.float32), classes[rows], record_ids[rows])


def _balanced_sample(rows: Numbers, classes: Numbers, rng: np.random.Generator) -> Numbers:
    """At most _MOST_IMAGES rows. Rare classes are kept whole and only the largest are thinned out.

    A linear layer of some hundred inputs gains nothing measurable from more, and fifty million rows would not fit.
    """
    shuffled = rng.permutation(rows)
    order = shuffled[np.argsort(classes[shuffled], kind="stable")]
    sorted_classes = classes[order]
    place_in_class = np.arange(len(order)) - np.searchsorted(sorted_classes, sorted_classes)
    return np.sort(order[np.argsort(place_in_class, kind="stable")[:_MOST_IMAGES]])


def _weighted(vectors: Floats, classes: Numbers, objects: Numbers) -> _Examples:
    _, object_number, images = np.unique(objects, return_inverse=True, return_counts=True)
    weights = 1.0 / images[object_number]
    per_class = np.bincount(classes, weights=weights)
    weights = weights / per_class[classes]
    return _Examples(vectors=vectors, classes=classes, objects=objects, weights=weights * len(weights) / weights.sum())


def _folds(examples: _Examples, seed: int) -> list[tuple[Numbers, Numbers]]:
    objects = [len(np.unique(examples.objects[examples.classes == number])) for number in np.unique(examples.classes)]
    splitter = StratifiedGroupKFold(n_splits=min(_FOLDS, *objects), shuffle=True, random_state=seed)
    return list(splitter.split(examples.vectors, examples.classes, examples.objects))


def _held_out_logits(
    examples: _Examples, folds: Sequence[tuple[Numbers, Numbers]], count: int, strength: float
) -> npt.NDArray[np.float64]:
    logits = np.zeros((len(examples.classes), count))
    for learned, held_out in folds:
        weights, bias = _solved(examples.at(learned), count, strength)
        logits[held_out] = examples.vectors[held_out] @ weights.T + bias
    return logits


def _solved(examples: _Examples, count: int, strength: float) -> tuple[Floats, Floats]:
    """Weights float32 [count, d] and bias float32 [count]."""
    model = LogisticRegression(C=strength, max_iter=_ITERATIONS, tol=_TOLERANCE)
    with warnings.catch_warnings():
        # A head that stopped short of the optimum is judged by its held-out figures like any other.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(examples.vectors, examples.classes, sample_weight=examples.weights)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # Two classes are solved by one row: the first class's logit is zero.
        coefficients, intercepts = np.vstack([0 * coefficients, coefficients]), np.append(0.0, intercepts)
    weights = np.zeros((count, examples.vectors.shape[1]), np.float32)
    bias = np.full(count, _UNSEEN, np.float32)
    weights[model.classes_], bias[model.classes_] = coefficients, intercepts
    return weights, bias


def _best_temperature(logits: npt.NDArray[np.float64], examples: _Examples) -> tuple[float, float]:
    """The temperature under which the held-out labels are the most likely, and the weighted log loss there (nats)."""

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(axis=1)
        likelihood = scaled[np.arange(len(scaled)), examples.classes] - top
        surprise = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) - likelihood
        return float(np.average(surprise, weights=examples.weights))

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def _figures(logits: npt.NDArray[np.float64], examples: _Examples, names: Sequence[str]) -> dict[str, Any]:
    predicted = logits.argmax(axis=1)
    _, object_number, images = np.unique(examples.objects, return_inverse=True, return_counts=True)
    once = {"sample_weight": 1.0 / images[object_number]}
    every = {"labels": range(len(names)), "zero_division": 0.0}
    recalls = recall_score(examples.classes, predicted, average=None, **every, **once)
    return {
        "images": len(predicted),
        "objects": len(images),
        "accuracy": round(float(accuracy_score(examples.classes, predicted, **once)), 4),
        "balanced_accuracy": round(float(np.mean(recalls)), 4),
        "macro_f1": round(float(f1_score(examples.classes, predicted, average="macro", **every, **once)), 4),
        "recall": {name: round(float(recall), 4) for name, recall in zip(names, recalls, strict=True)},
    }
