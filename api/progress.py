"""The progress feed: news from the output exchange, completed from the ledger, as one gapless stream per batch."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Iterator

from starlette.concurrency import run_in_threadpool

from vitrine.domain import Search
from vitrine.messages import SearchEvent
from vitrine.ports import Broker, SearchLedger

# News can be lost with a broker; the ledger cannot. A quiet stream asks it so often.
_ASK_LEDGER_S = 2.0
# Completions of this long ago still tell how fast searches are answered.
_PACE_WINDOW_S = 60.0
# Nothing ended for so long: there was nothing to do. It says nothing of how fast searches are answered.
_IDLE_GAP_S = 1.0


class ProgressFeed:
    """One for each API process; lives in its event loop."""

    def __init__(self, ledger: SearchLedger, broker: Broker) -> None:
        self._ledger = ledger
        self._broker = broker
        # By batch, who wants all of its events; by search, who only waits for its end.
        self._listeners: dict[str, set[asyncio.Queue[SearchEvent | None]]] = {}
        self._ends: dict[str, set[asyncio.Event]] = {}
        self._finished: collections.deque[float] = collections.deque(maxlen=1000)
        self._closing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()

        def listener(event: SearchEvent) -> None:
            # On a worker's thread. The loop is not woken for what nobody hears: who comes later asks the ledger first.
            if event.kind.terminal or event.batch_id in self._listeners:
                loop.call_soon_threadsafe(self._news, event)

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

    def seconds_per_search(self) -> float | None:
        """How long one search takes the whole pool of workers, by the last minute; None while nothing was finished."""
        since = time.time() - _PACE_WINDOW_S
        recent = [at for at in self._finished if at > since]
        if len(recent) < 2:
            return None
        gaps = [min(later - earlier, _IDLE_GAP_S) for earlier, later in itertools.pairwise(recent)]
        return max(sum(gaps) / len(gaps), 1e-4)

    async def events(self, batch_id: str, after: int) -> AsyncIterator[SearchEvent | None]:
        """Events of the batch after sequence ``after``, each once and in order; None while nothing happens."""
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
            search = await run_in_threadpool(self._ledger.get, search_id)
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
        """News as long as it has no gap and is not silent for long; then the ledger is asked again."""
        while not self._closing:
            try:
                event = await asyncio.wait_for(news.get(), _ASK_LEDGER_S)
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

    def _news(self, event: SearchEvent) -> None:
        if event.kind.terminal:
            self._finished.append(event.at)
            for end in self._ends.get(event.search_id, ()):
                end.set()
        for queue in self._listeners.get(event.batch_id, ()):
            queue.put_nowait(event)
