"""The gate: whether a version of the classifier is as good as the active one, on objects that neither was fitted on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from vitrine import errors
from vitrine.ports import StoredHead

# Below a point, another split of the same objects may say the opposite.
_TOLERANCE = 0.01
# One object less and its standard error are equal, and are rounded on different ways.
_ROUNDING = 1e-9
# A class that was added by hand and is missed more often than found is of no use.
_FOUND = 0.5
_NAMED = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """Balanced accuracies over ``classes`` of both and of the active version alone; those the candidate never finds.

    error: standard error of their difference; fallen: class → recall of the candidate and of the active version.
    objects: all that count; common: those of them that both were examined on.
    """

    candidate: float
    active: float
    error: float
    classes: int
    objects: int
    common: int
    fallen: Mapping[str, tuple[float, float]]

    @property
    def passed(self) -> bool:
        loss = self.active - self.candidate
        return self.common > 0 and loss <= max(_TOLERANCE, self.error) + _ROUNDING


def compare(candidate: StoredHead, active: StoredHead) -> Comparison:
    """Each is judged by the labels that it was examined with, so that labels gone wrong count against who has them."""
    new, old = _right(candidate), _right(active)
    gone = set(lost(candidate, active))
    common: dict[str, list[tuple[float, float]]] = {}
    missed: dict[str, list[tuple[float, float]]] = {}
    for number, (before, right_before) in old.items():
        name, right = new.get(number, ("", 0.0))
        if before in gone:
            missed.setdefault(before, []).append((0.0, right_before))
        elif name in active.head.classes:
            common.setdefault(name, []).append((right, right_before))
    per_class = {**common, **missed}
    recalls = {name: np.mean(pairs, axis=0) for name, pairs in per_class.items()}
    balanced = np.mean(list(recalls.values()), axis=0) if recalls else np.zeros(2)
    # Objects on which both say the same tell nothing of the difference.
    squares = sum(float(np.sum((np.diff(pairs) / len(pairs)) ** 2)) for pairs in per_class.values())
    fallen = {name: (float(recalls[name][0]), float(recalls[name][1])) for name in common}
    fallen = {name: both for name, both in fallen.items() if both[0] < both[1]}
    return Comparison(
        candidate=float(balanced[0]),
        active=float(balanced[1]),
        error=float(np.sqrt(squares)) / max(1, len(recalls)),
        classes=len(recalls),
        objects=sum(map(len, per_class.values())),
        common=sum(map(len, common.values())),
        fallen=dict(sorted(fallen.items(), key=lambda item: item[1][0] - item[1][1])[:_NAMED]),
    )


def lost(candidate: StoredHead, active: StoredHead | None) -> list[str]:
    """The classes that the active version knows and the candidate does not."""
    return sorted(set(active.head.classes) - set(candidate.head.classes)) if active else []


def check(candidate: StoredHead, active: StoredHead | None) -> None:
    """Raises RejectedInput with the figures where the candidate is worse.

    An active version that was never examined, for want of labelled objects, has nothing to show against anybody.
    """
    if active is None or active.version == candidate.version or not len(active.exam.objects):
        return
    compared = compare(candidate, active)
    if not compared.passed:
        raise _refused(_worse(candidate, active, compared), candidate)
    if by_hand := [name for name in lost(candidate, active) if name in active.manifest["added"]]:
        raise _refused(
            f"Version {candidate.version} does not know what was added to version {active.version}, which is active, "
            f"by hand: {', '.join(by_hand)}. Make it again: what is made now goes on from version {active.version}.",
            candidate,
        )
    recall = candidate.manifest["report"]["recall"]
    added = [name for name in candidate.manifest["added"] if name not in active.head.classes]
    if missed := [name for name in added if recall[name] < _FOUND]:
        told = ", ".join(f"{name}: {recall[name]:.0%}" for name in missed)
        raise _refused(
            f"Without taking pictures from other classes, too few of the added class are found ({told}). "
            "Give more pictures of it, or correct the typology of records in the catalogue and build.",
            candidate,
        )


def _right(stored: StoredHead) -> dict[int, tuple[str, float]]:
    """Record number → its class, and the share of its pictures that were told right; pictures by hand are left out."""
    exam = stored.exam
    right = exam.logits.argmax(axis=1) == exam.classes
    pictures: dict[int, list[int]] = {}
    for row, number in enumerate(exam.objects.tolist()):
        if number >= 0:
            pictures.setdefault(number, []).append(row)
    classes = stored.head.classes
    return {
        number: (classes[int(exam.classes[rows[0]])], float(right[rows].mean())) for number, rows in pictures.items()
    }


def _refused(why: str, candidate: StoredHead) -> errors.RejectedInput:
    insist = f"python -m indexer classifier activate {candidate.version} --force REASON"
    return errors.RejectedInput(f"{why} To activate it all the same: {insist}", code="worse_classifier")


def _worse(candidate: StoredHead, active: StoredHead, compared: Comparison) -> str:
    if not compared.common:
        told = [
            f"Version {candidate.version} and version {active.version}, which is active, share no class with an object "
            "that both were examined on: they cannot be compared."
        ]
    else:
        told = [
            f"Version {candidate.version} is worse than version {active.version}, which is active: balanced accuracy "
            f"{compared.candidate:.3f} against {compared.active:.3f} over {compared.classes} classes, on "
            f"{compared.objects} held-out objects."
        ]
    if compared.fallen:
        falls = [f"{name} {new:.2f} after {old:.2f}" for name, (new, old) in compared.fallen.items()]
        told.append(f"Recall fell most for: {', '.join(falls)}.")
    if gone := lost(candidate, active):
        told.append(f"It does not know, and so never finds: {', '.join(gone)}.")
    return " ".join(told)
