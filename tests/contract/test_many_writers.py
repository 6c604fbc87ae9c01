"""Several processes write one database: nothing is missed, doubled or lost, and nobody fails for it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures

import numpy as np
import pytest
import sqlalchemy as sa

from tests.servers import databases
from vitrine import errors
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import _TRUSTED_S, Database
from vitrine.adapters.sql_failures import BrokenOff
from vitrine.adapters.sql_schema import counters
from vitrine.domain import RecordContent, StoredEmbedding

MODEL = "m"
VECTOR = np.array([1, 0], np.float32)

OpenMore = Callable[[], Database]
# SQLite lets one write at a time and has columns without limits.
ON_SERVERS = pytest.mark.parametrize("open_more", databases.SERVERS, indirect=True)


@pytest.fixture(params=databases.KINDS)
def open_more(request: pytest.FixtureRequest, database_url: Callable[[str], str]) -> Iterator[OpenMore]:
    """Opens one database again and again, as further processes would."""
    url = database_url(request.param)
    with contextlib.ExitStack() as opened:

        def open_one() -> Database:
            made = Database(url)
            opened.callback(made.close)
            return made

        yield open_one


def images(catalogue: SqlCatalogue, count: int) -> list[int]:
    record_id, _ = catalogue.put_record(RecordContent(external_id="r"))
    return [
        catalogue.add_image(record_id, sha256=f"{number:064x}", width=1, height=1, source=str(number))[0]
        for number in range(count)
    ]


def test_an_embedding_that_commits_late_is_not_missed_by_who_reads_on(open_more: OpenMore) -> None:
    slow, quick, reader = open_more(), open_more(), SqlCatalogue(open_more())
    first, second = images(reader, 2)
    committing, go = threading.Event(), threading.Event()

    @sa.event.listens_for(slow._writer, "commit")
    def dawdle(_connection: sa.Connection) -> None:
        committing.set()
        assert go.wait(20)

    seen: list[StoredEmbedding] = []

    def read_on() -> None:
        seen.extend(reader.embeddings_after(MODEL, seen[-1].sequence if seen else 0, 100))

    with futures.ThreadPoolExecutor(2) as threads:
        late = threads.submit(SqlCatalogue(slow).add_embeddings, MODEL, {first: VECTOR})
        assert committing.wait(20)
        early = threads.submit(SqlCatalogue(quick).add_embeddings, MODEL, {second: VECTOR})
        with contextlib.suppress(futures.TimeoutError):
            early.result(timeout=0.5)
        read_on()
        go.set()
        assert (late.result(), early.result()) == (1, 1)
    read_on()
    assert sorted(row.image_id for row in seen) == [first, second]


def test_workers_that_embed_the_same_images_leave_one_embedding_each(open_more: OpenMore) -> None:
    workers = [SqlCatalogue(open_more()) for _ in range(4)]
    wanted = images(workers[0], 40)

    def embed(worker: int) -> int:
        order = np.random.default_rng(worker).permutation(wanted)
        return sum(
            workers[worker].add_embeddings(MODEL, {int(image): VECTOR for image in part})
            for part in np.array_split(order, 8)
        )

    with futures.ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(embed, range(4))) == 40
    rows = workers[0].embeddings_after(MODEL, 0, 100)
    assert sorted(row.image_id for row in rows) == wanted
    assert len({row.sequence for row in rows}) == 40


def test_images_that_are_added_to_one_record_at_once_have_a_place_each(open_more: OpenMore) -> None:
    workers = [SqlCatalogue(open_more()) for _ in range(4)]
    record_id, _ = workers[0].put_record(RecordContent(external_id="r"))

    def add(number: int) -> int:
        # Every picture comes twice.
        sha256 = f"{number // 2:064x}"
        return workers[number % 4].add_image(record_id, sha256=sha256, width=1, height=1, source=str(number))[0]

    with futures.ThreadPoolExecutor(4) as threads:
        added = set(threads.map(add, range(16)))
    found = workers[0].images(added)
    assert sorted(image.position for image in found.values()) == list(range(8))


def count(name: str) -> sa.Update:
    return counters.update().where(counters.c.name == name).values(value=counters.c.value + 1)


@pytest.fixture
def two_counters(open_more: OpenMore) -> Iterator[Database]:
    database = open_more()
    names = counters.c.name.in_(["one", "two"])
    with database.writing() as connection:
        connection.execute(counters.delete().where(names))
        connection.execute(counters.insert(), [{"name": "one", "value": 0}, {"name": "two", "value": 0}])
    yield database
    with database.writing() as connection:
        connection.execute(counters.delete().where(names))


def value_of(database: Database, name: str) -> int:
    with database.reading() as connection:
        return int(connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one())


@ON_SERVERS
def test_a_deadlock_ends_with_both_transactions_done(two_counters: Database) -> None:
    tries: list[str] = []
    both_hold_one = threading.Barrier(2)

    def work(first: str, second: str) -> Callable[[sa.Connection], None]:
        def both(connection: sa.Connection) -> None:
            connection.execute(count(first))
            tries.append(first)
            if tries.count(first) == 1:
                both_hold_one.wait(20)
            connection.execute(count(second))

        return both

    with futures.ThreadPoolExecutor(2) as threads:
        orders = [work("one", "two"), work("two", "one")]
        for done in [threads.submit(two_counters.transact, order) for order in orders]:
            done.result()
    assert len(tries) == 3
    assert (value_of(two_counters, "one"), value_of(two_counters, "two")) == (2, 2)


@ON_SERVERS
def test_who_waits_too_long_for_a_lock_tries_again(two_counters: Database) -> None:
    impatient = Database(
        two_counters._writer.url.update_query_dict(
            {"init_command": "SET SESSION innodb_lock_wait_timeout=1"}
        ).render_as_string(hide_password=False)
    )
    tries: list[int] = []

    def work(connection: sa.Connection) -> None:
        tries.append(1)
        connection.execute(count("one"))

    with contextlib.closing(impatient), futures.ThreadPoolExecutor(1) as threads:
        with two_counters.writing() as holder:
            holder.execute(count("one"))
            waiting = threads.submit(impatient.transact, work)
            while len(tries) < 2 and not waiting.done():
                time.sleep(0.01)
        waiting.result()
    assert value_of(two_counters, "one") == 2


@ON_SERVERS
def test_a_value_that_does_not_fit_is_refused_and_not_cut(open_more: OpenMore) -> None:
    with pytest.raises(errors.RejectedInput, match="cannot hold"):
        SqlCatalogue(open_more()).put_record(RecordContent(external_id="long", name="я" * 1001))


def own_connections(database: Database) -> set[int]:
    """Take and give back one of the readers and one of the writers, and tell their numbers at the server."""
    with database.reading() as reader, database.writing() as writer:
        return {int(each.execute(sa.text("SELECT CONNECTION_ID()")).scalar_one()) for each in (reader, writer)}


def kill(killer: Database, connections: set[int]) -> None:
    with killer.reading() as connection:
        for number in connections:
            connection.execute(sa.text(f"KILL {number}"))


@ON_SERVERS
def test_connections_that_were_lost_while_they_were_idle_are_replaced_and_nobody_is_told(open_more: OpenMore) -> None:
    database, killer = open_more(), open_more()
    lost = own_connections(database)
    time.sleep(_TRUSTED_S)
    kill(killer, lost)
    assert not own_connections(database) & lost


@ON_SERVERS
def test_connections_that_were_lost_right_after_their_use_cost_one_try(open_more: OpenMore) -> None:
    database, killer = open_more(), open_more()
    lost = own_connections(database)
    kill(killer, lost)
    with pytest.raises(BrokenOff):
        own_connections(database)
    assert not database.transact(lambda _connection: own_connections(database)) & lost
