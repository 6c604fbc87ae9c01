"""A client of server-sent events that comes back, to another replica, with the last id it has seen."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Sequence

import httpx2

_AGAIN_S = 0.1


class Follower:
    """Follows a batch to its end, from the first of the replicas on. ``seen``: the ids of events, as they came."""

    def __init__(self, urls: Sequence[str], batch_id: str, *, patience_s: float) -> None:
        self._urls = itertools.cycle(urls)
        self._path = f"/api/batches/{batch_id}/events"
        self._deadline = time.monotonic() + patience_s
        self._thread = threading.Thread(target=self._follow, name="follower")
        self.batch_id = batch_id
        self.seen: list[int] = []
        self.streams = 0
        self.finished = False
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def _follow(self) -> None:
        with httpx2.Client(timeout=20) as client:
            while not self.finished and time.monotonic() < self._deadline:
                try:
                    self._listen(client, next(self._urls))
                except httpx2.HTTPError:
                    time.sleep(_AGAIN_S)

    def _listen(self, client: httpx2.Client, url: str) -> None:
        headers = {"Last-Event-ID": str(self.seen[-1])} if self.seen else {}
        with client.stream("GET", url + self._path, headers=headers) as answer:
            answer.raise_for_status()
            self.streams += 1
            for event in _events(answer):
                if "id" in event:
                    self.seen.append(int(event["id"]))
                self.finished |= event.get("event") == "BatchFinished"


def _events(answer: httpx2.Response) -> Iterator[dict[str, str]]:
    """Only what an empty line has ended was sent: the rest of a broken stream is no event."""
    event: dict[str, str] = {}
    for line in answer.iter_lines():
        if not line and event:
            yield event
            event = {}
        elif line and not line.startswith(":"):
            field, _, value = line.partition(":")
            event[field] = value.strip()
