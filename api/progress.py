"""The progress feed: news from the output exchange, completed from the ledger, as one gapless stream per batch."""

from __future__ import annotations

import asyncio
import collections
import contextlib
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import run_in_threadpool

from api.pace import Pace
from api.together import Together
from vitrine.domain import Search
from vitrine.messages import SearchEvent
from vitrine.ports import Broker, SearchLedger

# News can be lost with a broker; the ledger cannot. A stream asks it so often.
_ASK_LEDGER_S = 2.0


class ProgressFeed:
    """One for each API process; lives in its event loop."""

    def __init__(self, ledger: SearchLedger, broker: Broker) -> None:
        self._ledger = ledger
        self._broker = broker
        # By batch, who wants all of its events; by search, who only waits for its end.
        self._listeners: dict[str, set[asyncio.Queue[SearchEvent | None]]] = {}
        self._ends: dict[str, set[asyncio.Event]] = {}
        self.pace = Pace()
        self._untold: collections.deque[SearchEvent] = collections.deque()
        self._called = False
        self._row = Together(ledger.several)
        self._closing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def listener(event: SearchEvent) -> None:
            # On a worker's thread. The loop is not woken for what nobody hears: who comes later asks the ledger first.
            if event.kind.terminal or event.batch_id in self._listeners:
                # In this order: whoever finds the loop called can be sure that it has not begun to fetch.
                self._untold.append(event)
                if not self._called:
                    self._called = True
                    loop.call_soon_threadsafe(self._tell)

        unsubscribe = self._broker.subscribe(listener)
        try:
            yield
        finally:
            unsubscribe()
            self.close()

    def close(self) -> None:
        """End every stream: a server that shuts down would wait for them."""
        self._closing = True
        for queues in self._listeners.values():
            for queue in queues:
                queue.put_nowait(None)
        for ends in self._ends.values():
            for end in ends:
                end.set()

    async def events(self, batch_id: str, after: int) -> AsyncIterator[SearchEvent | None]:
        """Events of the batch after sequence ``after``, each once and in order; None now and then."""
        with self._listening(batch_id) as news:
            while not self._closing:
                for event in await run_in_threadpool(self._ledger.events_after, batch_id, after):
                    after = event.sequence
                    yield event
                async for told in self._told(news, after):
                    after = told.sequence
                    yield told
                yield None

    async def search(self, search_id: str, wait_s: float = 0.0) -> Search:
        """The search once it has ended, or as it is after ``wait_s``. Raises NotFound."""
        # Asked after listening has begun: an end is in the row, or its news will come.
        with self.awaiting_end(search_id) as end:
            search = await run_in_threadpool(self._ledger.get, search_id)
            if search.status.terminal or wait_s <= 0:
                return search
            return await self.outcome(search_id, end, wait_s)

    async def outcome(self, search_id: str, end: asyncio.Event, wait_s: float) -> Search:
        """The search at its end, or as it is after ``wait_s``. News can be lost: the ledger is asked now and then."""
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(min(until, loop.time() + _ASK_LEDGER_S)):
                    await end.wait()
            search = await self._row(search_id)
            if search.status.terminal or self._closing or loop.time() >= until:
                return search

    @contextlib.contextmanager
    def awaiting_end(self, search_id: str) -> Iterator[asyncio.Event]:
        """Set by the news of the search's end, as far as they come, and when the feed is closed."""
        end = asyncio.Event()
        self._ends.setdefault(search_id, set()).add(end)
        try:
            yield end
        finally:
            self._ends[search_id].discard(end)
            if not self._ends[search_id]:
                del self._ends[search_id]

    async def _told(self, news: asyncio.Queue[SearchEvent | None], after: int) -> AsyncIterator[SearchEvent]:
        """News as long as it has no gap, and for a while; then the ledger is asked again.

        Who waits behind others hears nothing but how they go on, and wants to know his place all the same.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + _ASK_LEDGER_S
        while not self._closing and loop.time() < until:
            try:
                async with asyncio.timeout_at(until):
                    event = await news.get()
            except TimeoutError:
                return
            if event is None:
                return
            if event.sequence > after + 1:
                return
            if event.sequence == after + 1:
                after = event.sequence
                yield event

    @contextlib.contextmanager
    def _listening(self, batch_id: str) -> Iterator[asyncio.Queue[SearchEvent | None]]:
        queue: asyncio.Queue[SearchEvent | None] = asyncio.Queue()
        self._listeners.setdefault(batch_id, set()).add(queue)
        try:
            yield queue
        finally:
            self._listeners[batch_id].discard(queue)
            if not self._listeners[batch_id]:
                del self._listeners[batch_id]

    def _tell(self) -> None:
        self._called = False
        while self._untold:
            self._news(self._untold.popleft())

    def _news(self, event: SearchEvent) -> None:
        if event.kind.terminal:
            self.pace.ended(event.at)
            for end in self._ends.get(event.search_id, ()):
                end.set()
        for queue in self._listeners.get(event.batch_id, ()):
            queue.put_nowait(event)
