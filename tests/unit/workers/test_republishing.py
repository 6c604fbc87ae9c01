"""What was accepted and never published is found; what waits or is at work is left alone."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests import searches
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.slots import one_by_one
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import Problem
from vitrine.messages import SearchRequested
from workers.republishing import Republisher

HOUR_S = 3600.0


@pytest.fixture
def ledger(database: Database) -> SqlLedger:
    """Two searches were accepted; nothing was published."""
    opened = SqlLedger(database)
    opened.accept({"b": [searches.new(name) for name in ("first", "second")]})
    return opened


@pytest.fixture
def broker() -> MemoryBroker:
    return MemoryBroker()


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def republisher(
    ledger: SqlLedger, broker: MemoryBroker, *, silent_s: float, lost_after_s: float = HOUR_S
) -> Republisher:
    return Republisher(ledger, broker, silent_s=silent_s, lost_after_s=lost_after_s)


def test_an_accepted_search_that_was_never_published_is_published(ledger: SqlLedger, broker: MemoryBroker) -> None:
    assert republisher(ledger, broker, silent_s=0.0).republish() == 2
    assert broker.depth() == 2


def test_a_search_that_has_just_made_progress_is_left_alone(ledger: SqlLedger, broker: MemoryBroker) -> None:
    assert republisher(ledger, broker, silent_s=HOUR_S).republish() == 0


def test_a_search_that_has_ended_is_left_alone(ledger: SqlLedger, broker: MemoryBroker) -> None:
    ledger.fail("first", Problem(code="c", message="m"))
    assert republisher(ledger, broker, silent_s=0.0).republish() == 1


def test_while_messages_wait_a_silent_search_may_be_one_of_them(ledger: SqlLedger, broker: MemoryBroker) -> None:
    broker.publish(SearchRequested(search_id="first"))
    assert republisher(ledger, broker, silent_s=0.0).republish() == 0
    assert republisher(ledger, broker, silent_s=0.0, lost_after_s=0.0).republish() == 2


def test_a_backlog_that_another_process_has_published_again_is_not_doubled_once_more(
    ledger: SqlLedger, broker: MemoryBroker
) -> None:
    broker.publish(SearchRequested(search_id="first"))
    assert [republisher(ledger, broker, silent_s=0.0, lost_after_s=0.0).republish() for _ in range(3)] == [2, 0, 0]
    assert broker.depth() == 3


def test_what_was_published_again_is_given_time(ledger: SqlLedger, broker: MemoryBroker) -> None:
    taken: list[str] = []
    made = republisher(ledger, broker, silent_s=0.2)
    assert comes_true(lambda: made.republish() == 2)
    broker.consume(one_by_one(lambda request: taken.append(request.search_id)), slots=1)
    assert comes_true(lambda: len(taken) == 2)
    # Nothing waits any more, and neither has made progress: their workers may be at it.
    assert made.republish() == 0
    assert comes_true(lambda: made.republish() == 2)
    broker.close()
