"""The public JSON form of a search, without its result: that is served as the worker wrote it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from api.problems import problem_document
from vitrine.domain import Search


def search_document(search: Search, queue_position: int | None) -> dict[str, Any]:
    failure = search.problem
    return {
        "id": search.id,
        "batch_id": search.batch_id,
        "status": search.status.value,
        "stage": search.stage.value,
        "queue_position": queue_position,
        "filename": search.filename,
        "image_url": f"/api/searches/{search.id}/image" if search.image_sha256 else None,
        "created_at": iso_time(search.created_at),
        "finished_at": iso_time(search.finished_at) if search.finished_at else None,
        "region": dataclasses.asdict(search.region) if search.region else None,
        "top_k": search.top_k,
        "filters": {name: value for name, value in dataclasses.asdict(search.filters).items() if value is not None},
        "geometric_check": search.geometric_check,
        "error": problem_document(failure.code, failure.message) if failure else None,
    }


def iso_time(at: float) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat(timespec="milliseconds")
