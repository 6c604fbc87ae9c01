"""CSV and its relatives: comma, semicolon or tab; UTF-8, UTF-16 or Windows-1251; quoted commas and newlines."""

from __future__ import annotations

import collections
import csv
import dataclasses
import itertools
import logging
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from indexer.sources import text_encoding
from indexer.sources.source import SourceRow, unreadable
from vitrine import errors

_log = logging.getLogger(__name__)

_DELIMITERS = ",;\t"
_SAMPLE_LINES = 100
# Pictures, archives and spreadsheets have these in their first lines; a stray NUL is one row's defect.
_BINARY = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_LINES = 4
# Longer than any description. It ends what a missing quotation mark would otherwise make of the rest of the file.
_LONGEST_FIELD = 1 << 20
# Cells beyond the header, kept so that the row can be corrected.
_OVERFLOW = "(more cells)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CsvSource:
    """Rows in constant memory. Blank rows are left out, ragged and damaged ones come with a defect."""

    path: pathlib.Path
    columns: tuple[str, ...]
    encoding: str
    delimiter: str

    @classmethod
    def open(cls, path: pathlib.Path) -> CsvSource:
        """Raises RejectedInput: ``no_source`` or ``bad_source``."""
        try:
            encoding = text_encoding.detect(path)
            with _text(path, encoding) as file:
                sample = list(itertools.islice(_Lines(file), _SAMPLE_LINES))
        except OSError as error:
            raise unreadable(path, error) from error
        except UnicodeError as error:
            raise errors.RejectedInput(f"{path} is not text in {encoding}: {error}.", code="bad_source") from error
        if encoding == "cp1251":
            _log.warning("%s is not UTF-8: it is read as Windows-1251", path.name)
        if any(_BINARY.search(line) for line in sample[:_BINARY_LINES]):
            raise errors.RejectedInput(f"{path} is not text: is this a CSV file?", code="bad_source")
        delimiter, header = _sniff(sample, path)
        columns = _columns(header, path)
        _log.info("%s: %s, separated by %r, %d columns", path.name, encoding, delimiter, len(columns))
        return cls(path=path, columns=columns, encoding=encoding, delimiter=delimiter)

    def rows(self) -> Iterator[SourceRow]:
        try:
            with _text(self.path, self.encoding) as file:
                records = _records(file, self.delimiter)
                next((cells for _, cells in records if _filled(cells)), None)
                for lines, cells in records:
                    if isinstance(cells, errors.RejectedInput) or _filled(cells):
                        yield self._row(lines, cells)
        except OSError as error:
            raise unreadable(self.path, error) from error
        except UnicodeError as error:
            raise errors.RejectedInput(f"{self.path} is damaged: {error}.", code="bad_source") from error

    def _row(self, lines: range, cells: list[str] | errors.RejectedInput) -> SourceRow:
        if isinstance(cells, errors.RejectedInput):
            return SourceRow(line=lines[0], values={}, defect=cells)
        width = len(self.columns)
        values = dict(zip(self.columns, [*cells, *[""] * (width - len(cells))], strict=False))
        if len(cells) > width:
            values[_OVERFLOW] = self.delimiter.join(cells[width:])
        return SourceRow(line=lines[0], values=values, defect=self._defect(lines, cells))

    def _defect(self, lines: range, cells: Sequence[str]) -> errors.RejectedInput | None:
        if len(cells) != len(self.columns):
            found = f"{len(cells)} cells, the header {len(self.columns)}"
            if len(lines) > 1:
                return _no_row(lines, found)
            return errors.RejectedInput(
                f"The row has {found}: put quotation marks around cells that hold the separator.",
                code="ragged_row",
            )
        for column, cell in zip(self.columns, cells, strict=True):
            if "\0" in cell:
                return errors.RejectedInput(f"Column {column!r} holds a NUL byte: remove it.", code="nul_byte")
            if text_encoding.has_damage(cell):
                return errors.RejectedInput(
                    f"Column {column!r} holds bytes that are not {self.encoding}: type the text anew.", code="bad_bytes"
                )
        return None


def _text(path: pathlib.Path, encoding: str) -> IO[str]:
    # newline="" leaves line ends inside quoted cells as they are.
    return path.open(encoding=encoding, errors="strict" if encoding == "utf-16" else "surrogateescape", newline="")


class _Lines:
    """The file's lines; which one was read last and which comes next, from 1.

    A file that is one enormous line is never held in memory whole.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.last = 0
        self.next = 1

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(_LONGEST_FIELD):
            self.last = self.next
            self.next += line.endswith(("\n", "\r"))
            yield line


def _records(file: IO[str], delimiter: str) -> Iterator[tuple[range, list[str] | errors.RejectedInput]]:
    """Physical lines and cells of each record; what cannot be parsed is an error in its place."""
    csv.field_size_limit(_LONGEST_FIELD)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        first = lines.next
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            behind = range(first, lines.last + 1)
            yield behind, _no_row(behind, str(error))
        else:
            yield range(first, lines.last + 1), cells


def _no_row(lines: range, reason: str) -> errors.RejectedInput:
    return errors.RejectedInput(
        f"Lines {lines[0]} to {lines[-1]} are no row ({reason}): is a quotation mark missing?", code="bad_quotes"
    )


def _filled(cells: list[str] | errors.RejectedInput) -> bool:
    return not isinstance(cells, errors.RejectedInput) and any(cell.strip() for cell in cells)


def _sniff(sample: Sequence[str], path: pathlib.Path) -> tuple[str, list[str]]:
    """The separator under which most rows are as wide as a header of more than one column; and that header."""
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        rows = _sample_rows(sample, delimiter)
        if not rows:
            raise errors.RejectedInput(f"{path} is empty: it needs a header and rows.", code="bad_source")
        width = len(rows[0])
        score = (sum(len(row) == width for row in rows) if width > 1 else 0, width)
        if best is None or score > best[0]:
            best = (score, delimiter, rows[0])
    assert best is not None
    return best[1], best[2]


def _sample_rows(sample: Sequence[str], delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    rows: list[list[str]] = []
    reader = csv.reader(sample, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            continue
        if _filled(cells):
            rows.append(cells)
    # The sample may end in the middle of a row.
    return rows[:-1] if len(rows) > 1 and len(sample) == _SAMPLE_LINES else rows


def _columns(header: Sequence[str], path: pathlib.Path) -> tuple[str, ...]:
    # Spreadsheets leave separators behind the last column: a cell without a name is called by its number.
    # Interned: millions of rows share these strings as keys.
    names = [sys.intern(name.strip() or f"column {number}") for number, name in enumerate(header, 1)]
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
