"""The account: what became of every search that was promised, by what the database says in the end."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vitrine.adapters.sql_schema import batches, search_events, searches
from vitrine.domain import Status
from vitrine.messages import EventKind

_ENDS = {
    Status.COMPLETED: EventKind.SEARCH_COMPLETED,
    Status.FAILED: EventKind.SEARCH_FAILED,
    Status.CANCELLED: EventKind.SEARCH_CANCELLED,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """Each promised search is one of the first three.

    once: one terminal row and one terminal event that says the same. lost: no terminal row. doubled: more than one
    terminal event. half: rows, promised or not, that contradict themselves or their events, and batches whose
    sequence has gaps. attempts: how often promised searches were begun, each number with how many searches.
    """

    once: int
    lost: int
    doubled: int
    half: int
    statuses: dict[str, int]
    attempts: dict[int, int]

    @property
    def flawless(self) -> bool:
        return (self.lost, self.doubled, self.half) == (0, 0, 0)


def account(url: str, promised: Sequence[str]) -> Account:
    """Rows and events of the same moment, in one transaction of a connection of its own."""
    engine = sa.create_engine(url, isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(sa.select(searches))}
        counted = {row.id: row.last_sequence for row in connection.execute(sa.select(batches))}
        told: dict[str, list[int]] = collections.defaultdict(list)
        ends: dict[str, list[EventKind]] = collections.defaultdict(list)
        for event in connection.execute(sa.select(search_events).order_by(search_events.c.sequence)):
            told[event.batch_id].append(event.sequence)
            if EventKind(event.kind).terminal:
                ends[event.search_id].append(EventKind(event.kind))
    engine.dispose()
    gaps = sum(told[batch_id] != list(range(1, last + 1)) for batch_id, last in counted.items())
    outcomes = collections.Counter(_outcome(rows.get(one), ends[one]) for one in promised)
    return Account(
        once=outcomes["once"],
        lost=outcomes["lost"],
        doubled=outcomes["doubled"],
        half=gaps + sum(not _consistent(row, ends[row.id]) for row in rows.values()),
        statuses=dict(collections.Counter(str(rows[one].status) for one in promised if one in rows)),
        attempts=dict(collections.Counter(int(rows[one].attempts) for one in promised if one in rows)),
    )


def _outcome(row: Any, ends: list[EventKind]) -> str:
    if len(ends) > 1:
        return "doubled"
    return "once" if row is not None and ends == [_ENDS.get(Status(row.status))] else "lost"


def _consistent(row: Any, ends: list[EventKind]) -> bool:
    status = Status(row.status)
    return (
        (row.finished_at is not None) == status.terminal
        and (row.result is not None) == (status is Status.COMPLETED)
        and (row.problem is not None) == (status is Status.FAILED)
        and ends == ([_ENDS[status]] if status.terminal else [])
    )
