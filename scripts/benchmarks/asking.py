"""One photograph, searched over HTTP as the page does it, and its result waited for."""

from __future__ import annotations

import json
import pathlib
import urllib.request
from typing import Any

_BOUNDARY = "vitrine-benchmark"


def result(port: int, photograph: pathlib.Path, *, geometric_check: bool) -> dict[str, Any] | None:
    """The result as the API gives it; None where the search did not complete."""
    flag = "true" if geometric_check else "false"
    body = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="geometric_check"\r\n\r\n{flag}\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="{photograph.name}"\r\n\r\n'
    ).encode()
    body += photograph.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
    posted = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/searches",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
    )
    with urllib.request.urlopen(posted) as answer:
        url = json.load(answer)["url"]
    waiting = urllib.request.Request(f"http://127.0.0.1:{port}{url}", headers={"Prefer": "wait=20"})
    document: dict[str, Any] = {"status": "accepted"}
    while document["status"] in ("accepted", "running"):
        with urllib.request.urlopen(waiting) as answer:
            document = json.load(answer)
    return document["result"] if document["status"] == "completed" else None
