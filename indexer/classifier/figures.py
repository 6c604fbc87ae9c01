"""What is measured of a head on held-out objects, each object counting once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.metrics import accuracy_score, f1_score, recall_score

from indexer.classifier.examples import Examples, once_each
from vitrine.exam import Exam


def best_temperature(logits: npt.NDArray[np.float32], examples: Examples) -> tuple[float, float]:
    """The temperature under which the held-out labels are the most likely, and the weighted log loss there (nats)."""

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        top = scaled.max(axis=1)
        likelihood = scaled[np.arange(len(scaled)), examples.classes] - top
        surprise = np.log(np.exp(scaled - top[:, None]).sum(axis=1)) - likelihood
        return float(np.average(surprise, weights=examples.weights))

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def balanced_accuracy(logits: npt.NDArray[np.float32], examples: Examples) -> float:
    recalls = recall_score(
        examples.classes,
        logits.argmax(axis=1),
        labels=np.unique(examples.classes),
        average=None,
        zero_division=0.0,
        sample_weight=once_each(examples.objects),
    )
    return float(np.mean(recalls))


def of(exam: Exam, names: Sequence[str]) -> dict[str, Any]:
    """As JSON: images, objects, accuracy, balanced_accuracy, macro_f1 and the recall of each class.

    Over classes that the exam has objects of; without any object, the accuracies and F1 are None.
    """
    if not len(exam.classes):
        unknown = {"accuracy": None, "balanced_accuracy": None, "macro_f1": None}
        return {"images": 0, "objects": 0, **unknown, "recall": {}}
    predicted, examined = exam.logits.argmax(axis=1), np.unique(exam.classes)
    once = {"sample_weight": once_each(exam.objects)}
    every = {"labels": examined, "zero_division": 0.0}
    recalls = recall_score(exam.classes, predicted, average=None, **every, **once)
    return {
        "images": len(predicted),
        "objects": len(np.unique(exam.objects)),
        "accuracy": round(float(accuracy_score(exam.classes, predicted, **once)), 4),
        "balanced_accuracy": round(float(np.mean(recalls)), 4),
        "macro_f1": round(float(f1_score(exam.classes, predicted, average="macro", **every, **once)), 4),
        "recall": {names[number]: round(float(recall), 4) for number, recall in zip(examined, recalls, strict=True)},
    }


def told(value: float | None) -> str:
    """A figure, or a dash where there was nothing to measure it on."""
    return "—" if value is None else f"{value:.3f}"
