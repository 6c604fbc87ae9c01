"""The reject file: what stands in it, what it replaces, and when."""

from __future__ import annotations

import csv
import dataclasses
import pathlib

import pytest

from indexer import rejects as reject_file
from indexer.embedding_by_workers import EmbeddingByWorkers
from indexer.interruption import Interruption
from indexer.photographs import Ports
from indexer.rejects import Rejects
from tests.unit.indexer.conftest import Add, Museum
from vitrine import errors
from vitrine.testing import MemoryCatalogue

EARLIER = "reject_line,reject_reason,external_id\n2,corrected by hand,1\n"


def cells_of(path: pathlib.Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [cells[2:] for cells in csv.reader(file)]


@pytest.fixture
def earlier(rejects: pathlib.Path) -> pathlib.Path:
    rejects.parent.mkdir()
    rejects.write_text(EARLIER)
    return rejects


WRONG = 'external_id,name,image\n1,Ваза\n2,Чаша,a.jpg,b.jpg\n3,"Кувшин,3.jpg\n4,*,\n5,Блюдо,\n'.encode().replace(
    b"*", b"\xff"
)


def test_rejected_rows_stand_in_the_file_as_they_were(museum: Museum, add: Add, rejects: pathlib.Path) -> None:
    museum.table.write_bytes(WRONG)
    summary = add(museum.table)
    assert summary.tally.records_added == 1
    assert summary.rejected.by_code == {"ragged_row": 2, "bad_quotes": 1, "bad_bytes": 1}
    assert cells_of(rejects) == [
        ["external_id", "name", "image"],
        ["1", "Ваза"],
        ["2", "Чаша", "a.jpg", "b.jpg"],
        ["", "", "", '3,"Кувшин,3.jpg'],
        ["4", "\ufffd", ""],
    ]


def test_a_reject_file_that_nobody_corrected_brings_nothing_in(
    museum: Museum, add: Add, rejects: pathlib.Path, catalogue: MemoryCatalogue, tmp_path: pathlib.Path
) -> None:
    museum.table.write_bytes(WRONG)
    add(museum.table)
    again = tmp_path / "again.csv"
    summary = add(rejects, rejects=again)
    assert (summary.tally.records_added, summary.rejected.rows) == (0, 4)
    assert cells_of(again) == cells_of(rejects)
    assert len(catalogue.browse(limit=10).records) == 1


def test_a_spreadsheet_that_makes_all_rows_equally_wide_makes_no_record_of_a_text_that_was_no_row(
    museum: Museum, add: Add, rejects: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    museum.table.write_bytes(b'external_id,name,image\n3,"Jug,3.jpg\n')
    add(museum.table)
    saved = tmp_path / "saved.csv"
    saved.write_text(rejects.read_text(encoding="utf-8-sig").replace("image\n", "image,\n", 1))
    assert add(saved).rejected.by_code == {"no_external_id": 1}


def test_corrected_rejects_undo_nothing_that_a_curator_did(
    museum: Museum, add: Add, rejects: pathlib.Path, catalogue: MemoryCatalogue, tmp_path: pathlib.Path
) -> None:
    rows = [
        {"external_id": "1", "name": "Ваза", "place": "", "year_from": "1800", "image": "late.jpg"},
        {"external_id": "1", "name": "", "place": "Гжель", "year_from": "?", "image": ""},
        {"external_id": "2", "name": "Чаша", "place": "", "year_from": "?", "image": ""},
    ]
    assert add(museum.write(rows)).rejected.rows == 3
    catalogue.change_record(1, lambda content: dataclasses.replace(content, name="Кратер"))
    catalogue.withdraw(1)
    museum.photograph("late.jpg")
    rejects.write_text(rejects.read_text(encoding="utf-8-sig").replace("?", "1850"), encoding="utf-8")

    summary = add(rejects, images=museum.folder, rejects=tmp_path / "again.csv")
    assert (summary.tally.records_added, summary.tally.records_changed, summary.tally.images_added) == (1, 1, 1)
    record = catalogue.record(1)
    assert record.withdrawn and len(record.image_ids) == 1
    assert (record.content.name, record.content.place, record.content.year_from) == ("Кратер", "Гжель", 1800)
    assert catalogue.record(2).content.name == "Чаша"
    (line,) = [line for line in summary.lines() if line.startswith("kept")]
    assert line == "kept        1 values of the catalogue, such as name of 1: 'Кратер' and not 'Ваза'"


def test_a_table_that_is_corrected_as_its_rejects_were_decides_all_the_same(
    museum: Museum, add: Add, rejects: pathlib.Path, catalogue: MemoryCatalogue, tmp_path: pathlib.Path
) -> None:
    add(museum.write([{"external_id": "17", "name": "Ваза", "year_from": "1790"}]))
    catalogue.withdraw(1)
    table = tmp_path / "2024.csv"
    table.write_text("external_id,name,year_from\n17,Кратер,?\n", encoding="utf-8")
    assert add(table).rejected.rows == 1
    for text in (rejects, table):
        text.write_text(text.read_text(encoding="utf-8-sig").replace("?", "1795"), encoding="utf-8")
    assert add(rejects, rejects=tmp_path / "again.csv").tally.records_unchanged == 1
    assert catalogue.record(1).withdrawn
    assert add(table).tally.records_changed == 1
    record = catalogue.record(1)
    assert (record.content.name, record.content.year_from, record.withdrawn) == ("Кратер", 1795, False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16"])
@pytest.mark.parametrize(
    "form", ["reject_line,reject_reason,id\n", "reject_line;reject_reason\n", '"reject_line"\t"id"\n']
)
def test_a_reject_file_is_known_however_it_was_saved(rejects: pathlib.Path, form: str, encoding: str) -> None:
    rejects.parent.mkdir()
    rejects.write_text(form, encoding=encoding)
    Rejects(rejects, ["id"]).publish()
    assert not rejects.exists()


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("text", ["", "the only copy of a thesis", "reject_lines,reject_reason\n"])
def test_no_other_file_is_replaced(museum: Museum, add: Add, rejects: pathlib.Path, text: str, dry_run: bool) -> None:
    rejects.parent.mkdir()
    rejects.write_text(text)
    with pytest.raises(errors.RejectedInput, match=r"no reject file.* move it away, or give another path") as refusal:
        add(museum.write(museum.objects(1)), dry_run=dry_run)
    assert refusal.value.code == "bad_rejects"
    assert rejects.read_text() == text


def test_what_is_no_file_is_not_replaced(tmp_path: pathlib.Path) -> None:
    for path in (pathlib.Path("/dev/null"), tmp_path):
        with pytest.raises(errors.RejectedInput, match="no reject file"):
            Rejects(path, ["id"])


def test_a_dry_run_touches_nothing(museum: Museum, add: Add, earlier: pathlib.Path) -> None:
    table = museum.write([{"external_id": "", "name": "nobody"}])
    plan = add(table, dry_run=True)
    assert plan.rejected.rows == 1
    assert [path.name for path in earlier.parent.iterdir()] == [earlier.name]
    assert earlier.read_text() == EARLIER


def test_a_run_that_ends_early_leaves_the_file_of_the_run_before(
    museum: Museum, add: Add, ports: Ports, earlier: pathlib.Path
) -> None:
    def fails(*_: object, **__: object) -> EmbeddingByWorkers:
        raise errors.DependencyUnavailable("away")

    table = museum.write([{"external_id": "", "name": "nobody"}, {"external_id": "1", "name": "Ваза"}])
    with pytest.raises(errors.DependencyUnavailable):
        add(table, embedding=fails)
    asked = Interruption()
    asked.ask()
    assert add(table, interruption=asked).rejected.path is None
    assert [path.name for path in earlier.parent.iterdir()] == [earlier.name]
    assert earlier.read_text() == EARLIER
    assert add(table).rejected.path == earlier
    assert cells_of(earlier) == [["external_id", "name"], ["", "nobody"]]


def test_tables_of_one_name_and_parts_of_one_table_have_files_of_their_own(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def path(source: str, *where: tuple[str, str]) -> pathlib.Path:
        return reject_file.default_path(tmp_path, pathlib.Path(source), where)

    one, other = ("view", "1"), ("view", "2")
    paths = {path("/a/export.csv"), path("/b/export.csv"), path("/a/export.csv", one), path("/a/export.csv", other)}
    assert len(paths) == 4
    assert all(found.parent == tmp_path and found.match("export.*.rejects.csv") for found in paths)
    assert path("/a/export.csv", one, other) == path("/a/export.csv", other, one)
    monkeypatch.chdir(tmp_path)
    assert path("export.csv") == path(str(tmp_path / "export.csv"))
