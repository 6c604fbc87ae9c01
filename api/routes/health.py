"""Health and metrics, for operators and their machines."""

from __future__ import annotations

import math
from typing import Annotated

import prometheus_client
from fastapi import APIRouter, Depends, Response

from api import metrics
from api.services import Services, services
from vitrine import errors

router = APIRouter(tags=["operation"])
Given = Annotated[Services, Depends(services)]


@router.get("/health/live")
async def live() -> dict[str, str]:
    # On the loop: the threads may all be waiting for a database.
    return {"status": "live"}


@router.get("/health/ready")
def ready(given: Given) -> dict[str, str | int]:
    """503 while database or broker are away, or workers of this process cannot search; else how many searches wait."""
    given.ledger.queue_position("")
    given.check_workers()
    return {"status": "ready", "waiting": given.broker.depth()}


@router.get("/metrics", response_class=Response)
def scraped(given: Given) -> Response:
    try:
        metrics.WAITING.set(given.broker.depth())
    except errors.DependencyUnavailable:
        # The other figures are wanted most while the broker is away.
        metrics.WAITING.set(math.nan)
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)
