"""The feed merges news with the ledger: nothing twice, nothing left out, whatever the broker loses."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Sequence

import pytest

from api import progress
from api.progress import ProgressFeed
from api.routes.events import open_searches
from tests import searches
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import Search, Stage, Status
from vitrine.messages import SearchEvent
from vitrine.ports import Completion

STAGES = [Stage.DECODING, Stage.EMBEDDING, Stage.SEARCHING, Stage.DESCRIBING]


def accepted(ledger: SqlLedger) -> str:
    search_id = uuid.uuid4().hex
    ledger.accept({search_id: [searches.new(search_id, geometric_check=True)]})
    return search_id


async def heard(feed: ProgressFeed, batch_id: str, after: int) -> list[int]:
    sequences = []
    async with asyncio.timeout(20):
        async for event in feed.events(batch_id, after):
            if event is not None:
                sequences.append(event.sequence)
                if event.kind.terminal:
                    break
    return sequences


@pytest.mark.parametrize("lost", [set(), {0}, {1, 2}, {0, 1, 2, 3, 4}], ids=str)
def test_a_stream_is_gapless_whatever_news_is_lost(ledger: SqlLedger, lost: set[int]) -> None:
    search_id = accepted(ledger)
    broker = MemoryBroker()
    feed = ProgressFeed(ledger, broker)

    async def story() -> list[int]:
        async with feed.running():
            listening = asyncio.create_task(heard(feed, search_id, 0))
            await asyncio.sleep(0.2)
            for number, stage in enumerate(STAGES):
                events = ledger.record_stages({search_id: [(stage, 1.0)]})
                if number not in lost:
                    broker.publish_events(events)
            events = ledger.complete([Completion(search_id=search_id, result="{}")])
            if 4 not in lost:
                broker.publish_events(events)
            return await listening

    assert asyncio.run(story()) == [1, 2, 3, 4, 5, 6]


def test_a_client_that_comes_back_hears_only_what_it_missed(ledger: SqlLedger) -> None:
    search_id = accepted(ledger)
    ledger.record_stages({search_id: [(stage, 1.0) for stage in STAGES]})
    ledger.complete([Completion(search_id=search_id, result="{}")])
    feed = ProgressFeed(ledger, MemoryBroker())
    assert asyncio.run(heard(feed, search_id, 4)) == [5, 6]


def test_news_that_comes_twice_is_told_once(ledger: SqlLedger) -> None:
    search_id = accepted(ledger)
    broker = MemoryBroker()
    feed = ProgressFeed(ledger, broker)

    async def story() -> list[int]:
        async with feed.running():
            listening = asyncio.create_task(heard(feed, search_id, 0))
            await asyncio.sleep(0.2)
            events = ledger.record_stages({search_id: [(Stage.DECODING, 1.0)]})
            for _ in range(3):
                broker.publish_events(events)
            broker.publish_events(ledger.complete([Completion(search_id=search_id, result="{}")]))
            return await listening

    assert asyncio.run(story()) == [1, 2, 3]


class EndsAsSoonAsAsked(SqlLedger):
    """A worker that commits its search right behind the first question about the batch."""

    ended = False

    def _end(self, batch_id: str) -> None:
        if not self.ended:
            self.ended = True
            self.complete([Completion(search_id=batch_id, result="{}")])

    def batch(self, batch_id: str) -> Sequence[Search]:
        found = super().batch(batch_id)
        self._end(batch_id)
        return found

    def events_after(self, batch_id: str, sequence: int) -> Sequence[SearchEvent]:
        found = super().events_after(batch_id, sequence)
        self._end(batch_id)
        return found


def test_a_search_that_ends_while_a_stream_opens_is_waited_for(database: Database) -> None:
    search_id = accepted(SqlLedger(database))
    assert open_searches(EndsAsSoonAsAsked(database), search_id, {search_id}, 0) == {search_id}
    assert open_searches(SqlLedger(database), search_id, {search_id}, 99) == set()


def test_closing_the_feed_ends_its_streams(ledger: SqlLedger) -> None:
    search_id = accepted(ledger)
    feed = ProgressFeed(ledger, MemoryBroker())

    async def story() -> list[int]:
        listening = asyncio.create_task(heard(feed, search_id, 0))
        await asyncio.sleep(0.2)
        feed.close()
        with contextlib.suppress(asyncio.CancelledError):
            return await asyncio.wait_for(listening, 10)
        return []

    assert asyncio.run(story()) == [1]


@pytest.mark.parametrize("lost", [False, True])
def test_who_waits_for_a_search_gets_it_ended_whether_or_not_its_news_arrives(ledger: SqlLedger, lost: bool) -> None:
    search_id = accepted(ledger)
    broker = MemoryBroker()
    feed = ProgressFeed(ledger, broker)

    async def story() -> Search:
        async with feed.running():
            waiting = asyncio.create_task(feed.search(search_id, wait_s=20))
            await asyncio.sleep(0.2)
            events = ledger.complete([Completion(search_id=search_id, result="{}")])
            if not lost:
                broker.publish_events(events)
            return await waiting

    assert asyncio.run(story()).status is Status.COMPLETED


def test_who_waits_in_vain_gets_the_search_as_it_is(ledger: SqlLedger) -> None:
    search_id = accepted(ledger)
    feed = ProgressFeed(ledger, MemoryBroker())
    assert asyncio.run(feed.search(search_id, wait_s=0.1)).status is Status.ACCEPTED


def test_closing_the_feed_ends_the_waiting_for_a_search(ledger: SqlLedger) -> None:
    search_id = accepted(ledger)
    feed = ProgressFeed(ledger, MemoryBroker())

    async def story() -> Search:
        waiting = asyncio.create_task(feed.search(search_id, wait_s=20))
        await asyncio.sleep(0.2)
        feed.close()
        return await asyncio.wait_for(waiting, 5)

    assert asyncio.run(story()).status is Status.ACCEPTED


def test_news_that_many_threads_tell_at_once_all_arrives(ledger: SqlLedger) -> None:
    search_ids = [accepted(ledger) for _ in range(40)]
    broker = MemoryBroker()
    feed = ProgressFeed(ledger, broker)

    async def story() -> None:
        async with feed.running():
            with contextlib.ExitStack() as waiting:
                ends = [waiting.enter_context(feed.awaiting_end(search_id)) for search_id in search_ids]
                told = [ledger.complete([Completion(search_id=search_id, result="{}")]) for search_id in search_ids]
                await asyncio.gather(*(asyncio.to_thread(broker.publish_events, events) for events in told))
                async with asyncio.timeout(20):
                    for end in ends:
                        await end.wait()

    asyncio.run(story())


def test_a_batch_that_is_worked_on_all_the_time_is_asked_for_its_places_too(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_ASK_LEDGER_S", 0.3)
    ledger.accept({"b": [searches.new(str(number)) for number in range(30)]})
    broker = MemoryBroker()
    feed = ProgressFeed(ledger, broker)

    async def work() -> None:
        for number in range(30):
            broker.publish_events(ledger.record_stages({str(number): [(Stage.DECODING, 1.0)]}))
            await asyncio.sleep(0.05)

    async def story() -> None:
        async with feed.running():
            working = asyncio.create_task(work())
            async with asyncio.timeout(20):
                async for event in feed.events("b", 0):
                    if event is None:
                        break
            assert not working.done()
            await working

    asyncio.run(story())
