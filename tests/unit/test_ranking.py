"""Which images are compared point by point, and in what order records come out."""

from __future__ import annotations

import numpy as np

from vitrine import ranking
from vitrine.domain import Evidence
from vitrine.ranking import Candidate


def _near(records: list[int]) -> list[Candidate]:
    """An image of each record named, most similar first; images are numbered from 0."""
    return [
        Candidate(image_id=number, record_id=record, similarity=0.9 - number / 100)
        for number, record in enumerate(records)
    ]


def _evidence(inliers: int) -> Evidence:
    return Evidence(inliers=inliers, points=np.zeros((inliers, 4), np.float32))


def test_two_images_of_a_record_are_compared_and_twenty_in_all() -> None:
    checked = ranking.first_checked(_near([1] * 10 + list(range(2, 40))))
    assert [candidate.image_id for candidate in checked[:3]] == [0, 1, 10]
    assert len(checked) == ranking.CHECKED_IMAGES
    assert len(ranking.first_checked(_near([1, 1, 1, 2]))) == 3


def test_a_record_is_spoken_for_by_its_best_image() -> None:
    candidates = ranking.with_evidence(_near([1, 2, 1, 2]), {2: _evidence(60), 3: _evidence(9)})
    best = ranking.best_of_each_record(candidates)
    assert [(candidate.record_id, candidate.image_id) for candidate in best] == [(1, 2), (2, 3)]


def test_without_evidence_the_similarity_decides() -> None:
    best = ranking.best_of_each_record(_near([3, 1, 3, 2]))
    assert [candidate.record_id for candidate in best] == [3, 1, 2]


def test_a_rival_is_an_image_of_another_record_that_was_compared() -> None:
    candidates = ranking.with_evidence(_near([1, 1, 2, 3]), {0: _evidence(40), 1: _evidence(50), 2: _evidence(12)})
    assert ranking.rival_inliers(candidates[0], candidates) == 12
    assert ranking.rival_inliers(candidates[2], candidates) == 50
    assert ranking.rival_inliers(candidates[0], candidates[:2]) is None
