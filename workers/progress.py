"""Stages of searches on their way to the ledger and the output exchange.

A stage that lasts is told so soon that a browser has it within a tenth of a second; the stages of a quick search are
written with its result, in one transaction.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping

from vitrine import errors
from vitrine.domain import Stage
from vitrine.ports import Broker, Reached, SearchLedger

_log = logging.getLogger(__name__)
_FLUSH_AFTER_S = 0.03


class ProgressWriter:
    """Thread-safe. `start` begins telling; `close` ends it."""

    def __init__(self, ledger: SearchLedger, broker: Broker) -> None:
        self._ledger = ledger
        self._broker = broker
        self._pending: dict[str, list[tuple[Stage, float]]] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def reached(self, search_ids: Iterable[str], stage: Stage) -> None:
        now = time.time()
        with self._changed:
            if not self._pending:
                self._changed.notify()
            for search_id in search_ids:
                self._pending.setdefault(search_id, []).append((stage, now))

    def take(self, search_id: str) -> list[tuple[Stage, float]]:
        """What was not told yet; whoever takes it tells it."""
        with self._changed:
            return self._pending.pop(search_id, [])

    def _run(self) -> None:
        while not self._closed:
            try:
                self._tell(self._due())
            except errors.DependencyUnavailable as error:
                _log.warning("progress is not told for now: %s", error.message)
            # The boundary of a thread: without it, no search would show its stages until a restart.
            except Exception:  # noqa: BLE001
                _log.exception("telling progress broke and goes on")

    def _due(self) -> dict[str, list[tuple[Stage, float]]]:
        """What has waited for long enough, however long that takes; nothing at the end."""
        with self._changed:
            while not self._closed:
                before = time.time() - _FLUSH_AFTER_S
                due = [search_id for search_id, stages in self._pending.items() if stages[0][1] <= before]
                if due:
                    return {search_id: self._pending.pop(search_id) for search_id in due}
                oldest = min((stages[0][1] for stages in self._pending.values()), default=None)
                self._changed.wait(None if oldest is None else oldest - before)
            return {}

    def _tell(self, stages: Mapping[str, Reached]) -> None:
        if stages:
            self._broker.publish_events(self._ledger.record_stages(stages))
