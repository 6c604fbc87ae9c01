"""The head that asks the nearest known pictures."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from vitrine import errors
from vitrine.classifier import LinearHead
from vitrine.neighbours_head import NeighboursHead, read_head


def head() -> NeighboursHead:
    rng = np.random.default_rng(0)
    bank = rng.normal(size=(30, 8)).astype(np.float32)
    bank /= np.linalg.norm(bank, axis=1, keepdims=True)
    return NeighboursHead(
        classes=("ваза", "монета", "икона"),
        bank=bank,
        members=np.arange(30) % 3,
        shares=rng.uniform(0.5, 2, 30).astype(np.float32),
        count=4,
        sharpness=20.0,
        rows=np.zeros((0, 8), np.float32),
        row_bias=np.zeros(0, np.float32),
        temperature=1.5,
        translations={"ваза": {"en": "vase"}},
    )


def test_a_picture_of_the_bank_is_of_its_class_and_probabilities_sum_to_one() -> None:
    made = head()
    shares = made.probabilities(made.bank)
    assert np.mean(shares.argmax(axis=1) == made.members) > 0.9
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-5) and (shares > 0).all()


def test_only_the_nearest_vote() -> None:
    made = head()
    alone = dataclasses.replace(made, count=1)
    assert (alone.probabilities(made.bank).argmax(axis=1) == made.members).all()
    assert alone.logits(np.empty((0, 8), np.float32)).shape == (0, 3)


def test_it_is_the_same_after_being_written_and_so_is_a_linear_one() -> None:
    made = head().extended("маска", made_row(), -3.0)
    back = read_head(made.to_bytes())
    assert isinstance(back, NeighboursHead) and back.id == made.id and back.translations == made.translations
    np.testing.assert_array_equal(back.logits(made.bank), made.logits(made.bank))
    linear = LinearHead(classes=("а", "б"), weights=np.eye(2, 8, dtype=np.float32), bias=np.zeros(2, np.float32))
    assert isinstance(read_head(linear.to_bytes()), LinearHead)
    with pytest.raises(errors.DamagedSnapshot):
        read_head(made.to_bytes()[:-30])


def test_an_added_class_has_a_logit_of_its_own_and_changes_no_other() -> None:
    made = head()
    more = made.extended("маска", made_row(), -3.0)
    assert more.classes == (*made.classes, "маска") and more.id != made.id
    np.testing.assert_array_equal(more.logits(made.bank)[:, :3], made.logits(made.bank))
    np.testing.assert_allclose(more.logits(made.bank)[:, 3], made.bank @ made_row() - 3, rtol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": 31},
        {"members": np.full(30, 3)},
        {"shares": np.zeros(29, np.float32)},
        {"classes": ("ваза", "ваза", "икона")},
        {"row_bias": np.zeros(1, np.float32)},
    ],
)
def test_parts_that_do_not_fit_together_make_no_head(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        dataclasses.replace(head(), **wrong)  # type: ignore[arg-type]


def made_row() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.linspace(0, 4, 8, dtype=np.float32)
