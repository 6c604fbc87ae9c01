"""The search ledger in SQL. Each method is one transaction; a terminal row never changes again.

Every method may be repeated when a connection was lost at COMMIT: what the first try has stored is found then, by its
times, under the lock of the search's row.
Statements are built once, and prepared where every search runs them (`sql_prepared.py`).
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import exc

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_prepared import Prepared, PreparedList
from vitrine.adapters.sql_schema import batches, search_events, searches
from vitrine.domain import Filters, NewSearch, Problem, QueryEmbedding, Region, Search, Stage, Status
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import Completion, Reached

_Row = Mapping[str, Any] | sa.RowMapping
_NewEvent = tuple[EventKind, Stage, float, Mapping[str, str] | None]

_THIS = searches.c.id == sa.bindparam("this_search")
_OPEN = sa.or_(searches.c.status == Status.ACCEPTED.value, searches.c.status == Status.RUNNING.value)
_WITHOUT_RESULT = [column for column in searches.c if column.name != "result"]
_THIS_BATCH = batches.c.id == sa.bindparam("this_batch")

_GET = Prepared(sa.select(searches).where(_THIS))
_GET_SEVERAL = PreparedList(sa.select(searches), searches.c.id)
_GET_TO_RUN = PreparedList(sa.select(*_WITHOUT_RESULT), searches.c.id)
_BATCHES_OF = PreparedList(sa.select(searches.c.id, searches.c.batch_id), searches.c.id)
_BATCH = (
    sa.select(*_WITHOUT_RESULT).where(searches.c.batch_id == sa.bindparam("this_batch")).order_by(searches.c.position)
)
_START = Prepared(searches.update().where(_THIS, _OPEN).values(status=Status.RUNNING, attempts=searches.c.attempts + 1))
_START_NEW = Prepared(
    searches.update()
    .where(_THIS, searches.c.status == Status.ACCEPTED.value, searches.c.attempts == 0)
    .values(status=Status.RUNNING, attempts=1)
)
_RELEASE = (
    searches.update()
    .where(_THIS, searches.c.status == Status.RUNNING.value)
    .values(status=Status.ACCEPTED, attempts=searches.c.attempts - 1)
)
_CHANGE_OPEN = Prepared(searches.update().where(_THIS, _OPEN))
_NEW_BATCH, _NEW_SEARCH, _NEW_EVENT = (Prepared(table.insert()) for table in (batches, searches, search_events))
_COUNT_EVENTS = Prepared(
    batches.update().where(_THIS_BATCH).values(last_sequence=batches.c.last_sequence + sa.bindparam("more"))
)
_COUNTED = Prepared(sa.select(batches.c.last_sequence).where(_THIS_BATCH))
_LOCK = sa.select(searches.c.batch_id).where(_THIS).with_for_update()
_EVENTS_AT = (
    sa.select(search_events)
    .where(
        search_events.c.batch_id == sa.bindparam("this_batch"),
        search_events.c.search_id == sa.bindparam("this_search"),
        search_events.c.at.in_(sa.bindparam("times", expanding=True)),
    )
    .order_by(search_events.c.sequence)
)
_EVENTS_AFTER = (
    sa.select(search_events)
    .where(
        search_events.c.batch_id == sa.bindparam("this_batch"),
        search_events.c.sequence > sa.bindparam("last_seen"),
    )
    .order_by(search_events.c.sequence)
)
_UNFINISHED = (
    sa.select(searches.c.id)
    .where(
        _OPEN,
        searches.c.created_at <= sa.bindparam("before"),
        ~sa.exists().where(
            search_events.c.batch_id == searches.c.batch_id,
            search_events.c.search_id == searches.c.id,
            search_events.c.at > sa.bindparam("before"),
        ),
    )
    .order_by(searches.c.created_at, searches.c.position)
)
_WAITING = searches.c.status == Status.ACCEPTED.value
_PLACE = sa.select(searches.c.created_at, searches.c.position).where(_THIS, _WAITING)
_EARLIER = sa.select(sa.func.count()).where(
    _WAITING,
    sa.or_(
        searches.c.created_at < sa.bindparam("created"),
        sa.and_(searches.c.created_at == sa.bindparam("created"), searches.c.position < sa.bindparam("place")),
    ),
)


class SqlLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(self, batches: Mapping[str, Sequence[NewSearch]]) -> None:
        now = time.time()
        heads = [
            {"id": batch_id, "size": len(new), "last_sequence": len(new), "created_at": now}
            for batch_id, new in batches.items()
        ]
        rows = [
            _new_row(batch_id, position, search, now)
            for batch_id, new in batches.items()
            for position, search in enumerate(new)
        ]
        events = [
            _event_row(
                row["batch_id"], row["position"] + 1, row["id"], EventKind.STAGE_REACHED, Stage.QUEUED, now, None
            )
            for row in rows
        ]

        def insert(connection: sa.Connection) -> None:
            _NEW_BATCH.run(connection, *heads)
            _NEW_SEARCH.run(connection, *rows)
            _NEW_EVENT.run(connection, *events)

        try:
            self._database.transact(insert)
        except exc.IntegrityError:
            # Accepted by an earlier try, unless an id of theirs is taken by others.
            with self._database.reading() as connection:
                there = {
                    row["id"]: row["batch_id"] for row in _BATCHES_OF.rows(connection, [row["id"] for row in rows])
                }
            if {row["id"]: row["batch_id"] for row in rows} != there:
                raise

    def several(self, search_ids: Sequence[str]) -> Sequence[Search]:
        with self._database.reading() as connection:
            found = {row["id"]: row for row in _GET_SEVERAL.rows(connection, search_ids)}
        for missing in set(search_ids) - found.keys():
            raise errors.NotFound(f"There is no search {missing!r}.")
        return [_search(found[search_id]) for search_id in search_ids]

    def get(self, search_id: str) -> Search:
        with self._database.reading() as connection:
            row = _GET.first(connection, {"this_search": search_id})
        if row is None:
            raise errors.NotFound(f"There is no search {search_id!r}.")
        return _search(row)

    def batch(self, batch_id: str) -> Sequence[Search]:
        with self._database.reading() as connection:
            rows = connection.execute(_BATCH, {"this_batch": batch_id}).mappings().all()
        if not rows:
            raise errors.NotFound(f"There is no batch {batch_id!r}.")
        return [_search(row) for row in rows]

    def start(self, search_id: str) -> Search | None:
        started = self._started(_START, [search_id])
        return started[0] if started else None

    def start_new(self, search_ids: Sequence[str]) -> Sequence[Search]:
        return self._started(_START_NEW, search_ids)

    def release(self, search_id: str) -> None:
        self._database.transact(
            lambda connection: connection.execute(_RELEASE, {"this_search": search_id}), durable=False
        )

    def record_stages(self, stages: Mapping[str, Reached]) -> Sequence[SearchEvent]:
        return self._changed(
            [
                _Change(search_id=search_id, new=_stages_reached(reached))
                for search_id, reached in stages.items()
                if reached
            ]
        )

    def complete(self, ended: Sequence[Completion]) -> Sequence[SearchEvent]:
        return self._changed(
            [
                _ending(
                    one.search_id,
                    Status.COMPLETED,
                    (EventKind.SEARCH_COMPLETED, Stage.DONE, time.time(), None),
                    before=_stages_reached(one.stages),
                    result=one.result,
                )
                for one in ended
            ]
        )

    def fail(self, search_id: str, problem: Problem) -> Sequence[SearchEvent]:
        told = dataclasses.asdict(problem)
        ended = (EventKind.SEARCH_FAILED, Stage.DONE, time.time(), told)
        return self._changed([_ending(search_id, Status.FAILED, ended, problem=json.dumps(told, ensure_ascii=False))])

    def cancel(self, search_id: str) -> Sequence[SearchEvent]:
        ended = (EventKind.SEARCH_CANCELLED, Stage.DONE, time.time(), None)
        # A result that a power cut undoes is found again; a visitor's cancellation would not be.
        return self._changed([_ending(search_id, Status.CANCELLED, ended)], durable=True)

    def events_after(self, batch_id: str, sequence: int) -> Sequence[SearchEvent]:
        with self._database.reading() as connection:
            rows = connection.execute(_EVENTS_AFTER, {"this_batch": batch_id, "last_seen": sequence})
            return [_event(row) for row in rows.mappings()]

    def unfinished(self, silent_s: float = 0.0) -> Sequence[str]:
        with self._database.reading() as connection:
            return list(connection.execute(_UNFINISHED, {"before": time.time() - silent_s}).scalars())

    def queue_position(self, search_id: str) -> int | None:
        with self._database.reading() as connection:
            own = connection.execute(_PLACE, {"this_search": search_id}).first()
            if own is None:
                return None
            return 1 + int(
                connection.execute(_EARLIER, {"created": own.created_at, "place": own.position}).scalar_one()
            )

    def _started(self, statement: Prepared, search_ids: Sequence[str]) -> Sequence[Search]:
        def start(connection: sa.Connection) -> Sequence[Search]:
            started = [one for one in sorted(set(search_ids)) if statement.run(connection, {"this_search": one})]
            return [_search(row) for row in _GET_TO_RUN.rows(connection, started)] if started else []

        return self._database.transact(start, durable=False)

    def _changed(self, changes: Sequence[_Change], *, durable: bool = False) -> Sequence[SearchEvent]:
        """Change those searches that are open, and append to the stories of their batches; all or none."""
        if not changes:
            return []

        def change(connection: sa.Connection) -> Sequence[SearchEvent]:
            # Rows are locked in one order, whoever comes: nobody waits in a ring.
            opened = {one.search_id for one in sorted(changes, key=_by_search) if _change_open(connection, one)}
            return _append(connection, [one for one in changes if one.search_id in opened])

        return self._database.transact(
            change, durable=durable, stored=lambda connection: _appended(connection, changes)
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Change:
    """What is told of a search that is open, and what else its row says from then on."""

    search_id: str
    new: Sequence[_NewEvent]
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def _by_search(change: _Change) -> str:
    return change.search_id


def _stages_reached(stages: Reached) -> list[_NewEvent]:
    return [(EventKind.STAGE_REACHED, stage, at, None) for stage, at in stages]


def _ending(
    search_id: str,
    status: Status,
    ended: _NewEvent,
    *,
    before: Sequence[_NewEvent] = (),
    result: str | None = None,
    problem: str | None = None,
) -> _Change:
    return _Change(
        search_id=search_id,
        new=[*before, ended],
        columns={"status": status, "finished_at": ended[2], "result": result, "problem": problem},
    )


def _change_open(connection: sa.Connection, change: _Change) -> bool:
    """Whether there was an open search to change."""
    last_stage = change.new[-1][1]
    return _CHANGE_OPEN.run(connection, {"this_search": change.search_id, "stage": last_stage, **change.columns}) > 0


def _append(connection: sa.Connection, changes: Sequence[_Change]) -> Sequence[SearchEvent]:
    """A batch's row is locked from the update to the commit, so its numbers become visible in order.

    Batches too are locked in one order, after the searches.
    """
    if not changes:
        return []
    batch_of = {row["id"]: row["batch_id"] for row in _BATCHES_OF.rows(connection, [one.search_id for one in changes])}
    by_batch: dict[str, list[tuple[str, _NewEvent]]] = {batch_id: [] for batch_id in sorted(batch_of.values())}
    for one in changes:
        by_batch[batch_of[one.search_id]] += [(one.search_id, event) for event in one.new]
    rows = [row for batch_id, new in by_batch.items() for row in _numbered(connection, batch_id, new)]
    _NEW_EVENT.run(connection, *rows)
    return [_event(row) for row in rows]


def _numbered(
    connection: sa.Connection, batch_id: str, new: Sequence[tuple[str, _NewEvent]]
) -> Iterator[dict[str, Any]]:
    _COUNT_EVENTS.run(connection, {"this_batch": batch_id, "more": len(new)})
    [counted] = _COUNTED.rows(connection, {"this_batch": batch_id})
    first = counted["last_sequence"] - len(new) + 1
    for sequence, (search_id, (kind, stage, at, problem)) in enumerate(new, first):
        yield _event_row(batch_id, sequence, search_id, kind, stage, at, problem)


def _appended(connection: sa.Connection, changes: Sequence[_Change]) -> Sequence[SearchEvent] | None:
    """What an earlier try has appended; None where it was undone, or had found nothing that was open."""
    return [event for one in changes for event in _told_before(connection, one)] or None


def _told_before(connection: sa.Connection, change: _Change) -> Sequence[SearchEvent]:
    """The lock waits for the earlier try to end: its COMMIT may be under way though its connection is lost."""
    batch_id = connection.execute(_LOCK, {"this_search": change.search_id}).scalar()
    wanted = {"this_batch": batch_id, "this_search": change.search_id, "times": [at for _, _, at, _ in change.new]}
    found = [_event(row) for row in connection.execute(_EVENTS_AT, wanted).mappings()]
    told = [(event.kind, event.stage, event.at) for event in found]
    return found if told == [(kind, stage, at) for kind, stage, at, _ in change.new] else []


def _new_row(batch_id: str, position: int, search: NewSearch, now: float) -> dict[str, Any]:
    return {
        "id": search.id,
        "batch_id": batch_id,
        "position": position,
        "image_sha256": search.image_sha256,
        "filename": search.filename[:255],
        "region": dataclasses.asdict(search.region) if search.region else None,
        "top_k": search.top_k,
        "filters": dataclasses.asdict(search.filters),
        "geometric_check": search.geometric_check,
        "query_model_id": search.embedded.model_id if search.embedded else None,
        "query_vector": search.embedded.vector.astype("<f4").tobytes() if search.embedded else None,
        "status": Status.ACCEPTED,
        "stage": Stage.QUEUED,
        "attempts": 0,
        "created_at": now,
    }


def _event_row(
    batch_id: str,
    sequence: int,
    search_id: str,
    kind: EventKind,
    stage: Stage,
    at: float,
    problem: Mapping[str, str] | None,
) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "sequence": sequence,
        "search_id": search_id,
        "kind": kind,
        "stage": stage,
        "at": at,
        "problem": problem,
    }


def _event(row: _Row) -> SearchEvent:
    return SearchEvent(
        batch_id=row["batch_id"],
        sequence=row["sequence"],
        search_id=row["search_id"],
        kind=EventKind(row["kind"]),
        stage=Stage(row["stage"]),
        at=row["at"],
        problem=row["problem"],
    )


def _search(fields: _Row) -> Search:
    result, problem = fields.get("result"), fields["problem"]
    return Search(
        id=fields["id"],
        batch_id=fields["batch_id"],
        image_sha256=fields["image_sha256"],
        filename=fields["filename"],
        region=Region(**fields["region"]) if fields["region"] else None,
        top_k=fields["top_k"],
        filters=Filters(**fields["filters"]),
        geometric_check=fields["geometric_check"],
        status=Status(fields["status"]),
        stage=Stage(fields["stage"]),
        attempts=fields["attempts"],
        created_at=fields["created_at"],
        finished_at=fields["finished_at"],
        result=result,
        problem=Problem(**json.loads(problem)) if problem else None,
        embedded=_embedded(fields["query_model_id"], fields["query_vector"]),
    )


def _embedded(model_id: str | None, vector: bytes | None) -> QueryEmbedding | None:
    if model_id is None or vector is None:
        return None
    return QueryEmbedding(model_id=model_id, vector=np.frombuffer(vector, "<f4"))
