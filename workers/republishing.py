"""Searches that the broker does not know of are published again.

Their process died between row and message, or the broker lost its disk. A message too many is harmless: a search that
has ended, or ends meanwhile, is old news to the worker that takes it.
"""

from __future__ import annotations

import logging
import threading
import time

from vitrine import errors
from vitrine.messages import SearchRequested
from vitrine.ports import Broker, Leases, SearchLedger

_log = logging.getLogger(__name__)

LEASE = "republisher"


class Republisher:
    """Run by every worker process; a lease sees to it that one of them acts. `start` begins, `close` ends it.

    silent_s: how long a search makes no progress before it is missed, where no message waits in the broker.
    lost_after_s: the same where messages wait, of which one may be its own; longer than anybody waits in the queue.
    """

    def __init__(
        self,
        ledger: SearchLedger,
        broker: Broker,
        leases: Leases,
        *,
        silent_s: float = 30.0,
        lost_after_s: float = 600.0,
        every_s: float = 10.0,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._leases = leases
        self._silent_s = silent_s
        self._lost_after_s = lost_after_s
        self._every_s = every_s
        # When what was published here (monotonic): it is given as much time again to show progress.
        self._published: dict[str, float] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="republisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def republish(self) -> int:
        """Publish what is missed; returns how many. Raises DependencyUnavailable."""
        patience_s = self._lost_after_s if self._broker.depth() else self._silent_s
        missed = self._ledger.unfinished(patience_s)
        now = time.monotonic()
        self._published = {
            search_id: at for search_id, at in self._published.items() if now - at < max(self._lost_after_s, patience_s)
        }
        due = [search_id for search_id in missed if now - self._published.get(search_id, float("-inf")) >= patience_s]
        for search_id in due:
            self._broker.publish(SearchRequested(search_id=search_id))
            self._published[search_id] = now
        if due:
            _log.warning("published %d searches again that had made no progress for %.0f s", len(due), patience_s)
        return len(due)

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                with self._leases.hold(LEASE):
                    self._act_until_closed()
            except errors.DependencyUnavailable as error:
                # Somebody else acts, or there is nothing to act on for now.
                _log.debug("the republisher waits: %s", error.message)
            # The boundary of a thread: a defect must not end the search for lost searches.
            except Exception:  # noqa: BLE001
                _log.exception("the republisher broke and goes on")

    def _act_until_closed(self) -> None:
        while True:
            self.republish()
            if self._closed.wait(self._every_s):
                return
