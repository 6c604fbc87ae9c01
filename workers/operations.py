"""Health and metrics of a worker and its processes, on a port of its own.

/health/live    200 while every process is running
/health/ready   200 while every process is running and can search: broker, database, encoder and index
                are there, and searches come in
/metrics        of all processes together, for Prometheus
"""

from __future__ import annotations

import json
import pathlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import prometheus_client
from prometheus_client import multiprocess

from vitrine import listening

# A process tells its state every two seconds; one that is silent for so long is stuck.
_SILENT_S = 15.0


class Heartbeats:
    """What each process last said of itself, as small files in a folder that all of them share."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._folder = folder

    def tell(self, number: int, problem: str) -> None:
        """``problem`` is empty where the process can search."""
        temporary = self._folder / f".{number}.new"
        temporary.write_text(json.dumps({"at": time.time(), "problem": problem}))
        temporary.replace(self._folder / f"{number}.heartbeat")

    def forget(self, number: int) -> None:
        """Of a process that is gone: what it said last is not true of the next one."""
        (self._folder / f"{number}.heartbeat").unlink(missing_ok=True)

    def problems(self, processes: int) -> list[str]:
        return [f"process {number}: {problem}" for number in range(1, processes + 1) if (problem := self._of(number))]

    def _of(self, number: int) -> str:
        try:
            told = json.loads((self._folder / f"{number}.heartbeat").read_text())
        except FileNotFoundError:
            return "is starting"
        if time.time() - told["at"] > _SILENT_S:
            return f"has been silent for {time.time() - told['at']:.0f} s"
        return str(told["problem"])


@contextmanager
def served(
    host: str, port: int, *, processes: int, alive: Callable[[], int], heartbeats: Heartbeats, metrics: pathlib.Path
) -> Iterator[int]:
    """Serves inside; yields the port. ``metrics``: the folder of prometheus_client's multi-process mode.

    Raises Misconfigured.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                registry = prometheus_client.CollectorRegistry()
                multiprocess.MultiProcessCollector(registry, str(metrics))  # type: ignore[no-untyped-call]
                self._answer(200, prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST)
            elif self.path == "/health/live":
                running = alive()
                self._told(running == processes, {"processes": running})
            elif self.path == "/health/ready":
                problems = heartbeats.problems(processes)
                # What a process said of itself outlives it, for as long as it is not missed.
                if (running := alive()) < processes:
                    problems.append(f"{running} of {processes} processes are running")
                self._told(not problems, {"problems": problems})
            else:
                self._told(False, {"detail": "There are /health/live, /health/ready and /metrics."}, otherwise=404)

        def _told(self, good: bool, document: dict[str, object], *, otherwise: int = 503) -> None:
            body = json.dumps({"status": "ok" if good else "unavailable", **document}).encode()
            self._answer(200 if good else otherwise, body, "application/json")

        def _answer(self, status: int, body: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Health is asked every few seconds: nothing to tell."""

    with listening.explained(host, port, listening.OPERATIONS):
        server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, name="operations", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
