"""Searches that the broker does not know of are published again.

Their process died between row and message, or the broker lost its disk. A message too many is harmless: a search that
has ended, or ends meanwhile, is old news to the worker that takes it.
"""

from __future__ import annotations

import logging
import time

from vitrine.messages import SearchRequested
from vitrine.ports import Broker, SearchLedger

_log = logging.getLogger(__name__)

LOST_AFTER_S = 600.0


class Republisher:
    """Of all worker processes one at a time runs it.

    silent_s: how long a search makes no progress before it is missed, where no message waits in the broker.
    lost_after_s: the same where messages wait, of which one may be its own; longer than anybody waits in the queue.
    """

    def __init__(
        self, ledger: SearchLedger, broker: Broker, *, silent_s: float = 30.0, lost_after_s: float = LOST_AFTER_S
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._silent_s = silent_s
        self._lost_after_s = lost_after_s
        # When what was published here (monotonic): it is given as much time again to show progress.
        self._published: dict[str, float] = {}

    def republish(self) -> int:
        """Publish what is missed; returns how many. Raises DependencyUnavailable."""
        waiting = self._broker.depth()
        patience_s = self._lost_after_s if waiting else self._silent_s
        missed = self._ledger.unfinished(patience_s)
        now = time.monotonic()
        self._published = {
            search_id: at for search_id, at in self._published.items() if now - at < max(self._lost_after_s, patience_s)
        }
        due = [search_id for search_id in missed if now - self._published.get(search_id, float("-inf")) >= patience_s]
        if due and waiting >= len(self._ledger.unfinished()):
            # Whoever had the lease before has published the backlog again already.
            return 0
        for search_id in due:
            self._broker.publish(SearchRequested(search_id=search_id))
            self._published[search_id] = now
        if due:
            _log.warning("published %d searches again that had made no progress for %.0f s", len(due), patience_s)
        return len(due)
