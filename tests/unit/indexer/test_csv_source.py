"""Tables as museums send them."""

from __future__ import annotations

import csv
import io
import logging
import pathlib
from collections.abc import Iterator

import pytest

from indexer.sources import csv_records
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
    assert rows[0].values == {"id": "1"}
    assert "b,c" in rows[1].values.values()


FORGOTTEN = """external_id,name,image
1,Vase one,1.jpg
2,"Vase two,2.jpg
3,Vase three,3.jpg
4,Vase four,4.jpg
{fifth}
6,Cup,6.jpg
"""


@pytest.mark.parametrize(
    "fifth",
    [
        pytest.param('5,"Bowl",5.jpg', id="text after the mark that seems to close the cell"),
        pytest.param("5,Bowl,5.jpg", id="no further mark"),
        pytest.param('5,Bowl,5.jpg"', id="a mark that closes the cell, in another column"),
        pytest.param('5,Bowl 9",5.jpg', id="a mark that closes the cell, in the same column"),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\n7,Jug,7.jpg"])
def test_a_forgotten_quotation_mark_costs_its_own_row(tmp_path: pathlib.Path, fifth: str, end: str) -> None:
    rows = rows_of(tmp_path, (FORGOTTEN.format(fifth=fifth).rstrip() + end).encode())
    lost = rows[1]
    assert (lost.line, list(lost.values.values())) == (3, ['2,"Vase two,2.jpg'])
    assert lost.defect is not None and lost.defect.code == "bad_quotes" and "close it" in lost.defect.message
    intact = [row.values["external_id"] for row in rows if row.defect is None]
    assert [number for number in "1346" if number not in intact] == []
    assert [row.line for row in rows[:6]] == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("between", ["", "2,a cup,Tver\n"])
@pytest.mark.parametrize(
    ("wrong", "description"),
    [
        pytest.param('1,a vase,"Tula', '"\nwith flowers"', id="in the last cell"),
        pytest.param('1,"a vase,Tula', '"\nwith flowers"', id="in another cell"),
        pytest.param('1,a vase,"Tula', '"\nred, blue, white\nflowers"', id="before a line that looks like a row"),
        pytest.param('1,a vase,"Tula', '",white"', id="before a cell that begins with the separator"),
    ],
)
def test_a_wrong_mark_that_a_cell_of_a_later_row_seems_to_close_costs_its_own_row(
    tmp_path: pathlib.Path, wrong: str, description: str, between: str
) -> None:
    table = f"id,description,place\n{wrong}\n{between}3,{description},Orel\n4,a jug,Tver\n"
    rows = rows_of(tmp_path, table.encode())
    assert codes(rows) == ["bad_quotes"] + [None] * (len(rows) - 1)
    assert [row.values["id"] for row in rows[1:]] == [*(["2"] if between else []), "3", "4"]
    assert rows[-2].values["description"] == description.strip('"')


@pytest.mark.parametrize("end", [",", "\n", "\n,", ""])
@pytest.mark.parametrize("start", [",", "\n", ""])
def test_a_cell_of_several_lines_may_begin_and_end_with_what_parts_cells_and_rows(
    tmp_path: pathlib.Path, start: str, end: str
) -> None:
    cells = [[str(number), f"{start}clay,\nglaze{end}", "x" * (number % 2)] for number in range(6)]
    table = io.StringIO(newline="")
    csv.writer(table, lineterminator="\n").writerows([["id", "technique", "note"], *cells])
    rows = rows_of(tmp_path, table.getvalue().encode())
    assert [list(row.values.values()) for row in rows if row.defect is None] == cells


def test_of_thirty_thousand_rows_one_wrong_mark_costs_one(tmp_path: pathlib.Path) -> None:
    lines = [f"{number},Vase,{number}.jpg" for number in range(30_000)]
    lines[1000] = '1000,"Vase,1000.jpg'
    lines[21_000] = '21000,"Vase",21000.jpg'
    rows = rows_of(tmp_path, "\n".join(["id,name,image", *lines]).encode())
    assert [row.line for row in rows if row.defect] == [1002]
    assert len(rows) == 30_000


def test_wrong_marks_in_every_row_are_looked_at_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each row opens a cell, and the next row closes it and opens another.
    table = io.StringIO("id,name\n" + '5","Vase\n' * 5000, newline="")
    looked_at = 0

    class Counted:
        def __init__(self, lines: Iterator[str]) -> None:
            self._lines = lines

        def __iter__(self) -> Iterator[str]:
            return self

        def __next__(self) -> str:
            nonlocal looked_at
            line = next(self._lines)
            looked_at += 1
            return line

    reader = csv.reader
    monkeypatch.setattr(csv, "reader", lambda lines, **options: reader(Counted(lines), **options))
    seen = list(csv_records.records(table, ",", 2))
    assert [record.defect is None for record in seen] == [True] + [False] * 5000
    assert looked_at <= 2 * len(seen)


def test_a_quoted_cell_of_many_lines_is_one_cell_up_to_the_bound(tmp_path: pathlib.Path) -> None:
    def rows(lines: int) -> list[SourceRow]:
        text = "\n".join(["line"] * lines)
        return rows_of(tmp_path, f'id,name,image\n1,"{text}",1.jpg\n2,Cup,2.jpg\n'.encode())

    assert codes(rows(csv_records.MOST_LINES)) == [None, None]
    beyond = rows(csv_records.MOST_LINES + 1)
    assert (codes(beyond)[0], codes(beyond)[-1]) == ("bad_quotes", None)


def test_a_ragged_row_with_a_text_of_several_lines_is_one_row(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, b'id,name,image\n1,"One line,\nanother,\nthe last"\n2,Cup,2.jpg\n')
    assert codes(rows) == ["ragged_row", None]


def test_quotation_marks_of_a_tab_separated_table_stay_in_the_text(tmp_path: pathlib.Path) -> None:
    table = """id\tname\timage
1\t"Купчиха за чаем" (эскиз)\t1.jpg
2\t"Чаша\t2.jpg
3\t"Ваза, ""синяя""\nс крышкой"\t3.jpg
4\tБлюдо 9"\t4.jpg
"""
    rows = rows_of(tmp_path, table.encode(), "table.tsv")
    assert codes(rows) == [None] * 4
    assert [row.values["name"] for row in rows] == [
        '"Купчиха за чаем" (эскиз)',
        '"Чаша',
        'Ваза, "синяя"\nс крышкой',
        'Блюдо 9"',
    ]


def test_an_enormous_line_is_one_rejected_row(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, b"id,name\n1," + b"x" * 3 * csv_records.MOST_CHARACTERS + b"\n2,b\n")
    assert [(row.line, code) for row, code in zip(rows, codes(rows), strict=True)] == [(2, "too_long"), (3, None)]


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


def test_letters_that_were_lost_before_are_a_defect(tmp_path: pathlib.Path) -> None:
    assert codes(rows_of(tmp_path, "id,name\n1,Ва\ufffdа\n2,Чаша\n".encode())) == ["damaged_text", None]


def test_a_header_that_holds_the_wrong_separator_does_not_decide(tmp_path: pathlib.Path) -> None:
    rows = rows_of(tmp_path, "id;name;размер, см;image\n1;Ваза;12,5;1.jpg\n2;Чаша;7,5\n3;Блюдо;30,0;3.jpg\n".encode())
    assert codes(rows) == [None, "ragged_row", None]
    assert rows[0].values["размер, см"] == "12,5"


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"'])
def test_the_separator_that_excel_names_is_taken_at_its_word(tmp_path: pathlib.Path, first: str) -> None:
    (row,) = rows_of(tmp_path, f"{first}\r\nid;name, size, place\r\n1;a\r\n".encode())
    assert (row.line, row.values) == (3, {"id": "1", "name, size, place": "a"})


@pytest.mark.parametrize("end", [b"\x1a", b"\r\n\x1a\x1a"])
def test_the_mark_that_ends_a_text_of_ms_dos_is_no_text(tmp_path: pathlib.Path, end: bytes) -> None:
    assert [dict(row.values) for row in rows_of(tmp_path, b"id;name\r\n1;a" + end)] == [{"id": "1", "name": "a"}]


def test_columns_without_a_name_are_called_by_their_number(tmp_path: pathlib.Path) -> None:
    (row,) = rows_of(tmp_path, b"id;name;;\n1;a;;\n")
    assert list(row.values) == ["id", "name", "column 3", "column 4"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"  \n"])
def test_an_empty_file_is_refused(tmp_path: pathlib.Path, data: bytes) -> None:
    with pytest.raises(errors.RejectedInput, match="is empty"):
        rows_of(tmp_path, data)


def test_inches_behind_a_cell_of_several_lines_tear_no_row_apart(tmp_path: pathlib.Path) -> None:
    text = (
        'id,description,size,place\n16,A jug,5,Kiev\n17,"A plate.\nFound in 1903, gilded",12",Tver\n18,A cup,3,Orel\n'
    )
    rows = rows_of(tmp_path, text.encode())
    assert [(row.values["id"], row.values["size"]) for row in rows] == [("16", "5"), ("17", '12"'), ("18", "3")]
    assert codes(rows) == [None] * 3


def test_a_header_with_one_name_twice_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RejectedInput, match="'name' more than once"):
        rows_of(tmp_path, b"id,name,name\n1,a,b\n")


def test_a_header_with_a_wrong_quotation_mark_is_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.RejectedInput, match=r"line 1: A quotation mark opens a cell that does not end"):
        rows_of(tmp_path, b'id,"name,image\n1,a,1.jpg\n')


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
