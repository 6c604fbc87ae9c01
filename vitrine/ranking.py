"""The order of matches: which images the geometric check looks at, and which image speaks for a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from vitrine import geometry
from vitrine.domain import Evidence

CHECKED_IMAGES = 20
"""So many of the nearest images are compared point by point."""

CHECKED_PER_RECORD = 2
"""Pictures of one record crowd out other records: so many of them may take a place among the checked."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidate:
    """An image of a record that is near the query. ``evidence`` is None where it was not compared."""

    image_id: int
    record_id: int
    similarity: float
    evidence: Evidence | None = None

    @property
    def score(self) -> float:
        return geometry.score(self.similarity, self.evidence.inliers if self.evidence else 0)


def first_checked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those whose points are worth comparing, of ``candidates``, which come most similar first."""
    taken: dict[int, int] = {}
    checked: list[Candidate] = []
    for candidate in candidates:
        taken[candidate.record_id] = taken.get(candidate.record_id, 0) + 1
        if taken[candidate.record_id] <= CHECKED_PER_RECORD:
            checked.append(candidate)
        if len(checked) == CHECKED_IMAGES:
            break
    return checked


def with_evidence(candidates: Sequence[Candidate], evidence: Mapping[int, Evidence]) -> list[Candidate]:
    """``evidence`` by image."""
    return [dataclasses.replace(candidate, evidence=evidence.get(candidate.image_id)) for candidate in candidates]


def best_of_each_record(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Each record once, with the image that speaks best for it, best record first."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        held = best.get(candidate.record_id)
        if held is None or candidate.score > held.score:
            best[candidate.record_id] = candidate
    return sorted(best.values(), key=lambda candidate: -candidate.score)


def rival_inliers(candidate: Candidate, candidates: Sequence[Candidate]) -> int | None:
    """The most that an image of another record reached; None where nothing of another record was compared."""
    others = [
        other.evidence.inliers for other in candidates if other.evidence and other.record_id != candidate.record_id
    ]
    return max(others, default=None)
