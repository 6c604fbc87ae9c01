"""What an operator and a container's engine are told of a worker."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import multiprocess

from workers import operations
from workers.operations import Heartbeats

pytestmark = pytest.mark.enable_socket
ROOT = pathlib.Path(__file__).resolve().parents[3]
_COUNTS = "from workers import metrics; metrics.HANDLED.labels(outcome='SearchCompleted').inc(3)"


@pytest.fixture
def heartbeats(tmp_path: pathlib.Path) -> Heartbeats:
    return Heartbeats(tmp_path)


@pytest.fixture
def url(tmp_path: pathlib.Path, heartbeats: Heartbeats) -> Iterator[str]:
    with operations.served(
        "127.0.0.1", 0, processes=2, alive=lambda: 2, heartbeats=heartbeats, metrics=tmp_path
    ) as port:
        yield f"http://127.0.0.1:{port}"


def asked(url: str) -> tuple[int, dict[str, Any]]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def test_a_worker_is_ready_when_each_process_says_so(url: str, heartbeats: Heartbeats) -> None:
    heartbeats.tell(1, "")
    status, document = asked(f"{url}/health/ready")
    assert (status, document["problems"]) == (503, ["process 2: is starting"])
    heartbeats.tell(2, "RabbitMQ is away")
    assert asked(f"{url}/health/ready")[1]["problems"] == ["process 2: RabbitMQ is away"]
    heartbeats.tell(2, "")
    assert asked(f"{url}/health/ready")[0] == 200


def test_a_worker_is_not_ready_while_a_process_is_gone_that_was_ready(
    tmp_path: pathlib.Path, heartbeats: Heartbeats
) -> None:
    heartbeats.tell(1, "")
    with operations.served(
        "127.0.0.1", 0, processes=1, alive=lambda: 0, heartbeats=heartbeats, metrics=tmp_path
    ) as port:
        status, document = asked(f"http://127.0.0.1:{port}/health/ready")
    assert (status, document["problems"]) == (503, ["0 of 1 processes are running"])


def test_what_a_process_said_is_not_true_of_the_one_after_it(url: str, heartbeats: Heartbeats) -> None:
    for number in (1, 2):
        heartbeats.tell(number, "")
    for _ in range(2):
        heartbeats.forget(2)
        assert asked(f"{url}/health/ready")[1]["problems"] == ["process 2: is starting"]


def test_a_process_that_says_nothing_any_more_is_stuck(
    url: str, heartbeats: Heartbeats, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        heartbeats.tell(number, "")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 60)
    status, document = asked(f"{url}/health/ready")
    assert status == 503
    assert all("silent for 60 s" in problem for problem in document["problems"])


def test_live_is_another_question_than_ready(url: str) -> None:
    assert asked(f"{url}/health/live") == (200, {"status": "ok", "processes": 2})
    assert asked(f"{url}/elsewhere")[0] == 404


def test_the_figures_of_all_processes_are_added_up(url: str, tmp_path: pathlib.Path) -> None:
    for _ in range(2):
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
        subprocess.run([sys.executable, "-c", _COUNTS], env=environment, cwd=ROOT, check=True)
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        assert 'vitrine_worker_searches_total{outcome="SearchCompleted"} 6.0' in answer.read().decode()


def test_what_a_killed_process_had_in_hand_nobody_has(url: str, tmp_path: pathlib.Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    killed = subprocess.Popen(
        [sys.executable, "-c", "from workers import metrics; metrics.IN_HAND.inc(8)"], env=environment, cwd=ROOT
    )
    killed.wait()
    in_hand = "vitrine_worker_searches_in_hand"
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        assert f"{in_hand} 8.0" in answer.read().decode()
    multiprocess.mark_process_dead(killed.pid, str(tmp_path))  # type: ignore[no-untyped-call]
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        assert f"{in_hand} 8.0" not in answer.read().decode()
