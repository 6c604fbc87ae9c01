"""Rows of one object."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from indexer.merging import MergedRecords, merged
from vitrine import errors
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


def test_half_a_span_is_not_completed_to_one_that_ends_before_it_begins() -> None:
    begun, ended = RecordContent(external_id="1", year_from=1900), RecordContent(external_id="1", year_to=1850)
    assert merged(begun, ended).content == begun
    assert merged(begun, ended).conflicts == {"year_to": (None, 1850)}
    assert merged(ended, begun).content == ended
    assert merged(begun, RecordContent(external_id="1", year_to=1950)).content.year_to == 1950


def test_a_full_disk_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        database: sqlite3.Connection = connect(*arguments, **options)
        database.execute("PRAGMA max_page_count = 8")
        return database

    monkeypatch.setattr(sqlite3, "connect", connected)
    with (
        contextlib.closing(MergedRecords()) as records,
        pytest.raises(errors.DependencyUnavailable, match=r"is full.*SQLITE_TMPDIR"),
    ):
        for number in range(100):
            records.add(RecordContent(external_id=str(number), name="Ваза" * 100))


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
