"""docker-compose.yml as an operator uses it: up, search, scale, kill, read the logs, stop."""

from __future__ import annotations

import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time
from typing import Any

import httpx2
import pytest

from tests.compose.conftest import PROJECT, ROOT, Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DEPLOY = ROOT / "deploy"
OURS = ("api", "worker", "web")
ENDED = ("completed", "failed", "cancelled")
# What an image may add to the one that it is made from.
_MOST_ADDED_BYTES = 500e6


@pytest.fixture(scope="module")
def photograph(stack: Stack) -> bytes:
    """The second photograph of the demo museum's third object, as it lies in the volume."""
    status, data = stack.containers("api")[0].exec_run("cat /data/demo-museum/images/VDM-000003/2.jpg")
    assert status == 0
    return bytes(data)


def upload(stack: Stack, picture: bytes, **headers: str) -> Any:
    return stack.client.post(
        "/api/searches", files={"image": ("photograph.jpg", picture, "image/jpeg")}, headers=headers
    )


def varied(picture: bytes, number: int) -> bytes:
    """Another file with the same picture: what follows a JPEG's end is not looked at."""
    return picture + number.to_bytes(4, "big")


def searched(stack: Stack, picture: bytes) -> dict[str, Any]:
    accepted = upload(stack, picture)
    assert accepted.status_code == 202, accepted.text
    while True:
        answer = stack.client.get(accepted.json()["url"], headers={"Prefer": "wait=20"})
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        if document["status"] in ENDED:
            return document


def many(stack: Stack, picture: bytes, first: int, count: int) -> list[dict[str, Any]]:
    with concurrent.futures.ThreadPoolExecutor(8) as visitors:
        pictures = [varied(picture, number) for number in range(first, first + count)]
        return list(visitors.map(lambda one: searched(stack, one), pictures))


def test_the_page_and_the_interface_answer_on_the_one_published_port(stack: Stack) -> None:
    page = stack.client.get("/searches/anything")
    assert page.status_code == 200
    assert "<div id=" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert stack.client.get("/api/nothing").json()["code"] == "not_found"
    assert stack.client.get("/health/ready").json()["status"] == "ready"
    assert {stack.client.get(inside).status_code for inside in ("/metrics", "/health/anything")} == {404}
    running = stack.docker.containers.list(filters={"label": f"com.docker.compose.project={PROJECT}"})
    published = {one.labels["com.docker.compose.service"] for one in running if any(one.ports.values())}
    assert published == {"web"}


def test_a_photograph_finds_its_record_through_every_server(stack: Stack, photograph: bytes) -> None:
    answer = upload(stack, photograph, Prefer="wait=30")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["status"] == "completed", document
    best = document["result"]["matches"][0]
    assert (best["record"]["external_id"], best["verdict"]) == ("VDM-000003", "same_photograph")
    assert stack.client.get(best["image_url"]).headers["content-type"] == "image/jpeg"


def test_a_search_can_be_followed_live_through_the_web_server(stack: Stack, photograph: bytes) -> None:
    accepted = upload(stack, varied(photograph, 1)).json()
    with stack.client.stream("GET", accepted["events_url"]) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        told = [line.partition(": ")[2] for line in stream.iter_lines() if line.startswith("event: ")]
    assert told[-2:] == ["SearchCompleted", "BatchFinished"]
    assert told.count("StageReached") >= 5


def test_one_search_s_story_is_one_grep(stack: Stack, photograph: bytes) -> None:
    search_id = searched(stack, varied(photograph, 2))["id"]
    lines = [json.loads(line) for line in stack.logs("api", "worker").splitlines() if search_id in line]
    assert {line["service"] for line in lines} == {"api", "worker-1"}
    assert all(line["search_id"] == search_id for line in lines)


def test_three_workers_share_the_work_and_one_that_is_killed_loses_nothing(stack: Stack, photograph: bytes) -> None:
    stack.scale(3)
    workers = stack.containers("worker")
    assert len(workers) == 3
    with concurrent.futures.ThreadPoolExecutor(1) as aside:
        results = aside.submit(many, stack, photograph, 100, 60)
        time.sleep(1.0)
        workers[0].kill()
        statuses = [document["status"] for document in results.result()]
    assert statuses == ["completed"] * 60
    assert all("ended: SearchCompleted" in worker.logs().decode() for worker in workers[1:])


def test_a_worker_that_is_stopped_ends_by_itself(stack: Stack, photograph: bytes) -> None:
    stack.scale(3)
    leaving = stack.containers("worker")[0]
    with concurrent.futures.ThreadPoolExecutor(1) as aside:
        results = aside.submit(many, stack, photograph, 200, 40)
        time.sleep(0.5)
        leaving.stop(timeout=40)
        statuses = [document["status"] for document in results.result()]
    assert statuses == ["completed"] * 40
    assert leaving.wait()["StatusCode"] == 0
    stack.scale(1)
    assert len(stack.containers("worker")) == 1
    assert searched(stack, varied(photograph, 300))["status"] == "completed"


def visited_until(stack: Stack, picture: bytes, over: threading.Event) -> list[dict[str, Any]]:
    """Ended searches of a visitor who sends a photograph again where it was not accepted, and asks again likewise."""
    ended: list[dict[str, Any]] = []
    for number in itertools.count(1000):
        if over.is_set():
            return ended
        # While the one API that there is starts anew, the web server answers 502.
        with contextlib.suppress(httpx2.HTTPError):
            accepted = upload(stack, varied(picture, number))
            if accepted.status_code == 202:
                ended.append(followed(stack, accepted.json()["url"]))
        time.sleep(0.2)
    raise AssertionError


def followed(stack: Stack, url: str) -> dict[str, Any]:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        with contextlib.suppress(httpx2.HTTPError):
            answer = stack.client.get(url, headers={"Prefer": "wait=5"})
            if answer.status_code == 200 and answer.json()["status"] in ENDED:
                document: dict[str, Any] = answer.json()
                return document
        time.sleep(0.5)
    raise AssertionError(f"{url} was accepted and has not ended")


def test_another_model_takes_over_and_every_search_meanwhile_is_answered(
    stack: Stack, photograph: bytes, tmp_path: pathlib.Path
) -> None:
    """docs/operating.md, "Another model": embedded first, beside the visitors, and then switched to."""
    description = (ROOT / "models/vitrine-s.yaml").read_text()
    # Our containers are users without rights here, and a test's folder is its user's alone.
    tmp_path.chmod(0o755)
    shutil.copy(ROOT / "models/vitrine-s.onnx", tmp_path)
    # What is looked at is part of a model's id: another model, which looks at all of the shorter side.
    another = description.replace("id: vitrine-s", "id: closer").replace("shorter_side: 256", "shorter_side: 224")
    (tmp_path / "closer.yaml").write_text(another)
    beside = ("run", "--rm", "--no-deps", "-v", f"{tmp_path}:/new:ro")
    before = searched(stack, varied(photograph, 990))["result"]["model_id"]
    over = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(2) as visitors:
        visits = [visitors.submit(visited_until, stack, photograph + bytes([visitor]), over) for visitor in range(2)]
        try:
            stack.compose(*beside, "indexer", "registry", "add", "/new/closer.yaml")
            here = ("-e", "VITRINE_MODEL=closer", "-e", "VITRINE_TRITON_URL=")
            stack.compose(*beside, *here, "indexer", "indexer", "embed")
            assert searched(stack, varied(photograph, 991))["result"]["model_id"] == before
            stack.set("VITRINE_MODEL", "closer")
            stack.compose("up", "-d", "--wait", "--scale", "worker=1", timeout_s=600)
            after = searched(stack, varied(photograph, 992))["result"]
        finally:
            over.set()
        ended = [document for visit in visits for document in visit.result()]
    assert {document["status"] for document in ended} == {"completed"}, ended
    assert {document["result"]["model_id"] for document in ended} == {before, after["model_id"]}
    assert before.startswith("vitrine-s@")
    assert after["model_id"].startswith("closer@")
    assert after["matches"][0]["record"]["external_id"] == "VDM-000003"
    stack.set("VITRINE_MODEL", "vitrine-s")
    stack.compose("up", "-d", "--wait", "--scale", "worker=1", timeout_s=600)
    again = searched(stack, varied(photograph, 993))["result"]
    assert (again["model_id"], again["matches"][0]["record"]["external_id"]) == (before, "VDM-000003")


def test_our_containers_may_do_nothing_but_their_work(stack: Stack) -> None:
    for service in OURS:
        container = stack.containers(service)[0]
        status, user = container.exec_run("id -u")
        assert (status, user.strip()) == (0, b"10001")
        status, _ = container.exec_run("touch /written")
        assert status != 0
        assert container.attrs["HostConfig"]["CapDrop"] == ["ALL"]


@pytest.mark.parametrize("image", ["vitrine-api", "vitrine-worker"])
def test_an_image_is_lean_and_without_torch(stack: Stack, image: str) -> None:
    sizes = {name: stack.docker.images.get(name).attrs["Size"] for name in (image, "python:3.13-slim")}
    assert sizes[image] - sizes["python:3.13-slim"] <= _MOST_ADDED_BYTES
    find = "import pathlib; print([str(found) for found in pathlib.Path('/').glob('*/lib/*/site-packages/torch')])"
    assert stack.docker.containers.run(image, ["python3", "-c", find], remove=True).strip() == b"[]"


def asked_of_prometheus(stack: Stack, path: str) -> Any:
    """Its port is not published: asked from beside it."""
    (prometheus,) = stack.containers("prometheus")
    address = prometheus.attrs["NetworkSettings"]["Networks"][f"{PROJECT}_default"]["IPAddress"]
    ask = f"import urllib.request as r; print(r.urlopen('http://{address}:9090/api/v1/{path}').read().decode())"
    status, answer = stack.containers("api")[0].exec_run(["python3", "-c", ask])
    assert status == 0, answer.decode()
    return json.loads(answer)["data"]


def test_prometheus_sees_every_service(stack: Stack) -> None:
    wanted = dict.fromkeys(("api", "worker", "rabbitmq", "triton"), "up")
    seen: dict[str, str] = {}
    until = time.monotonic() + 120
    # Replicas that were started a moment ago are not in the list of targets yet.
    while time.monotonic() < until and seen != wanted:
        active = asked_of_prometheus(stack, "targets")["activeTargets"]
        seen = {target["labels"]["job"]: target["health"] for target in active}
        time.sleep(2)
    assert seen == wanted


def test_alerts_and_dashboard_ask_for_metrics_that_there_are(stack: Stack, photograph: bytes) -> None:
    """A metric that its server has renamed would leave an alert silent for ever."""
    texts = [(DEPLOY / file).read_text() for file in ("prometheus/alerts.yml", "grafana/vitrine.json")]
    wanted = set(re.findall(r"\b(?:vitrine|rabbitmq|nv)_[a-z_]+", " ".join(texts)))
    assert len(wanted) > 10
    # A histogram of searches is there once one has ended.
    searched(stack, varied(photograph, 400))
    there: set[str] = set()
    until = time.monotonic() + 60
    while time.monotonic() < until and not wanted <= there:
        there = set(asked_of_prometheus(stack, "label/__name__/values"))
        time.sleep(2)
    assert wanted <= there, wanted - there
    rules = [rule for group in asked_of_prometheus(stack, "rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 5
    assert {rule["health"] for rule in rules} == {"ok"}


def test_each_alert_speaks_when_it_should_and_is_silent_on_a_good_day(stack: Stack, tmp_path: pathlib.Path) -> None:
    for file in (DEPLOY / "prometheus/alerts.yml", pathlib.Path(__file__).parent / "alerts.test.yml"):
        shutil.copy(file, tmp_path)
    (prometheus,) = stack.containers("prometheus")
    told = stack.docker.containers.run(
        prometheus.image.id,
        ["test", "rules", "alerts.test.yml"],
        entrypoint="promtool",
        working_dir="/alerts",
        user=str(os.getuid()),
        volumes={str(tmp_path): {"bind": "/alerts", "mode": "ro"}},
        remove=True,
    )
    assert b"SUCCESS" in told


def test_without_passwords_nothing_starts(tmp_path: Any) -> None:
    empty = tmp_path / "empty.env"
    empty.write_text("PORT=8000\n")
    done = subprocess.run(
        ["docker", "compose", "-p", PROJECT, "--env-file", str(empty), "config"],
        env={name: value for name, value in os.environ.items() if "PASSWORD" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "copy .env.example to .env" in done.stderr
