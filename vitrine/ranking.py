"""The order of matches: which images the geometric check looks at, and which image speaks for a record."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from vitrine import geometry
from vitrine.domain import Evidence

FIRST_NEIGHBOURS = 60
"""So many of the nearest images are asked of the index where the check decides, or more where more are to be shown."""

CHECKED_IMAGES = 30
"""So many of them are compared point by point."""

CHECKED_PER_RECORD = 4
"""Pictures of one record crowd out other records: so many of them, and no more, take a place among the checked."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Candidate:
    """An image of a record that is near the query. ``evidence`` is None where it was not compared."""

    image_id: int
    record_id: int
    similarity: float
    evidence: Evidence | None = None

    @property
    def score(self) -> float:
        """What speaks for this image alone."""
        return geometry.score(self.similarity, self.evidence.inliers if self.evidence else 0)


def first_checked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those whose points are worth comparing, of ``candidates``, which come most similar first."""
    return [candidates[place] for place in checked_places(candidate.record_id for candidate in candidates)]


def checked_places(record_ids: Iterable[int]) -> list[int]:
    """The same for images of which nothing but their records is known: their places in ``record_ids``."""
    taken: collections.Counter[int] = collections.Counter()
    places: list[int] = []
    for place, record_id in enumerate(record_ids):
        taken[record_id] += 1
        if taken[record_id] <= CHECKED_PER_RECORD:
            places.append(place)
        if len(places) == CHECKED_IMAGES:
            break
    return places


def with_evidence(candidates: Sequence[Candidate], evidence: Mapping[int, Evidence]) -> list[Candidate]:
    """``evidence`` by image."""
    return [dataclasses.replace(candidate, evidence=evidence.get(candidate.image_id)) for candidate in candidates]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranked:
    """A record: ``candidate`` is its image that speaks best for it, ``score`` is what orders it among the others."""

    candidate: Candidate
    score: float


def by_record(candidates: Sequence[Candidate]) -> list[Ranked]:
    """Each record once, best first: by its most similar image, and by the points that all its images explain.

    Every view of an object explains other points of the query, so they are counted over all of its images. A point
    that two records explain (shared print, a common mould) tells nothing between them: it counts a half for each.
    """
    images: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        images.setdefault(candidate.record_id, []).append(candidate)
    explained = {record_id: _explained(own) for record_id, own in images.items()}
    claims = collections.Counter(point for points in explained.values() for point in points)
    ranked = [
        Ranked(
            candidate=max(own, key=lambda candidate: candidate.score),
            score=geometry.score(
                max(candidate.similarity for candidate in own),
                sum(1 / claims[point] for point in explained[record_id]),
            ),
        )
        for record_id, own in images.items()
    ]
    return sorted(ranked, key=lambda one: -one.score)


def _explained(images: Sequence[Candidate]) -> frozenset[int]:
    """The query's points that agree with one of the images: x and y as they are, for both come from one extraction."""
    agreeing = [image.evidence.points[:, :2] for image in images if image.evidence and image.evidence.inliers]
    if not agreeing:
        return frozenset()
    return frozenset(np.ascontiguousarray(np.concatenate(agreeing), np.float32).view(np.uint64).ravel().tolist())


def rival_inliers(candidate: Candidate, candidates: Sequence[Candidate]) -> int | None:
    """The most that an image of another record reached; None where nothing of another record was compared."""
    others = [
        other.evidence.inliers for other in candidates if other.evidence and other.record_id != candidate.record_id
    ]
    return max(others, default=None)
