"""The distributed size on this machine: real MariaDB, RabbitMQ and Triton, and each service of Vitrine by itself."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence

from scripts.benchmarks import process_cpu, server
from scripts.benchmarks.server import DidNotStart
from tests.servers import mariadb, rabbitmq, triton

_START_S, _STOP_S = 60, 40
_SCHEMA = "vitrine_bench"
API, WORKER, TRITON, DATABASE, BROKER = PARTS = ("API", "worker", "Triton", "database", "broker")


@dataclasses.dataclass(kw_only=True)
class Cluster:
    """``home``, ``settings``: of every process of Vitrine. ``pids``: of the parts that run."""

    home: pathlib.Path
    model: str
    port: int
    settings: Mapping[str, str]
    pids: dict[str, int]

    def cpu_s(self) -> dict[str, float]:
        """Of each part with its descendants, since it began."""
        return {part: process_cpu.of_tree(pid) for part, pid in self.pids.items()}

    @contextlib.contextmanager
    def workers(self, processes: int, **settings: str) -> Iterator[None]:
        """`python -m workers` inside, ready to search. Raises DidNotStart."""
        port = server.free_port()
        with self.service(WORKER, "workers", f"--processes={processes}", VITRINE_OPERATIONS_PORT=str(port), **settings):
            self._wait_for(WORKER, f"http://127.0.0.1:{port}/health/ready")
            yield

    @contextlib.contextmanager
    def api(self) -> Iterator[None]:
        with self.service(API, "api", VITRINE_PORT=str(self.port), VITRINE_SEARCHES_PER_MINUTE="0"):
            self._wait_for(API, f"http://127.0.0.1:{self.port}/health/live")
            yield

    @contextlib.contextmanager
    def service(self, part: str, module: str, *arguments: str, **settings: str) -> Iterator[None]:
        with self._log(part).open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=server.ROOT,
                env=server.environment(self.home, self.model, **self.settings, **settings),
                stdout=log,
                stderr=log,
            )
        self.pids[part] = process.pid
        try:
            yield
        finally:
            del self.pids[part]
            process.send_signal(signal.SIGTERM)
            process.wait(_STOP_S)

    def _wait_for(self, part: str, url: str) -> None:
        until = time.monotonic() + _START_S
        while not _answers(url):
            if time.monotonic() > until:
                raise DidNotStart(f"the {part} did not start: {self._log(part).read_text()}")
            time.sleep(0.1)

    def _log(self, part: str) -> pathlib.Path:
        return self.home / f"{part}.log"


@contextlib.contextmanager
def running(home: pathlib.Path, model: str, catalogue: Sequence[bytes]) -> Iterator[Cluster]:
    """Everything but workers, in front of a catalogue that the real import has filled. Raises DidNotStart."""
    if missing := [reason for of in (mariadb, rabbitmq, triton) if (reason := of.missing())]:
        raise DidNotStart("; ".join(missing))
    with contextlib.ExitStack() as started:
        database, broker = (
            mariadb.MariadbServer(_folder(home, DATABASE)),
            rabbitmq.RabbitmqServer(_folder(home, BROKER)),
        )
        for one in (database, broker):
            started.callback(one.stop)
            _start(one)
        _create_schema(database)
        stored = {"VITRINE_DATABASE_URL": database.url(_SCHEMA)}
        _run(home, model, stored, "migrations")
        # In this process, because Triton is rendered with the classifier of the snapshot that this makes.
        server.fill(home, model, catalogue, **stored)
        models = home / "repository"
        _run(home, model, stored, "triton_models", "render", "--target=cpu", f"--out={models}")
        inference = triton.TritonServer(models, _folder(home, TRITON))
        started.callback(inference.stop)
        _start(inference)
        cluster = Cluster(
            home=home,
            model=model,
            port=server.free_port(),
            settings={**stored, "VITRINE_BROKER_URL": broker.url, "VITRINE_TRITON_URL": inference.url},
            pids={TRITON: inference.pid, DATABASE: database.pid, BROKER: broker.pid},
        )
        started.enter_context(cluster.api())
        yield cluster


def _start(one: mariadb.MariadbServer | rabbitmq.RabbitmqServer | triton.TritonServer) -> None:
    try:
        one.start()
    except AssertionError as error:
        raise DidNotStart(str(error)) from error


def _create_schema(database: mariadb.MariadbServer) -> None:
    with contextlib.closing(database.connected()) as connection:
        connection.cursor().execute(f"CREATE DATABASE {_SCHEMA} CHARACTER SET utf8mb4")


def _run(home: pathlib.Path, model: str, settings: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=server.ROOT,
        env=server.environment(home, model, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DidNotStart(f"python -m {' '.join(command)} failed: {done.stderr}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _folder(home: pathlib.Path, part: str) -> pathlib.Path:
    folder = home / part.lower()
    folder.mkdir()
    return folder
