"""The first reading of a source: how much there is, and all rows of an object merged into its record."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from indexer.mapping import MappedRow, RecordMapping
from indexer.merging import MergedRecords
from indexer.sources.source import Source, SourceRow
from vitrine import errors

_log = logging.getLogger(__name__)

_SHOWN = 20
_SHOWN_CHARACTERS = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Kept:
    """A row that fulfils the conditions, with what it means."""

    row: SourceRow
    mapped: MappedRow


@dataclasses.dataclass(frozen=True, kw_only=True)
class Refused:
    """A row that cannot go in, and why."""

    row: SourceRow
    error: errors.RejectedInput


Judged = Kept | Refused | None
"""None: the conditions leave the row out."""


def judged_rows(source: Source, mapping: RecordMapping) -> Iterator[Judged]:
    """In the order of the source."""
    for row in source.rows():
        # A row without trustworthy cells cannot be judged by the conditions: somebody should look at it.
        if row.defect is None and not mapping.keeps(row):
            yield None
            continue
        try:
            yield Kept(row=row, mapped=mapping.apply(row))
        except errors.RejectedInput as error:
            yield Refused(row=row, error=error)


@dataclasses.dataclass(kw_only=True)
class Survey:
    """What the first reading found. ``images`` counts those of rows that can go in."""

    records: MergedRecords
    rows: int = 0
    filtered: int = 0
    images: int = 0
    conflicts: int = 0

    def take(self, judged: Judged) -> None:
        if judged is None:
            self.filtered += 1
            return
        self.rows += 1
        if isinstance(judged, Kept):
            content = judged.mapped.content
            self.images += len(judged.mapped.images)
            self._warn(judged.row.line, content.external_id, self.records.add(content, judged.mapped.dating))

    def _warn(self, line: int, external_id: str, conflicts: Mapping[str, tuple[Any, Any]]) -> None:
        for field, (stays, other) in conflicts.items():
            self.conflicts += 1
            if self.conflicts <= _SHOWN:
                stays, other = short(stays), short(other)
                _log.warning("line %d: %s of %s stays %s and is not %s", line, field, external_id, stays, other)
            elif self.conflicts == _SHOWN + 1:
                _log.warning("further differences between rows of one object are only counted")


def short(value: object) -> str:
    """For a line that somebody reads."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
