"""Rows of one object."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from indexer.merging import MergedRecords, merged
from vitrine.domain import RecordContent


@pytest.fixture
def records() -> Iterator[MergedRecords]:
    with contextlib.closing(MergedRecords()) as made:
        yield made


def test_the_first_value_stays_and_later_rows_fill_what_is_empty() -> None:
    first = RecordContent(external_id="1", name="Ваза", year_from=0, translations={"en": {"name": "Vase"}})
    second = RecordContent(
        external_id="1",
        name="Кувшин",
        authors=("А",),
        year_from=1800,
        year_to=1900,
        translations={"en": {"name": "Jug", "place": "Gzhel"}},
    )
    both = merged(first, second)
    assert both.content == RecordContent(
        external_id="1",
        name="Ваза",
        authors=("А",),
        year_from=0,
        year_to=1900,
        translations={"en": {"name": "Vase", "place": "Gzhel"}},
    )
    assert set(both.conflicts) == {"name", "year_from", "name (en)"}


def test_a_conflict_is_reported_once(records: MergedRecords) -> None:
    assert records.add(RecordContent(external_id="1", name="a")) == {}
    assert records.add(RecordContent(external_id="1", name="b")) == {"name": ("a", "b")}
    assert records.add(RecordContent(external_id="1", name="c", museum="m")) == {}
    assert records.get("1") == (RecordContent(external_id="1", name="a", museum="m"), None)
    assert len(records) == 1


def test_the_number_of_a_record_is_remembered(records: MergedRecords) -> None:
    content = RecordContent(external_id="Ёлка", authors=("А", "Б"), year_to=-5, translations={"en": {"name": "Fir"}})
    records.add(content)
    records.remember("Ёлка", 17)
    assert records.get("Ёлка") == (content, 17)
    with pytest.raises(KeyError):
        records.get("ёлка")
