"""Which images are compared point by point, and in what order records come out."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine import geometry, ranking
from vitrine.domain import Evidence
from vitrine.ranking import Candidate


def _near(records: list[int]) -> list[Candidate]:
    """An image of each record named, most similar first; images are numbered from 0."""
    return [
        Candidate(image_id=number, record_id=record, similarity=0.9 - number / 100)
        for number, record in enumerate(records)
    ]


def _evidence(inliers: int, first: int = 0) -> Evidence:
    """Agreement on the query's points from number ``first`` on."""
    points = np.zeros((inliers, 4), np.float32)
    points[:, 0] = (first + np.arange(inliers)) / 1000
    return Evidence(inliers=inliers, points=points)


def test_four_images_of_a_record_are_compared_and_thirty_in_all() -> None:
    checked = ranking.first_checked(_near([1] * 10 + list(range(2, 60))))
    assert [candidate.image_id for candidate in checked[:5]] == [0, 1, 2, 3, 10]
    assert len(checked) == 30
    assert len(ranking.first_checked(_near([1, 1, 1, 1, 1, 2]))) == 5


def test_a_record_is_spoken_for_by_its_best_image() -> None:
    candidates = ranking.with_evidence(_near([1, 2, 1, 2]), {2: _evidence(60), 3: _evidence(9, first=100)})
    found = ranking.by_record(candidates)
    assert [(one.candidate.record_id, one.candidate.image_id) for one in found] == [(1, 2), (2, 3)]


def test_a_record_has_the_similarity_of_its_nearest_image_and_the_points_of_all() -> None:
    candidates = ranking.with_evidence(_near([1, 1, 1]), {1: _evidence(20), 2: _evidence(20, first=10)})
    (found,) = ranking.by_record(candidates)
    assert found.score == pytest.approx(geometry.score(0.9, 30))


def test_points_that_two_records_share_count_a_half_for_each() -> None:
    # 60 points are the maker's print, which both records carry; 20 more are the first record's own.
    candidates = ranking.with_evidence(_near([2, 1]), {0: _evidence(60), 1: _evidence(80)})
    first, second = ranking.by_record(candidates)
    assert first.candidate.record_id == 1
    assert first.score == pytest.approx(geometry.score(0.89, 50))
    assert second.score == pytest.approx(geometry.score(0.9, 30))


def test_more_agreement_never_lowers_a_record() -> None:
    for inliers in range(0, 120, 7):
        less, more = (
            {
                one.candidate.record_id: one.score
                for one in ranking.by_record(
                    ranking.with_evidence(_near([1, 2]), {0: _evidence(count), 1: _evidence(50, first=30)})
                )
            }
            for count in (inliers, inliers + 7)
        )
        assert more[1] >= less[1] and more[2] <= less[2]


def test_without_evidence_the_similarity_decides() -> None:
    found = ranking.by_record(_near([3, 1, 3, 2]))
    assert [one.candidate.record_id for one in found] == [3, 1, 2]
    assert found[0].score == pytest.approx(0.9)


def test_a_rival_is_an_image_of_another_record_that_was_compared() -> None:
    candidates = ranking.with_evidence(_near([1, 1, 2, 3]), {0: _evidence(40), 1: _evidence(50), 2: _evidence(12)})
    assert ranking.rival_inliers(candidates[0], candidates) == 12
    assert ranking.rival_inliers(candidates[2], candidates) == 50
    assert ranking.rival_inliers(candidates[0], candidates[:2]) is None
