"""What happens to searches that are open, and how it is told: rows of searches, and the story of each batch.

A batch's events are numbered without a gap: its row is locked until the commit, so numbers become visible in order.
Searches are locked in one order, and batches after them in one order: transactions that meet wait in no ring.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vitrine.adapters.sql_prepared import Prepared, PreparedList
from vitrine.adapters.sql_schema import batches, search_events, searches
from vitrine.domain import Stage, Status
from vitrine.messages import EventKind, SearchEvent

NewEvent = tuple[EventKind, Stage, float, Mapping[str, str] | None]
"""Kind, stage, when (Unix seconds), and the problem of a search that failed."""

OPEN = sa.or_(searches.c.status == Status.ACCEPTED.value, searches.c.status == Status.RUNNING.value)
THIS = searches.c.id == sa.bindparam("this_search")

_CHANGE_OPEN = Prepared(searches.update().where(THIS, OPEN))
_REACH = PreparedList(searches.update().where(OPEN), searches.c.id)
_BATCHES_OF = PreparedList(sa.select(searches.c.id, searches.c.batch_id), searches.c.id)
_BATCHES_OF_OPEN = PreparedList(sa.select(searches.c.id, searches.c.batch_id).where(OPEN), searches.c.id)
_TOLD_SO_FAR = PreparedList(
    sa.select(batches.c.id, batches.c.last_sequence).order_by(batches.c.id).with_for_update(), batches.c.id
)
_COUNT_EVENTS = PreparedList(
    batches.update().values(last_sequence=batches.c.last_sequence + sa.bindparam("more")), batches.c.id
)
NEW_EVENT = Prepared(search_events.insert())
_LOCK = sa.select(searches.c.batch_id).where(THIS).with_for_update()
_EVENTS_AT = (
    sa.select(search_events)
    .where(
        search_events.c.batch_id == sa.bindparam("this_batch"),
        search_events.c.search_id == sa.bindparam("this_search"),
        search_events.c.at.in_(sa.bindparam("times", expanding=True)),
    )
    .order_by(search_events.c.sequence)
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Change:
    """What is told of a search that is open, and what else its row says from then on. It reaches the last stage."""

    search_id: str
    new: Sequence[NewEvent]
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        return self.new[-1][1]


def batches_of(connection: sa.Connection, search_ids: Sequence[str]) -> dict[str, str]:
    """Search → batch, of those that there are."""
    return {row["id"]: row["batch_id"] for row in _BATCHES_OF.rows(connection, search_ids)}


def made(connection: sa.Connection, changes: Sequence[Change]) -> Sequence[SearchEvent]:
    """Change those searches that are open, each named once; returns what is told of them."""
    batch_of = {
        **_ended(connection, [one for one in changes if one.columns]),
        **_went_on(connection, [one for one in changes if not one.columns]),
    }
    by_batch: dict[str, list[tuple[str, NewEvent]]] = {}
    for one in changes:
        if batch_id := batch_of.get(one.search_id):
            by_batch.setdefault(batch_id, []).extend((one.search_id, new) for new in one.new)
    return _appended(connection, by_batch) if by_batch else []


def made_before(connection: sa.Connection, changes: Sequence[Change]) -> Sequence[SearchEvent] | None:
    """What an earlier try has told; None where it was undone, or had found nothing that was open."""
    return [event for one in changes for event in _told_before(connection, one)] or None


def event_row(batch_id: str, sequence: int, search_id: str, event: NewEvent) -> dict[str, Any]:
    kind, stage, at, problem = event
    return {
        "batch_id": batch_id,
        "sequence": sequence,
        "search_id": search_id,
        "kind": kind,
        "stage": stage,
        "at": at,
        "problem": problem,
    }


def event(row: Mapping[str, Any] | sa.RowMapping) -> SearchEvent:
    return SearchEvent(
        batch_id=row["batch_id"],
        sequence=row["sequence"],
        search_id=row["search_id"],
        kind=EventKind(row["kind"]),
        stage=Stage(row["stage"]),
        at=row["at"],
        problem=row["problem"],
    )


def _ended(connection: sa.Connection, changes: Iterable[Change]) -> dict[str, str]:
    """The searches that were open, with their batches."""
    opened = [
        one.search_id
        for one in sorted(changes, key=lambda one: one.search_id)
        if _CHANGE_OPEN.run(connection, {"this_search": one.search_id, "stage": one.stage, **one.columns})
    ]
    return batches_of(connection, opened) if opened else {}


def _went_on(connection: sa.Connection, changes: Sequence[Change]) -> dict[str, str]:
    """The same, of searches that stay open: those that reach one stage together are changed together."""
    if not changes:
        return {}
    by_stage: dict[Stage, list[str]] = {}
    for one in changes:
        by_stage.setdefault(one.stage, []).append(one.search_id)
    for stage, search_ids in by_stage.items():
        _REACH.run(connection, sorted(search_ids), {"stage": stage})
    still_open = _BATCHES_OF_OPEN.rows(connection, [one.search_id for one in changes])
    return {row["id"]: row["batch_id"] for row in still_open}


def _appended(
    connection: sa.Connection, by_batch: Mapping[str, Sequence[tuple[str, NewEvent]]]
) -> Sequence[SearchEvent]:
    """``by_batch``: a batch's id → searches, and what is told of each next."""
    told = {row["id"]: row["last_sequence"] for row in _TOLD_SO_FAR.rows(connection, sorted(by_batch))}
    rows = [
        event_row(batch_id, sequence, search_id, new)
        for batch_id, more in by_batch.items()
        for sequence, (search_id, new) in enumerate(more, told[batch_id] + 1)
    ]
    by_count: dict[int, list[str]] = {}
    for batch_id, more in by_batch.items():
        by_count.setdefault(len(more), []).append(batch_id)
    for count, batch_ids in by_count.items():
        _COUNT_EVENTS.run(connection, batch_ids, {"more": count})
    NEW_EVENT.run(connection, *rows)
    return [event(row) for row in rows]


def _told_before(connection: sa.Connection, change: Change) -> Sequence[SearchEvent]:
    """The lock waits for the earlier try to end: its COMMIT may be under way though its connection is lost."""
    batch_id = connection.execute(_LOCK, {"this_search": change.search_id}).scalar()
    wanted = {"this_batch": batch_id, "this_search": change.search_id, "times": [at for _, _, at, _ in change.new]}
    found = [event(row) for row in connection.execute(_EVENTS_AT, wanted).mappings()]
    told = [(one.kind, one.stage, one.at) for one in found]
    return found if told == [(kind, stage, at) for kind, stage, at, _ in change.new] else []
