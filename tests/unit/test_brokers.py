"""Which broker a URL means, and what is told where it means none."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence

import pytest

from vitrine import errors
from vitrine.adapters.brokers import open_broker
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.rabbitmq_topology import Topology
from vitrine.adapters.slots import SearchesInHand, one_by_one
from vitrine.messages import Lane, SearchRequested
from vitrine.ports import Outcome


def test_without_a_url_messages_stay_in_memory() -> None:
    broker = open_broker("", name="local")
    assert isinstance(broker, MemoryBroker)
    broker.close()


@pytest.mark.parametrize(
    "url",
    ["rabbit", "localhost:5672", "http://rabbit/", "amqp://me:secret@rabbit:port/", "amqp://rabbit/,http://other/"],
)
def test_a_url_that_is_wrong_is_named_and_its_password_is_not(url: str) -> None:
    with pytest.raises(errors.Misconfigured, match="VITRINE_BROKER_URL") as told:
        open_broker(url, name="local")
    assert "secret" not in told.value.message


@pytest.mark.parametrize(
    ("attempt", "at_least_s", "queue"),
    [
        (1, 0.0, "search.retry.5s"),
        (2, 0.0, "search.retry.30s"),
        (3, 0.0, "search.retry.120s"),
        (99, 0.0, "search.retry.120s"),
        (1, 20.0, "search.retry.30s"),
        (1, 3600.0, "search.retry.120s"),
    ],
)
def test_later_attempts_wait_longer(attempt: int, at_least_s: float, queue: str) -> None:
    assert Topology().retry_queue(Lane.SEARCH, attempt, at_least_s) == queue


def test_indexing_waits_for_searches_and_not_for_ever() -> None:
    in_hand = SearchesInHand(index_waits_at_most_s=0.05)
    begun, finish = threading.Event(), threading.Event()

    def search(_request: SearchRequested) -> None:
        begun.set()
        finish.wait(10)

    counted = in_hand.counted(one_by_one(search))
    searching = threading.Thread(target=counted, args=([SearchRequested(search_id="s")],))
    searching.start()
    assert begun.wait(10)
    in_hand.wait_for_gap(lambda: False)
    assert searching.is_alive()
    finish.set()
    searching.join()


def test_what_waits_is_shared_among_the_slots_that_are_idle() -> None:
    broker = MemoryBroker()
    taken: queue.Queue[int] = queue.Queue()
    finish = threading.Event()

    def handle(requests: Sequence[SearchRequested]) -> Sequence[Outcome]:
        taken.put(len(requests))
        assert finish.wait(10)
        return [None] * len(requests)

    broker.consume(handle, slots=2, together=8)
    # Both wait for work, or the first would rightly take all.
    while broker._slots[0]._idle < 2:
        time.sleep(0.001)
    broker.publish(*(SearchRequested(search_id=str(number)) for number in range(8)))
    sizes = [taken.get(timeout=10) for _ in range(2)]
    finish.set()
    assert broker.stop_consuming(10)
    assert max(sizes) <= 4
