"""The import, over in-memory adapters and the real decoder."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import logging
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from indexer import commands, progress, years
from indexer.photographs import Ports
from tests.unit.indexer.conftest import Add, Museum, picture
from vitrine import domain, errors, local_features
from vitrine.ports import DecodeRequest
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder


def test_rows_become_records_images_and_embeddings(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore
) -> None:
    summary = add(museum.write(museum.objects(12)))
    assert (summary.tally.records_added, summary.tally.images_added, summary.tally.embeddings_added) == (12, 24, 24)
    assert summary.rejected.rows == 0
    record = catalogue.record_by_external_id("o-3")
    assert record is not None and record.content.name == "Предмет 3"
    original = (museum.folder / "3-1.jpg").read_bytes()
    image = catalogue.image(record.image_ids[1])
    assert (image.sha256, image.width, image.height) == (hashlib.sha256(original).hexdigest(), 120, 90)
    assert images.read(domain.original_key(image.sha256)) == original
    assert local_features.unpack(images.read(domain.features_key(image.sha256))) is not None


def test_each_image_has_the_embedding_of_its_own_picture_in_the_order_of_rows(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, ports: Ports
) -> None:
    add(museum.write(museum.objects(10)))
    stored = catalogue.embeddings_after(ToyEncoder.model_id, 0, 100)
    assert [row.image_id for row in stored] == list(range(1, 21))
    owners = [catalogue.record(row.record_id).content.external_id for row in stored]
    assert owners == [f"o-{number}" for number in range(10) for _ in range(2)]
    request = DecodeRequest(model_input=ports.encoder.resize, preview_size=384)
    alone = ports.decoder.decode((museum.folder / "7-1.jpg").read_bytes(), request).model_input
    assert alone is not None
    np.testing.assert_allclose(stored[15].vector, ToyEncoder().encode(alone[None])[0], atol=1e-6)


def test_a_second_run_adds_nothing_and_opens_nothing(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = museum.write(museum.objects(6))
    add(table)
    before = catalogue.counts(ToyEncoder.model_id)
    records = catalogue.browse(limit=100).records
    monkeypatch.setattr(type(ports.decoder), "decode", None)
    tally = add(table).tally
    assert (tally.records_unchanged, tally.images_known) == (6, 12)
    assert (tally.records_added, tally.records_changed, tally.images_added, tally.embeddings_added) == (0, 0, 0, 0)
    assert catalogue.counts(ToyEncoder.model_id) == before
    assert catalogue.browse(limit=100).records == records


def test_a_corrected_table_changes_its_records_and_erases_nothing(
    museum: Museum, add: Add, catalogue: MemoryCatalogue
) -> None:
    add(museum.write([{"external_id": "1", "name": "Ваза", "place": "Гжель"}, {"external_id": "2", "name": "б"}]))
    tally = add(museum.write([{"external_id": "1", "name": "Амфора", "place": ""}])).tally
    assert (tally.records_added, tally.records_changed) == (0, 1)
    record = catalogue.record_by_external_id("1")
    assert record is not None and (record.content.name, record.content.place) == ("Амфора", "Гжель")


def test_what_a_curator_changed_stays_until_the_source_says_something_new(
    museum: Museum, add: Add, catalogue: MemoryCatalogue
) -> None:
    rows = [{"external_id": "1", "name": "Ваза", "place": ""}, {"external_id": "2", "name": "Чаша", "place": ""}]
    add(museum.write(rows))
    edited, withdrawn = (catalogue.imported([number])[number].record_id for number in "12")
    catalogue.change_record(edited, lambda content: dataclasses.replace(content, name="Кратер"))
    catalogue.withdraw(withdrawn)
    assert add(museum.table).tally.records_unchanged == 2
    assert catalogue.record(edited).content.name == "Кратер"
    assert catalogue.record(withdrawn).withdrawn

    tally = add(museum.write([{**row, "place": "Гжель"} for row in rows])).tally
    assert (tally.records_changed, tally.records_unchanged) == (2, 0)
    assert (catalogue.record(edited).content.name, catalogue.record(edited).content.place) == ("Ваза", "Гжель")
    assert not catalogue.record(withdrawn).withdrawn


def test_rows_of_one_object_are_one_record_wherever_they_stand(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        {"external_id": "1", "name": "Ваза", "place": "", "image": museum.photograph("a.jpg")},
        {"external_id": "2", "name": "Чаша", "place": "", "image": museum.photograph("b.jpg")},
        {"external_id": "1", "name": "Кувшин", "place": "Гжель", "image": museum.photograph("c.jpg")},
    ]
    with caplog.at_level(logging.WARNING):
        first = add(museum.write(rows))
    record = catalogue.record_by_external_id("1")
    assert record is not None and (record.content.name, record.content.place) == ("Ваза", "Гжель")
    assert len(record.image_ids) == 2
    assert caplog.text.count("name of 1 stays 'Ваза' and is not 'Кувшин'") == 1
    assert first.tally.conflicts == 1
    assert add(museum.table).tally.records_unchanged == 2


def test_values_that_a_source_overwrites_are_counted_and_shown_once(museum: Museum, add: Add) -> None:
    first, second = museum.folder / "a.csv", museum.folder / "b.csv"
    first.write_text("external_id,name,place\n1,Ваза,Гжель\n2,Чаша,\n", encoding="utf-8")
    second.write_text("external_id,name,place\n1,Сабля,Тула\n2,Чаша,Псков\n3,Щит,\n", encoding="utf-8")
    assert add(first).tally.overwritten == 0
    summary = add(second)
    assert summary.tally.overwritten == 2
    (line,) = [line for line in summary.lines() if line.startswith("overwritten")]
    assert line == "overwritten 2 values of the catalogue, such as name of 1: 'Ваза' became 'Сабля'"


def test_a_bad_row_is_rejected_with_its_line_and_the_rest_goes_in(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, rejects: pathlib.Path
) -> None:
    (museum.folder / "broken.jpg").write_bytes(picture(1)[:300])
    (museum.folder / "text.jpg").write_text("not a picture")
    rows = [
        *museum.objects(4, views=1),
        {"external_id": "", "name": "nobody", "image": ""},
        {"external_id": "b", "name": "Битый", "image": "broken.jpg"},
        {"external_id": "t", "name": "Текст", "image": "text.jpg"},
        {"external_id": "m", "name": "Нет", "image": "missing.jpg"},
        {"external_id": "u", "name": "Сеть", "image": "https://museum.example/a.jpg"},
        {"external_id": "last", "name": "x" * 2000, "image": ""},
    ]
    summary = add(museum.write(rows))
    assert catalogue.counts(ToyEncoder.model_id).embeddings == 4
    with rejects.open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["reject_line"] for row in written] == ["6", "7", "8", "9", "10", "11"]
    assert [row["external_id"] for row in written] == ["", "b", "t", "m", "u", "last"]
    assert all(row["reject_reason"] for row in written)
    assert summary.rejected.by_code == {
        "no_external_id": 1,
        "broken_picture": 1,
        "unsupported_picture": 1,
        "image_missing": 1,
        "image_is_url": 1,
        "too_long": 1,
    }


def test_corrected_rejects_are_added_and_the_record_keeps_what_it_had(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, rejects: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    rows = [
        {"external_id": "1", "name": "Ваза", "image": museum.photograph("a.jpg")},
        {"external_id": "1", "name": "", "image": "late.jpg"},
    ]
    assert add(museum.write(rows)).rejected.rows == 1
    museum.photograph("late.jpg")
    again = add(rejects, images=museum.folder, rejects=tmp_path / "again.csv")
    assert (again.rejected.rows, again.tally.images_added) == (0, 1)
    record = catalogue.record_by_external_id("1")
    assert record is not None and record.content.name == "Ваза" and len(record.image_ids) == 2


def test_a_run_without_rejects_leaves_no_reject_file(museum: Museum, add: Add, rejects: pathlib.Path) -> None:
    add(museum.write([{"external_id": "1", "image": "late.jpg"}]))
    assert rejects.exists()
    museum.photograph("late.jpg")
    add(museum.table)
    assert not rejects.exists()


def test_several_reasons_of_one_row_make_one_rejected_row(museum: Museum, add: Add, rejects: pathlib.Path) -> None:
    museum.photograph("good.jpg")
    summary = add(museum.write([{"external_id": "1", "images": "a.jpg|good.jpg|b.jpg"}]))
    assert (summary.rejected.rows, summary.rejected.by_code["image_missing"]) == (1, 2)
    assert summary.tally.images_added == 1
    assert len(rejects.read_text(encoding="utf-8-sig").splitlines()) == 2


def test_the_same_bytes_under_two_names_are_one_image(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    rows = [{"external_id": "1", "image": museum.photograph(name, seed=5)} for name in ("a.jpg", "copy.jpg")]
    tally = add(museum.write(rows)).tally
    assert (tally.images_added, tally.images_known, catalogue.counts(ToyEncoder.model_id).images) == (1, 1, 1)


def test_a_replaced_file_is_read_again(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    table = museum.write([{"external_id": "1", "image": museum.photograph("a.jpg", seed=1)}])
    add(table)
    (museum.folder / "a.jpg").write_bytes(picture(2) + b"\0")
    assert add(table).tally.images_added == 1
    assert catalogue.counts(ToyEncoder.model_id).embeddings == 2


def test_another_model_embeds_what_is_there(museum: Museum, add: Add, ports: Ports, catalogue: MemoryCatalogue) -> None:
    class OtherEncoder(ToyEncoder):
        model_id = "other"

    table = museum.write(museum.objects(5))
    add(table)
    other = Ports(catalogue=catalogue, images=ports.images, encoder=OtherEncoder(), decoder=ports.decoder)
    tally = add(table, ports=other).tally
    assert (tally.images_added, tally.images_known, tally.embeddings_added) == (0, 10, 10)


def test_a_condition_chooses_rows(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    rows = [
        {**row, "view": "catalogue" if number % 3 == 0 else "phone"} for number, row in enumerate(museum.objects(6))
    ]
    summary = add(museum.write(rows), where=(("view", "catalogue"),))
    assert (summary.tally.rows, summary.tally.filtered, catalogue.counts(ToyEncoder.model_id).images) == (4, 8, 4)


def test_a_dry_run_changes_nothing_and_needs_no_port(museum: Museum, add: Add, rejects: pathlib.Path) -> None:
    rows = [*museum.objects(3), {"external_id": "", "name": "nobody", "image": ""}]
    plan = add(museum.write(rows), dry_run=True, rejects=None, ports=None)
    assert "records     3" in plan.lines()
    assert "images      6 found" in plan.lines()
    assert "rejected    1 rows" in plan.lines()
    assert not rejects.exists()


def test_a_table_without_photographs_makes_records(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    assert add(museum.write([{"external_id": "1"}, {"external_id": "2"}])).tally.records_added == 2
    assert catalogue.counts(ToyEncoder.model_id).images == 0


def test_windows_1251_goes_through_to_the_catalogue(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    table = museum.write(
        [{"Номер КП": "1", "id": "1", "Наименование": "Ваза «Ёлка»"}], encoding="cp1251", delimiter=";"
    )
    add(table)
    record = catalogue.record_by_external_id("1")
    assert record is not None and record.content.name == "Ваза «Ёлка»"


def test_when_no_photograph_is_found_the_summary_says_what_to_do(museum: Museum, add: Add) -> None:
    summary = add(museum.write([{"external_id": "1", "image": "a.jpg"}]))
    assert any("does --images name their folder?" in line for line in summary.lines())


def test_a_store_that_is_away_stops_the_run_and_the_next_one_resumes(
    museum: Museum, add: Add, ports: Ports, catalogue: MemoryCatalogue
) -> None:
    class FailingStore(MemoryImageStore):
        writes = 0

        def write(self, key: str, data: bytes) -> None:
            self.writes += 1
            if self.writes > 9:
                raise errors.DependencyUnavailable("The disk is full.")
            super().write(key, data)

    store = FailingStore()
    failing = Ports(catalogue=catalogue, images=store, encoder=ports.encoder, decoder=ports.decoder)
    table = museum.write(museum.objects(12))
    with pytest.raises(errors.DependencyUnavailable):
        add(table, ports=failing)
    for image in catalogue.images(range(100)).values():
        assert store.exists(domain.original_key(image.sha256)) and store.exists(domain.features_key(image.sha256))
    store.writes = -10_000
    add(table, ports=failing)
    assert (catalogue.counts(ToyEncoder.model_id).images, catalogue.counts(ToyEncoder.model_id).embeddings) == (24, 24)


def test_two_tables_of_one_object_bring_back_nothing_that_a_curator_changed(
    museum: Museum, add: Add, catalogue: MemoryCatalogue
) -> None:
    first, second = museum.folder / "a.csv", museum.folder / "b.csv"
    first.write_text("external_id,name,place\nX1,Ваза,Тула\n", encoding="utf-8")
    second.write_text("external_id,name,museum\nX1,Ваза,ГИМ\n", encoding="utf-8")
    add(first)
    add(second)
    number = catalogue.imported(["X1"])["X1"].record_id
    catalogue.change_record(number, lambda content: dataclasses.replace(content, name="Кратер"))
    catalogue.withdraw(number)
    for table in (first, second, first):
        assert add(table).tally.records_unchanged == 1
    assert add(first.rename(museum.folder / "renamed.csv")).tally.records_unchanged == 1
    assert catalogue.record(number).content.name == "Кратер" and catalogue.record(number).withdrawn


class _Meanwhile(progress.SilentProgress):
    """Somebody else does something once the catalogue was asked about the rows, and before the first of them is in."""

    def __init__(self, does: Callable[[], object]) -> None:
        self._does: list[Callable[[], object]] = [does]
        self._label = ""

    def start(self, label: str, unit: str, total: int | None) -> None:
        self._label = label

    def advance(self) -> None:
        if self._label == "indexing" and self._does:
            self._does.pop()()


def test_what_others_write_while_a_table_is_added_is_kept(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    texts, places = museum.folder / "texts.csv", museum.folder / "places.csv"
    texts.write_text("external_id,name,authors\nnew,Ваза,Иванов\n", encoding="utf-8")
    places.write_text("external_id,place\nold,Псков\nnew,Тверь\n", encoding="utf-8")
    old, _ = catalogue.put_record(domain.RecordContent(external_id="old", name="Чаша"))

    def write() -> None:
        add(texts)
        catalogue.change_record(old, lambda content: dataclasses.replace(content, museum="ГИМ"))

    tally = add(places, shown=_Meanwhile(write)).tally
    assert (tally.records_added, tally.records_changed) == (0, 2)
    new = catalogue.record_by_external_id("new")
    assert new is not None
    assert (new.content.name, new.content.authors, new.content.place) == ("Ваза", ("Иванов",), "Тверь")
    content = catalogue.record(old).content
    assert (content.name, content.place, content.museum) == ("Чаша", "Псков", "ГИМ")


def test_a_table_that_is_added_twice_at_once_is_old_news_to_the_second(
    museum: Museum, add: Add, catalogue: MemoryCatalogue
) -> None:
    table = museum.write([{"external_id": "1", "name": "Ваза"}])

    def write() -> None:
        add(table)
        catalogue.change_record(1, lambda content: dataclasses.replace(content, name="Кратер"))

    assert add(table, shown=_Meanwhile(write)).tally.records_unchanged == 1
    assert catalogue.record(1).content.name == "Кратер"


def test_a_table_that_takes_a_change_back_is_followed(museum: Museum, add: Add, catalogue: MemoryCatalogue) -> None:
    for name in ("Ваза", "Амфора", "Ваза"):
        add(museum.write([{"external_id": "1", "name": name}]))
        record = catalogue.record_by_external_id("1")
        assert record is not None and record.content.name == name


def test_a_table_says_nothing_new_because_its_years_are_understood_otherwise(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"external_id": number, "name": "Ваза", "date": "XIX в."} for number in "12"]
    add(museum.write(rows))
    catalogue.change_record(1, lambda content: dataclasses.replace(content, name="Кратер"))
    catalogue.withdraw(2)
    monkeypatch.setattr(years, "span", lambda _text: (1850, 1899))
    assert add(museum.table).tally.records_unchanged == 2
    assert catalogue.record(1).content.name == "Кратер" and catalogue.record(2).withdrawn

    assert add(museum.write([{**row, "date": "XX в."} for row in rows])).tally.records_changed == 2
    assert catalogue.record(1).content.name == "Ваза" and not catalogue.record(2).withdrawn


def test_what_an_earlier_version_remembered_is_old_news_and_remembered_anew(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = domain.RecordContent(external_id="1", name="Ваза", period="XIX в.", year_from=1801, year_to=1900)
    # As the versions before digested it.
    text = json.dumps(vars(content), ensure_ascii=False, sort_keys=True)
    catalogue.put_record(content, source="museum.csv plain", imported_sha256=hashlib.sha256(text.encode()).hexdigest())
    catalogue.change_record(1, lambda content: dataclasses.replace(content, name="Кратер"))
    catalogue.withdraw(1)
    museum.write([{"external_id": "1", "name": "Ваза", "date": "XIX в."}])
    assert add(museum.table).tally.records_unchanged == 1
    monkeypatch.setattr(years, "span", lambda _text: (1850, 1899))
    assert add(museum.table).tally.records_unchanged == 1
    assert catalogue.record(1).content.name == "Кратер" and catalogue.record(1).withdrawn


def test_a_table_is_remembered_by_its_name_and_by_how_and_in_which_part_it_is_read(tmp_path: pathlib.Path) -> None:
    def name(folder: str, **options: Any) -> str:
        return commands.AddOptions(source=tmp_path / folder / "museum.csv", **options).source_name

    where = (("view", "2"), ("state", "kept"))
    assert name("a") == name("b") == "museum.csv plain"
    assert name("a", mapping="profiles/own.yaml", where=where) == "museum.csv own.yaml state=kept view=2"
