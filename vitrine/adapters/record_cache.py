"""Records that were read lately. Reading twenty of them takes SQLAlchemy longer than finding them takes FAISS."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from vitrine.domain import Record

# About 3 kB each.
_MOST = 20_000


class RecordCache:
    """Who asks knows each record's revision from the database, so nothing old is ever given. Thread-safe."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._records: dict[int, Record] = {}
        self._lock = threading.Lock()

    def get(self, wanted: Iterable[tuple[int, int]]) -> dict[int, Record]:
        """Record number → record, of those (number, revision) that are kept."""
        kept = self._records
        return {
            record_id: record
            for record_id, revision in wanted
            if (record := kept.get(record_id)) is not None and record.revision == revision
        }

    def put(self, records: Iterable[Record]) -> None:
        with self._lock:
            for record in records:
                self._records.pop(record.id, None)
                self._records[record.id] = record
            # The oldest go first: a dict keeps the order of insertion.
            while len(self._records) > self._most:
                del self._records[next(iter(self._records))]
