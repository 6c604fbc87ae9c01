"""A class from a few pictures: one more logit towards their mean direction; nothing else of the head changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import minimize

from indexer.classifier import figures
from indexer.classifier.examples import Floats, once_each
from indexer.classifier.recipes import direction
from vitrine import errors
from vitrine.classifier import Head
from vitrine.exam import Exam

FEWEST_PICTURES = 5
# As weak a regularisation as of the logistic heads: it only keeps the slope finite where all examples lie apart.
_STRENGTH = 30.0
_STEEPEST = 100.0
# Of the decisions that were right before, each class counting the same: half of what the gate lets pass.
_MOST_TAKEN = 0.005


@dataclasses.dataclass(frozen=True, kw_only=True)
class Extended:
    """``report``: figures of the exam with the new class in it.

    kept: share of the decisions that were right before and stay as they were, each class counting the same.
    """

    head: Head
    exam: Exam
    report: Mapping[str, Any]
    kept: float


def add_class(head: Head, exam: Exam, name: str, pictures: Floats) -> Extended:
    """pictures: float32 [n, d] of unit length, of different objects. Raises RejectedInput.

    The logit is steepness · (mean direction · embedding) + bias, with the two numbers that make the held-out answers
    most likely: of the exam, and of each new picture with the mean direction of the others. The bias is lowered where
    the new class would take too many pictures from the others: it may be found less often, and its recall says so.
    """
    if name in head.classes:
        raise errors.RejectedInput(f"There is a class {name!r} already: give another name.", field="name")
    if len(pictures) < FEWEST_PICTURES:
        raise errors.RejectedInput(
            f"{len(pictures)} pictures are too few to tell a class by: give {FEWEST_PICTURES} or more, of different "
            "objects.",
            field="pictures",
        )
    if not len(exam.objects):
        raise errors.RejectedInput(
            "The active version was never examined on labelled objects, so nobody can say how much a new class would "
            "take from the others. Name it with the others instead: python -m indexer classifier zero-shot.",
            code="no_exam",
        )
    prototype = direction(pictures.mean(axis=0))
    alone = np.stack([direction(np.delete(pictures, row, axis=0).mean(axis=0)) for row in range(len(pictures))])
    similar = np.concatenate([exam.vectors @ prototype, np.einsum("nd,nd->n", pictures, alone)])
    known = np.vstack([exam.logits, head.logits(pictures)])
    is_new = np.arange(len(similar)) >= len(exam.classes)
    weights = np.where(is_new, 1 / len(pictures), 0.0)
    weights[~is_new] = _share_of_each_class(exam)
    steepness, bias = _fitted(similar, known / head.temperature, is_new, weights)
    steepness, bias = steepness * head.temperature, bias * head.temperature
    bias = min(bias, _highest_bias(exam, steepness * similar[~is_new]))
    extended = Exam(
        vectors=np.vstack([exam.vectors, pictures]),
        classes=np.append(exam.classes, np.full(len(pictures), len(head.classes))),
        objects=np.append(exam.objects, min(0, int(exam.objects.min())) - 1 - np.arange(len(pictures))),
        logits=np.column_stack([known, steepness * similar + bias]).astype(np.float32),
    )
    made = head.extended(name, steepness * prototype, bias)
    return Extended(head=made, exam=extended, report=figures.of(extended, made.classes), kept=_kept(exam, extended))


def _share_of_each_class(exam: Exam) -> npt.NDArray[np.float64]:
    """Weights [m]: each class 1 in all, each object in it the same."""
    weights = once_each(exam.objects)
    return np.asarray(weights / np.bincount(exam.classes, weights=weights)[exam.classes], np.float64)


def _fitted(
    similar: npt.NDArray[np.floating[Any]],
    logits: npt.NDArray[np.floating[Any]],
    is_new: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float64],
) -> tuple[float, float]:
    """Logistic regression on one number, with what the known classes say as its opponent. A convex problem."""
    others = special.logsumexp(logits, axis=1)
    sign = np.where(is_new, 1.0, -1.0)
    share = weights / weights.sum()
    penalty = 1 / (2 * _STRENGTH * len(similar))

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        margin = sign * (parameters[0] * similar + parameters[1] - others)
        slope = -share * sign * special.expit(-margin)
        value = float(share @ np.logaddexp(0, -margin)) + penalty * parameters[0] ** 2
        return value, np.array([slope @ similar + 2 * penalty * parameters[0], slope.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, _STEEPEST), (None, None)])
    return float(found.x[0]), float(found.x[1])


def _highest_bias(exam: Exam, pulls: npt.NDArray[np.floating[Any]]) -> float:
    """With which the new class takes at most _MOST_TAKEN; pulls [m]: its logits without a bias."""
    right = exam.logits.argmax(axis=1) == exam.classes
    if not right.any():
        return float("inf")
    room = exam.logits[right].max(axis=1) - pulls[right]
    order = np.argsort(room)
    weights = _share_of_each_class(exam)[right][order]
    first_kept = int(np.searchsorted(np.cumsum(weights) / weights.sum(), _MOST_TAKEN, side="right"))
    # A little less, so that rounding takes nothing either.
    return float(room[order[first_kept]]) - 1e-3


def _kept(before: Exam, after: Exam) -> float:
    told = before.logits.argmax(axis=1)
    right = told == before.classes
    if not right.any():
        return 1.0
    weights = _share_of_each_class(before)[right]
    same = after.logits[: len(told)].argmax(axis=1)[right] == told[right]
    return round(float(np.average(same, weights=weights)), 4)
