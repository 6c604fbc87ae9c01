"""What every broker must do."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from vitrine import errors
from vitrine.adapters.slots import one_by_one
from vitrine.domain import Stage
from vitrine.messages import EventKind, IndexRequested, Lane, SearchEvent, SearchRequested
from vitrine.ports import Broker, Outcome

WAIT_S = 10


def event(sequence: int) -> SearchEvent:
    return SearchEvent(
        batch_id="b", sequence=sequence, search_id="s", kind=EventKind.STAGE_REACHED, stage=Stage.DECODING, at=1.5
    )


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_each_message_is_handled(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()
    for number in range(20):
        broker.publish(SearchRequested(search_id=str(number)))
    assert broker.depth() >= 20
    assert comes_true(lambda: broker.depth() == 20)
    broker.consume(one_by_one(lambda request: handled.put(request.search_id)), slots=3)
    assert {handled.get(timeout=WAIT_S) for _ in range(20)} == {str(number) for number in range(20)}
    broker.check_consuming()


def test_a_message_whose_dependency_was_away_is_delivered_again(broker: Broker) -> None:
    tries: queue.Queue[int] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        tries.put(request.attempt)
        if request.attempt < 3:
            raise errors.DependencyUnavailable("away", retry_after_s=0.01)

    broker.consume(one_by_one(handle), slots=1)
    broker.publish(SearchRequested(search_id="s"))
    assert [tries.get(timeout=WAIT_S) for _ in range(3)] == [1, 2, 3]


def test_a_message_that_waits_to_be_delivered_again_holds_nobody_up(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        handled.put(request.search_id)
        if request.search_id == "late":
            raise errors.DependencyUnavailable("away", retry_after_s=3600)

    broker.consume(one_by_one(handle), slots=1)
    broker.publish(SearchRequested(search_id="late"))
    broker.publish(SearchRequested(search_id="next"))
    assert [handled.get(timeout=WAIT_S), handled.get(timeout=WAIT_S)] == ["late", "next"]


def test_a_handler_that_breaks_does_not_stop_the_queue(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()

    def handle(request: SearchRequested) -> None:
        if request.search_id == "bad":
            raise ZeroDivisionError
        handled.put(request.search_id)

    broker.consume(one_by_one(handle), slots=1)
    broker.publish(SearchRequested(search_id="bad"))
    broker.publish(SearchRequested(search_id="good"))
    assert handled.get(timeout=WAIT_S) == "good"


def test_as_many_are_in_hand_as_there_are_slots(broker: Broker) -> None:
    together = threading.Barrier(3 + 1)

    def handle(_request: SearchRequested) -> None:
        together.wait(WAIT_S)

    broker.consume(one_by_one(handle), slots=3)
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
    broker.consume(one_by_one(handle), slots=1)
    assert begun.wait(WAIT_S)
    assert not broker.stop_consuming(0.05)
    finish.set()
    assert broker.stop_consuming(WAIT_S)
    assert handled == ["in hand"]
    assert comes_true(lambda: broker.depth() == 1)


def test_every_subscriber_hears_every_event_until_it_leaves(broker: Broker) -> None:
    first: list[int] = []
    second: list[int] = []
    leave = broker.subscribe(lambda heard: first.append(heard.sequence))
    broker.subscribe(lambda heard: second.append(heard.sequence))
    broker.publish_events([event(1), event(2)])
    assert comes_true(lambda: len(first) == 2)
    leave()
    broker.publish_events([event(3)])
    assert comes_true(lambda: len(second) == 3)
    assert (first, second) == ([1, 2], [1, 2, 3])


def test_a_listener_that_breaks_keeps_nobody_else_from_hearing(broker: Broker) -> None:
    heard: list[int] = []

    def broken(_event: SearchEvent) -> None:
        raise ZeroDivisionError

    broker.subscribe(broken)
    broker.subscribe(lambda told: heard.append(told.sequence))
    broker.publish_events([event(1), event(2)])
    assert comes_true(lambda: heard == [1, 2])


def test_while_a_dependency_is_down_messages_stay_where_they_are_and_none_is_lost(broker: Broker) -> None:
    down = threading.Event()
    down.set()
    asked: list[str] = []
    attempts: dict[str, int] = {}

    def handle(request: SearchRequested) -> None:
        asked.append(request.search_id)
        if down.is_set():
            raise errors.DependencyUnavailable("down", retry_after_s=0.01)
        attempts[request.search_id] = request.attempt

    for number in range(30):
        broker.publish(SearchRequested(search_id=str(number)))
    broker.consume(one_by_one(handle), slots=2)
    assert comes_true(lambda: len(asked) >= 8)
    # Two were put away before it was certain; since then the two in hand are asked again and again.
    assert len(set(asked)) <= 4
    down.clear()
    assert comes_true(lambda: len(attempts) == 30)
    assert max(attempts.values()) <= 3


def test_what_waits_for_a_dependency_is_given_back_when_the_worker_stops(broker: Broker) -> None:
    asked: list[str] = []

    def handle(request: SearchRequested) -> None:
        asked.append(request.search_id)
        raise errors.DependencyUnavailable("down", retry_after_s=0.01)

    for number in range(5):
        broker.publish(SearchRequested(search_id=str(number)))
    broker.consume(one_by_one(handle), slots=2)
    assert comes_true(lambda: len(asked) >= 6)
    assert broker.stop_consuming(WAIT_S)
    assert comes_true(lambda: broker.depth() == 5)


def test_index_messages_are_a_lane_of_their_own(broker: Broker) -> None:
    handled: queue.Queue[IndexRequested] = queue.Queue()
    wanted = IndexRequested(model_id="m", image_ids=(3, 4))
    broker.publish(wanted)
    broker.publish(SearchRequested(search_id="s"))
    assert comes_true(lambda: broker.depth(Lane.INDEX) == 1 and broker.depth(Lane.SEARCH) == 1)
    broker.consume_index(handled.put, slots=1)
    assert handled.get(timeout=WAIT_S) == wanted
    assert comes_true(lambda: broker.depth(Lane.INDEX) == 0 and broker.depth(Lane.SEARCH) == 1)


def test_an_index_message_whose_dependency_was_away_is_delivered_again(broker: Broker) -> None:
    tries: queue.Queue[int] = queue.Queue()

    def handle(request: IndexRequested) -> None:
        tries.put(request.attempt)
        if request.attempt < 2:
            raise errors.DependencyUnavailable("away", retry_after_s=0.01)

    broker.consume_index(handle, slots=1)
    broker.publish(IndexRequested(model_id="m", image_ids=(1,)))
    assert [tries.get(timeout=WAIT_S) for _ in range(2)] == [1, 2]


def test_no_index_message_is_begun_while_a_search_is_in_hand(broker: Broker) -> None:
    begun, finish = threading.Event(), threading.Event()
    order: queue.Queue[str] = queue.Queue()

    def search(request: SearchRequested) -> None:
        begun.set()
        finish.wait(WAIT_S)
        order.put("searched")

    broker.publish(SearchRequested(search_id="s"))
    broker.consume(one_by_one(search), slots=2)
    assert begun.wait(WAIT_S)
    broker.consume_index(lambda _request: order.put("indexed"), slots=2)
    for number in range(4):
        broker.publish(IndexRequested(model_id="m", image_ids=(number,)))
    # The index slots have had what they need, apart from the gap.
    time.sleep(0.5)
    assert order.empty()
    finish.set()
    assert [order.get(timeout=WAIT_S) for _ in range(5)] == ["searched", *["indexed"] * 4]


def test_what_yields_to_a_search_does_not_hold_up_the_end(broker: Broker) -> None:
    begun, finish = threading.Event(), threading.Event()
    indexed: list[IndexRequested] = []

    def search(request: SearchRequested) -> None:
        begun.set()
        finish.wait(WAIT_S)

    broker.publish(SearchRequested(search_id="s"))
    broker.consume(one_by_one(search), slots=1)
    assert begun.wait(WAIT_S)
    broker.consume_index(indexed.append, slots=1)
    broker.publish(IndexRequested(model_id="m", image_ids=(1,)))
    assert not broker.stop_consuming(0.2)
    finish.set()
    assert broker.stop_consuming(WAIT_S)
    assert comes_true(lambda: broker.depth(Lane.INDEX) == len([1]) - len(indexed))


def _index_beside(broker: Broker, search: Callable[[SearchRequested], None], order: queue.Queue[str]) -> None:
    """Has an index message in hand, then a search, and gives way to it in the middle."""
    indexing, searching = threading.Event(), threading.Event()

    def searched(request: SearchRequested) -> None:
        searching.set()
        search(request)
        order.put("searched")

    def index(_request: IndexRequested) -> None:
        indexing.set()
        assert searching.wait(WAIT_S)
        broker.give_way()
        order.put("went on")

    broker.consume_index(index, slots=1)
    broker.publish(IndexRequested(model_id="m", image_ids=(1,)))
    assert indexing.wait(WAIT_S)
    broker.consume(one_by_one(searched), slots=1)
    broker.publish(SearchRequested(search_id="s"))


def test_an_index_message_in_hand_gives_way_to_a_search(broker: Broker) -> None:
    order: queue.Queue[str] = queue.Queue()
    _index_beside(broker, lambda _request: time.sleep(0.1), order)
    assert [order.get(timeout=WAIT_S) for _ in range(2)] == ["searched", "went on"]


def test_an_index_message_in_hand_goes_on_beside_a_search_that_does_not_end(broker: Broker) -> None:
    order: queue.Queue[str] = queue.Queue()
    finish = threading.Event()
    _index_beside(broker, lambda _request: assert_set(finish), order)
    assert order.get(timeout=WAIT_S) == "went on"
    finish.set()
    assert order.get(timeout=WAIT_S) == "searched"


def test_a_message_that_nobody_can_handle_is_not_delivered_again(broker: Broker) -> None:
    handled: queue.Queue[str] = queue.Queue()

    def handle(request: IndexRequested) -> None:
        handled.put(request.model_id)
        if request.model_id == "other":
            raise errors.RejectedInput("another model")

    broker.publish(IndexRequested(model_id="other", image_ids=(1,)))
    broker.consume_index(handle, slots=1)
    assert handled.get(timeout=WAIT_S) == "other"
    broker.publish(IndexRequested(model_id="m", image_ids=(1,)))
    assert handled.get(timeout=WAIT_S) == "m"
    assert comes_true(lambda: broker.depth(Lane.INDEX) == 0) and handled.empty()


def assert_set(event: threading.Event) -> None:
    assert event.wait(WAIT_S)


def test_an_event_survives_its_way_as_json() -> None:
    assert SearchEvent.from_json(event(4).to_json()) == event(4)
    assert SearchRequested.from_json(SearchRequested(search_id="s", attempt=2).to_json()).attempt == 2
    wanted = IndexRequested(model_id="m", image_ids=(1, 2), attempt=3)
    assert IndexRequested.from_json(wanted.to_json()) == wanted


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"version": 99}', b'{"version": 1}', b"\xff"])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    for kind in (SearchRequested, IndexRequested, SearchEvent):
        with pytest.raises(errors.RejectedInput):
            kind.from_json(body)


def test_what_waits_is_taken_together_and_no_more_than_is_asked_for(broker: Broker) -> None:
    taken: queue.Queue[list[str]] = queue.Queue()

    def handle(requests: Sequence[SearchRequested]) -> Sequence[Outcome]:
        taken.put([request.search_id for request in requests])
        return [None] * len(requests)

    names = [str(number) for number in range(20)]
    broker.publish(*(SearchRequested(search_id=name) for name in names))
    broker.consume(handle, slots=1, together=8)
    found: list[str] = []
    sizes: list[int] = []
    while len(found) < len(names):
        some = taken.get(timeout=WAIT_S)
        found += some
        sizes.append(len(some))
    assert sorted(found, key=int) == names
    assert max(sizes) <= 8
    assert len(sizes) < len(names)
    assert comes_true(lambda: broker.depth() == 0)


def test_of_those_that_are_taken_together_each_has_its_own_end(broker: Broker) -> None:
    tries: queue.Queue[tuple[str, int]] = queue.Queue()

    def outcome(request: SearchRequested) -> Outcome:
        tries.put((request.search_id, request.attempt))
        if request.search_id == "late" and request.attempt == 1:
            return errors.DependencyUnavailable("away", retry_after_s=0.01)
        return errors.RejectedInput("nobody can") if request.search_id == "bad" else None

    broker.publish(*(SearchRequested(search_id=name) for name in ("good", "late", "bad", "also good")))
    broker.consume(lambda requests: [outcome(request) for request in requests], slots=1, together=4)
    found = [tries.get(timeout=WAIT_S) for _ in range(5)]
    assert sorted(found) == [("also good", 1), ("bad", 1), ("good", 1), ("late", 1), ("late", 2)]
    assert comes_true(lambda: broker.depth() == 0) and tries.empty()
