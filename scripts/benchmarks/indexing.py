"""What workers embed of a bulk import: the queue is filled first, then so many worker processes empty it."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from scripts.benchmarks import encoders, photographs, process_cpu, server
from vitrine import errors
from vitrine.adapters import brokers, model_files
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.messages import Lane
from vitrine.ports import CatalogueCounts

# More would not be outstanding at a time.
MOST_PICTURES = 1900
_PATIENCE_S = 600
_LOOK_S = 0.05
# The first messages of each process pay for its start.
_WARM_PER_PROCESS = 32


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    broker_url: str
    model: str
    pictures: int
    processes: Sequence[int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drained:
    """``cpu_ms``: of the workers with their decoders, for each picture; it says more where others use the machine."""

    processes: int
    pictures_per_s: float
    cpu_ms: float


def measured(options: Options) -> list[Drained]:
    """One row for each number of processes. Raises server.DidNotStart, and Misconfigured for a queue in use."""
    if options.pictures > MOST_PICTURES:
        raise errors.Misconfigured(f"At most {MOST_PICTURES} pictures: more are never in the queue at a time.")
    model = str(encoders.description(options.model))
    pictures = photographs.of_objects(range(options.pictures))
    return [_drained(options, model, pictures, processes) for processes in options.processes]


def markdown(rows: Sequence[Drained], model: str, command: str) -> str:
    lines = [
        f"`{command}` ({model})",
        "",
        "| worker processes | photographs a second | CPU each, ms |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {row.processes} | {row.pictures_per_s:.1f} | {row.cpu_ms:.0f} |" for row in rows)])


def _drained(options: Options, model: str, pictures: Sequence[bytes], processes: int) -> Drained:
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder, contextlib.ExitStack() as started:
        home = pathlib.Path(folder)
        table = server.write_table(home, pictures)
        settings = {"VITRINE_BROKER_URL": options.broker_url, "VITRINE_OPERATIONS_PORT": "0", "VITRINE_DECODERS": "1"}
        started.enter_context(_empty_lane(options.broker_url))
        add = ["indexer", "add", str(table), "--via", "queue", "--no-build"]
        started.enter_context(_process(home, model, settings, *add))
        counts = started.enter_context(_counted(home, model))
        _wait_until(lambda: counts().images == len(pictures), home)
        workers = ["workers", "--processes", str(processes)]
        pid = started.enter_context(_process(home, model, settings, *workers))
        _wait_until(lambda: counts().embeddings >= _WARM_PER_PROCESS * processes, home)
        warm, since, cpu_since = counts().embeddings, time.perf_counter(), process_cpu.of_tree(pid)
        _wait_until(lambda: counts().embeddings == len(pictures), home)
        measured = len(pictures) - warm
        return Drained(
            processes=processes,
            pictures_per_s=measured / (time.perf_counter() - since),
            cpu_ms=1000 * (process_cpu.of_tree(pid) - cpu_since) / measured,
        )


@contextlib.contextmanager
def _empty_lane(url: str) -> Iterator[None]:
    """Raises Misconfigured where somebody else's messages wait."""
    with contextlib.closing(brokers.open_broker(url, name="bench")) as broker:
        if broker.depth(Lane.INDEX):
            raise errors.Misconfigured("Messages of another import wait in this RabbitMQ: take one of its own.")
        yield


@contextlib.contextmanager
def _process(home: pathlib.Path, model: str, settings: Mapping[str, str], *command: str) -> Iterator[int]:
    with (home / f"{command[0]}.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=server.ROOT,
            env=server.environment(home, model, **settings),
            stdout=log,
            stderr=log,
        )
    try:
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_PATIENCE_S)


@contextlib.contextmanager
def _counted(home: pathlib.Path, model: str) -> Iterator[Callable[[], CatalogueCounts]]:
    path = home / "catalogue.sqlite3"
    model_id = model_files.find(model, [server.ROOT / "models"]).model_id
    _wait_until(path.exists, home)
    with contextlib.closing(Database(f"sqlite:///{path}")) as database:
        catalogue = SqlCatalogue(database)

        def counts() -> CatalogueCounts:
            try:
                return catalogue.counts(model_id)
            except errors.VitrineError:
                # The schema is made a moment after the file.
                return CatalogueCounts(records=0, withdrawn=0, images=0, embeddings=0)

        yield counts


def _wait_until(condition: Callable[[], bool], home: pathlib.Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            logs = "\n".join(log.read_text() for log in sorted(home.glob("*.log")))
            raise server.DidNotStart(f"the import did not get on: {logs}")
        time.sleep(_LOOK_S)
