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

from vitrine.adapters.slots import SearchesInHand, Share, Slots, one_by_one
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

    def publish(self, *commands: SearchRequested | IndexRequested) -> None:
        self._searches.put(*(command for command in commands if isinstance(command, SearchRequested)))
        self._indexing.put(*(command for command in commands if isinstance(command, IndexRequested)))

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

    def consume(self, handler: Handler, *, slots: int, together: int = 1) -> None:
        self._searches.open()
        counted = self._in_hand.counted(handler)
        self._slots.append(Slots("search", self._searches.take, counted, count=slots, together=together))

    def consume_index(self, handler: IndexHandler, *, slots: int) -> None:
        self._indexing.open()
        self._slots.append(
            Slots("index", self._indexing.take, one_by_one(handler), count=slots, yields_to=self._in_hand)
        )

    def give_way(self) -> None:
        self._in_hand.give_way()

    def check_consuming(self) -> None:
        """What is published comes in."""

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

    def put(self, *commands: C, delay_s: float = 0.0) -> None:
        with self._changed:
            for command in commands:
                heapq.heappush(self._waiting, (time.monotonic() + delay_s, next(self._arrivals), command))
            self._changed.notify(len(commands))

    def take(self, share: Share) -> list[_MemoryDelivery[C]]:
        """The next messages that are due, however long that takes; none once the lane is closed."""
        with self._changed:
            while not self._closed:
                if not self._waiting:
                    self._changed.wait()
                    continue
                now = time.monotonic()
                due_in_s = self._waiting[0][0] - now
                if due_in_s <= 0:
                    return self._taken(share(len(self._waiting)), now)
                self._changed.wait(due_in_s)
            return []

    def _taken(self, most: int, now: float) -> list[_MemoryDelivery[C]]:
        taken: list[_MemoryDelivery[C]] = []
        while self._waiting and self._waiting[0][0] <= now and len(taken) < most:
            taken.append(_MemoryDelivery(self, heapq.heappop(self._waiting)[2]))
        return taken


@dataclasses.dataclass(frozen=True)
class _MemoryDelivery(Generic[C]):
    lane: _MemoryLane[C]
    command: C
    held: bool = True

    def done(self) -> None:
        """It left the lane when it was taken."""

    def again(self, after_s: float) -> None:
        self.lane.put(self.command.again(), delay_s=after_s)

    def give_back(self) -> None:
        self.lane.put(self.command)

    def refuse(self) -> None:
        """The log has it; there is no other place in one process."""
