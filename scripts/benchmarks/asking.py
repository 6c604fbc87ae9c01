"""Photographs searched over HTTP, a few at once, and their results waited for."""

from __future__ import annotations

import concurrent.futures
import json
import pathlib
import urllib.request
from collections.abc import Iterable
from typing import Any

from scripts.benchmarks import client

_CLIENTS = 6


def results(port: int, photographs: Iterable[pathlib.Path], *, geometric_check: bool) -> list[dict[str, Any] | None]:
    """The result of each as the API gives it; None where a search did not complete."""
    with concurrent.futures.ThreadPoolExecutor(_CLIENTS) as clients:
        return list(clients.map(lambda one: _result(port, one, geometric_check=geometric_check), photographs))


def _result(port: int, photograph: pathlib.Path, *, geometric_check: bool) -> dict[str, Any] | None:
    posted = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/searches",
        data=client.form([photograph.read_bytes()], geometric_check=geometric_check),
        headers={"Content-Type": f"multipart/form-data; boundary={client.BOUNDARY.decode()}"},
    )
    with urllib.request.urlopen(posted) as answer:
        url = json.load(answer)["url"]
    waiting = urllib.request.Request(f"http://127.0.0.1:{port}{url}", headers={"Prefer": "wait=20"})
    document: dict[str, Any] = {"status": "accepted"}
    while document["status"] in ("accepted", "running"):
        with urllib.request.urlopen(waiting) as answer:
            document = json.load(answer)
    return document["result"] if document["status"] == "completed" else None
