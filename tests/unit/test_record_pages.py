"""What a database cannot be made to do at will: a record that goes between the finding of numbers and the reading."""

from __future__ import annotations

from vitrine import record_pages
from vitrine.domain import Record, RecordContent


def record(number: int) -> Record:
    return Record(id=number, content=RecordContent(external_id=str(number)), image_ids=(), withdrawn=False, revision=1)


def test_a_record_that_was_withdrawn_meanwhile_ends_no_list() -> None:
    page = record_pages.page(
        None,
        2,
        numbered=[1, 2, 3, 4],
        read=lambda numbers: [record(number) for number in numbers if number != 2],
        others=lambda after, count: [],
    )
    assert [one.id for one in page.records] == [1, 3]
    assert page.next_cursor == "n3"
