"""CSV and its relatives: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1251; quoted commas and newlines."""

from __future__ import annotations

import collections
import dataclasses
import io
import logging
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from indexer.sources import csv_records, text_encoding
from indexer.sources.csv_records import Record
from indexer.sources.source import SourceRow, unreadable
from vitrine import errors

_log = logging.getLogger(__name__)

_DELIMITERS = ",;\t"
_SAMPLE_LINES = 100
# Excel's own way to say how a table is separated.
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"]|\t)"?[\r\n]*', re.IGNORECASE)
# Pictures, archives and spreadsheets have these in their first lines; a stray NUL is one row's defect.
_BINARY = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_LINES = 4
_SUSPECT = re.compile(f"[\0{text_encoding.REPLACEMENT}\udc80-\udcff]")
# What stands beyond the header, or is no cells at all; kept so that the row can be corrected.
_OVERFLOW = "(more cells)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CsvSource:
    """Rows in constant memory. Blank rows are left out, ragged and damaged ones come with a defect.

    ``header_line``: where the names of the columns begin.
    """

    path: pathlib.Path
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    header_line: int

    @classmethod
    def open(cls, path: pathlib.Path) -> CsvSource:
        """Raises RejectedInput: ``no_source`` or ``bad_source``."""
        try:
            encoding = text_encoding.detect(path)
            with _text(path, encoding) as file:
                sample = [file.readline(csv_records.MOST_CHARACTERS) for _ in range(_SAMPLE_LINES)]
        except OSError as error:
            raise unreadable(path, error) from error
        except UnicodeError as error:
            raise errors.RejectedInput(f"{path} is not text in {encoding}: {error}.", code="bad_source") from error
        if encoding == "cp1251":
            _log.warning("%s is not UTF-8: it is read as Windows-1251", path.name)
        if any(_BINARY.search(line.rstrip(csv_records.CTRL_Z)) for line in sample[:_BINARY_LINES]):
            raise errors.RejectedInput(f"{path} is not text: is this a CSV file?", code="bad_source")
        delimiter, header = _sniff(sample, path)
        columns = _columns(header, path)
        _log.info("%s: %s, separated by %r, %d columns", path.name, encoding, delimiter, len(columns))
        return cls(path=path, columns=columns, encoding=encoding, delimiter=delimiter, header_line=header.line)

    def rows(self) -> Iterator[SourceRow]:
        try:
            with _text(self.path, self.encoding) as file:
                for record in csv_records.records(file, self.delimiter, len(self.columns)):
                    if record.line > self.header_line and _filled(record):
                        yield self._row(record)
        except OSError as error:
            raise unreadable(self.path, error) from error
        except UnicodeError as error:
            raise errors.RejectedInput(f"{self.path} is damaged: {error}.", code="bad_source") from error

    def _row(self, record: Record) -> SourceRow:
        if record.defect is not None:
            return SourceRow(line=record.line, values={_OVERFLOW: record.cells[0]}, defect=record.defect)
        width = len(self.columns)
        values = dict(zip(self.columns, record.cells, strict=False))
        if len(record.cells) > width:
            values[_OVERFLOW] = self.delimiter.join(record.cells[width:])
        return SourceRow(line=record.line, values=values, defect=self._defect(record.cells))

    def _defect(self, cells: Sequence[str]) -> errors.RejectedInput | None:
        if len(cells) != len(self.columns):
            return errors.RejectedInput(
                f"The row has {len(cells)} cells, the header {len(self.columns)}: put quotation marks around cells "
                "that hold the separator.",
                code="ragged_row",
            )
        for column, cell in zip(self.columns, cells, strict=True):
            if _SUSPECT.search(cell):
                return self._damage(column, cell)
        return None

    def _damage(self, column: str, cell: str) -> errors.RejectedInput:
        if "\0" in cell:
            return errors.RejectedInput(f"Column {column!r} holds a NUL byte: remove it.", code="nul_byte")
        if text_encoding.has_damage(cell):
            return errors.RejectedInput(
                f"Column {column!r} holds bytes that are not {self.encoding}: type the text anew.", code="bad_bytes"
            )
        return errors.RejectedInput(
            f"Column {column!r} holds {text_encoding.REPLACEMENT!r} in the place of letters that were lost: "
            "type the text anew.",
            code="damaged_text",
        )


def _text(path: pathlib.Path, encoding: str) -> IO[str]:
    # newline="" leaves line ends inside quoted cells as they are.
    return path.open(encoding=encoding, errors="strict" if encoding == "utf-16" else "surrogateescape", newline="")


def _filled(record: Record) -> bool:
    return any(cell.strip() for cell in record.cells)


def _sniff(sample: Sequence[str], path: pathlib.Path) -> tuple[str, Record]:
    """The separator that the first line names, or else the one that most often stands where the header has it."""
    named = _SEPARATOR_LINE.fullmatch(sample[0])
    found: list[tuple[int, str, Record]] = []
    for delimiter in [named[1]] if named else _DELIMITERS:
        rows = _sample_rows(sample, delimiter, skipped=1 if named else 0)
        if not rows:
            raise errors.RejectedInput(f"{path} is empty: it needs a header and rows.", code="bad_source")
        width = len(rows[0].cells)
        found.append(((width - 1) * sum(len(row.cells) == width for row in rows), delimiter, rows[0]))
    _, delimiter, header = max(found, key=lambda candidate: candidate[0])
    if header.defect is not None:
        raise errors.RejectedInput(
            f"{path}, line {header.line}: {header.defect.message} It is the header.", code="bad_source"
        )
    return delimiter, header


def _sample_rows(sample: Sequence[str], delimiter: str, *, skipped: int) -> list[Record]:
    lines = io.StringIO("".join(sample), newline="")
    rows = [row for row in csv_records.records(lines, delimiter) if row.line > skipped and _filled(row)]
    # The sample may end in the middle of a row.
    return rows[:-1] if len(rows) > 1 and sample[-1] else rows


def _columns(header: Record, path: pathlib.Path) -> tuple[str, ...]:
    # Spreadsheets leave separators behind the last column: a cell without a name is called by its number.
    # Interned: millions of rows share these strings as keys.
    names = [sys.intern(name.strip() or f"column {number}") for number, name in enumerate(header.cells, 1)]
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise errors.RejectedInput(
            f"{path} has the column {', '.join(map(repr, twice))} more than once: rename all but one.",
            code="bad_source",
        )
    if any("\0" in name or text_encoding.has_damage(name) for name in names):
        raise errors.RejectedInput(
            f"The first line of {path} holds bytes that are not text: is this a CSV file?", code="bad_source"
        )
    return tuple(names)
