"""Broker of the one-process size. What was in memory when the process died is published anew, from the ledger."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence

from vitrine import errors
from vitrine.messages import SearchEvent, SearchRequested
from vitrine.ports import Handler

_log = logging.getLogger(__name__)


class MemoryBroker:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        # Due time (monotonic), order of arrival, message: a message that is delivered again waits its time here.
        self._waiting: list[tuple[float, int, SearchRequested]] = []
        self._arrivals = itertools.count()
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self._listeners: tuple[Callable[[SearchEvent], None], ...] = ()

    def publish(self, request: SearchRequested) -> None:
        self._put(request, delay_s=0.0)

    def publish_events(self, events: Sequence[SearchEvent]) -> None:
        for event in events:
            for listener in self._listeners:
                listener(event)

    def subscribe(self, listener: Callable[[SearchEvent], None]) -> Callable[[], None]:
        with self._changed:
            self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def consume(self, handler: Handler, *, slots: int) -> None:
        self._stopping = False
        new = [
            threading.Thread(target=self._work, args=(handler,), name=f"search-{number}", daemon=True)
            for number in range(slots)
        ]
        self._threads += new
        for thread in new:
            thread.start()

    def stop_consuming(self, timeout_s: float) -> bool:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        running = [thread for thread in self._threads if thread.is_alive()]
        self._threads = running
        return not running

    def depth(self) -> int:
        return len(self._waiting)

    def _put(self, request: SearchRequested, delay_s: float) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + delay_s, next(self._arrivals), request))
            self._changed.notify()

    def _work(self, handler: Handler) -> None:
        while (request := self._take()) is not None:
            try:
                handler(request)
            except errors.DependencyUnavailable as error:
                _log.warning("search %s is delivered again: %s", request.search_id, error.message)
                again = SearchRequested(search_id=request.search_id, attempt=request.attempt + 1)
                self._put(again, delay_s=error.retry_after_s)
            # The boundary of a thread: whatever it was, the next message must be taken.
            except Exception:  # noqa: BLE001
                _log.exception("search %s broke its worker", request.search_id)

    def _take(self) -> SearchRequested | None:
        with self._changed:
            while not self._stopping:
                if not self._waiting:
                    self._changed.wait()
                    continue
                due_in_s = self._waiting[0][0] - time.monotonic()
                if due_in_s <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(due_in_s)
            return None

    def _unsubscribe(self, listener: Callable[[SearchEvent], None]) -> None:
        with self._changed:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
