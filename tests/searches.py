"""Searches as they are uploaded, and as a worker has them in hand."""

from __future__ import annotations

import dataclasses
from typing import Any

from vitrine.domain import Filters, NewSearch, Search, Stage, Status

_NEW = NewSearch(
    id="s",
    image_sha256="a",
    filename="a",
    region=None,
    top_k=1,
    filters=Filters(),
    geometric_check=False,
)
_RUNNING = Search(
    id="s",
    batch_id="b",
    image_sha256="",
    filename="a",
    region=None,
    top_k=2,
    filters=Filters(),
    geometric_check=False,
    status=Status.RUNNING,
    stage=Stage.QUEUED,
    attempts=1,
    created_at=0.0,
    finished_at=None,
    result=None,
    problem=None,
)


def new(search_id: str, **fields: Any) -> NewSearch:
    """A search without region, filters and check; ``fields`` say what is other about it."""
    return dataclasses.replace(_NEW, id=search_id, **fields)


def running(**fields: Any) -> Search:
    """A search that was taken up for the first time; ``fields`` say what is other about it."""
    return dataclasses.replace(_RUNNING, **fields)
