"""What every format gives: rows of text under column names, with the line that each began on."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Iterator, Mapping
from typing import Protocol

from vitrine import errors


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceRow:
    """A row as it lies in the source. ``line`` is the physical line (or number) that a person finds it by.

    ``defect``: why the row cannot be trusted; its values are then only good for showing them to somebody.
    """

    line: int
    values: Mapping[str, str]
    defect: errors.RejectedInput | None = None


class Source(Protocol):
    """A source is read more than once: every call of `rows` begins at the first row, in constant memory."""

    @property
    def path(self) -> pathlib.Path: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    def rows(self) -> Iterator[SourceRow]:
        """In the order of the source. Raises RejectedInput where the source cannot be read on."""
        ...


def unreadable(path: pathlib.Path, error: OSError) -> errors.RejectedInput:
    """The error for a source that is not there, or not ours to read."""
    return errors.RejectedInput(f"{path} cannot be read: {error.strerror or error}.", code="no_source")
