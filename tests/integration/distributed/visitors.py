"""Visitors who keep searches going over HTTP and write down what they were promised, refused and answered."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence

import httpx2

_TERMINAL = ("completed", "failed", "cancelled")
_AGAIN_S = 0.1
_WAIT = {"Prefer": "wait=10"}


class Visitors:
    """``at_a_time`` of them; each uploads a photograph, sees its search to the end, and uploads the next.

    They go from one API replica to the next, as a load balancer would send them.
    """

    def __init__(self, urls: Sequence[str], photographs: Sequence[bytes], *, at_a_time: int, patience_s: float) -> None:
        self._urls = itertools.cycle(urls)
        self._photographs = itertools.cycle(photographs)
        self._patience_s = patience_s
        self._turn = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._visit, name="visitor") for _ in range(at_a_time)]
        self.promised: list[str] = []
        self.ended: dict[str, str] = {}
        # Seconds from the upload to the answer, of each search that has ended.
        self.took_s: list[float] = []
        # Uploads that were answered 503, each with a time to come back.
        self.refused = 0
        self.problems: list[str] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, promised: float) -> None:
        """Until so many searches were accepted."""
        deadline = time.monotonic() + self._patience_s + promised
        while len(self.promised) < promised:
            assert not self.problems, self.problems[:5]
            assert time.monotonic() < deadline, f"the visitors stand still: {len(self.promised)} of {promised}"
            time.sleep(0.02)

    def _visit(self) -> None:
        with httpx2.Client(timeout=30) as client:
            while not self._stop.is_set():
                with self._turn:
                    photograph = next(self._photographs)
                began = time.monotonic()
                if search_id := self._accepted(client, photograph):
                    self.promised.append(search_id)
                    self._see_to_the_end(client, search_id)
                    self.took_s.append(time.monotonic() - began)

    def _accepted(self, client: httpx2.Client, photograph: bytes) -> str | None:
        while not self._stop.is_set():
            try:
                answer = client.post(f"{self._url()}/api/searches", files={"image": ("a.jpg", photograph)})
            except httpx2.HTTPError:
                # Nothing was promised: whether it arrived is unknown.
                time.sleep(_AGAIN_S)
                continue
            if answer.status_code == 202:
                return str(answer.json()["id"])
            if answer.status_code == 503 and answer.headers.get("Retry-After", "").isdigit():
                self.refused += 1
            else:
                self.problems.append(f"upload: {answer.status_code} {answer.text}")
            time.sleep(_AGAIN_S)
        return None

    def _see_to_the_end(self, client: httpx2.Client, search_id: str) -> None:
        deadline = time.monotonic() + self._patience_s
        while time.monotonic() < deadline:
            try:
                answer = client.get(f"{self._url()}/api/searches/{search_id}", headers=_WAIT)
            except httpx2.HTTPError:
                time.sleep(_AGAIN_S)
                continue
            if answer.status_code == 200:
                if (status := answer.json()["status"]) in _TERMINAL:
                    self.ended[search_id] = status
                    return
            elif answer.status_code == 503:
                time.sleep(_AGAIN_S)
            else:
                self.problems.append(f"search {search_id}: {answer.status_code} {answer.text}")
                return
        self.problems.append(f"search {search_id} has not ended")

    def _url(self) -> str:
        with self._turn:
            return next(self._urls)
