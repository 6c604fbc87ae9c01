"""What happens to RabbitMQ happens to no search: each that was accepted is done once."""

from __future__ import annotations

import contextlib
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import pytest

from tests import searches
from tests.conftest import ROOT, environment
from tests.integration.searching import accepted, classified, comes_true, worker
from tests.refusals import refusal
from tests.servers.proxy import Cable
from tests.servers.rabbitmq import TEST_TOPOLOGY, RabbitmqServer, delete_queues
from vitrine import errors
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.adapters.rabbitmq_publisher import Publisher
from vitrine.adapters.rabbitmq_topology import DEAD_LETTERS
from vitrine.adapters.slots import one_by_one
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import Stage
from vitrine.messages import EventKind, IndexRequested, Lane, SearchEvent, SearchRequested
from workers.leased import LeasedWork
from workers.republishing import Republisher

SEARCHES = 2000
KILLS = 4
WAIT_S = 60


class OpenBroker(Protocol):
    def __call__(self, name: str, url: str = ...) -> RabbitmqBroker: ...


@pytest.fixture
def open_broker(running_rabbitmq: RabbitmqServer) -> Iterator[OpenBroker]:
    """Opens brokers, each as a process of its own would; they are closed with the test."""
    with contextlib.ExitStack() as opened:

        def open_one(name: str, url: str = running_rabbitmq.url) -> RabbitmqBroker:
            made = RabbitmqBroker(url, name=name, topology=TEST_TOPOLOGY)
            opened.callback(made.close)
            return made

        yield open_one


def publishes(broker: RabbitmqBroker, search_id: str = "s") -> bool:
    return not refusal(lambda: broker.publish(SearchRequested(search_id=search_id)))


def event(sequence: int) -> SearchEvent:
    return SearchEvent(
        batch_id="b", sequence=sequence, search_id="s", kind=EventKind.STAGE_REACHED, stage=Stage.DECODING, at=1.5
    )


@pytest.mark.slow
def test_the_broker_is_killed_four_times_and_every_accepted_search_is_done_once(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker, ledger: SqlLedger
) -> None:
    for number in range(3):
        broker = open_broker(f"worker-{number}")
        broker.consume(worker(ledger, broker).handle, slots=2)
    api = open_broker("api-1")
    promised: list[str] = []
    refused = 0

    def send(count: int) -> None:
        nonlocal refused
        pause = threading.Event()
        while count:
            if search_id := accepted(ledger, api):
                promised.append(search_id)
                count -= 1
            else:
                refused += 1
                pause.wait(0.05)

    with ThreadPoolExecutor(4) as visitors:
        sending = [visitors.submit(send, SEARCHES // 4) for _ in range(4)]
        for kill in range(1, KILLS + 1):
            assert comes_true(lambda: len(promised) >= SEARCHES * kill / (KILLS + 1))  # noqa: B023
            running_rabbitmq.kill()
            running_rabbitmq.start()
        for one in sending:
            one.result(WAIT_S)
    comes_true(lambda: not ledger.unfinished())
    assert refused > 0
    assert classified(ledger, promised) == {"once": SEARCHES, "lost": 0, "doubled": 0}


def test_a_broker_that_lost_all_its_data_is_told_again_what_is_unfinished(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker, ledger: SqlLedger, database: Database
) -> None:
    api, broker = open_broker("api-1"), open_broker("worker-1")
    promised = [accepted(ledger, api) for _ in range(50)]
    assert None not in promised
    # Its process died between row and message.
    unpublished = searches.new("unpublished")
    ledger.accept({unpublished.id: [unpublished]})
    promised.append(unpublished.id)
    running_rabbitmq.forget_everything()
    running_rabbitmq.start()
    broker.consume(worker(ledger, broker).handle, slots=2)
    republish = Republisher(ledger, broker, silent_s=1.0).republish
    with LeasedWork("republisher", republish, SqlLeases(database), every_s=0.2):
        comes_true(lambda: not ledger.unfinished())
    assert classified(ledger, filter(None, promised)) == {"once": 51, "lost": 0, "doubled": 0}


def test_a_memory_alarm_refuses_publishers_in_time_and_stops_no_worker(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    api, handled = open_broker("api-1"), threading.Event()
    assert publishes(api)
    running_rabbitmq.control("set_vm_memory_high_watermark", "0.00001")
    try:
        with ThreadPoolExecutor(40) as threads:
            outcomes = [threads.submit(publishes, api) for _ in range(80)]
            assert not any(outcome.result(timeout=20) for outcome in outcomes)
        with pytest.raises(errors.DependencyUnavailable, match="memory or disk"):
            api.publish(SearchRequested(search_id="s"))
        with pytest.raises(errors.DependencyUnavailable):
            api.depth()
        open_broker("worker-1").consume(one_by_one(lambda _request: handled.set()), slots=1)
        assert handled.wait(WAIT_S)
    finally:
        running_rabbitmq.control("set_vm_memory_high_watermark", "0.6")
    assert comes_true(lambda: publishes(api))


def test_a_disk_alarm_refuses_publishers_in_time(running_rabbitmq: RabbitmqServer, open_broker: OpenBroker) -> None:
    api = open_broker("api-1")
    assert publishes(api)
    running_rabbitmq.control("set_disk_free_limit", "900000GB")
    try:
        assert comes_true(lambda: not publishes(api))
    finally:
        running_rabbitmq.control("set_disk_free_limit", "1MB")
    assert comes_true(lambda: publishes(api))


def test_a_broker_that_is_away_is_an_error_and_no_obstacle_to_starting(open_broker: OpenBroker) -> None:
    nobody = open_broker("api-1", "amqp://guest:guest@127.0.0.1:1/")
    nobody.subscribe(lambda _event: None)
    nobody.consume(one_by_one(lambda _request: None), slots=1)
    nobody.publish_events([event(1)])
    with pytest.raises(errors.DependencyUnavailable, match="refused"):
        nobody.publish(SearchRequested(search_id="s"))
    with pytest.raises(errors.DependencyUnavailable):
        nobody.depth()
    assert comes_true(lambda: "refused" in refusal(nobody.check_consuming))
    assert nobody.stop_consuming(WAIT_S)


def test_a_wrong_password_is_told_to_whoever_publishes(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    stranger = open_broker("api-1", running_rabbitmq.url.replace("guest:guest", "guest:wrong"))
    with pytest.raises(errors.DependencyUnavailable, match="password in VITRINE_BROKER_URL"):
        stranger.publish(SearchRequested(search_id="s"))


def test_where_one_node_of_a_cluster_is_away_the_next_is_connected_to(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    api = open_broker("api-1", f"amqp://guest:guest@127.0.0.1:1/, {running_rabbitmq.url}")
    assert comes_true(lambda: publishes(api))


def test_a_search_that_cannot_be_published_is_not_accepted(open_broker: OpenBroker, ledger: SqlLedger) -> None:
    nobody = open_broker("api-1", "amqp://guest:guest@127.0.0.1:1/")
    assert accepted(ledger, nobody) is None
    assert not ledger.unfinished()


def test_workers_that_come_and_go_start_every_search_once(open_broker: OpenBroker, ledger: SqlLedger) -> None:
    api = open_broker("api-1")
    staying = open_broker("worker-0")
    staying.consume(worker(ledger, staying).handle, slots=2)
    promised: list[str] = []
    for change in range(6):
        passing = [open_broker(f"worker-{change}-{number}") for number in range(2)]
        for broker in passing:
            broker.consume(worker(ledger, broker).handle, slots=2)
        promised += [search_id for _ in range(60) if (search_id := accepted(ledger, api))]
        for broker in passing:
            assert broker.stop_consuming(WAIT_S)
            broker.close()
    assert comes_true(lambda: not ledger.unfinished())
    assert classified(ledger, promised) == {"once": 360, "lost": 0, "doubled": 0}
    # Nothing that was in hand when its worker was asked to stop had to be begun by another.
    assert {ledger.get(search_id).attempts for search_id in promised} == {1}


def test_a_broker_that_never_answers_holds_no_publisher(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    cable = Cable(running_rabbitmq.port)
    api = open_broker("api-1", running_rabbitmq.url.replace(str(running_rabbitmq.port), str(cable.port)))
    assert publishes(api)
    with cable.silent(), ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(publishes, api) for _ in range(8)]
        assert not any(outcome.result(timeout=20) for outcome in outcomes)
    assert comes_true(lambda: publishes(api))
    api.close()
    cable.close()


def test_connections_that_are_cut_again_and_again_lose_no_search(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker, ledger: SqlLedger
) -> None:
    cable = Cable(running_rabbitmq.port)
    url = running_rabbitmq.url.replace(str(running_rabbitmq.port), str(cable.port))
    api, broker = open_broker("api-1", url), open_broker("worker-1", url)
    broker.consume(worker(ledger, broker).handle, slots=2)
    promised: list[str] = []
    while len(promised) < 300:
        if search_id := accepted(ledger, api):
            promised.append(search_id)
            if len(promised) % 50 == 0:
                cable.cut()
    comes_true(lambda: not ledger.unfinished())
    assert classified(ledger, promised) == {"once": 300, "lost": 0, "doubled": 0}
    api.close()
    broker.close()
    cable.close()


def test_what_a_killed_worker_had_in_hand_is_delivered_to_another(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker, tmp_path: pathlib.Path
) -> None:
    api, taken = open_broker("api-1"), threading.Event()
    assert publishes(api, "in hand")
    dying = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "integration" / "dying_consumer.py"), running_rabbitmq.url],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert dying.stdout
    with dying.stdout as said:
        assert said.readline() == "in hand\n"
        dying.kill()
        dying.wait()
    open_broker("worker-2").consume(one_by_one(lambda _request: taken.set()), slots=1)
    assert taken.wait(WAIT_S)


def test_a_worker_that_sits_on_a_message_for_too_long_loses_it_and_goes_on(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    limits = (
        "application:set_env(rabbit, consumer_timeout, {}), application:set_env(rabbit, channel_tick_interval, {})."
    )
    running_rabbitmq.control("eval", limits.format(1000, 500))
    broker, again, tries = open_broker("worker-1"), threading.Event(), []

    def handle(request: SearchRequested) -> None:
        tries.append(request.search_id)
        if len(tries) == 1:
            again.wait(WAIT_S)
        again.set()

    try:
        broker.consume(one_by_one(handle), slots=2)
        broker.publish(SearchRequested(search_id="slow"))
        assert again.wait(WAIT_S)
        assert comes_true(lambda: broker.depth() == 0 and publishes(broker, "next") and "next" in tries)
        assert tries[:2] == ["slow", "slow"]
    finally:
        running_rabbitmq.control("eval", limits.format(1_800_000, 60_000))


def test_what_no_queue_takes_is_an_error(running_rabbitmq: RabbitmqServer) -> None:
    publisher = Publisher([running_rabbitmq.url], "vitrine test publish", TEST_TOPOLOGY)
    try:
        with pytest.raises(errors.DependencyUnavailable, match="no such queue"):
            publisher.publish(("nowhere", b"{}"))
        assert comes_true(lambda: _kept(publisher))
    finally:
        publisher.close()


def _kept(publisher: Publisher) -> bool:
    try:
        publisher.publish((Lane.SEARCH.value, b"{}"))
    except errors.DependencyUnavailable:
        return False
    return True


def test_queues_that_an_operator_deleted_are_made_again(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    api, broker, taken = open_broker("api-1"), open_broker("worker-1"), threading.Event()
    assert publishes(api)
    indexed = threading.Event()
    assert comes_true(lambda: api.depth() == 1)
    delete_queues(running_rabbitmq.url, ["search", "index"])
    broker.consume(one_by_one(lambda _request: taken.set()), slots=1)
    broker.consume_index(lambda _request: indexed.set(), slots=1)
    assert comes_true(lambda: publishes(api) and taken.is_set())
    delete_queues(running_rabbitmq.url, ["search", "index"])
    taken.clear()
    assert comes_true(lambda: publishes(api) and taken.is_set())
    api.publish(IndexRequested(model_id="m", image_ids=(1,)))
    assert indexed.wait(WAIT_S)


def test_what_nobody_can_handle_lies_where_an_operator_looks(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    def handle(_request: SearchRequested) -> None:
        raise ZeroDivisionError

    broker = open_broker("worker-1")
    broken = SearchRequested(search_id="breaks its worker")
    broker.publish(broken)
    publisher = Publisher([running_rabbitmq.url], "vitrine test publish", TEST_TOPOLOGY)
    publisher.publish((Lane.SEARCH.value, b"not a message"))
    publisher.close()
    broker.consume(one_by_one(handle), slots=1)
    found: list[bytes] = []

    def both_found() -> bool:
        found.extend(running_rabbitmq.waiting(DEAD_LETTERS))
        return len(found) == 2

    assert comes_true(both_found)
    assert set(found) == {broken.to_json(), b"not a message"}


def _note(heard: list[int], told: SearchEvent) -> None:
    heard.append(told.sequence)


def test_every_replica_hears_every_event_before_and_after_the_broker_was_killed(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    first: list[int] = []
    second: list[int] = []
    for name, heard in (("api-1", first), ("api-2", second)):
        open_broker(name).subscribe(partial(_note, heard))
    broker = open_broker("worker-1")
    broker.publish_events([event(1), event(2)])
    assert comes_true(lambda: first == second == [1, 2])
    running_rabbitmq.kill()
    running_rabbitmq.start()

    def heard_anew() -> bool:
        # What is told while a replica is still connecting is found in the ledger.
        broker.publish_events([event(3)])
        return first[-1] == second[-1] == 3

    assert comes_true(heard_anew)


def test_an_operator_recognises_connections_by_their_names(
    running_rabbitmq: RabbitmqServer, open_broker: OpenBroker
) -> None:
    broker = open_broker("worker-1")
    broker.consume(one_by_one(lambda _request: None), slots=1)
    broker.consume_index(lambda _request: None, slots=1)
    broker.subscribe(lambda _event: None)
    assert publishes(broker)
    wanted = {f"vitrine worker-1 {use}" for use in ("publish", "consume", "consume index", "events")}
    assert comes_true(
        lambda: all(f'"{name}"' in running_rabbitmq.control("list_connections", "client_properties") for name in wanted)
    )
