"""Progress as server-sent events: one stream for a search or for a whole upload, taken up again by Last-Event-ID."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.documents import iso_time
from api.problems import problem_document
from api.services import Services, services
from vitrine.domain import Search
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import SearchLedger

router = APIRouter(prefix="/api", tags=["progress"])
Given = Annotated[Services, Depends(services)]

_STATUS_OF_EVENT = {
    EventKind.STAGE_REACHED: "running",
    EventKind.SEARCH_COMPLETED: "completed",
    EventKind.SEARCH_FAILED: "failed",
    EventKind.SEARCH_CANCELLED: "cancelled",
}


# Looked up before the stream begins: once it has begun, there is no status left to say that it does not exist.


async def _known_search(search_id: str, given: Given) -> Search:
    return await run_in_threadpool(given.ledger.get, search_id)


async def _alone(search: Annotated[Search, Depends(_known_search)], given: Given) -> bool:
    return len(await run_in_threadpool(given.ledger.batch, search.batch_id)) == 1


async def _known_batch(batch_id: str, given: Given) -> Sequence[Search]:
    return await run_in_threadpool(given.ledger.batch, batch_id)


@router.get("/searches/{search_id}/events", response_class=EventSourceResponse)
async def search_events(
    search: Annotated[Search, Depends(_known_search)],
    alone: Annotated[bool, Depends(_alone)],
    given: Given,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Events of one search; ids are sequences of its batch. The last one says whether all of the batch has ended."""
    finished = _batch_finished(search.batch_id)
    if not alone:
        finished = ServerSentEvent(event="SearchFinished", data={"search_id": search.id})
    async for event in _stream(given, search.batch_id, {search.id}, last_event_id, finished):
        yield event


@router.get("/batches/{batch_id}/events", response_class=EventSourceResponse)
async def batch_events(
    batch_id: str,
    searches: Annotated[Sequence[Search], Depends(_known_batch)],
    given: Given,
    last_event_id: Annotated[str, Header()] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Events of all searches of an upload in one stream."""
    finished = _batch_finished(batch_id)
    async for event in _stream(given, batch_id, {search.id for search in searches}, last_event_id, finished):
        yield event


def _batch_finished(batch_id: str) -> ServerSentEvent:
    return ServerSentEvent(event="BatchFinished", data={"batch_id": batch_id})


async def _stream(
    given: Services, batch_id: str, search_ids: set[str], last_event_id: str, finished: ServerSentEvent
) -> AsyncIterator[ServerSentEvent]:
    """``finished`` is sent when all of the searches have ended, and the client has been told."""
    yield ServerSentEvent(comment="connected")
    after = await run_in_threadpool(last_seen, given.ledger, batch_id, last_event_id) if last_event_id else 0
    waiting = await run_in_threadpool(open_searches, given.ledger, batch_id, search_ids, after)
    positions: dict[str, int | None] = {}
    if waiting:
        async for event in given.feed.events(batch_id, after):
            if event is None:
                pace = given.feed.pace.seconds_per_search()
                for moved in await run_in_threadpool(_moved, given.ledger, pace, waiting, positions):
                    yield moved
            elif event.search_id in search_ids:
                yield _sent(event)
                if event.kind.terminal:
                    waiting.discard(event.search_id)
            if not waiting:
                break
    if not waiting:
        yield finished


def last_seen(ledger: SearchLedger, batch_id: str, last_event_id: str) -> int:
    """The sequence that the client has seen last; 0, with which all is told again, where the batch has none such."""
    if not re.fullmatch(r"\d{1,18}", last_event_id, re.ASCII):
        return 0
    after = int(last_event_id)
    known = ledger.events_after(batch_id, after - 1)
    return after if known and known[0].sequence == after else 0


def open_searches(ledger: SearchLedger, batch_id: str, search_ids: set[str], after: int) -> set[str]:
    """Those whose terminal event the client has not seen."""
    # In this order: a search that ends between the two questions is still running in the first and has ended in the
    # second. The other way round it would be in neither, and its end would not be waited for.
    running = {search.id for search in ledger.batch(batch_id) if not search.status.terminal}
    pending = {event.search_id for event in ledger.events_after(batch_id, after) if event.kind.terminal}
    return (pending | running) & search_ids


def _moved(
    ledger: SearchLedger, pace: float | None, waiting: set[str], positions: dict[str, int | None]
) -> list[ServerSentEvent]:
    """The place in the queue, of those whose place has changed since it was told."""
    events = []
    for search_id in sorted(waiting):
        position = ledger.queue_position(search_id)
        if position is None or positions.get(search_id) == position:
            continue
        positions[search_id] = position
        expected = math.ceil(position * pace) if pace else None
        data = {"search_id": search_id, "queue_position": position, "expected_wait_s": expected}
        events.append(ServerSentEvent(event="QueueMoved", data=data))
    return events


def _sent(event: SearchEvent) -> ServerSentEvent:
    status = _STATUS_OF_EVENT[event.kind]
    data = {
        "search_id": event.search_id,
        "batch_id": event.batch_id,
        "sequence": event.sequence,
        "stage": event.stage.value,
        "status": "accepted" if event.stage.value == "queued" else status,
        "at": iso_time(event.at),
        "problem": problem_document(event.problem["code"], event.problem["message"]) if event.problem else None,
    }
    return ServerSentEvent(event=event.kind.value, id=str(event.sequence), data=data)
