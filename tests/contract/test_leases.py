"""One writer at a time."""

from __future__ import annotations

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
