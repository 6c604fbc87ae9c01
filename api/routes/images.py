"""Pictures: re-encoded derivatives without metadata; an original never leaves the store."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from starlette.concurrency import run_in_threadpool

from api.numbers import Number
from api.services import Services, services
from vitrine import errors

router = APIRouter(prefix="/api", tags=["pictures"])
Given = Annotated[Services, Depends(services)]

SIZES = (160, 320, 640, 1280)
Size = Annotated[int, Query(description="Longer side in px; the next of 160, 320, 640, 1280 is served.", ge=1, le=4096)]
# What is under an image's number or a search's id never changes.
_HEADERS = {"Cache-Control": "private, max-age=31536000, immutable", "Content-Disposition": "inline"}


@router.get("/images/{image_id}", response_class=Response)
async def catalogue_image(image_id: Number, given: Given, size: Size = 640) -> Response:
    image = await run_in_threadpool(given.catalogue.image, image_id)
    return await _picture(given, image.sha256, size)


@router.get("/searches/{search_id}/image", response_class=Response)
async def query_image(search_id: str, given: Given, size: Size = 640) -> Response:
    search = await run_in_threadpool(given.ledger.get, search_id)
    if not search.image_sha256:
        raise errors.NotFound("This was a search by text: it has no picture.")
    return await _picture(given, search.image_sha256, size)


async def _picture(given: Services, sha256: str, size: int) -> Response:
    served = next((step for step in SIZES if step >= size), SIZES[-1])
    return Response(await given.pictures.derivative(sha256, served), media_type="image/jpeg", headers=_HEADERS)
