"""Three ways from examples to a head: logistic regression, prototypes, nearest neighbours."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from indexer.classifier.examples import Examples, Floats, balanced_sample
from vitrine.classifier import Head, LinearHead
from vitrine.neighbours_head import NeighboursHead

# The loss is a mean, and of it each class has its share: so has the gradient at which the fit ends. With one tolerance
# for all, that of sixty classes would end before it has begun.
_ITERATIONS, _TOLERANCE_OF_ALL = 200, 1e-3
# What a linear head says of a class that it has not seen an example of: less than of any other.
_UNSEEN = -10.0
# Cosines differ by some hundredths; the temperature, which is fitted afterwards, wants logits that differ by some ones.
_PROTOTYPE_SCALE = 20.0
# A bank is compared as a whole with every photograph: so many pictures cost about a millisecond.
_MOST_IN_BANK = 10_000


class Recipe(Protocol):
    """``kind`` is what an operator calls it by; ``settings`` tell recipes of one kind apart."""

    @property
    def kind(self) -> str: ...
    @property
    def settings(self) -> Mapping[str, float]: ...
    def fit(self, examples: Examples, names: Sequence[str]) -> Head:
        """At temperature 1. Some of the classes may be without an example."""
        ...


@dataclasses.dataclass(frozen=True)
class Logistic:
    """``strength``: inverse of the regularisation; weak enough for unit embeddings, whose coordinates are small."""

    strength: float
    kind = "logistic"

    @property
    def settings(self) -> Mapping[str, float]:
        return {"strength": self.strength}

    def fit(self, examples: Examples, names: Sequence[str]) -> LinearHead:
        model = LogisticRegression(C=self.strength, max_iter=_ITERATIONS, tol=_TOLERANCE_OF_ALL / len(names))
        with warnings.catch_warnings():
            # A head that stopped short of the optimum is judged by its held-out figures like any other.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(examples.vectors, examples.classes, sample_weight=examples.weights)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            # Two classes are solved by one row; halved, what speaks for one class speaks against the other.
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.append(-intercepts, intercepts) / 2
        weights = np.zeros((len(names), examples.vectors.shape[1]), np.float32)
        bias = np.full(len(names), _UNSEEN, np.float32)
        weights[model.classes_], bias[model.classes_] = coefficients, intercepts
        return LinearHead(classes=tuple(names), weights=weights, bias=bias)


@dataclasses.dataclass(frozen=True)
class Prototype:
    """The class whose mean direction is nearest."""

    kind = "prototype"

    @property
    def settings(self) -> Mapping[str, float]:
        return {}

    def fit(self, examples: Examples, names: Sequence[str]) -> LinearHead:
        weights = np.zeros((len(names), examples.vectors.shape[1]), np.float32)
        bias = np.full(len(names), _UNSEEN - _PROTOTYPE_SCALE, np.float32)
        for number in np.unique(examples.classes):
            of_class = examples.classes == number
            mean = examples.weights[of_class] @ examples.vectors[of_class]
            weights[number] = _PROTOTYPE_SCALE * direction(mean.astype(np.float32))
            bias[number] = 0.0
        return LinearHead(classes=tuple(names), weights=weights, bias=bias)


@dataclasses.dataclass(frozen=True)
class Neighbours:
    """``count`` neighbours vote, those of rare classes with more weight."""

    count: int
    sharpness: float = 20.0
    kind = "neighbours"

    @property
    def settings(self) -> Mapping[str, float]:
        return {"count": self.count}

    def fit(self, examples: Examples, names: Sequence[str]) -> NeighboursHead:
        rows = np.arange(len(examples.classes), dtype=np.int64)
        rng = np.random.default_rng(0)
        kept = examples.at(balanced_sample(rows, examples.classes, examples.objects, _MOST_IN_BANK, rng))
        dimension = kept.vectors.shape[1]
        return NeighboursHead(
            classes=tuple(names),
            bank=kept.vectors,
            members=kept.classes,
            shares=kept.weights.astype(np.float32),
            count=min(self.count, len(kept.classes)),
            sharpness=self.sharpness,
            rows=np.zeros((0, dimension), np.float32),
            row_bias=np.zeros(0, np.float32),
        )


RECIPES: tuple[Recipe, ...] = (
    Logistic(3.0),
    Logistic(30.0),
    Logistic(300.0),
    Prototype(),
    Neighbours(3),
    Neighbours(12),
)
KINDS = tuple(dict.fromkeys(recipe.kind for recipe in RECIPES))


def direction(mean: Floats) -> Floats:
    """float32 [d] of unit length."""
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)
