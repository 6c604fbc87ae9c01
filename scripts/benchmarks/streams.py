"""A browser's way: photographs uploaded together, and one stream of their events. How old is an event when it comes?"""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime
import http.client
import json
import time
from collections.abc import Callable, Iterator

from scripts.benchmarks import client

_TIMEOUT_S = 60
_CONNECTED, _DATA = b": connected", b"data: "


def ages_s(port: int, uploads: Iterator[bytes], *, batches: int, photographs: int) -> list[float]:
    """Of each stage or end that was reached while the stream was open, one upload after the other.

    From the event's own time, a stamp of this machine's clock in milliseconds. Raises SearchNotCompleted.
    """
    return [age for _ in range(batches) for age in _of_one_batch(port, [next(uploads) for _ in range(photographs)])]


def ages_under_load_s(
    port: int, uploads: Iterator[bytes], others: Iterator[bytes], *, in_flight: int, seconds: float, photographs: int
) -> list[float]:
    """The same, while another client keeps ``in_flight`` searches of ``others`` going for so long."""
    found: list[float] = []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        load = pool.submit(client.searched, port, others, in_flight=in_flight, seconds=seconds, geometric_check=False)
        while not load.done():
            found += ages_s(port, uploads, batches=1, photographs=photographs)
        load.result()
    return found


def _of_one_batch(port: int, pictures: list[bytes]) -> list[float]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)) as connection:
        headers = {"Content-Type": f"multipart/form-data; boundary={client.BOUNDARY.decode()}"}
        connection.request("POST", "/api/searches", client.form(pictures, geometric_check=False), headers)
        answer = connection.getresponse()
        told = answer.read()
        if answer.status != http.HTTPStatus.ACCEPTED:
            raise client.SearchNotCompleted(f"the server answered {answer.status}: {told.decode()}")
        batch_id = json.loads(told)["searches"][0]["batch_id"]
        connection.request("GET", f"/api/batches/{batch_id}/events", headers={"Accept": "text/event-stream"})
        return list(ages(connection.getresponse(), time.time))


def ages(stream: Iterator[bytes], now: Callable[[], float]) -> Iterator[float]:
    """``stream``: its lines as they come. What was reached before the stream was open is history, and left out."""
    opened = float("inf")
    for line in stream:
        if line.startswith(_CONNECTED):
            opened = now()
        elif line.startswith(_DATA):
            event = json.loads(line[len(_DATA) :])
            if event.get("status") in ("failed", "cancelled"):
                raise client.SearchNotCompleted(f"search {event['search_id']} {event['status']}: {event['problem']}")
            if "at" in event and (at := datetime.datetime.fromisoformat(event["at"]).timestamp()) >= opened:
                yield now() - at
