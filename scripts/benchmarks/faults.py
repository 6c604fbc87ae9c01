"""Latency where it is hardest to keep: workers killed under load, and a bulk import beside visitors."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from scripts.benchmarks import client, cluster, encoders, photographs, pipeline, process_cpu, server
from scripts.benchmarks.client import Load
from scripts.benchmarks.cluster import WORKER, Cluster
from scripts.benchmarks.report import percentile, spread
from tests.servers import worker_processes
from vitrine.adapters import brokers
from vitrine.messages import Lane

_WARM_UP_S = 3.0
_BETWEEN_KILLS_S = 2.0
_TWO_SLOTS = {"VITRINE_WORKERS": "2", "VITRINE_DECODERS": "1"}
_KILLED_GOAL, _BULK_GOAL = 3.0, 1.5
# Messages that must wait before the visitors come: at most so many, and fewer of a small import.
_FULL_LANE, _IMAGES_PER_WAITING = 100, 64
_PATIENCE_S = 600


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """``searches``: of each side, over all rounds. ``bulk``: images to import; ``per_s``: searches beside it."""

    encoder: str
    searches: int
    rounds: int
    workers: int
    in_flight: int
    catalogue: int
    bulk: int
    per_s: float
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Killed:
    """One round: the same load undisturbed, then with ``kills`` processes killed."""

    undisturbed: Load
    disturbed: Load
    kills: int

    @property
    def ratio(self) -> float:
        return _ms(self.disturbed, 99) / _ms(self.undisturbed, 99)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """``left``: messages of the import that still waited when the visitors had left."""

    options: Options
    killed: tuple[Killed, ...]
    idle: Load
    beside_bulk: Load
    left: int


def measured(options: Options) -> Measured:
    """Raises DidNotStart, or SearchNotCompleted: where one search is lost there is nothing to report."""
    model = str(encoders.description(options.encoder))
    catalogue, queries = pipeline.pictures(None, options.catalogue)
    uploads = photographs.each_once(queries)
    with contextlib.ExitStack() as opened:
        home = pathlib.Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-bench-")))
        running = opened.enter_context(cluster.running(home, model, catalogue))
        with running.workers(options.workers, **_TWO_SLOTS):
            _load(running, uploads, options, seconds=_WARM_UP_S)
            killed = tuple(_killed(running, uploads, options) for _ in range(options.rounds))
        with running.workers(1):
            _paced(running, uploads, options, seconds=_WARM_UP_S)
            idle = _paced(running, uploads, options, seconds=options.seconds)
            with _bulk_import(running, catalogue, options.bulk) as waiting:
                beside_bulk = _paced(running, uploads, options, seconds=options.seconds)
                left = waiting()
        return Measured(options=options, killed=killed, idle=idle, beside_bulk=beside_bulk, left=left)


def markdown(found: Measured, command: str) -> str:
    options, killed = found.options, found.killed
    searches = sum(one.disturbed.count for one in killed)
    kills = sum(one.kills for one in killed)
    p95, p95_bulk = (_ms(load, 95) for load in (found.idle, found.beside_bulk))
    rows = [
        ("searches with workers killed, all completed", f"{searches}, {kills} kills, {options.workers} workers", ""),
        ("p99, undisturbed", spread(killed, lambda one: _ms(one.undisturbed, 99), " ms", digits=0), "in flight / rate"),
        ("p99, a worker killed every 2 s", spread(killed, lambda one: _ms(one.disturbed, 99), " ms", digits=0), ""),
        ("… / undisturbed", spread(killed, lambda one: one.ratio, "", digits=2), f"1; goal ≤ {_KILLED_GOAL:g}"),
        ("rate with kills / undisturbed", spread(killed, _rate_kept, "", digits=2), "1"),
        (f"p95 at {options.per_s:g} searches/s, idle", f"{p95:.0f} ms of {found.idle.count}", ""),
        (
            f"p95 beside {options.bulk} bulk images",
            f"{p95_bulk:.0f} ms of {found.beside_bulk.count}",
            f"{found.left} messages still waited",
        ),
        ("… / idle", f"{p95_bulk / p95:.2f}", f"1; goal ≤ {_BULK_GOAL:g}"),
    ]
    return "\n".join(
        [
            f"`{command}`",
            "",
            f"{process_cpu.cores()} cores of {process_cpu.model()}, shared by servers, workers and client; encoder "
            f"{options.encoder} behind Triton; {options.in_flight} searches in flight; {options.rounds} rounds.",
            "",
            "| measured | figure | limit or goal |",
            "|---|---|---|",
            *(f"| {name} | {figure} | {limit} |" for name, figure, limit in rows),
        ]
    )


def _killed(running: Cluster, uploads: Iterator[bytes], options: Options) -> Killed:
    count = options.searches // options.rounds
    undisturbed = _load(running, uploads, options, at_least=count)
    with _killing(running) as killed:
        disturbed = _load(running, uploads, options, at_least=count)
    return Killed(undisturbed=undisturbed, disturbed=disturbed, kills=len(killed))


@contextlib.contextmanager
def _killing(running: Cluster) -> Iterator[list[int]]:
    """`kill -9` of one worker process after the other inside; their supervisor starts others. Gives whom it killed."""
    stop = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not stop.wait(_BETWEEN_KILLS_S):
            if pids := worker_processes.of(running.pids[WORKER]):
                victim = pids[len(killed) % len(pids)]
                # It may have died by itself meanwhile.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

    thread = threading.Thread(target=kill, name="killer")
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


@contextlib.contextmanager
def _bulk_import(running: Cluster, pictures: list[bytes], count: int) -> Iterator[Callable[[], int]]:
    """`python -m indexer add … --via queue` inside, from when its lane is full; gives what tells the lane's depth."""
    folder = running.home / "bulk"
    folder.mkdir()
    table = server.write_table(folder, list(itertools.islice(photographs.each_once(pictures), count)), "bulk")
    with contextlib.closing(brokers.open_broker(running.settings["VITRINE_BROKER_URL"], name="bench")) as broker:
        with (folder / "log").open("w") as log:
            importing = subprocess.Popen(
                [sys.executable, "-m", "indexer", "add", str(table), "--via", "queue", "--no-build"],
                cwd=server.ROOT,
                env=server.environment(running.home, running.model, **running.settings),
                stdout=log,
                stderr=log,
            )
        try:
            until = time.monotonic() + _PATIENCE_S
            while broker.depth(Lane.INDEX) < min(_FULL_LANE, count // _IMAGES_PER_WAITING):
                if importing.poll() is not None or time.monotonic() > until:
                    raise server.DidNotStart(f"the import did not get on: {(folder / 'log').read_text()}")
                time.sleep(0.2)
            yield lambda: broker.depth(Lane.INDEX)
        finally:
            importing.send_signal(signal.SIGTERM)
            importing.wait(_PATIENCE_S)


def _load(
    running: Cluster, uploads: Iterator[bytes], options: Options, *, seconds: float = 0, at_least: int = 0
) -> Load:
    return client.searched(
        running.port, uploads, in_flight=options.in_flight, seconds=seconds, at_least=at_least, geometric_check=False
    )


def _paced(running: Cluster, uploads: Iterator[bytes], options: Options, *, seconds: float) -> Load:
    return client.searched_at_a_pace(running.port, uploads, per_s=options.per_s, seconds=seconds, geometric_check=False)


def _ms(load: Load, share: int) -> float:
    return 1000 * percentile(load.latencies_s, share)


def _rate_kept(one: Killed) -> float:
    return (one.disturbed.count / one.disturbed.wall_s) / (one.undisturbed.count / one.undisturbed.wall_s)
