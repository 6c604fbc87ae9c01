"""What every catalogue must do for those who import: remember what they said, and lose nothing to another."""

from __future__ import annotations

import dataclasses
import functools
import hashlib

import pytest

from tests.contract.test_catalogue_contract import VASE, at_once, put_with_image, vector, with_field
from vitrine.domain import RecordContent
from vitrine.ports import Catalogue, Imported


def test_what_was_imported_is_known_by_its_external_id(catalogue: Catalogue) -> None:
    first, _ = catalogue.put_record(VASE, source="a.csv", imported_sha256="a" * 64)
    second, _ = catalogue.put_record(RecordContent(external_id="V-1"))
    assert catalogue.put_record(dataclasses.replace(VASE, name="Кувшин")) == (first, True)
    catalogue.withdraw(first)
    assert catalogue.imported(["v-1", "V-1", "nobody"]) == {
        "v-1": Imported(record_id=first, said={"a.csv": "a" * 64}),
        "V-1": Imported(record_id=second, said={}),
    }
    again = catalogue.put_record(catalogue.record(second).content, source="b.csv", imported_sha256="b" * 64)
    assert again == (second, False)
    assert catalogue.imported(["V-1"])["V-1"].said == {"b.csv": "b" * 64}
    assert catalogue.imported([]) == {}


@pytest.mark.parametrize("changed", [True, False])
def test_what_each_source_said_last_is_remembered(catalogue: Catalogue, changed: bool) -> None:
    for source, number in (("a.csv", 1), ("b.csv", 2), ("a.csv", 3)):
        content = dataclasses.replace(VASE, year_to=number) if changed else VASE
        catalogue.put_record(content, source=source, imported_sha256=f"{number:064x}")
    catalogue.put_record(dataclasses.replace(VASE, name="Кувшин"))
    assert catalogue.imported(["v-1"])["v-1"].said == {"a.csv": f"{3:064x}", "b.csv": f"{2:064x}"}


def test_old_news_is_what_the_source_said_last_or_another_where_it_is_new() -> None:
    known = Imported(record_id=1, said={"a.csv": "1", "b.csv": "2"})
    assert known.is_old_news("a.csv", "1") and known.is_old_news("renamed.csv", "1")
    # A source that takes back what it said has something new to say.
    assert not known.is_old_news("a.csv", "2") and not known.is_old_news("renamed.csv", "3")


def test_old_news_changes_nothing_whoever_has_changed_the_record_since(catalogue: Catalogue) -> None:
    record_id, _ = catalogue.put_record(VASE, source="a.csv", imported_sha256="a" * 64)
    catalogue.change_record(record_id, lambda content: dataclasses.replace(content, name="Кувшин"))
    catalogue.withdraw(record_id)
    for source in ("a.csv", "renamed.csv"):
        assert catalogue.put_record(VASE, source=source, imported_sha256="a" * 64) == (record_id, False)
    record = catalogue.record(record_id)
    assert (record.content.name, record.withdrawn) == ("Кувшин", True)
    assert catalogue.imported(["v-1"])["v-1"].said == {"a.csv": "a" * 64}


def test_what_is_put_is_merged_with_what_the_catalogue_has(catalogue: Catalogue) -> None:
    def merge(stored: RecordContent) -> RecordContent:
        return dataclasses.replace(stored, place="Гжель")

    new = RecordContent(external_id="v-1", name="Ваза")
    record_id, changed = catalogue.put_record(new, merge=merge)
    assert changed and catalogue.record(record_id).content == new
    catalogue.change_record(record_id, lambda content: dataclasses.replace(content, name="Кувшин"))
    assert catalogue.put_record(new, merge=merge) == (record_id, True)
    assert catalogue.record(record_id).content == dataclasses.replace(new, name="Кувшин", place="Гжель")
    assert catalogue.put_record(new, merge=merge) == (record_id, False)


def test_what_many_put_at_once_is_all_kept(catalogue: Catalogue) -> None:
    fields = ("name", "period", "place", "museum", "technique", "materials")

    def put(field: str) -> None:
        for number in range(5):
            said = functools.partial(with_field, field, f"{field} {number}")
            digest = hashlib.sha256(f"{field} {number}".encode()).hexdigest()
            new = said(RecordContent(external_id="v-1"))
            catalogue.put_record(new, source=field, imported_sha256=digest, merge=said)

    at_once([functools.partial(put, field) for field in fields])
    record = catalogue.record_by_external_id("v-1")
    assert record is not None
    assert [getattr(record.content, field) for field in fields] == [f"{field} 4" for field in fields]
    assert set(catalogue.imported(["v-1"])["v-1"].said) == set(fields)


def test_a_withdrawn_record_can_be_put_and_stay_so(catalogue: Catalogue) -> None:
    record_id, image_id = put_with_image(catalogue, VASE)
    catalogue.add_embeddings("m", {image_id: vector(1, 0)})
    catalogue.withdraw(record_id)
    assert catalogue.put_record(VASE, show=False) == (record_id, False)
    assert catalogue.put_record(dataclasses.replace(VASE, place="Гжель"), show=False) == (record_id, True)
    record = catalogue.record(record_id)
    assert (record.content.place, record.withdrawn) == ("Гжель", True)
    (before,) = catalogue.embeddings_after("m", 0, 10)
    assert catalogue.put_record(record.content) == (record_id, True)
    (after,) = catalogue.embeddings_after("m", before.sequence, 10)
    assert after.image_id == image_id and not catalogue.record(record_id).withdrawn
