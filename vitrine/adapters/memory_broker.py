"""Broker of the one-process size. What was in memory when the process died is published anew, from the ledger."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from vitrine.adapters.slots import SearchesInHand, Slots
from vitrine.messages import Command, IndexRequested, Lane, SearchEvent, SearchRequested
from vitrine.ports import Handler, IndexHandler

_log = logging.getLogger(__name__)

C = TypeVar("C", bound=Command)


class MemoryBroker:
    def __init__(self) -> None:
        self._searches = _MemoryLane[SearchRequested]()
        self._indexing = _MemoryLane[IndexRequested]()
        self._in_hand = SearchesInHand()
        self._slots: list[Slots[SearchRequested] | Slots[IndexRequested]] = []
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[SearchEvent], None], ...] = ()

    def publish(self, command: SearchRequested | IndexRequested) -> None:
        if isinstance(command, SearchRequested):
            self._searches.put(command)
        else:
            self._indexing.put(command)

    def publish_events(self, events: Sequence[SearchEvent]) -> None:
        for event in events:
            for listener in self._listeners:
                try:
                    listener(event)
                # A listener's defect is not the publisher's.
                except Exception:  # noqa: BLE001
                    _log.exception("a listener broke on %s", event.kind)

    def subscribe(self, listener: Callable[[SearchEvent], None]) -> Callable[[], None]:
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def consume(self, handler: Handler, *, slots: int) -> None:
        self._searches.open()
        self._slots.append(Slots("search", self._searches.take, self._in_hand.counted(handler), count=slots))

    def consume_index(self, handler: IndexHandler, *, slots: int) -> None:
        self._indexing.open()
        self._slots.append(Slots("index", self._indexing.take, handler, count=slots, yields_to=self._in_hand))

    def give_way(self) -> None:
        self._in_hand.give_way()

    def stop_consuming(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        self._searches.close()
        self._indexing.close()
        for slots in self._slots:
            slots.stop()
        self._slots = [slots for slots in self._slots if not slots.join(deadline)]
        return not self._slots

    def depth(self, lane: Lane = Lane.SEARCH) -> int:
        return len(self._searches if lane is Lane.SEARCH else self._indexing)

    def close(self) -> None:
        self.stop_consuming(0.0)

    def _unsubscribe(self, listener: Callable[[SearchEvent], None]) -> None:
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)


class _MemoryLane(Generic[C]):
    def __init__(self) -> None:
        self._changed = threading.Condition()
        # Due time (monotonic), order of arrival, message: a message that is delivered again waits its time here.
        self._waiting: list[tuple[float, int, C]] = []
        self._arrivals = itertools.count()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def open(self) -> None:
        self._closed = False

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def put(self, command: C, delay_s: float = 0.0) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + delay_s, next(self._arrivals), command))
            self._changed.notify()

    def take(self) -> _MemoryDelivery[C] | None:
        """The next message that is due, however long that takes; None once the lane is closed."""
        with self._changed:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                due_in_s = self._waiting[0][0] - time.monotonic()
                if due_in_s <= 0:
                    return _MemoryDelivery(self, heapq.heappop(self._waiting)[2])
                self._changed.wait(due_in_s)
            return None


@dataclasses.dataclass(frozen=True)
class _MemoryDelivery(Generic[C]):
    lane: _MemoryLane[C]
    command: C
    held: bool = True

    def done(self) -> None:
        """It left the lane when it was taken."""

    def again(self, after_s: float) -> None:
        self.lane.put(self.command.again(), after_s)

    def give_back(self) -> None:
        self.lane.put(self.command)

    def refuse(self) -> None:
        """The log has it; there is no other place in one process."""
