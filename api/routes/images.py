"""Pictures: re-encoded derivatives without metadata; an original never leaves the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from api.numbers import Number
from api.services import Services, services
from vitrine import errors
from vitrine.domain import DERIVATIVE_SIZES

router = APIRouter(prefix="/api", tags=["pictures"])
Given = Annotated[Services, Depends(services)]

Size = Annotated[int, Query(description="Longer side in px; the next of 160, 320, 640, 1280 is served.", ge=1, le=4096)]
# What is under an image's number or a search's id never changes.
_HEADERS = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Disposition": "inline"}


@router.get("/images/{image_id}", response_class=Response)
async def catalogue_image(image_id: Number, given: Given, size: Size = 640) -> Response:
    image = await run_in_threadpool(given.catalogue.image, image_id)
    return _picture(await given.pictures.of_catalogue(image.sha256, _served(size)))


@router.get("/searches/{search_id}/image", response_class=Response)
async def query_image(search_id: str, given: Given, size: Size = 640) -> Response:
    search = await run_in_threadpool(given.ledger.get, search_id)
    if not search.image_sha256:
        raise errors.NotFound("This was a search by text: it has no picture.")
    return _picture(await given.pictures.of_search(search, _served(size)))


def _served(size: int) -> int:
    return next((step for step in DERIVATIVE_SIZES if step >= size), DERIVATIVE_SIZES[-1])


def _picture(jpeg: bytes) -> Response:
    return Response(jpeg, media_type="image/jpeg", headers=_HEADERS)
