"""Searches: accepted, told, streamed, cancelled."""

from __future__ import annotations

import contextlib
import json
import logging
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from api import admission, metrics, problems, search_options, uploads
from api.acceptance import Upload
from api.documents import search_document
from api.preferences import PreferredWait
from api.services import Services, services
from vitrine import errors, logs
from vitrine.domain import NewSearch, Search, Status
from vitrine.ports import SearchLedger

_log = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["searches"])
Given = Annotated[Services, Depends(services)]

_MOST_FIELDS = 20
_UPLOAD_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "region": {"type": "string", "description": "JSON: x, y, width, height as fractions 0..1"},
                        "top_k": {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
                        "filters": {"type": "string", "description": "JSON: typology, museum"},
                        "model": {"type": "string"},
                        "geometric_check": {"type": "boolean"},
                    },
                }
            }
        },
    }
}


@router.post("/searches", status_code=202, openapi_extra=_UPLOAD_SCHEMA)
async def accept(request: Request, given: Given, wait_s: PreferredWait) -> Response:
    """Accept 1..n photographs. 202 is a promise: each ends in exactly one result, failure or cancellation.

    ``Prefer: wait=10`` with one photograph waits up to that long for its end, and then answers 200 with the search.
    """
    admission.refuse_when_overloaded(given)
    async with _form(request, given) as form:
        parts, texts = uploads.parts(form)
        uploads.check_count(len(parts), uploads.most_files(given.settings))
        options = search_options.read(texts, model_id=given.model_id, geometric_check=given.settings.geometric_check)
        photographs = [(uploads.filename(part), await part.read()) for part in parts]
    # All of them are looked at before the first is kept.
    if refused := uploads.refusals(photographs, given.settings.max_upload_bytes):
        return problems.answer(*refused)
    admission.take_share(given, request, len(photographs))
    new = [NewSearch(id=uuid.uuid4().hex, image_sha256="", filename=filename, **options) for filename, _ in photographs]
    batch_id = uuid.uuid4().hex
    accepted = _accepted_document(batch_id, [search.id for search in new])
    data = {search.id: data for search, (_, data) in zip(new, photographs, strict=True)}
    with given.feed.awaiting_end(new[0].id) as end:
        await given.accept(Upload(batch_id=batch_id, searches=new, photographs=data))
        _tell(new)
        metrics.ACCEPTED.inc(len(new))
        if wait_s and len(new) == 1:
            # It is accepted whatever happens now: told to come back, its sender would send it a second time.
            with contextlib.suppress(errors.DependencyUnavailable):
                search = await given.feed.outcome(new[0].id, end, wait_s)
                if search.status.terminal:
                    return _searched({**accepted, **search_document(search, None)}, search)
    return JSONResponse(accepted, 202)


@router.get("/searches/{search_id}")
async def get(search_id: str, given: Given, wait_s: PreferredWait) -> Response:
    """A search, with its result once it has one. ``Prefer: wait=10`` waits up to that long for the end."""
    search = await given.feed.search(search_id, wait_s)
    position = None
    if search.status is Status.ACCEPTED:
        position = await run_in_threadpool(given.ledger.queue_position, search_id)
    return _searched(search_document(search, position), search)


@router.delete("/searches/{search_id}", status_code=204)
async def cancel(search_id: str, given: Given) -> None:
    events = await run_in_threadpool(given.ledger.cancel, search_id)
    if not events:
        search = await run_in_threadpool(given.ledger.get, search_id)
        raise errors.AlreadyFinished(f"The search has already ended: it is {search.status.value}.")
    await run_in_threadpool(given.broker.publish_events, events)


@router.get("/batches/{batch_id}")
async def batch(batch_id: str, given: Given) -> dict[str, Any]:
    return {"id": batch_id, "searches": await run_in_threadpool(_with_places, given.ledger, batch_id)}


def _with_places(ledger: SearchLedger, batch_id: str) -> list[dict[str, Any]]:
    return [
        search_document(search, ledger.queue_position(search.id) if search.status is Status.ACCEPTED else None)
        for search in ledger.batch(batch_id)
    ]


@contextlib.asynccontextmanager
async def _form(request: Request, given: Services) -> AsyncIterator[FormData]:
    """Raises TooLarge where there are more photographs than are taken at a time, RejectedInput where it is broken."""
    most = uploads.most_files(given.settings)
    try:
        async with request.form(max_files=most, max_fields=_MOST_FIELDS) as form:
            yield form
    except HTTPException as error:
        if str(error.detail).startswith("Too many files"):
            raise uploads.too_many(most) from error
        if error.status_code == 400:
            reason = str(error.detail).rstrip(".")
            raise errors.RejectedInput(
                f"The form cannot be read: {reason}. Send multipart/form-data, whole and with the boundary that its "
                "Content-Type names, as curl -F image=@photograph.jpg does."
            ) from error
        raise
    except (UnicodeError, LookupError) as error:
        raise errors.RejectedInput(
            f"The form cannot be read: {error}. Send multipart/form-data in UTF-8, or name no charset."
        ) from error


def _searched(document: dict[str, Any], search: Search) -> Response:
    """The result is served as the text that the worker wrote: no parsing, no second form of it."""
    text = json.dumps(document, ensure_ascii=False)
    return Response(f'{text[:-1]}, "result": {search.result or "null"}}}', media_type="application/json")


def _tell(new: list[NewSearch]) -> None:
    for search in new:
        with logs.about(search.id):
            _log.info("accepted %s", search.filename)


def _accepted_document(batch_id: str, search_ids: list[str]) -> dict[str, Any]:
    accepted = [
        {
            "id": search_id,
            "batch_id": batch_id,
            "url": f"/api/searches/{search_id}",
            "events_url": f"/api/searches/{search_id}/events",
        }
        for search_id in search_ids
    ]
    if len(accepted) == 1:
        return {**accepted[0], "searches": accepted}
    return {"batch_id": batch_id, "events_url": f"/api/batches/{batch_id}/events", "searches": accepted}
