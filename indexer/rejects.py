"""Rows that did not go in: written out with the reason, to be corrected and added again."""

from __future__ import annotations

import collections
import contextlib
import csv
import logging
import pathlib
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Self

from indexer.sources.source import SourceRow
from indexer.summary import Rejected
from vitrine import errors

_log = logging.getLogger(__name__)

LINE, REASON = "reject_line", "reject_reason"
# What is shown while the run is on; the file has them all.
_SHOWN = 20


class Rejects:
    """Counts rejected rows by code and writes them to a CSV file, which appears with the first of them.

    Several reasons for one row make one row. ``path`` None: they are only counted and shown.
    """

    def __init__(self, path: pathlib.Path | None, columns: Sequence[str]) -> None:
        """The file of an earlier run is deleted. Raises DependencyUnavailable where it cannot be."""
        self.path = path
        self.rows = 0
        self.by_code: collections.Counter[str] = collections.Counter()
        self._columns = [column for column in columns if column not in (LINE, REASON)]
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._last: tuple[SourceRow, list[str]] | None = None
        if path is not None:
            with _translated(path):
                path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._write_last()
        finally:
            if self._file is not None:
                self._file.close()

    def add(self, row: SourceRow, error: errors.RejectedInput) -> None:
        """In order of rows."""
        self.by_code[error.code] += 1
        if self._last is not None and self._last[0].line == row.line:
            self._last[1].append(error.message)
            return
        self._write_last()
        self._last = row, [error.message]
        self.rows += 1
        if self.rows <= _SHOWN:
            _log.warning("line %d is rejected: %s", row.line, error.message)
        elif self.rows == _SHOWN + 1:
            _log.warning("further rejected rows are only written to the reject file")

    def counted(self) -> Rejected:
        return Rejected(rows=self.rows, by_code=dict(self.by_code), path=self.path)

    def _write_last(self) -> None:
        if self._last is None or self.path is None:
            return
        row, reasons = self._last
        self._last = None
        with _translated(self.path):
            if self._writer is None:
                self._start(self.path)
            self._writer.writerow([row.line, " ".join(reasons), *self._cells(row)])

    def _start(self, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The mark at the beginning makes spreadsheets read Cyrillic as UTF-8.
        self._file = path.open("w", encoding="utf-8-sig", errors="replace", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow([LINE, REASON, *self._columns])

    def _cells(self, row: SourceRow) -> list[str]:
        """What stands beyond the header goes to the end, where a person sees that it is too much."""
        known = {*self._columns, LINE, REASON}
        further = [text for column, text in row.values.items() if column not in known]
        return [row.values.get(column, "") for column in self._columns] + further


@contextlib.contextmanager
def _translated(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.DependencyUnavailable(
            f"The reject file {path} cannot be written ({error.strerror}): make room, or give another with --rejects."
        ) from error
