"""Physical lines into the cells of a row. A wrong quotation mark costs the row that it stands in, and no other."""

from __future__ import annotations

import collections
import csv
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple, Self

from vitrine import errors

# Longer than any description. How far is looked for the end of a quoted cell, and so what a wrong quotation mark costs.
MOST_CHARACTERS = 1 << 20
MOST_LINES = 1000
# What MS-DOS ends a text with.
CTRL_Z = "\x1a"

_QUOTED = re.compile(r'"((?:[^"]|"")*)"')


class Record(NamedTuple):
    """A row's cells and the line that it begins on, from 1. With a ``defect``, its text is the only cell."""

    line: int
    cells: list[str]
    defect: errors.RejectedInput | None = None


def records(file: IO[str], delimiter: str, width: int | None = None) -> Iterator[Record]:
    """In time that grows with the file and memory that does not. ``width``: cells of a row, where that is known."""
    csv.field_size_limit(2 * MOST_CHARACTERS)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin_record()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        taken = lines.taken
        if len(taken[0]) >= MOST_CHARACTERS:
            lines.give_back()
            yield Record(lines.number, [taken[0]], _too_long())
        elif cells is not None and not (len(taken) > 1 and _holds_rows(lines, cells, delimiter, width)):
            yield Record(lines.number - len(taken) + 1, cells)
        else:
            lines.give_back()
            text = taken[0].rstrip("\r\n")
            if delimiter == "\t":
                # Only spreadsheets quote the cells of such a table; elsewhere the marks belong to the text.
                yield Record(lines.number, [_unquoted(cell) for cell in text.split(delimiter)])
            else:
                yield Record(lines.number, [text], _bad_quotes())


class _Lines:
    """The file's lines. Those of the record in hand can be given back, all but the first.

    No line is looked at twice for the end of a quoted cell: a line that was given back did not lead to one.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._given_back: collections.deque[str] = collections.deque()
        self._in_vain = 0
        self._characters = 0
        self.taken: list[str] = []
        self.number = 0

    def begin_record(self) -> None:
        self.taken = []
        self._characters = 0

    def give_back(self) -> None:
        self._in_vain = max(self._in_vain, self.number)
        self._given_back.extendleft(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1

    def ahead(self, place: int = 0) -> Iterator[str]:
        """The lines behind this record but for the first ``place``, as far as a row may go. They stay to be read."""
        characters = 0
        for number in range(place, place + MOST_LINES):
            if number == len(self._given_back):
                self._given_back.append(self._read())
            line = self._given_back[number]
            characters += len(line)
            if not line or characters > MOST_CHARACTERS:
                return
            yield line

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if self.taken and (self.number < self._in_vain or len(self.taken) == MOST_LINES):
            raise StopIteration
        line = self._given_back.popleft() if self._given_back else self._read()
        self._characters += len(line)
        if self.taken and self._characters > MOST_CHARACTERS:
            self._given_back.appendleft(line)
            raise StopIteration
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.number += 1
        return line

    def _read(self) -> str:
        """Of an enormous line, which may be the whole file, the beginning."""
        line = part = self._file.readline(MOST_CHARACTERS)
        if len(line) < MOST_CHARACTERS:
            return line.rstrip(CTRL_Z)
        while len(part) == MOST_CHARACTERS and not part.endswith(("\n", "\r")):
            part = self._file.readline(MOST_CHARACTERS)
        return line


def _holds_rows(lines: _Lines, cells: list[str], delimiter: str, width: int | None) -> bool:
    """Whether a record of several lines is rather several rows, between one wrong quotation mark and the next."""
    if width is None:
        return False
    taken = lines.taken
    as_rows = sum(line.count(delimiter) == width - 1 for line in taken)
    if len(cells) != width:
        mostly = as_rows > len(taken) / 2
    else:
        # Text rarely has as many separators in each line as the row has, and never a tab.
        mostly = as_rows == len(taken) and (delimiter == "\t" or (len(taken) > 2 and width > 2))
    return mostly or _ends_in_a_row(lines, delimiter, width, whole=len(cells) == width)


def _ends_in_a_row(lines: _Lines, delimiter: str, width: int, *, whole: bool) -> bool:
    """Whether the mark that ends the quoted cell rather opens one, of a row that begins on the record's last line.

    So it is where such a row is there, and this record, or one behind it that lies in that row, is none. Where the
    record is ``whole``, an odd mark in it may be one of inches: only a row that goes on behind it says otherwise.
    """
    further = _row_length(itertools.chain(lines.taken[-1:], lines.ahead()), delimiter, width) - 1
    if further >= (1 if whole else 0) and not _paired(lines.taken):
        return True
    place = 0
    while place < further:
        length = _row_length(lines.ahead(place), delimiter, width)
        if not length:
            return True
        place += length
    return False


def _row_length(lines: Iterator[str], delimiter: str, width: int) -> int:
    """Lines of the row, maybe an empty one, that they begin with; 0 where there is none."""
    taken: list[str] = []
    try:
        cells = next(csv.reader(_noted(lines, taken), delimiter=delimiter, strict=True), None)
    except csv.Error:
        return 0
    return len(taken) if cells is not None and len(cells) in (0, width) and _paired(taken) else 0


def _paired(lines: Iterable[str]) -> bool:
    """Whether each quotation mark can belong to another one."""
    return sum(line.count('"') for line in lines) % 2 == 0


def _noted(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _unquoted(cell: str) -> str:
    quoted = _QUOTED.fullmatch(cell)
    return quoted[1].replace('""', '"') if quoted else cell


def _bad_quotes() -> errors.RejectedInput:
    return errors.RejectedInput(
        "A quotation mark opens a cell that does not end: close it before the separator within "
        f"{MOST_LINES:,} lines, or remove it; write marks that belong to the text twice.",
        code="bad_quotes",
    )


def _too_long() -> errors.RejectedInput:
    return errors.RejectedInput(
        f"The line has more than {MOST_CHARACTERS:,} characters; only its beginning is kept here: shorten it.",
        code="too_long",
    )
