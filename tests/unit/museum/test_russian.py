"""The Russian of the demo museum's cards."""

from __future__ import annotations

import pytest

from scripts.museum.russian import adjective, counted, decimal, sentence


@pytest.mark.parametrize(
    ("word", "case", "gender", "expected"),
    [
        ("синий", "ins", "f", "синей"),
        ("красный", "gen", "n", "красного"),
        ("голубой", "pre", "m", "голубом"),
        ("тёмно-красный", "ins", "m", "тёмно-красным"),
        ("широкий", "nom", "p", "широкие"),
        ("охристый", "nom", "f", "охристая"),
    ],
)
def test_adjectives_are_declined(word: str, case: str, gender: str, expected: str) -> None:
    assert adjective(word, case, gender) == expected


@pytest.mark.parametrize(
    ("number", "expected"), [(1, "ручка"), (3, "ручки"), (5, "ручек"), (11, "ручек"), (21, "ручка"), (42, "ручки")]
)
def test_nouns_follow_their_numbers(number: int, expected: str) -> None:
    assert counted(number, "ручка", "ручки", "ручек") == expected


def test_decimals_have_a_comma_and_no_idle_zero() -> None:
    assert [decimal(24.5), decimal(18.0), decimal(7.25, 2)] == ["24,5", "18", "7,25"]


def test_a_sentence_is_closed_after_a_quotation_too() -> None:
    assert sentence("надпись «IС ХС»") == "Надпись «IС ХС»."
