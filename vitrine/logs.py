"""Logs as text for a person or as JSON lines for a machine, with the id of the search that a line is about.

grep SEARCH_ID          tells a search's story through all services
"""

from __future__ import annotations

import contextlib
import contextvars
import datetime
import json
import logging
import sys
from collections.abc import Iterator
from typing import Literal

Format = Literal["text", "json"]

_search_id: contextvars.ContextVar[str] = contextvars.ContextVar("search_id", default="")
_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextlib.contextmanager
def about(search_id: str) -> Iterator[None]:
    """Lines that are logged inside, on this thread or in this task, carry the search's id."""
    token = _search_id.set(search_id)
    try:
        yield
    finally:
        _search_id.reset(token)


def configure(service: str, form: Format, *, level: int = logging.INFO) -> None:
    """Called by entry points, once. Lines go to stderr, where a container's engine collects them."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service) if form == "json" else WithSearch(_TEXT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Each tells at length what happens all the time.
    for chatty in ("alembic", "httpx", "pika"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class WithSearch(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        search_id = _search_id.get()
        return f"{line} [search {search_id}]" if search_id and search_id not in line else line


class JsonLines(logging.Formatter):
    """One object a line: at (ISO 8601, UTC), level, service, logger, message, search_id and error where there are."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line = {
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if search_id := _search_id.get():
            line["search_id"] = search_id
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
