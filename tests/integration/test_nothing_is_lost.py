"""`kill -9` at any moment: every search that was accepted has exactly one terminal row afterwards."""

from __future__ import annotations

import collections
import pathlib
import sqlite3
import threading
import time
from collections.abc import Callable

import httpx2

from tests.conftest import Server
from tests.integration.pictures import third_views

SEARCHES = 200
KILLS = 4


def test_every_accepted_search_ends_once_though_the_server_is_killed_again_and_again(
    start_server: Callable[..., Server], home: pathlib.Path, museum: pathlib.Path
) -> None:
    server = start_server(home)
    pictures = [picture for _, picture in third_views(museum)]
    accepted: list[str] = []
    stop = threading.Event()

    def send() -> None:
        number = 0
        while len(accepted) < SEARCHES and not stop.is_set():
            try:
                answer = server.search(pictures[number % len(pictures)], geometric_check="false")
                accepted.append(answer.json()["id"])
                number += 1
            except httpx2.HTTPError:
                # Killed before the promise was made: the visitor sends again.
                time.sleep(0.05)

    sender = threading.Thread(target=send)
    sender.start()
    for kill in range(1, KILLS + 1):
        while len(accepted) < SEARCHES * kill / (KILLS + 1) and sender.is_alive():
            time.sleep(0.01)
        server.kill()
        server.start()
    sender.join(timeout=120)
    stop.set()
    assert len(accepted) == SEARCHES

    for search_id in accepted:
        assert server.result(search_id)["status"] == "completed"
    with sqlite3.connect(home / "catalogue.sqlite3") as database:
        rows = dict(database.execute("SELECT id, status FROM searches"))
        ends = collections.Counter(
            search_id
            for (search_id,) in database.execute("SELECT search_id FROM search_events WHERE kind != 'StageReached'")
        )
    assert set(accepted) <= set(rows)
    # A search may have been stored just before its promise could be sent: it is finished all the same.
    assert set(rows.values()) == {"completed"}
    assert set(ends.values()) == {1} and set(ends) == set(rows)
