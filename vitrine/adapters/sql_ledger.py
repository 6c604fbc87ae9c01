"""The search ledger in SQL. Each method is one transaction; a terminal row never changes again.

Every method may be repeated when a connection was lost at COMMIT: what the first try has stored is found then, by its
times, under the lock of the search's row.
Statements are built once, and prepared where every search runs them (`sql_prepared.py`).
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import exc

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_prepared import Prepared
from vitrine.adapters.sql_schema import batches, search_events, searches
from vitrine.domain import Filters, NewSearch, Problem, QueryEmbedding, Region, Search, Stage, Status
from vitrine.messages import EventKind, SearchEvent

_Stages = Sequence[tuple[Stage, float]]
_Row = Mapping[str, Any] | sa.RowMapping
_NewEvent = tuple[EventKind, Stage, float, Mapping[str, str] | None]

_THIS = searches.c.id == sa.bindparam("this_search")
_OPEN = sa.or_(searches.c.status == Status.ACCEPTED.value, searches.c.status == Status.RUNNING.value)
_WITHOUT_RESULT = [column for column in searches.c if column.name != "result"]
_ITS_BATCH = batches.c.id == sa.select(searches.c.batch_id).where(_THIS).scalar_subquery()

_GET = Prepared(sa.select(searches).where(_THIS))
_GET_TO_RUN = Prepared(sa.select(*_WITHOUT_RESULT).where(_THIS))
_BATCH = (
    sa.select(*_WITHOUT_RESULT).where(searches.c.batch_id == sa.bindparam("this_batch")).order_by(searches.c.position)
)
_START = Prepared(searches.update().where(_THIS, _OPEN).values(status=Status.RUNNING, attempts=searches.c.attempts + 1))
_RELEASE = (
    searches.update()
    .where(_THIS, searches.c.status == Status.RUNNING.value)
    .values(status=Status.ACCEPTED, attempts=searches.c.attempts - 1)
)
_CHANGE_OPEN = Prepared(searches.update().where(_THIS, _OPEN))
_NEW_BATCH, _NEW_SEARCH, _NEW_EVENT = (Prepared(table.insert()) for table in (batches, searches, search_events))
_COUNT_EVENTS = Prepared(
    batches.update().where(_ITS_BATCH).values(last_sequence=batches.c.last_sequence + sa.bindparam("more"))
)
_COUNTED = Prepared(sa.select(batches.c.id, batches.c.last_sequence).where(_ITS_BATCH))
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

    def accept(self, batch_id: str, new: Sequence[NewSearch]) -> None:
        now = time.time()
        rows = [
            {
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
            for position, search in enumerate(new)
        ]
        events = [
            _event_row(batch_id, number, search.id, EventKind.STAGE_REACHED, Stage.QUEUED, now, None)
            for number, search in enumerate(new, start=1)
        ]
        batch = {"id": batch_id, "size": len(new), "last_sequence": len(new), "created_at": now}

        def insert(connection: sa.Connection) -> None:
            _NEW_BATCH.run(connection, batch)
            _NEW_SEARCH.run(connection, *rows)
            _NEW_EVENT.run(connection, *events)

        try:
            self._database.transact(insert)
        except exc.IntegrityError:
            # Accepted by an earlier try, unless these are other searches under a batch's id that is taken.
            if [row["id"] for row in rows] != [search.id for search in self.batch(batch_id)]:
                raise

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
        def start(connection: sa.Connection) -> Search | None:
            this = {"this_search": search_id}
            if not _START.run(connection, this):
                return None
            return _search(_GET_TO_RUN.rows(connection, this)[0])

        return self._database.transact(start, durable=False)

    def release(self, search_id: str) -> None:
        self._database.transact(
            lambda connection: connection.execute(_RELEASE, {"this_search": search_id}), durable=False
        )

    def record_stages(self, search_id: str, stages: _Stages) -> Sequence[SearchEvent]:
        if not stages:
            return []
        return self._changed(search_id, [(EventKind.STAGE_REACHED, stage, at, None) for stage, at in stages])

    def complete(self, search_id: str, result: str, stages: _Stages) -> Sequence[SearchEvent]:
        reached = [(EventKind.STAGE_REACHED, stage, at, None) for stage, at in stages]
        return self._finish(search_id, Status.COMPLETED, EventKind.SEARCH_COMPLETED, reached, result=result)

    def fail(self, search_id: str, problem: Problem) -> Sequence[SearchEvent]:
        document = dataclasses.asdict(problem)
        return self._finish(
            search_id, Status.FAILED, EventKind.SEARCH_FAILED, [], problem=json.dumps(document, ensure_ascii=False)
        )

    def cancel(self, search_id: str) -> Sequence[SearchEvent]:
        return self._finish(search_id, Status.CANCELLED, EventKind.SEARCH_CANCELLED, [])

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

    def _finish(
        self,
        search_id: str,
        status: Status,
        kind: EventKind,
        before: Sequence[_NewEvent],
        *,
        result: str | None = None,
        problem: str | None = None,
    ) -> Sequence[SearchEvent]:
        now = time.time()
        told = json.loads(problem) if problem else None
        return self._changed(
            search_id,
            [*before, (kind, Stage.DONE, now, told)],
            # A result that a power cut undoes is found again; a visitor's cancellation would not be.
            durable=status is Status.CANCELLED,
            status=status,
            finished_at=now,
            result=result,
            problem=problem,
        )

    def _changed(
        self, search_id: str, new: Sequence[_NewEvent], *, durable: bool = False, **columns: Any
    ) -> Sequence[SearchEvent]:
        """Change a search that is open, and append to the story of its batch; empty where it was not open."""

        def change(connection: sa.Connection) -> Sequence[SearchEvent]:
            if not _change_open(connection, search_id, stage=new[-1][1], **columns):
                return []
            return _append(connection, search_id, new)

        return self._database.transact(
            change, durable=durable, stored=lambda connection: _appended(connection, search_id, new)
        )


def _change_open(connection: sa.Connection, search_id: str, **columns: Any) -> bool:
    """Whether there was an open search to change."""
    return _CHANGE_OPEN.run(connection, {"this_search": search_id, **columns}) > 0


def _append(
    connection: sa.Connection,
    search_id: str,
    new: Sequence[_NewEvent],
) -> Sequence[SearchEvent]:
    """The batch's row is locked from the update to the commit, so its numbers become visible in order."""
    _COUNT_EVENTS.run(connection, {"this_search": search_id, "more": len(new)})
    [batch] = _COUNTED.rows(connection, {"this_search": search_id})
    first = batch["last_sequence"] - len(new) + 1
    rows = [
        _event_row(batch["id"], first + number, search_id, kind, stage, at, problem)
        for number, (kind, stage, at, problem) in enumerate(new)
    ]
    _NEW_EVENT.run(connection, *rows)
    return [_event(row) for row in rows]


def _appended(connection: sa.Connection, search_id: str, new: Sequence[_NewEvent]) -> Sequence[SearchEvent] | None:
    """What an earlier try has appended; None where it was undone.

    The lock waits for that try to end: its COMMIT may be under way though its connection is lost.
    """
    batch_id = connection.execute(_LOCK, {"this_search": search_id}).scalar()
    wanted = {"this_batch": batch_id, "this_search": search_id, "times": [at for _, _, at, _ in new]}
    found = [_event(row) for row in connection.execute(_EVENTS_AT, wanted).mappings()]
    told = [(event.kind, event.stage, event.at) for event in found]
    return found if told == [(kind, stage, at) for kind, stage, at, _ in new] else None


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
