"""What every broker must do."""

from __future__ import annotations

import queue
import threading
import time

from vitrine import errors
from vitrine.domain import Stage
from vitrine.messages import EventKind, SearchEvent, SearchRequested
from vitrine.ports import Broker

WAIT_S = 10


def event(sequence: int) -> SearchEvent:
    return SearchEvent(
        batch_id="b", sequence=sequence, search_id="s", kind=EventKind.STAGE_REACHED, stage=Stage.DECODING, at=1.5
    )


def test_each_message_is_handled(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()
    for number in range(20):
        broker.publish(SearchRequested(search_id=str(number)))
    assert broker.depth() == 20
    broker.consume(lambda request: handled.put(request.search_id), slots=3)
    assert {handled.get(timeout=WAIT_S) for _ in range(20)} == {str(number) for number in range(20)}


def test_a_message_whose_dependency_was_away_is_delivered_again(broker: Broker) -> None:
    tries: queue.Queue[int] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        tries.put(request.attempt)
        if request.attempt < 3:
            raise errors.DependencyUnavailable("away", retry_after_s=0.01)

    broker.consume(handle, slots=1)
    broker.publish(SearchRequested(search_id="s"))
    assert [tries.get(timeout=WAIT_S) for _ in range(3)] == [1, 2, 3]


def test_a_message_that_waits_to_be_delivered_again_holds_nobody_up(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        handled.put(request.search_id)
        if request.search_id == "late":
            raise errors.DependencyUnavailable("away", retry_after_s=3600)

    broker.consume(handle, slots=1)
    broker.publish(SearchRequested(search_id="late"))
    broker.publish(SearchRequested(search_id="next"))
    assert [handled.get(timeout=WAIT_S), handled.get(timeout=WAIT_S)] == ["late", "next"]


def test_a_handler_that_breaks_does_not_stop_the_queue(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        if request.search_id == "bad":
            raise ZeroDivisionError
        handled.put(request.search_id)

    broker.consume(handle, slots=1)
    broker.publish(SearchRequested(search_id="bad"))
    broker.publish(SearchRequested(search_id="good"))
    assert handled.get(timeout=WAIT_S) == "good"


def test_as_many_are_in_hand_as_there_are_slots(broker: Broker) -> None:
    together = threading.Barrier(3 + 1)

    def handle(_request: SearchRequested) -> None:
        together.wait(WAIT_S)

    broker.consume(handle, slots=3)
    for number in range(3):
        broker.publish(SearchRequested(search_id=str(number)))
    # Passes only when all three are in hand at the same time.
    together.wait(WAIT_S)


def test_stopping_waits_for_what_is_in_hand_and_takes_nothing_new(broker: Broker) -> None:
    begun, finish, handled = threading.Event(), threading.Event(), []

    def handle(request: SearchRequested) -> None:
        begun.set()
        finish.wait(WAIT_S)
        handled.append(request.search_id)

    broker.publish(SearchRequested(search_id="in hand"))
    broker.publish(SearchRequested(search_id="waiting"))
    broker.consume(handle, slots=1)
    assert begun.wait(WAIT_S)
    assert not broker.stop_consuming(0.05)
    finish.set()
    assert broker.stop_consuming(WAIT_S)
    assert handled == ["in hand"]
    assert broker.depth() == 1


def test_every_subscriber_hears_every_event_until_it_leaves(broker: Broker) -> None:
    first: list[int] = []
    second: list[int] = []
    leave = broker.subscribe(lambda heard: first.append(heard.sequence))
    broker.subscribe(lambda heard: second.append(heard.sequence))
    broker.publish_events([event(1), event(2)])
    leave()
    broker.publish_events([event(3)])
    deadline = time.monotonic() + WAIT_S
    while len(second) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert (first, second) == ([1, 2], [1, 2, 3])


def test_an_event_survives_its_way_as_json() -> None:
    assert SearchEvent.from_json(event(4).to_json()) == event(4)
    assert SearchRequested.from_json(SearchRequested(search_id="s", attempt=2).to_json()).attempt == 2
