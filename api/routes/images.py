"""Pictures: re-encoded derivatives without metadata; an original never leaves the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from starlette.concurrency import run_in_threadpool

from api.numbers import Number
from api.services import Services, services
from vitrine import errors
from vitrine.domain import DERIVATIVE_SIZES

router = APIRouter(prefix="/api", tags=["pictures"])
Given = Annotated[Services, Depends(services)]

Size = Annotated[int, Query(description="Longer side in px; the next of 160, 320, 640, 1280 is served.", ge=1, le=4096)]
_HEADERS = {"Content-Disposition": "inline"}
# No other search ever has its id.
_FOR_EVER = {**_HEADERS, "Cache-Control": "private, max-age=31536000, immutable"}
# Another catalogue, at the same address the next day, has the same numbers: browsers ask whether it is still the one.
_ASKED_AGAIN = {**_HEADERS, "Cache-Control": "private, no-cache"}


@router.get("/images/{image_id}", response_class=Response)
async def catalogue_image(
    image_id: Number, given: Given, size: Size = 640, if_none_match: Annotated[str, Header()] = ""
) -> Response:
    image = await run_in_threadpool(given.catalogue.image, image_id)
    headers = {**_ASKED_AGAIN, "ETag": f'"{image.sha256}-{_served(size)}"'}
    if headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    return _picture(await given.pictures.of_catalogue(image.sha256, _served(size)), headers)


@router.get("/searches/{search_id}/image", response_class=Response)
async def query_image(search_id: str, given: Given, size: Size = 640) -> Response:
    search = await run_in_threadpool(given.ledger.get, search_id)
    if not search.image_sha256:
        raise errors.NotFound("This was a search by text: it has no picture.")
    return _picture(await given.pictures.of_search(search, _served(size)), _FOR_EVER)


def _served(size: int) -> int:
    return next((step for step in DERIVATIVE_SIZES if step >= size), DERIVATIVE_SIZES[-1])


def _picture(jpeg: bytes, headers: Mapping[str, str]) -> Response:
    return Response(jpeg, media_type="image/jpeg", headers=headers)
