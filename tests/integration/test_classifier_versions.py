"""A running server takes up another version of the classifier, and the former one again, while people search."""

from __future__ import annotations

import io
import pathlib
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Server, run_module
from tests.integration.pictures import third_views
from tests.integration.searching import comes_true


class Visitors:
    """Search without a pause, and remember which version named each class."""

    def __init__(self, server: Server, pictures: list[bytes]) -> None:
        self._server = server
        self._pictures = pictures
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._search, args=(number,)) for number in range(2)]
        self.answers: list[dict[str, Any]] = []

    def __enter__(self) -> Visitors:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def hear(self, version: int) -> bool:
        return comes_true(lambda: bool(self.answers) and self._version(self.answers[-1]) == version)

    def _search(self, number: int) -> None:
        while not self._stop.is_set():
            self.answers.append(self._server.searched(self._pictures[number], geometric_check="false"))

    @staticmethod
    def _version(answer: dict[str, Any]) -> int | None:
        version: int | None = ((answer["result"] or {}).get("class") or {}).get("version")
        return version


def classifier(home: pathlib.Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_module("indexer", "classifier", *arguments, home=home)


@pytest.mark.slow
def test_versions_are_swapped_under_load_without_a_failed_search(
    home: pathlib.Path, museum: pathlib.Path, start_server: Callable[..., Server]
) -> None:
    server = start_server(home, VITRINE_SEARCHES_PER_MINUTE="0")
    first = server.client.get("/api/catalogue").json()["classifier_version"]
    assert first is not None
    pictures = [picture for _, picture in third_views(museum)[:2]]
    given = [str(write(home / f"{number}.jpg", data)) for number, data in enumerate(photographs_of_a_grid())]
    with Visitors(server, pictures) as visitors:
        assert visitors.hear(first)
        fitted = classifier(home, "fit", "--kind", "prototype")
        assert fitted.returncode == 0, fitted.stderr
        second = int(fitted.stdout.split()[-1])
        forced = classifier(home, "activate", str(second), "--force", "to see it")
        assert forced.returncode == 0 and visitors.hear(second), forced.stderr
        added = classifier(home, "add-class", "контрольная сетка", *given, "--translation", "en=test grid")
        assert added.returncode == 0 and visitors.hear(second + 1), added.stderr
        found = server.searched(photographs_of_a_grid(first=50)[0])["result"]["class"]
        assert (found["name"], found["version"]) == ("контрольная сетка", second + 1)
        assert found["translations"] == {"en": "test grid"}
        assert classifier(home, "rollback").returncode == 0 and visitors.hear(second)
        assert classifier(home, "rollback").returncode == 0 and visitors.hear(first)
    assert {answer["status"] for answer in visitors.answers} == {"completed"}
    listed = classifier(home, "list").stdout
    assert f"* {first}" in listed and "by force: to see it" in listed
    [activations] = (home / "heads").rglob("activations.json")
    activations.write_text("damaged")
    # What was loaded goes on, and the page can still say what is in the catalogue.
    assert server.searched(pictures[0])["result"]["class"]["version"] == first
    summary = server.client.get("/api/catalogue")
    assert summary.status_code == 200 and summary.json()["classifier_version"] is None


def test_mistakes_are_told_and_change_nothing(home: pathlib.Path) -> None:
    before = classifier(home, "list").stdout
    wrong = write(home / "wrong.jpg", b"not a picture")
    for status, arguments, told in [
        (65, ["activate", "99"], "no version 99"),
        (65, ["add-class", "маска", str(wrong)], "wrong.jpg"),
        (66, ["add-class", "маска", str(home / "missing.jpg")], "missing.jpg"),
    ]:
        ended = classifier(home, *arguments)
        assert ended.returncode == status and told in ended.stderr, ended.stderr
        assert "Traceback" not in ended.stderr
    assert classifier(home, "list").stdout == before


def photographs_of_a_grid(first: int = 0) -> list[bytes]:
    """Five photographs of something that no museum shows: a black and white grid, each seen a little differently."""
    made = []
    for seed in range(first, first + 5):
        rng = np.random.default_rng(seed)
        cells = np.indices((12, 16)).sum(axis=0) % 2 * 255
        picture = Image.fromarray(cells.astype(np.uint8)).resize((640, 480), Image.Resampling.NEAREST)
        picture = picture.rotate(rng.uniform(-8, 8), fillcolor=128).crop((20, 20, 600 + int(rng.integers(20)), 450))
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=int(rng.integers(70, 95)))
        made.append(out.getvalue())
    return made


def write(path: pathlib.Path, data: bytes) -> pathlib.Path:
    path.write_bytes(data)
    return path
