"""One process does the work, and another takes over."""

from __future__ import annotations

import threading

import pytest

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from workers.leased import LeasedWork


@pytest.fixture
def leases(database: Database) -> SqlLeases:
    return SqlLeases(database)


def test_one_process_acts_and_another_takes_over(leases: SqlLeases) -> None:
    acted = threading.Event()
    with leases.hold("work"):
        acting = LeasedWork("work", acted.set, leases, every_s=0.01)
        acting.__enter__()
        assert not acted.wait(0.2)
    assert acted.wait(10)
    with pytest.raises(errors.DependencyUnavailable), leases.hold("work"):
        pass
    acting.__exit__()
    with leases.hold("work"):
        pass


@pytest.mark.parametrize("trouble", [errors.DependencyUnavailable("the database is away"), ValueError("a defect")])
def test_work_that_meets_trouble_is_told_of_once_and_goes_on(
    leases: SqlLeases, trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    troubles = [trouble] * 3
    went_on = threading.Event()

    def act() -> None:
        if troubles:
            raise troubles.pop()
        went_on.set()

    with LeasedWork("work", act, leases, every_s=0.01):
        assert went_on.wait(10)
    told = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert len(told) == (1 if isinstance(trouble, errors.DependencyUnavailable) else 3)
