"""The whole search as it is judged: on photographs made here, of which points alone can tell what they show."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
import pytest
from PIL import Image

from modelling import checked_search, evaluate
from modelling.checked_search import CheckedSearch
from vitrine import local_features
from vitrine.domain import Pixels


def _scribble(seed: int) -> Pixels:
    """Blobs of many sizes: hundreds of corners, and each seed its own."""
    rng = np.random.default_rng(seed)
    picture = np.full((240, 240, 3), 128, np.uint8)
    for _ in range(150):
        centre, radius = rng.integers(0, 240, 2).tolist(), int(rng.integers(3, 18))
        cv2.circle(picture, centre, radius, rng.integers(0, 256, 3).tolist(), -1)
    return picture


def _again(picture: Pixels) -> Pixels:
    """The same object, nearer and turned a little."""
    matrix = cv2.getRotationMatrix2D((120, 120), 8, 1.1)
    return np.asarray(cv2.warpAffine(picture, matrix, (240, 240), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _search(vectors: list[list[float]], pictures: list[Pixels], objects: list[str]) -> CheckedSearch:
    unit = np.array(vectors, np.float32)
    return CheckedSearch(
        vectors=unit / np.linalg.norm(unit, axis=1, keepdims=True),
        features=[local_features.extract(picture) for picture in pictures],
        objects=objects,
    )


def test_points_put_the_right_object_before_a_nearer_one() -> None:
    first, second = _scribble(1), _scribble(2)
    # By the embeddings, the photograph of the first lies nearer to the second.
    search = _search([[1, 0.1], [0.9, 1], [0.1, 1]], [first, _again(first), second], ["a", "a", "b"])
    found = search.figures(np.array([1]), np.array([0, 2]))
    assert (search.vectors[1] @ search.vectors[2]) > (search.vectors[1] @ search.vectors[0])
    assert (found.queries, found.recall_at_1, found.map_at_10) == (1, 1.0, 1.0)
    assert found.check_ms is not None


def test_no_photograph_finds_itself() -> None:
    first, second = _scribble(1), _scribble(2)
    search = _search([[1, 0], [0, 1], [1, 0]], [first, second, second], ["a", "a", "b"])
    # Of a's two photographs, each finds b first: they share neither points nor direction, and b shares one of both.
    found = search.figures(np.arange(3), np.arange(3))
    assert (found.queries, found.recall_at_1, found.recall_at_5, found.map_at_10) == (2, 0.0, 1.0, 0.5)


def test_objects_are_ranked_once_however_many_photographs_they_have() -> None:
    pictures = [_scribble(seed) for seed in range(8)]
    vectors: list[list[float]] = [[1, 0], *([1, 0.1 + number / 100] for number in range(6)), [1, 0.3]]
    search = _search(vectors, pictures, ["a", *["b"] * 6, "a"])
    found = search.figures(np.array([0]), np.arange(8))
    assert (found.recall_at_1, found.recall_at_5) == (0.0, 1.0)


def test_a_question_that_nothing_answers_has_no_figures() -> None:
    search = _search([[1, 0], [0, 1]], [_scribble(1), _scribble(2)], ["a", "b"])
    assert search.figures(np.arange(2), np.arange(2)).queries == 0


def test_photographs_are_shrunk_as_the_product_shrinks_them(tmp_path: pathlib.Path) -> None:
    Image.fromarray(np.tile(_scribble(1), (2, 4, 1))).save(tmp_path / "wide.png")
    (kept,) = checked_search.features([tmp_path / "wide.png"])
    assert (kept.width, kept.height) == (384, 192)


def test_the_table_tells_the_time_of_the_check_where_there_is_one() -> None:
    search = _search([[1, 0.1], [1, 0.2]], [_scribble(1), _scribble(1)], ["a", "a"])
    photographs = [evaluate.Photograph(path=pathlib.Path(), object_id="a", kind="vase", view=view) for view in "xy"]
    questions = {"both": evaluate.Question(asking=np.arange(2), gallery=np.arange(2))}
    alone = evaluate.answered(photographs, questions, search.vectors)
    checked = evaluate.answered(photographs, questions, search.vectors, search.features)
    assert "candidates" not in evaluate.table("a model", alone)
    told = evaluate.table("a model", {**alone, "both, checked": checked["both"]}).splitlines()
    assert "match + verify, 30 candidates" in told[2]
    assert told[-1].endswith(" ms |") and len({line.count("|") for line in told[2:]}) == 1


def test_a_photograph_without_points_keeps_its_embeddings_place() -> None:
    grey = np.full((240, 240, 3), 128, np.uint8)
    search = _search([[1, 0.2], [1, 0.1], [0, 1]], [grey, grey, _scribble(2)], ["a", "a", "b"])
    assert search.figures(np.array([0]), np.arange(3)).recall_at_1 == pytest.approx(1.0)
