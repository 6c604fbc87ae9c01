"""The geometric check: points that agree do show the same spot, and nothing is counted that could be chance."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from vitrine import errors, geometry, local_features, preprocessing
from vitrine.domain import Evidence, Pixels, Region
from vitrine.local_features import LocalFeatures


def texture(seed: int, height: int = 300, width: int = 384) -> Pixels:
    """Blots of many sizes: as much to hold on to as in a painted surface."""
    rng = np.random.default_rng(seed)
    layers = [cv2.resize(rng.random((side, side, 3), np.float32), (width, height)) for side in (6, 14, 30, 60)]
    mean = np.mean(layers, axis=0)
    return np.asarray(np.clip((mean - mean.min()) / np.ptp(mean) * 255, 0, 255), np.uint8)


def turned(picture: Pixels, degrees: float, scale: float) -> tuple[Pixels, npt.NDArray[np.float64]]:
    """The picture turned about its middle and scaled, and the 2 x 3 matrix in px that did it."""
    height, width = picture.shape[:2]
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale), np.float64)
    warped = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8), matrix


def agreed(query: Pixels, candidate: Pixels) -> Evidence:
    return geometry.compare(local_features.extract(query), [local_features.extract(candidate)])[0]


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (25, 0.8), (90, 1.0), (180, 0.6), (-40, 1.5)])
def test_points_that_agree_show_the_same_spot_within_one_percent(degrees: float, scale: float) -> None:
    original = texture(1)
    copy, matrix = turned(original, degrees, scale)
    evidence = agreed(original, copy)
    assert evidence.inliers >= 40
    assert evidence.points.shape == (evidence.inliers, 4) and evidence.points.dtype == np.float32
    size = np.array([original.shape[1], original.shape[0]])
    expected = np.c_[evidence.points[:, :2] * size, np.ones(evidence.inliers)] @ matrix.T / size
    error = np.linalg.norm(expected - evidence.points[:, 2:], axis=1)
    assert np.quantile(error, 0.95) < 0.01 and error.max() < 0.03


def test_a_crop_of_another_size_agrees_where_it_was_cut_from() -> None:
    original = texture(2)
    part = np.asarray(preprocessing.crop(Image.fromarray(original), Region(x=0.25, y=0.2, width=0.5, height=0.6)))
    evidence = agreed(np.asarray(cv2.resize(part, None, fx=1.4, fy=1.4)), original)
    assert evidence.inliers >= 40
    expected = np.array([0.25, 0.2]) + evidence.points[:, :2] * [0.5, 0.6]
    assert np.quantile(np.linalg.norm(expected - evidence.points[:, 2:], axis=1), 0.95) < 0.01


def test_unrelated_textures_agree_in_less_than_chance_is_forgiven() -> None:
    queries = [local_features.extract(texture(seed)) for seed in range(10, 14)]
    candidates = [local_features.extract(texture(seed)) for seed in range(20, 26)]
    inliers = [evidence.inliers for query in queries for evidence in geometry.compare(query, candidates)]
    assert max(inliers) <= 5
    assert geometry.score(0.5, max(inliers)) == 0.5


def test_a_mirrored_picture_is_not_the_same_object() -> None:
    original = texture(3)
    assert agreed(original, np.ascontiguousarray(original[:, ::-1])).inliers <= 5


def test_evidence_comes_in_the_order_of_the_candidates_and_is_the_same_every_time() -> None:
    query = local_features.extract(texture(4))
    candidates = [local_features.extract(texture(5)), query, local_features.extract(turned(texture(4), 30, 0.9)[0])]
    first, second = geometry.compare(query, candidates), geometry.compare(query, candidates)
    assert [evidence.inliers for evidence in first] == [evidence.inliers for evidence in second]
    assert all(np.array_equal(one.points, other.points) for one, other in zip(first, second, strict=True))
    assert first[0].inliers <= 5 < first[2].inliers <= first[1].inliers
    assert geometry.compare(query, []) == []


@pytest.mark.parametrize("shape", [(8, 8), (384, 10), (120, 384)])
def test_a_flat_picture_has_no_features_and_can_still_be_compared(shape: tuple[int, int]) -> None:
    flat = local_features.extract(np.full((*shape, 3), 128, np.uint8))
    assert len(flat) == 0 and flat
    rich = local_features.extract(texture(6))
    assert [evidence.inliers for evidence in geometry.compare(flat, [rich, flat])] == [0, 0]
    assert [evidence.points.shape for evidence in geometry.compare(rich, [flat])] == [(0, 4)]
    assert len(local_features.unpack(local_features.pack(flat))) == 0


def test_no_more_features_are_kept_than_promised_and_they_are_the_strongest_first() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (384, 384, 3)).astype(np.uint8)
    features = local_features.extract(noise)
    assert len(features) == local_features.FEATURES
    assert features.points.min() >= 0 and features.points.max() <= 1
    lengths = np.linalg.norm(features.descriptors.astype(np.float64), axis=1)
    assert np.all(np.abs(lengths - 512) < 8)


def _made(points: npt.NDArray[np.float64], seed: int = 0) -> LocalFeatures:
    """Features at these points, each unlike every other: the n-th of two such values match."""
    rng = np.random.default_rng(seed)
    raw = rng.random((len(points), 128)) ** 6
    raw = np.sqrt(raw / raw.sum(axis=1, keepdims=True)) * 512
    return LocalFeatures(
        width=384,
        height=384,
        points=points.astype(np.float32),
        descriptors=np.minimum(np.rint(raw), 255).astype(np.uint8),
    )


def test_points_collapsed_into_one_spot_are_not_counted() -> None:
    spread = np.random.default_rng(1).random((40, 2))
    assert geometry.compare(_made(spread), [_made(spread)])[0].inliers == 40
    assert geometry.compare(_made(spread), [_made(0.5 + spread * 0.002)])[0].inliers == 0
    assert geometry.compare(_made(spread * 0.02), [_made(spread)])[0].inliers == 0


def test_many_points_on_one_count_once() -> None:
    spread = np.random.default_rng(2).random((40, 2))
    doubled = np.repeat(spread[:20], 2, axis=0)
    assert geometry.compare(_made(doubled), [_made(doubled)])[0].inliers == 20
    query, candidate = _made(spread), _made(spread)
    repeated = LocalFeatures(
        width=384,
        height=384,
        points=np.concatenate([query.points, query.points[:30] * 0.5]),
        descriptors=np.concatenate([query.descriptors, query.descriptors[:30]]),
    )
    partners = geometry.compare(repeated, [candidate])[0].points[:, 2:]
    assert len(np.unique(partners, axis=0)) == len(partners) == 40


def test_a_faint_picture_still_has_much_to_compare() -> None:
    faint = np.rint(128 + (texture(9).astype(np.float32) - 128) * 0.25).astype(np.uint8)
    assert agreed(faint, turned(faint, 20, 0.9)[0]).inliers >= 100


def _unlike(features: LocalFeatures, by: float, seed: int) -> npt.NDArray[np.uint8]:
    """Each descriptor moved away from itself by this share of its length, in a direction of its own."""
    towards = np.random.default_rng(seed).normal(size=features.descriptors.shape)
    towards *= 512 * by / np.linalg.norm(towards, axis=1, keepdims=True)
    moved = np.maximum(features.descriptors + towards, 0)
    moved *= 512 / np.linalg.norm(moved, axis=1, keepdims=True)
    return np.asarray(np.rint(moved), np.uint8)


def _with_seconds(features: LocalFeatures, shift: tuple[float, float], *, first: float, second: float) -> LocalFeatures:
    """Every point twice: where it is, and shifted; both are unlike it by so much."""
    return LocalFeatures(
        width=features.width,
        height=features.height,
        points=np.concatenate([features.points, features.points + np.array(shift, np.float32)]),
        descriptors=np.concatenate([_unlike(features, first, 1), _unlike(features, second, 2)]),
    )


def test_what_is_alike_in_one_spot_does_not_reject_itself_and_what_is_alike_elsewhere_does() -> None:
    query = _made(0.1 + np.random.default_rng(3).random((40, 2)) * 0.6)
    beside = _with_seconds(query, (6 / 384, 0), first=0.2, second=0.2)
    elsewhere = _with_seconds(query, (0.2, 0.1), first=0.2, second=0.2)
    found, lost = geometry.compare(query, [beside, elsewhere])
    assert found.inliers >= 38 and lost.inliers == 0


def test_where_the_clear_points_say_where_the_others_should_be_the_others_count_there_and_nowhere_else() -> None:
    query = _made(0.1 + np.random.default_rng(4).random((40, 2)) * 0.6)
    doubtful = _with_seconds(query, (0.2, 0.1), first=0.2, second=0.23)
    assert geometry.compare(query, [doubtful])[0].inliers == 0
    descriptors = doubtful.descriptors.copy()
    descriptors[:15] = query.descriptors[:15]
    guided = geometry.compare(query, [dataclasses.replace(doubtful, descriptors=descriptors)])[0]
    assert guided.inliers >= 35
    assert np.allclose(guided.points[:, :2], guided.points[:, 2:], atol=8 / 384)
    # The same again, but what is doubtful lies 40 px from where it should.
    points = doubtful.points.copy()
    points[15:40] += np.array([40 / 384, 0], np.float32)
    displaced = dataclasses.replace(doubtful, points=points, descriptors=descriptors)
    assert 15 <= geometry.compare(query, [displaced])[0].inliers <= 17


def _dyed(picture: Pixels, gains: tuple[float, float, float], columns: slice = slice(None)) -> Pixels:
    """Each channel of these columns many times as bright."""
    dyed = picture.astype(np.float32) * 0.6
    dyed[:, columns] *= np.array(gains, np.float32)
    return np.asarray(np.clip(np.rint(dyed), 0, 255), np.uint8)


def test_the_same_print_in_another_colour_is_not_the_same_object() -> None:
    original = texture(11)
    evidence = agreed(_dyed(original, (1, 1, 1)), _dyed(original, (1.6, 1, 0.5), columns=slice(192, None)))
    assert evidence.inliers >= 40
    assert (evidence.points[:, 0] < 0.55).all()


def test_another_light_leaves_the_colours_as_they_are() -> None:
    original = texture(12)
    plain, warm, dark = _dyed(original, (1, 1, 1)), _dyed(original, (1.15, 1, 0.9)), _dyed(original, (0.6, 0.6, 0.6))
    itself = agreed(plain, plain).inliers
    assert agreed(plain, warm).inliers >= 0.8 * itself
    assert agreed(plain, dark).inliers >= 0.7 * itself


def test_features_without_colours_are_compared_without_them() -> None:
    original = texture(11)
    here = local_features.extract(_dyed(original, (1, 1, 1)))
    there = local_features.extract(_dyed(original, (1.6, 1, 0.5), columns=slice(192, None)))
    uncoloured = local_features.unpack(local_features.pack(dataclasses.replace(there, colours=None)))
    assert uncoloured.colours is None and np.array_equal(uncoloured.descriptors, there.descriptors)
    without, with_colours = geometry.compare(here, [uncoloured, there])
    assert (without.points[:, 0] > 0.55).sum() >= 40 and not (with_colours.points[:, 0] > 0.55).any()


def test_packed_features_come_back_as_they_were() -> None:
    for features in (local_features.extract(texture(7)), local_features.extract(np.zeros((90, 120, 3), np.uint8))):
        data = local_features.pack(features)
        assert len(data) < 70_000
        back = local_features.unpack(data)
        assert (back.width, back.height) == (features.width, features.height)
        assert np.array_equal(back.points, features.points) and np.array_equal(back.descriptors, features.descriptors)
        assert features.colours is not None and np.array_equal(back.colours, features.colours)  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["cut", "longer", "empty", "header", "magic", "body", "sizes"])
def test_damaged_features_are_refused(damage: str) -> None:
    data = bytearray(local_features.pack(local_features.extract(texture(8))))
    spoiled = {
        "cut": data[:-1],
        "longer": data + b"\0",
        "empty": bytearray(),
        "header": data[:9],
        "magic": b"PK\3\4" + data[4:],
        "body": data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        "sizes": data[:7] + bytes([data[7] ^ 1]) + data[8:],
    }[damage]
    with pytest.raises(errors.RejectedInput) as caught:
        local_features.unpack(bytes(spoiled))
    assert caught.value.code == "damaged_features"


def test_evidence_of_a_region_is_told_in_fractions_of_the_whole_picture() -> None:
    points = np.array([[0.0, 0.0, 0.3, 0.4], [1.0, 0.5, 0.6, 0.7]], np.float32)
    region = Region(x=0.2, y=0.4, width=0.5, height=0.25)
    mapped = geometry.on_whole_picture(Evidence(inliers=2, points=points), region)
    assert np.allclose(mapped.points, [[0.2, 0.4, 0.3, 0.4], [0.7, 0.525, 0.6, 0.7]])
    assert mapped.inliers == 2 and points[1, 0] == 1.0


def test_the_score_grows_with_similarity_and_with_inliers_over_chance() -> None:
    assert geometry.score(0.7, 0) == geometry.score(0.7, 5) == 0.7
    assert geometry.score(0.7, 6) == pytest.approx(0.7 + 0.1 * math.log(2))
    scores = [geometry.score(0.5, inliers) for inliers in range(5, 200)]
    assert scores == sorted(scores) and len(set(scores)) == len(scores)
