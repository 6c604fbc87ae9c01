"""Words are found however they are written down."""

from __future__ import annotations

import unicodedata

import pytest

from vitrine import words
from vitrine.domain import RecordContent
from vitrine.testing import MemoryCatalogue


@pytest.mark.parametrize(
    "written",
    ["Чайник", "ЧАЙНИК", unicodedata.normalize("NFD", "Чайник"), "Чай\u00adник", "Ча\u200bйник", "\ufeffЧайник"],
    ids=["as it is", "capitals", "decomposed", "soft hyphen", "zero width", "byte order mark"],
)
def test_one_word_is_one_word_however_it_is_written(written: str) -> None:
    assert words.words(written) == ["чайник"]
    for stored, asked in ((written, "чайник"), ("чайник", written)):
        catalogue = MemoryCatalogue()
        catalogue.put_record(RecordContent(external_id="1", name=stored))
        assert len(catalogue.browse(text=asked).records) == 1


def test_yo_is_ye_composed_or_not() -> None:
    assert words.folded("Ёлка") == words.folded(unicodedata.normalize("NFD", "ёлка")) == "елка"


@pytest.mark.parametrize("written", ["за́мок", "замок"])
@pytest.mark.parametrize("asked", ["за́мок", "замок"])
def test_a_stress_mark_is_no_letter(written: str, asked: str) -> None:
    catalogue = MemoryCatalogue()
    catalogue.put_record(RecordContent(external_id="1", name=written))
    assert len(catalogue.browse(text=asked).records) == 1
    assert words.words("İznik") == ["iznik"] and words.words("йод") == ["йод"]
