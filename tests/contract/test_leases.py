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
