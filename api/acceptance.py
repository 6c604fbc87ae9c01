"""The promise that a search will end: its row, then its message."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine import errors
from vitrine.domain import NewSearch
from vitrine.messages import SearchRequested
from vitrine.ports import Broker, SearchLedger


def accept(ledger: SearchLedger, broker: Broker, batch_id: str, new: Sequence[NewSearch]) -> None:
    """All of them, or none and DependencyUnavailable. A process that is killed leaves rows that are published later."""
    ledger.accept(batch_id, new)
    try:
        for search in new:
            broker.publish(SearchRequested(search_id=search.id))
    except errors.DependencyUnavailable:
        # Whoever sent them is told to come back: what reached the queue all the same is old news to the worker.
        for search in new:
            ledger.cancel(search.id)
        raise
