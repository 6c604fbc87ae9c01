"""Rows that did not go in: written out with the reason, to be corrected and added again."""

from __future__ import annotations

import collections
import contextlib
import csv
import hashlib
import logging
import os
import pathlib
import re
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, Any, Self

from indexer.sources import text_encoding
from indexer.sources.source import SourceRow
from indexer.summary import Rejected
from vitrine import errors

_log = logging.getLogger(__name__)

LINE, REASON = "reject_line", "reject_reason"
# What is shown while the run is on; the file has them all.
_SHOWN = 20


# How the file begins that is ours to replace, in whatever encoding it was saved after the corrections.
_OURS = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\"?" + LINE.encode() + rb"\b")
_HEAD_BYTES = 64


def default_path(home: pathlib.Path, source: pathlib.Path, where: Iterable[tuple[str, str]] = ()) -> pathlib.Path:
    """Of this source and these conditions alone: tables of one name in two folders do not share a file."""
    identity = "\0".join([str(source.resolve()), *sorted({f"{column}={value}" for column, value in where})])
    digest = hashlib.sha256(os.fsencode(identity)).hexdigest()[:8]
    return home / f"{source.stem}.{digest}.rejects.csv"


def are_rejects(columns: Sequence[str]) -> bool:
    """Whether a source of these columns holds rows that were rejected before."""
    return LINE in columns


class Rejects:
    """Counts rejected rows by code and writes them to a CSV file, which replaces that of an earlier run at the end.

    Several reasons for one row make one row. ``path`` None: they are only counted and shown.
    """

    def __init__(self, path: pathlib.Path | None, columns: Sequence[str]) -> None:
        """Raises RejectedInput ``bad_rejects`` where something lies at ``path`` that is no file of rejects."""
        self.path = path
        self.rows = 0
        self.by_code: collections.Counter[str] = collections.Counter()
        self._columns = [column for column in columns if column not in (LINE, REASON)]
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._last: tuple[SourceRow, list[str]] | None = None
        self._published = False
        if path is not None:
            _check_replaceable(path)
            self._partial = path.with_name(f".{path.name}.{os.getpid()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """What was not published is dropped, because a run that did not succeed is run again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._partial.unlink(missing_ok=True)
                self._file.close()

    def publish(self) -> None:
        """At the end of a run that succeeded: the file of an earlier run is replaced, or deleted if none is needed."""
        if self.path is None:
            return
        with _translated(self.path):
            self._write_last()
            if self._file is None:
                self.path.unlink(missing_ok=True)
            else:
                self._file.close()
                self._partial.replace(self.path)
                self._file = None
        self._published = True

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
        """With the path once the file is there."""
        return Rejected(rows=self.rows, by_code=dict(self.by_code), path=self.path if self._published else None)

    def _write_last(self) -> None:
        if self._last is None or self.path is None:
            return
        row, reasons = self._last
        self._last = None
        with _translated(self.path):
            if self._writer is None:
                self._start()
            self._write([row.line, " ".join(reasons), *self._cells(row)])

    def _start(self) -> None:
        self._partial.parent.mkdir(parents=True, exist_ok=True)
        # The mark at the beginning makes spreadsheets read Cyrillic as UTF-8.
        self._file = self._partial.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._write([LINE, REASON, *self._columns])

    def _write(self, cells: Iterable[object]) -> None:
        self._writer.writerow([text_encoding.without_damage(str(cell)) for cell in cells])

    def _cells(self, row: SourceRow) -> list[str]:
        """Cells that the row lacks are not made up, so that it is rejected again until somebody corrects it.

        What stands beyond the header goes to the end, where a person sees that it is too much.
        """
        known = {*self._columns, LINE, REASON}
        further = [text for column, text in row.values.items() if column not in known]
        if further:
            return [row.values.get(column, "") for column in self._columns] + further
        return [row.values[column] for column in self._columns if column in row.values]


def _check_replaceable(path: pathlib.Path) -> None:
    try:
        if not path.exists():
            return
        ours = path.is_file() and _is_ours(path)
    except OSError as error:
        raise errors.RejectedInput(
            f"The reject file {path} cannot be read ({error.strerror}): give another with --rejects.",
            code="bad_rejects",
        ) from error
    if not ours:
        raise errors.RejectedInput(
            f"{path} is there, and it is no reject file (which begins with the column {LINE}): move it away, or give "
            "another path with --rejects.",
            code="bad_rejects",
        )


def _is_ours(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        # Without its zeros, the head in UTF-16 is in ASCII.
        return _OURS.match(file.read(_HEAD_BYTES).replace(b"\0", b"")) is not None


@contextlib.contextmanager
def _translated(path: pathlib.Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.DependencyUnavailable(
            f"The reject file {path} cannot be written ({error.strerror}): make room, or give another with --rejects."
        ) from error
