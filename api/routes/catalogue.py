"""The catalogue: what is in it, and its records."""

from __future__ import annotations

import dataclasses
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import asking, uploads
from api.numbers import Number
from api.record_search import Mode, RecordSearch
from api.schemas import RecordChange, RecordDocument
from api.services import Services, services
from vitrine import errors, record_limits
from vitrine.domain import Filters, NewSearch, RecordContent
from vitrine.result_document import record_document

_log = logging.getLogger(__name__)
router = APIRouter(prefix="/api", tags=["catalogue"])
Given = Annotated[Services, Depends(services)]
Text = Annotated[str, Query(max_length=500, description="Words in any language that the catalogue or the model knows.")]
How = Annotated[Mode, Query(description="auto: by words, then by meaning where the model has a text tower.")]

_SIMILAR_WAIT_S = 20.0


@router.get("/catalogue")
def summary(given: Given) -> dict[str, Any]:
    """What is indexed, under which model, and what the page may offer."""
    counts = given.catalogue.counts(given.model_id)
    manifest = _or_nothing(given.snapshot, "the snapshot that is served")
    facets = given.catalogue.facets()
    active = _or_nothing(given.classifier, "the active classifier")
    report = manifest.get("classifier") if manifest else None
    translations = (report or {}).get("translations", {})
    missing = manifest["class_missing"] if manifest else "no_classifier"
    return {
        "records": counts.records,
        "images": counts.images,
        "embeddings": counts.embeddings,
        "model_id": given.model_id,
        "snapshot": manifest["name"] if manifest else None,
        "classifier": active["report"] if active else report if missing is None else None,
        "classifier_version": active["version"] if active else None,
        "classifier_missing": None if active else missing,
        "typologies": [
            {"name": name, "translations": translations.get(name, {}), "count": count}
            for name, count in facets["typology"]
        ],
        "museums": [{"name": name, "count": count} for name, count in facets["museum"]],
        "searches_by_meaning": given.texts is not None,
        "max_upload_bytes": given.settings.max_upload_bytes,
        "max_files": uploads.most_files(given.settings),
        "max_batch_bytes": uploads.most_bytes(given.settings),
    }


def _or_nothing(read: Callable[[], Mapping[str, Any] | None], what: str) -> Mapping[str, Any] | None:
    """Where its files are damaged, workers go on with what they have; so does the page."""
    try:
        return read()
    except errors.VitrineError as error:
        _log.error("nothing can be told of %s: %s", what, error.message)
        return None


@router.get("/records")
async def browse(
    given: Given,
    request: Request,
    q: Text = "",
    typology: str = "",
    museum: str = "",
    mode: How = Mode.AUTO,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 24,
) -> dict[str, Any]:
    """Records, page by page. With ``q`` each says how it was ``found_by`` (``words`` or ``meaning``).

    ``similarity`` is that of text and picture, which is lower than that of two pictures; null for ``words``.
    ``meaning_missing``: why records are not looked for by meaning (``no_text_tower``, ``unavailable`` …), else null.
    """
    if q.strip():
        return await RecordSearch(
            given=given,
            request=request,
            text=q,
            typology=typology,
            museum=museum,
            cursor=cursor,
            limit=limit,
            mode=mode,
        ).page()
    if mode is Mode.MEANING:
        raise errors.RejectedInput("Say in q what is looked for.", field="q")
    page = await run_in_threadpool(given.catalogue.browse, typology=typology, museum=museum, cursor=cursor, limit=limit)
    return {"records": [record_document(record) for record in page.records], "next_cursor": page.next_cursor}


@router.post("/records", status_code=201)
def create(record: RecordDocument, given: Given, response: Response) -> dict[str, Any]:
    """A new record, without images for now; or a withdrawn one, shown again. 422 where the external id is taken."""
    record_id = given.catalogue.create_record(_checked(record.content()))
    response.headers["Location"] = f"/api/records/{record_id}"
    return record_document(given.catalogue.record(record_id))


def _checked(content: RecordContent) -> RecordContent:
    """By the same rules as an import's."""
    record_limits.check(content)
    return content


@router.get("/records/{record_id}")
def get(record_id: Number, given: Given) -> dict[str, Any]:
    return record_document(given.catalogue.record(record_id))


@router.patch("/records/{record_id}")
def change(record_id: Number, change: RecordChange, given: Given) -> dict[str, Any]:
    """Only the fields that are sent are changed; the next search shows them."""
    sent = change.given()
    changed = given.catalogue.change_record(record_id, lambda content: _checked(dataclasses.replace(content, **sent)))
    return record_document(changed)


@router.delete("/records/{record_id}", status_code=204)
def withdraw(record_id: Number, given: Given) -> None:
    """The record leaves every answer; the database keeps it."""
    given.catalogue.withdraw(record_id)


@router.get("/records/{record_id}/similar")
async def similar(
    record_id: Number, given: Given, request: Request, top_k: Annotated[int, Query(ge=1, le=100)] = 10
) -> Response:
    """The nearest other records: a search by the record's first image, which a worker does like any other.

    422 with the code no_images where the record has none.
    """
    record = await run_in_threadpool(given.catalogue.record, record_id)
    if not record.image_ids:
        raise errors.RejectedInput(
            f"Record {record_id} has no photograph to search by. Index one, or send one to /api/searches.",
            code="no_images",
        )
    image = await run_in_threadpool(given.catalogue.image, record.image_ids[0])
    search = NewSearch(
        id=uuid.uuid4().hex,
        image_sha256=image.sha256,
        filename=record.content.name[:255],
        region=None,
        top_k=top_k,
        filters=Filters(exclude_record=record_id),
        geometric_check=given.settings.geometric_check,
    )
    return Response(await asking.result(given, request, search, _SIMILAR_WAIT_S), media_type="application/json")
