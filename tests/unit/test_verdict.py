"""Verdicts: never worse for more evidence, never a claim that was not measured, and nothing where nothing is alike."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

from vitrine import errors, geometry, verdict
from vitrine.domain import Match, Record, RecordContent, Verdict, VerdictKind
from vitrine.verdict import Calibration, Genuine, Thresholds

ORDER = list(VerdictKind)
LIMITS = Thresholds(
    photograph_similarity=0.9,
    photograph_inliers=60,
    photograph_unchecked=0.98,
    object_surplus=20,
    object_inliers=90,
    object_unchecked=0.95,
    similar=0.5,
    flat_below=0.65,
    flat_fall=0.04,
)
MEASURED = Calibration(
    records=200,
    queries=180,
    thresholds=LIMITS,
    checked={
        VerdictKind.SAME_PHOTOGRAPH: 0.005,
        VerdictKind.SAME_OBJECT: 0.02,
        VerdictKind.SIMILAR: 0.1,
        VerdictKind.DISTANT: 1.0,
    },
    unchecked={VerdictKind.SAME_OBJECT: 0.04, VerdictKind.SIMILAR: 0.12, VerdictKind.DISTANT: 1.0},
    genuine=Genuine(source="same_record", pairs=90, recognised_checked=0.4, recognised_unchecked=0.1),
    duplicates=0.01,
    distributions={"random_similarity": (0.1, 0.2, 0.3)},
)


def judged(similarity: float, inliers: int | None, rival: int | None = 0) -> VerdictKind:
    return verdict.judge(similarity, inliers, MEASURED, rival_inliers=rival).kind


def match(number: int, similarity: float, inliers: int = 0) -> Match:
    return Match(
        record=Record(id=number, content=RecordContent(external_id=str(number)), image_ids=(number,)),
        image_id=number,
        similarity=similarity,
        score=geometry.score(similarity, inliers),
        verdict=verdict.judge(similarity, inliers, MEASURED, rival_inliers=0),
    )


def test_more_similarity_or_more_inliers_never_worsens_a_verdict() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        limits = Thresholds(
            photograph_similarity=rng.uniform(0.5, 1),
            photograph_inliers=int(rng.integers(30, 200)),
            photograph_exact=rng.uniform(0.9, 1),
            photograph_unchecked=rng.uniform(0.5, 1),
            object_surplus=rng.uniform(0, 80),
            object_inliers=rng.uniform(20, 200),
            object_unchecked=rng.uniform(0.5, 1),
            similar=rng.uniform(0, 1),
        )
        similarities = np.sort(rng.uniform(-1, 1, 6)).tolist()
        rival = int(rng.integers(0, 60))
        for inliers in (None, 0, 30, 120):
            kinds = [verdict.kind_of(value, inliers, limits, rival_inliers=rival) for value in similarities]
            assert [ORDER.index(kind) for kind in kinds] == sorted((ORDER.index(kind) for kind in kinds), reverse=True)
        for similarity in similarities:
            kinds = [verdict.kind_of(similarity, n, limits, rival_inliers=rival) for n in range(0, 250, 10)]
            assert [ORDER.index(kind) for kind in kinds] == sorted((ORDER.index(kind) for kind in kinds), reverse=True)
            kinds = [verdict.kind_of(similarity, 80, limits, rival_inliers=n) for n in range(0, 120, 10)]
            assert [ORDER.index(kind) for kind in kinds] == sorted(ORDER.index(kind) for kind in kinds)


def test_the_four_verdicts_and_what_divides_them() -> None:
    assert judged(0.9, 60) is VerdictKind.SAME_PHOTOGRAPH
    assert judged(0.89, 60) is VerdictKind.SAME_OBJECT
    assert judged(0.9, 19) is VerdictKind.SIMILAR
    assert judged(0.3, 20) is VerdictKind.SAME_OBJECT
    assert judged(0.49, 5) is VerdictKind.DISTANT
    assert judged(0.49, 12) is VerdictKind.SIMILAR


def test_points_that_another_record_shares_prove_nothing() -> None:
    assert judged(0.7, 50, rival=10) is VerdictKind.SAME_OBJECT
    assert judged(0.7, 50, rival=48) is VerdictKind.SIMILAR
    assert judged(0.7, 50, rival=None) is VerdictKind.SIMILAR
    # So many that it does not matter who else has them: the object is filed twice.
    assert judged(0.7, 90, rival=90) is VerdictKind.SAME_OBJECT


def test_without_the_check_the_similarity_alone_decides_with_rates_of_its_own() -> None:
    assert judged(0.96, None) is VerdictKind.SAME_OBJECT and judged(0.96, 0) is VerdictKind.SIMILAR
    assert verdict.judge(0.96, None, MEASURED).false_positive_rate == 0.04
    assert verdict.judge(0.7, 50, MEASURED, rival_inliers=0).false_positive_rate == 0.02


def test_the_same_file_of_a_faint_picture_is_the_same_photograph_without_a_single_point() -> None:
    assert judged(0.9995, 0) is VerdictKind.SAME_PHOTOGRAPH
    assert judged(0.97, 0) is VerdictKind.SIMILAR


def test_a_catalogue_that_is_too_small_gives_no_rates_and_makes_careful_claims() -> None:
    small = Calibration.default(12)
    for similarity, inliers in itertools.product((0.1, 0.6, 0.96, 1.0), (None, 0, 50, 200)):
        assert verdict.judge(similarity, inliers, small, rival_inliers=0).false_positive_rate is None
    assert verdict.judge(0.9, None, small).kind is VerdictKind.SIMILAR
    assert verdict.judge(0.9, 25, small, rival_inliers=0).kind is VerdictKind.SIMILAR
    assert verdict.judge(1.0, 300, small, rival_inliers=0).kind is VerdictKind.SAME_PHOTOGRAPH


def test_a_calibration_survives_json() -> None:
    for calibration in (MEASURED, Calibration.default()):
        assert Calibration.from_document(json.loads(json.dumps(calibration.to_document()))) == calibration


def test_a_calibration_that_does_not_say_how_inliers_were_counted_is_out_of_date() -> None:
    document = MEASURED.to_document()
    assert Calibration.from_document(document).up_to_date
    del document["check"]
    assert not Calibration.from_document(document).up_to_date


@pytest.mark.parametrize("spoiled", [{"thresholds": {"no_such": 1}}, {"checked": {"no_such": 1}}, {"records": None}])
def test_a_spoiled_calibration_is_a_damaged_snapshot(spoiled: dict[str, object]) -> None:
    with pytest.raises(errors.DamagedSnapshot):
        Calibration.from_document({**MEASURED.to_document(), **spoiled})
    with pytest.raises(errors.DamagedSnapshot):
        Calibration.from_document({})


def test_nothing_is_similar_where_all_matches_are_distant_or_there_are_none() -> None:
    assert verdict.nothing_similar([], MEASURED)
    assert verdict.nothing_similar([match(number, 0.45) for number in range(10)], MEASURED)
    assert not verdict.nothing_similar([match(0, 0.51), *(match(number, 0.3) for number in range(1, 10))], MEASURED)


def test_a_flat_list_says_nothing_similar_where_a_steep_one_of_the_same_height_does_not() -> None:
    flat = [match(number, 0.6 - number * 0.003) for number in range(10)]
    steep = [match(number, 0.6 - number * 0.01) for number in range(10)]
    assert verdict.nothing_similar(flat, MEASURED) and not verdict.nothing_similar(steep, MEASURED)
    assert not verdict.nothing_similar(flat[:9], MEASURED)
    assert not verdict.nothing_similar([match(number, 0.7 - number * 0.001) for number in range(10)], MEASURED)
    recognised = dataclasses.replace(flat[3], verdict=Verdict(kind=VerdictKind.SAME_OBJECT, false_positive_rate=None))
    assert not verdict.nothing_similar([*flat[:3], recognised, *flat[4:]], MEASURED)
