"""What a phone's view is made of: repeatable, of the right shape, and of the picture that it is a view of."""

from __future__ import annotations

import numpy as np

from modelling import augment
from vitrine.domain import Pixels


def _object_before_white(size: int = 120) -> Pixels:
    picture = np.full((size, size, 3), 250, np.uint8)
    picture[30:90, 40:80] = (160, 60, 30)
    return picture


def test_a_seed_makes_the_same_view_again() -> None:
    picture, other = _object_before_white(), np.zeros((100, 140, 3), np.uint8)
    first, again = (augment.phone_view(picture, other, 64, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)


def test_an_object_before_a_plain_ground_is_cut_out() -> None:
    mask = augment.foreground(_object_before_white(), np.random.default_rng(0))
    assert mask[60, 60] > 0.95
    assert mask[5, 5] < 0.05
    assert abs(float(mask.mean()) - 60 * 40 / 120**2) < 0.05


def test_before_a_busy_ground_the_middle_is_taken() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    mask = augment.foreground(noise, np.random.default_rng(1))
    assert mask[50, 50] > 0.95
    assert mask[0, 0] < 0.05
