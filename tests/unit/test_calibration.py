"""Calibration on made-up catalogues whose truth is known: rates are those of records that were held out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from indexer import calibration
from indexer.calibration import Budget, Copy, Strength
from vitrine import verdict
from vitrine.domain import Pixels, VerdictKind
from vitrine.local_features import LocalFeatures
from vitrine.verdict import Calibration

Floats = npt.NDArray[np.float32]
DIMENSION, POINTS = 64, 60
SMALL = Budget(queries=60, comparisons=900, copies=30)


def unit(vectors: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


@dataclasses.dataclass
class Made:
    """Objects in kinds of ten, photographed ``images`` times each; the points of an object are its own."""

    objects: int = 60
    images: int = 2
    seed: int = 0
    shared_points: int = 0
    read: int = 0

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        kinds = rng.normal(size=(self.objects // 10 + 1, DIMENSION))
        own = rng.normal(size=(self.objects, DIMENSION))
        self.record_ids = np.repeat(np.arange(100, 100 + self.objects, dtype=np.int64), self.images)
        at = np.repeat(np.arange(self.objects), self.images)
        noise = rng.normal(size=(len(at), DIMENSION))
        self.vectors = unit(kinds[at // 10] + 0.6 * own[at] + 0.4 * noise)
        self.points = rng.random((self.objects, POINTS, 2))
        self.descriptors = _root(rng.random((self.objects, POINTS, 128)) ** 6)
        self.descriptors[:, : self.shared_points] = self.descriptors[at[0], : self.shared_points]
        self.points[:, : self.shared_points] = self.points[at[0], : self.shared_points]

    def features(self, row: int) -> LocalFeatures:
        """Another image of an object shows two thirds of its points."""
        self.read += 1
        at = int(self.record_ids[row]) - 100
        kept = np.random.default_rng(row).permutation(POINTS)[: POINTS * 2 // 3]
        return LocalFeatures(
            width=384,
            height=384,
            points=self.points[at, kept].astype(np.float32),
            descriptors=np.minimum(np.rint(self.descriptors[at, kept] * 512), 255).astype(np.uint8),
        )

    def copy(self, row: int, strength: Strength) -> Copy:
        noise = np.random.default_rng(row).normal(size=DIMENSION)
        amount = 0.02 if strength is Strength.MILD else 0.08
        return Copy(vector=unit(self.vectors[row] + amount * noise), features=self.features(row))

    def neighbours(self, queries: Floats, k: int) -> tuple[Floats, npt.NDArray[np.int64]]:
        similarities = queries @ self.vectors.T
        order = np.argsort(-similarities, axis=1)[:, :k].astype(np.int64)
        return np.take_along_axis(similarities, order, axis=1), order

    def calibrated(self, copies: Callable[[int, Strength], Copy | None] | None = None) -> Calibration:
        return calibration.calibrate(
            self.vectors,
            self.record_ids,
            neighbours=self.neighbours,
            features=self.features,
            copies=copies,
            budget=SMALL,
        )


def _root(raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sqrt(raw / raw.sum(axis=-1, keepdims=True)))


def test_objects_with_points_of_their_own_are_recognised_and_the_rates_are_small() -> None:
    measured = Made().calibrated()
    assert (measured.records, measured.queries, measured.duplicates) == (60, 60, 0.0)
    assert measured.genuine.source == "same_record" and measured.genuine.pairs == 60
    assert measured.genuine.recognised_checked is not None and measured.genuine.recognised_checked > 0.9
    # None of thirty compared searches was mistaken, which is no proof of never.
    assert measured.checked[VerdictKind.SAME_OBJECT] == pytest.approx(1 / 31)
    assert measured.checked[VerdictKind.DISTANT] == 1.0
    assert 0.01 < measured.checked[VerdictKind.SIMILAR] < 0.5


def test_rates_never_fall_from_a_better_verdict_of_identity_to_a_worse_one() -> None:
    for seed in range(3):
        measured = Made(seed=seed, shared_points=20 * seed).calibrated()
        for rates in (measured.checked, measured.unchecked):
            assert 0 < rates[VerdictKind.SAME_PHOTOGRAPH] <= rates[VerdictKind.SAME_OBJECT] < 1


def test_print_that_all_records_share_raises_what_it_takes_to_be_the_same_object() -> None:
    plain, printed = Made().calibrated().thresholds, Made(shared_points=30).calibrated().thresholds
    assert plain.object_inliers == plain.object_surplus == 15, "where nothing is shared, a few points prove nothing yet"
    assert printed.object_inliers > plain.object_inliers
    shared = 20
    assert verdict.kind_of(0.6, 14, plain, rival_inliers=0) is VerdictKind.SIMILAR
    assert verdict.kind_of(0.6, shared, plain, rival_inliers=0) is VerdictKind.SAME_OBJECT
    assert verdict.kind_of(0.6, shared, printed, rival_inliers=shared) is not VerdictKind.SAME_OBJECT


def test_photographs_filed_under_two_records_are_counted_and_do_not_hide_the_other_objects() -> None:
    made = Made()
    # Three pairs of records hold one and the same photograph.
    for one, other in ((0, 20), (40, 60), (80, 100)):
        made.vectors[other : other + 2] = made.vectors[one : one + 2]
        made.points[other // 2], made.descriptors[other // 2] = made.points[one // 2], made.descriptors[one // 2]
    measured = made.calibrated(made.copy)
    assert measured.duplicates is not None and 0.05 <= measured.duplicates <= 0.15
    assert measured.unchecked[VerdictKind.SAME_PHOTOGRAPH] >= measured.duplicates
    assert measured.genuine.recognised_checked is not None and measured.genuine.recognised_checked > 0.8


def test_one_picture_in_place_of_nearly_all_leaves_the_careful_thresholds() -> None:
    made = Made(objects=30, images=1)
    made.vectors = np.vstack([made.vectors, np.repeat(unit(np.ones((1, DIMENSION))), 2_000, axis=0)])
    made.record_ids = np.arange(100, 100 + len(made.vectors), dtype=np.int64)
    found = calibration.calibrate(
        made.vectors, made.record_ids, neighbours=made.neighbours, features=lambda _: None, budget=SMALL
    )
    careful = verdict.Thresholds()
    assert found.thresholds.object_unchecked == careful.object_unchecked
    assert found.thresholds.photograph_unchecked == careful.photograph_unchecked
    assert verdict.kind_of(0.0, None, found.thresholds) is VerdictKind.DISTANT


def test_copies_tell_what_one_photograph_looks_like_twice() -> None:
    made = Made(images=1)
    measured = made.calibrated(made.copy)
    assert measured.genuine.source == "distorted_copies" and measured.genuine.pairs == 30
    again = made.copy(5, Strength.MILD)
    similarity = float(again.vector @ made.vectors[5])
    assert verdict.judge(similarity, 40, measured, rival_inliers=0).kind is VerdictKind.SAME_PHOTOGRAPH
    assert verdict.judge(similarity, 0, measured, rival_inliers=0).kind is not VerdictKind.SAME_PHOTOGRAPH
    assert made.calibrated().genuine.source == "none"


def test_a_small_catalogue_is_not_measured() -> None:
    measured = Made(objects=29, images=3).calibrated()
    assert measured == Calibration.default(29)
    assert Made(objects=30).calibrated().checked


def test_pictures_without_features_leave_the_rates_of_the_check_out() -> None:
    made = Made()
    measured = calibration.calibrate(
        made.vectors, made.record_ids, neighbours=made.neighbours, features=lambda _: None, budget=SMALL
    )
    assert measured.checked == {} and measured.unchecked
    assert verdict.judge(0.7, 300, measured, rival_inliers=0).false_positive_rate is None


def test_the_budget_holds_and_the_same_catalogue_gives_the_same_calibration() -> None:
    first, second = Made(objects=200, images=3), Made(objects=200, images=3)
    assert first.calibrated() == second.calibrated()
    # 30 searches of 30 comparisons with their query, 60 pairs of one record, and 60 features to copy.
    assert first.read <= 30 * 31 + 2 * 60 + 60


def test_a_record_with_many_images_speaks_once_and_is_no_impostor_of_itself() -> None:
    made = Made(objects=40, images=1)
    many = np.repeat(np.arange(1), 100)
    made.vectors = np.concatenate([made.vectors, made.vectors[many]])
    made.record_ids = np.concatenate([made.record_ids, made.record_ids[many]])
    measured = made.calibrated()
    assert measured.queries == measured.records == 40
    assert measured.duplicates == 0.0


@pytest.mark.parametrize("strength", list(Strength))
def test_a_distorted_copy_is_another_picture_of_the_same_size(strength: Strength) -> None:
    picture: Pixels = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    copy = calibration.distorted(picture, strength, np.random.default_rng(1))
    assert copy.shape == picture.shape and copy.dtype == np.uint8
    assert not np.array_equal(copy, picture)
    assert np.array_equal(copy, calibration.distorted(picture, strength, np.random.default_rng(1)))
