"""One writer at a time."""

from __future__ import annotations

import time

import pytest

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases


def test_a_held_lease_is_refused_to_others_and_free_afterwards(database: Database) -> None:
    first, second = SqlLeases(database), SqlLeases(database)
    with first.hold("snapshot") as epoch:
        with pytest.raises(errors.DependencyUnavailable, match="Another process"), second.hold("snapshot"):
            pass
        with second.hold("something else"):
            pass
    with second.hold("snapshot") as later:
        assert later == epoch + 1


@pytest.mark.parametrize("ahead_s", [-3600.0, 3600.0])
def test_a_host_whose_clock_is_wrong_takes_no_lease_and_loses_none(
    database: Database, monkeypatch: pytest.MonkeyPatch, ahead_s: float
) -> None:
    right, wrong = SqlLeases(database), SqlLeases(database)
    with right.hold("snapshot"):
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(time, "time", lambda now=time.time: now() + ahead_s)
            with (
                pytest.raises(errors.DependencyUnavailable, match="Another process") as refused,
                wrong.hold("snapshot"),
            ):
                pass
        assert 20 < refused.value.retry_after_s <= 30
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(time, "time", lambda now=time.time: now() + ahead_s)
        with wrong.hold("snapshot"), pytest.raises(errors.DependencyUnavailable), right.hold("snapshot"):
            pass


def test_a_lease_is_given_back_when_its_holder_fails(database: Database) -> None:
    holder = SqlLeases(database)
    with pytest.raises(ZeroDivisionError), holder.hold("snapshot"):
        raise ZeroDivisionError
    with holder.hold("snapshot"):
        pass


def test_work_that_is_done_is_not_undone_by_a_database_that_has_gone(database: Database) -> None:
    leases = SqlLeases(database)
    with leases.hold("snapshot"):
        leases._database = Database("mysql://nobody:none@127.0.0.1:9/nothing")
    leases._database.close()
