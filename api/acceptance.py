"""The promise that a search will end: its row, then its message."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine import errors
from vitrine.domain import NewSearch
from vitrine.messages import SearchRequested
from vitrine.ports import Broker, SearchLedger

NewBatch = tuple[str, Sequence[NewSearch]]
"""A batch's id, and its searches in the order of upload."""


def accept(ledger: SearchLedger, broker: Broker, batches: Sequence[NewBatch]) -> Sequence[None]:
    """All of them, or none and DependencyUnavailable. A process that is killed leaves rows that are published later."""
    ledger.accept(dict(batches))
    new = [search for _, searches in batches for search in searches]
    try:
        broker.publish(*(SearchRequested(search_id=search.id) for search in new))
    except errors.DependencyUnavailable:
        # Whoever sent them is told to come back: what reached the queue all the same is old news to the worker.
        for search in new:
            ledger.cancel(search.id)
        raise
    return [None] * len(batches)
