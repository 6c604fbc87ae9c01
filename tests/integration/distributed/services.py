"""Vitrine's processes as containers run them: each in a group of its own, told by its environment, asked by HTTP."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

import httpx2

from tests.conftest import ROOT, environment
from tests.servers import worker_processes
from tests.servers.ports import free_port

_START_S = 90
_STOP_S = 60
DYING_WORKER = pathlib.Path(__file__).with_name("dying_worker.py")


class Service:
    """`start`, then `kill` or `stop`, again and again: the port stays."""

    def __init__(
        self, name: str, command: list[str], *, home: pathlib.Path, port: int, settings: Mapping[str, str]
    ) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._command = command
        self._log = home / f"{name}.log"
        self._environment = environment(home, **settings)
        self._said_before = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns at once; `wait_until_ready` waits."""
        with self._log.open("ab") as log:
            self._said_before = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, *self._command],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_S
        while not self.ready:
            assert self.running and time.monotonic() < deadline, f"{self.name} did not start:\n{self.log[-4000:]}"
            time.sleep(0.1)

    def kill(self) -> None:
        """`kill -9` of the whole container."""
        assert self._process
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def kill_child(self) -> None:
        """`kill -9` of the worker process alone; its supervisor starts another."""
        assert self._process
        for pid in worker_processes.of(self._process.pid):
            # One that is gone already needs no killing.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM to the first process, as `docker stop` does; returns its exit status."""
        assert self._process
        self._process.terminate()
        return self._process.wait(_STOP_S)

    @property
    def log(self) -> str:
        """What it has said since its last start."""
        with self._log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace")

    @property
    def ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/health/ready", timeout=10).status_code == 200
        except httpx2.HTTPError:
            return False


def api(name: str, home: pathlib.Path, settings: Mapping[str, str]) -> Service:
    port = free_port()
    return Service(name, ["-m", "api"], home=home, port=port, settings={**settings, "VITRINE_PORT": str(port)})


def worker(name: str, home: pathlib.Path, settings: Mapping[str, str]) -> Service:
    return _worker(name, ["-m", "workers", "--processes", "1"], home, settings)


def dying_worker(name: str, home: pathlib.Path, settings: Mapping[str, str], moments: pathlib.Path) -> Service:
    """Its processes kill themselves at the moments that lie in the folder (dying_worker.py)."""
    return _worker(name, [str(DYING_WORKER), str(moments)], home, settings)


def _worker(name: str, command: list[str], home: pathlib.Path, settings: Mapping[str, str]) -> Service:
    port = free_port()
    return Service(name, command, home=home, port=port, settings={**settings, "VITRINE_OPERATIONS_PORT": str(port)})
