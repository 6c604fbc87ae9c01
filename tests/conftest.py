"""What integration and browser tests share: a small demo museum, indexed once, and the real server in a process."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.servers.databases import database_url, mariadb_server, open_database, schemas_of
from tests.servers.ports import free_port
from tests.servers.rabbitmq import rabbitmq_server, running_rabbitmq
from tests.servers.triton_repository import start_triton, triton
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger

# Fixtures live beside their servers.
__all__ = [
    "database_url",
    "mariadb_server",
    "open_database",
    "rabbitmq_server",
    "running_rabbitmq",
    "schemas_of",
    "start_triton",
    "triton",
]

ROOT = pathlib.Path(__file__).resolve().parents[1]
OBJECTS = 45
_START_S = 60
_INDEX_S = 240


@pytest.fixture
def database(open_database: Callable[[str], Database]) -> Database:
    """SQLite's; suites that are for every kind of database have their own."""
    return open_database("sqlite")


@pytest.fixture
def ledger(database: Database) -> SqlLedger:
    return SqlLedger(database)


class Server:
    """`python -m local` on a home and a free port."""

    def __init__(self, home: pathlib.Path, **settings: str) -> None:
        self.home = home
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.client = httpx2.Client(base_url=self.base_url, timeout=60)
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns when the page can be used."""
        with (self.home / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=ROOT,
                env=environment(self.home, PORT=str(self.port), **self._settings),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout
        with self._process.stdout as said:
            line = said.readline()
        assert self.base_url in line, f"the server did not start: {line!r} {(self.home / 'server.log').read_text()}"

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=_START_S)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def search(self, *pictures: bytes, **fields: str) -> httpx2.Response:
        files = [("image", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(pictures)]
        return self.client.post("/api/searches", files=files, data=fields)

    def result(self, search_id: str) -> dict[str, Any]:
        """The search's document once it has ended."""
        while True:
            answer = self.client.get(f"/api/searches/{search_id}", headers={"Prefer": "wait=30"})
            answer.raise_for_status()
            document: dict[str, Any] = answer.json()
            if document["status"] in ("completed", "failed", "cancelled"):
                return document

    def searched(self, picture: bytes, **fields: str) -> dict[str, Any]:
        accepted = self.search(picture, **fields)
        assert accepted.status_code == 202, accepted.text
        return self.result(accepted.json()["id"])


def environment(home: pathlib.Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    return {**kept, "VITRINE_HOME": str(home), "PYTHONPATH": str(ROOT), **settings}


def run_module(module: str, *arguments: str, home: pathlib.Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m module …` to its end, whatever its exit status."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=_INDEX_S,
        check=False,
    )


@pytest.fixture(scope="session")
def museum(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder of a generated museum with museum.csv."""
    folder = tmp_path_factory.mktemp("museum")
    made = run_module(
        "scripts.museum", "--objects", str(OBJECTS), "--photographs", "3", "--out", str(folder), home=folder
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def indexed_home(museum: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A home with the museum's first two photographs of each object in the catalogue; the third are for searching."""
    home = tmp_path_factory.mktemp("home")
    for view in ("1", "2"):
        added = run_module(
            "indexer", "add", str(museum / "museum.csv"), "--mapping", "demo", "--where", f"view_no={view}", home=home
        )
        assert added.returncode == 0, added.stderr
    return home


@pytest.fixture
def home(indexed_home: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy that a test may spoil."""
    return pathlib.Path(shutil.copytree(indexed_home, tmp_path / "home"))


@pytest.fixture(scope="session")
def server(indexed_home: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as they found it."""
    made = Server(pathlib.Path(shutil.copytree(indexed_home, tmp_path_factory.mktemp("served") / "home")))
    made.start()
    yield made
    made.client.close()
    assert made.stop() == 0


@pytest.fixture
def start_server() -> Iterator[Callable[..., Server]]:
    """Starts servers of a test's own; they end with the test."""
    with contextlib.ExitStack() as started:

        def start(home: pathlib.Path, **settings: str) -> Server:
            made = Server(home, **settings)
            made.start()
            started.callback(made.kill)
            started.callback(made.client.close)
            return made

        yield start
