"""Tables as museums send them."""

from __future__ import annotations

import logging
import pathlib

import pytest

from indexer.sources.registry import open_source
from indexer.sources.source import SourceRow
from vitrine import errors


def rows_of(tmp_path: pathlib.Path, data: bytes, name: str = "table.csv") -> list[SourceRow]:
    path = tmp_path / name
    path.write_bytes(data)
    return list(open_source(path).rows())


def codes(rows: list[SourceRow]) -> list[str | None]:
    return [row.defect.code if row.defect else None for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_found(tmp_path: pathlib.Path, delimiter: str) -> None:
    text = 'id,name\n1,"Vase, blue; chipped\tand old"\n2,Plate\n'
    cells = [["id", "name"], ["1", '"Vase, blue; chipped\tand old"'], ["2", "Plate"]]
    data = "\n".join(delimiter.join(row) for row in cells) if delimiter != "," else text
    assert [row.values["name"] for row in rows_of(tmp_path, data.encode())] == ["Vase, blue; chipped\tand old", "Plate"]


def test_a_table_of_one_column_is_a_table(tmp_path: pathlib.Path) -> None:
    assert [dict(row.values) for row in rows_of(tmp_path, b"id\n1\n2\n")] == [{"id": "1"}, {"id": "2"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_and_without_its_mark(tmp_path: pathlib.Path, encoding: str) -> None:
    (row,) = rows_of(tmp_path, "имя;№\nЁлка;1\n".encode(encoding))
    assert row.values == {"имя": "Ёлка", "№": "1"}


def test_windows_1251_is_read_and_said(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        (row,) = rows_of(tmp_path, "номер;название\n1;Ваза «Ёлка» № 5\n".encode("cp1251"))
    assert row.values["название"] == "Ваза «Ёлка» № 5"
    assert "Windows-1251" in caplog.text


def test_cyrillic_that_begins_late_is_still_recognised(tmp_path: pathlib.Path) -> None:
    ascii_rows = "".join(f"{number},plain\n" for number in range(200_000))
    rows = rows_of(tmp_path, f"id,name\n{ascii_rows}last,Ваза\n".encode("cp1251"))
    assert rows[-1].values["name"] == "Ваза"


def test_one_damaged_letter_costs_one_row_and_not_the_encoding_of_all(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, "id,name\n1,Ваза\n".encode() + b"2,\xff\n" + "3,Чаша\n".encode())
    assert codes(rows) == [None, "bad_bytes", None]
    assert rows[2].values["name"] == "Чаша"


def test_quoted_separators_and_newlines_stay_in_their_cell_and_lines_are_physical(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, b'id,name\r\n1,"two\r\nlines, one cell"\r\n\r\n2,"say ""hi"""\r\n')
    assert [(row.line, row.values["name"]) for row in rows] == [(2, "two\r\nlines, one cell"), (5, 'say "hi"')]


def test_ragged_rows_come_with_their_reason_and_all_their_cells(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, b"id,name\n1\n2,a,b,c\n3,fine\n")
    assert codes(rows) == ["ragged_row", "ragged_row", None]
    assert rows[0].values == {"id": "1", "name": ""}
    assert "b,c" in rows[1].values.values()


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_lines_that_a_missing_quotation_mark_makes_one_are_named(tmp_path: pathlib.Path, end: bytes) -> None:
    (row,) = rows_of(tmp_path, b'id,name,image\nq1,"unclosed,plain.jpg\nq2,b,plain.jpg\nq3,c,plain.jpg' + end)
    assert (row.line, codes([row])) == (2, ["bad_quotes"])
    assert row.defect is not None
    assert "Lines 2 to 4 are no row (2 cells, the header 3): is a quotation mark missing?" in row.defect.message


def test_rows_of_empty_cells_are_left_out(tmp_path: pathlib.Path) -> None:
    assert [row.line for row in rows_of(tmp_path, b"id;name\n;\n\n1;a\n ; \n")] == [4]


def test_a_nul_byte_is_a_defect(tmp_path: pathlib.Path) -> None:
    assert codes(rows_of(tmp_path, b"id,name\n1,a\0b\n2,b\n")) == ["nul_byte", None]


def test_a_long_description_is_read_and_an_endless_cell_is_not(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, b"id,name\n1," + b"x" * 200_000 + b"\n2,b\n")
    assert codes(rows) == [None, None]
    endless = rows_of(tmp_path, b'id,name\n1,"no end\n' + b"2,b\n" * 400_000)
    assert endless[0].defect is not None and endless[0].defect.code == "bad_quotes"
    assert codes(endless[-2:]) == [None, None]


def test_columns_without_a_name_are_called_by_their_number(tmp_path: pathlib.Path) -> None:
    (row,) = rows_of(tmp_path, b"id;name;;\n1;a;;\n")
    assert list(row.values) == ["id", "name", "column 3", "column 4"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \n"])
def test_an_empty_file_is_refused(tmp_path: pathlib.Path, data: bytes) -> None:
    with pytest.raises(errors.RejectedInput, match="is empty"):
        rows_of(tmp_path, data)


def test_a_header_with_one_name_twice_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RejectedInput, match="'name' more than once"):
        rows_of(tmp_path, b"id,name,name\n1,a,b\n")


def test_what_is_no_table_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RejectedInput, match="is this a CSV file"):
        rows_of(tmp_path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0")
    with pytest.raises(errors.RejectedInput, match=r"Save it as one of: \.csv"):
        rows_of(tmp_path, b"", "table.docx")


def test_a_file_that_is_not_there_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RejectedInput, match="No such file") as refusal:
        open_source(tmp_path / "nowhere.csv")
    assert refusal.value.code == "no_source"
    with pytest.raises(errors.RejectedInput, match="directory"):
        (tmp_path / "folder.csv").mkdir()
        open_source(tmp_path / "folder.csv")


def test_a_source_may_be_read_twice(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("id\n1\n2\n")
    source = open_source(path)
    assert list(source.rows()) == list(source.rows())
