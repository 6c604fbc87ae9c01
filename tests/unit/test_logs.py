"""A search's id stands in every line that is about it, and every line is one line."""

from __future__ import annotations

import json
import logging
import sys

from vitrine import logs


def record(message: str, **more: object) -> logging.LogRecord:
    return logging.LogRecord("workers.consumer", logging.INFO, __file__, 1, message, (), None, **more)  # type: ignore[arg-type]


def test_a_json_line_names_service_and_search() -> None:
    formatter = logs.JsonLines("worker")
    with logs.about("abc"):
        line = formatter.format(record("взято\nв работу"))
    document = json.loads(line)
    assert "\n" not in line
    assert (document["service"], document["search_id"], document["message"]) == ("worker", "abc", "взято\nв работу")
    assert "search_id" not in json.loads(formatter.format(record("idle")))


def test_an_exception_stays_in_its_line() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        failed = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    line = logs.JsonLines("api").format(failed)
    assert "\n" not in line
    assert "ValueError: broken" in json.loads(line)["error"]


def test_a_text_line_names_the_search_once() -> None:
    formatter = logs.WithSearch("%(message)s")
    with logs.about("abc"):
        assert formatter.format(record("decoded")) == "decoded [search abc]"
        assert formatter.format(record("search abc: done")) == "search abc: done"
