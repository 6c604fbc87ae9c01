"""Health and metrics, for operators and their machines."""

from __future__ import annotations

from typing import Annotated

import prometheus_client
from fastapi import APIRouter, Depends, Response

from api import metrics
from api.services import Services, services

router = APIRouter(tags=["operation"])
Given = Annotated[Services, Depends(services)]


@router.get("/health/live")
def live() -> dict[str, str]:
    return {"status": "live"}


@router.get("/health/ready")
def ready(given: Given) -> dict[str, str | int]:
    """503 while the database is away; how many searches wait otherwise."""
    given.ledger.queue_position("")
    return {"status": "ready", "waiting": given.broker.depth()}


@router.get("/metrics", response_class=Response)
def scraped(given: Given) -> Response:
    metrics.WAITING.set(given.broker.depth())
    return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)
