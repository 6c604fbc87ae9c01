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
from vitrine.adapters import sql_changes
from vitrine.adapters.sql_changes import NEW_EVENT, OPEN, THIS, Change, NewEvent, event, event_row
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_prepared import Prepared, PreparedList
from vitrine.adapters.sql_schema import batches, search_events, searches
from vitrine.domain import Filters, NewSearch, Problem, QueryEmbedding, Region, Search, Stage, Status
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import Completion, Reached

_Row = Mapping[str, Any] | sa.RowMapping

_WITHOUT_RESULT = [column for column in searches.c if column.name != "result"]

_GET = Prepared(sa.select(searches).where(THIS))
_GET_SEVERAL = PreparedList(sa.select(searches), searches.c.id)
_GET_TO_RUN = Prepared(sa.select(*_WITHOUT_RESULT).where(THIS))
_BATCH = (
    sa.select(*_WITHOUT_RESULT).where(searches.c.batch_id == sa.bindparam("this_batch")).order_by(searches.c.position)
)
_START = Prepared(searches.update().where(THIS, OPEN).values(status=Status.RUNNING, attempts=searches.c.attempts + 1))
_NEW = PreparedList(
    sa.select(*_WITHOUT_RESULT)
    .where(searches.c.status == Status.ACCEPTED.value, searches.c.attempts == 0)
    .with_for_update(),
    searches.c.id,
)
_START_NEW = PreparedList(searches.update().values(status=Status.RUNNING, attempts=1), searches.c.id)
_RELEASE = (
    searches.update()
    .where(THIS, searches.c.status == Status.RUNNING.value)
    .values(status=Status.ACCEPTED, attempts=searches.c.attempts - 1)
)
_NEW_BATCH, _NEW_SEARCH = (Prepared(table.insert()) for table in (batches, searches))
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
        OPEN,
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
_PLACE = sa.select(searches.c.created_at, searches.c.position).where(THIS, _WAITING)
_EARLIER = sa.select(sa.func.count()).where(
    _WAITING,
    sa.or_(
        searches.c.created_at < sa.bindparam("created"),
        sa.and_(searches.c.created_at == sa.bindparam("created"), searches.c.position < sa.bindparam("place")),
    ),
)
_ENDED_BATCHES = (
    sa.select(batches.c.id)
    .where(batches.c.created_at < sa.bindparam("before"), ~sa.exists().where(searches.c.batch_id == batches.c.id, OPEN))
    .order_by(batches.c.created_at)
    .limit(sa.bindparam("most"))
)
_SEARCHES_OF = sa.select(searches.c.batch_id, searches.c.id).where(
    searches.c.batch_id.in_(sa.bindparam("these", expanding=True))
)
# What refers to others goes first.
_FORGET = [
    table.delete().where(column.in_(sa.bindparam("these", expanding=True)))
    for table, column in (
        (search_events, search_events.c.batch_id),
        (searches, searches.c.batch_id),
        (batches, batches.c.id),
    )
]


# A double of Unix seconds tells half as much apart.
_APART_S = 1e-6


class SqlLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(self, batches: Mapping[str, Sequence[NewSearch]]) -> None:
        now = time.time()
        # Those that are accepted together came one after the other, and so are their places in the queue.
        came = {batch_id: now + number * _APART_S for number, batch_id in enumerate(batches)}
        heads = [
            {"id": batch_id, "size": len(new), "last_sequence": len(new), "created_at": came[batch_id]}
            for batch_id, new in batches.items()
        ]
        rows = [
            _new_row(batch_id, position, search, came[batch_id])
            for batch_id, new in batches.items()
            for position, search in enumerate(new)
        ]
        events = [
            event_row(
                row["batch_id"], row["position"] + 1, row["id"], (EventKind.STAGE_REACHED, Stage.QUEUED, now, None)
            )
            for row in rows
        ]

        def insert(connection: sa.Connection) -> None:
            _NEW_BATCH.run(connection, *heads)
            _NEW_SEARCH.run(connection, *rows)
            NEW_EVENT.run(connection, *events)

        try:
            self._database.transact(insert)
        except exc.IntegrityError:
            # Accepted by an earlier try, unless an id of theirs is taken by others.
            with self._database.reading() as connection:
                there = sql_changes.batches_of(connection, [row["id"] for row in rows])
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
        def start(connection: sa.Connection) -> Search | None:
            this = {"this_search": search_id}
            if not _START.run(connection, this):
                return None
            return _search(_GET_TO_RUN.rows(connection, this)[0])

        return self._database.transact(start, durable=False)

    def start_new(self, search_ids: Sequence[str]) -> Sequence[Search]:
        def start(connection: sa.Connection) -> Sequence[Search]:
            new = _NEW.rows(connection, search_ids)
            if new:
                _START_NEW.run(connection, [row["id"] for row in new], {})
            return [_search({**row, "status": Status.RUNNING, "attempts": 1}) for row in new]

        return self._database.transact(start, durable=False)

    def release(self, search_id: str) -> None:
        self._database.transact(
            lambda connection: connection.execute(_RELEASE, {"this_search": search_id}), durable=False
        )

    def record_stages(self, stages: Mapping[str, Reached]) -> Sequence[SearchEvent]:
        return self._changed(
            [
                Change(search_id=search_id, new=_stages_reached(reached))
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
            return [event(row) for row in rows.mappings()]

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

    def ended_before(self, moment: float, limit: int) -> Mapping[str, Sequence[str]]:
        with self._database.reading() as connection:
            ended = list(connection.execute(_ENDED_BATCHES, {"before": moment, "most": limit}).scalars())
            found: dict[str, list[str]] = {batch_id: [] for batch_id in ended}
            for batch_id, search_id in connection.execute(_SEARCHES_OF, {"these": ended}):
                found[batch_id].append(search_id)
        return found

    def forget(self, batch_ids: Sequence[str]) -> None:
        def forget(connection: sa.Connection) -> None:
            for delete in _FORGET:
                connection.execute(delete, {"these": list(batch_ids)})

        self._database.transact(forget)

    def _changed(self, changes: Sequence[Change], *, durable: bool = False) -> Sequence[SearchEvent]:
        """Change those searches that are open, and append to the stories of their batches; all or none."""
        if not changes:
            return []

        return self._database.transact(
            lambda connection: sql_changes.made(connection, changes),
            durable=durable,
            stored=lambda connection: sql_changes.made_before(connection, changes),
        )


def _stages_reached(stages: Reached) -> list[NewEvent]:
    return [(EventKind.STAGE_REACHED, stage, at, None) for stage, at in stages]


def _ending(
    search_id: str,
    status: Status,
    ended: NewEvent,
    *,
    before: Sequence[NewEvent] = (),
    result: str | None = None,
    problem: str | None = None,
) -> Change:
    return Change(
        search_id=search_id,
        new=[*before, ended],
        columns={"status": status, "finished_at": ended[2], "result": result, "problem": problem},
    )


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
