"""The measures, on cases small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from modelling import retrieval


def _unit(*degrees: float) -> retrieval.Vectors:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_every_query_finds_its_neighbour() -> None:
    found = retrieval.leave_one_out(_unit(0, 5, 90, 95), ["a", "a", "b", "b"])
    assert (found.queries, found.recall_at_1, found.map_at_10) == (4, 1.0, 1.0)


def test_a_picture_is_no_neighbour_of_itself() -> None:
    found = retrieval.leave_one_out(_unit(0, 50, 10, 60), ["a", "a", "b", "b"])
    assert found.recall_at_1 == 0.0


def test_an_object_seen_once_is_a_distractor_and_no_query() -> None:
    found = retrieval.leave_one_out(_unit(0, 20, 5), ["a", "a", "alone"])
    assert found.queries == 2
    assert found.recall_at_1 == 0.0
    assert found.recall_at_5 == 1.0


def test_mean_average_precision_counts_the_rank_of_each_true_neighbour() -> None:
    # The query's true neighbours are second and third: (1/2 + 2/3) / 2.
    found = retrieval.figures(_unit(0), _unit(1, 2, 3), ["a"], ["b", "a", "a"])
    assert found.map_at_10 == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_queries_without_an_answer_in_the_gallery_are_not_counted() -> None:
    found = retrieval.figures(_unit(0, 90), _unit(0, 90), ["a", "nowhere"], ["a", "b"])
    assert found.queries == 1


def test_nothing_to_ask_gives_no_figures() -> None:
    found = retrieval.leave_one_out(_unit(0, 90), ["a", "b"])
    assert found.queries == 0
    assert math.isnan(found.recall_at_1)
