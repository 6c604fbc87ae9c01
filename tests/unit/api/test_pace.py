"""How fast searches are answered is told by those that ended lately."""

from __future__ import annotations

import time

import pytest

from api.pace import Pace


def paced(*ago_s: float) -> float | None:
    """After searches that ended so many seconds ago, the earliest first."""
    pace = Pace()
    now = time.time()
    for seconds in ago_s:
        pace.ended(now - seconds)
    return pace.seconds_per_search()


def test_nothing_is_said_before_two_have_ended() -> None:
    assert paced() is None and paced(3.0) is None


def test_it_is_the_mean_time_between_two_ends() -> None:
    assert paced(3.0, 2.5, 2.0, 1.0) == pytest.approx(2.0 / 3)


def test_a_time_in_which_nobody_searched_counts_for_a_second_at_most() -> None:
    assert paced(50.0, 10.0, 9.5) == pytest.approx(1.5 / 2)


def test_what_ended_more_than_a_minute_ago_is_forgotten() -> None:
    assert paced(300.0, 70.0, 20.0, 19.8) == pytest.approx(0.2)
    assert paced(300.0, 70.0, 20.0) is None
    assert paced(300.0, 70.0) is None


def test_many_ends_are_counted_by_the_latest() -> None:
    slow_then_fast = [*(40.0 - 0.005 * number for number in range(2000)), *(10.0 - 0.001 * n for n in range(1500))]
    assert paced(*slow_then_fast) == pytest.approx(0.001, rel=0.01)


def test_ends_that_are_told_in_another_order_do_no_harm() -> None:
    found = paced(3.0, 2.0, 2.5, 1.0)
    assert found is not None and found > 0
