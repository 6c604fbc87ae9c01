"""Stages of searches on their way to the ledger and the output exchange.

A stage that lasts is told so soon that a browser has it within a tenth of a second; the stages of a quick search are
written with its result, in one transaction.
"""

from __future__ import annotations

import logging
import threading
import time

from vitrine import errors
from vitrine.domain import Stage
from vitrine.ports import Broker, SearchLedger

_log = logging.getLogger(__name__)
_FLUSH_AFTER_S = 0.03


class ProgressWriter:
    """Thread-safe. `start` begins telling; `close` ends it."""

    def __init__(self, ledger: SearchLedger, broker: Broker) -> None:
        self._ledger = ledger
        self._broker = broker
        self._pending: dict[str, list[tuple[Stage, float]]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def reached(self, search_id: str, stage: Stage) -> None:
        with self._lock:
            self._pending.setdefault(search_id, []).append((stage, time.time()))

    def take(self, search_id: str) -> list[tuple[Stage, float]]:
        """What was not told yet; whoever takes it tells it."""
        with self._lock:
            return self._pending.pop(search_id, [])

    def _run(self) -> None:
        while not self._closed.wait(_FLUSH_AFTER_S / 4):
            try:
                self._flush()
            except errors.DependencyUnavailable as error:
                _log.warning("progress is not told for now: %s", error.message)

    def _flush(self) -> None:
        before = time.time() - _FLUSH_AFTER_S
        with self._lock:
            due = [search_id for search_id, stages in self._pending.items() if stages[0][1] < before]
        for search_id in due:
            if stages := self.take(search_id):
                self._broker.publish_events(self._ledger.record_stages(search_id, stages))
