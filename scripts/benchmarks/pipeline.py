"""The whole measurement: raw work and real searches by turns, so that a machine that others use is fair to both."""

from __future__ import annotations

import dataclasses
import pathlib
import tempfile
from collections.abc import Iterator

from scripts.benchmarks import client, encoders, photographs, process_cpu, raw, server
from scripts.benchmarks.client import Load
from scripts.benchmarks.raw import Rate, Raw
from scripts.benchmarks.server import Server

_WARM_UP_S = 2.0
_MOST_PHOTOGRAPHS = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """``seconds``: of each round for each side; ``photographs``: a folder, None for drawn ones."""

    encoder: str
    seconds: float
    rounds: int
    in_flight: int
    geometric_check: bool
    catalogue: int
    alone: int
    photographs: pathlib.Path | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Round:
    """Raw work, then searches: ``cpu_ms`` is the server's, children included, for one search."""

    raw: Rate
    load: Load
    cpu_ms: float
    others_share: float

    @property
    def per_s(self) -> float:
        return self.load.count / self.load.wall_s

    @property
    def ratio(self) -> float:
        return self.per_s / self.raw.per_s

    @property
    def cpu_ratio(self) -> float:
        """What ``ratio`` is where all cores are busy with nothing else; other processes spoil it less."""
        return self.raw.cpu_ms / (self.cpu_ms + self.client_ms)

    @property
    def client_ms(self) -> float:
        return 1000 * self.load.client_cpu_s / self.load.count

    @property
    def overhead_ms(self) -> float:
        return self.cpu_ms - self.raw.cpu_ms


@dataclasses.dataclass(frozen=True, kw_only=True)
class Alone:
    """Seconds of one photograph on an idle machine: raw, searched, searched with the geometric check."""

    raw_s: tuple[float, ...]
    search_s: tuple[float, ...]
    checked_s: tuple[float, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    options: Options
    rounds: tuple[Round, ...]
    alone: Alone


def measured(options: Options) -> Measured:
    """Raises DidNotStart or SearchNotCompleted: a figure of a run in which anything failed is none."""
    model = encoders.description(options.encoder)
    catalogue, queries = pictures(options.photographs, options.catalogue)
    with tempfile.TemporaryDirectory(prefix="vitrine-bench-") as folder, raw.opened(model) as work:
        home = pathlib.Path(folder)
        server.fill(home, str(model), catalogue)
        with server.running(home, str(model)) as running:
            uploads = photographs.each_once(queries)
            _load(running, uploads, options, seconds=_WARM_UP_S)
            rounds = tuple(_round(work, running, queries, uploads, options) for _ in range(options.rounds))
            return Measured(options=options, rounds=rounds, alone=_alone(work, running, uploads, options.alone))


def pictures(folder: pathlib.Path | None, catalogue: int) -> tuple[list[bytes], list[bytes]]:
    """What the catalogue holds, and what is searched for; from a folder, or drawn."""
    if folder:
        files = photographs.of_folder(folder, 2 * catalogue)
        return files[::2], files[1::2]
    count = range(catalogue)
    return photographs.of_objects(count), photographs.seen_again(count[:_MOST_PHOTOGRAPHS])


def _round(work: Raw, running: Server, queries: list[bytes], uploads: Iterator[bytes], options: Options) -> Round:
    rate = work.best(queries, options.seconds)
    cpu_s, machine_s = running.cpu_s, process_cpu.of_machine()
    load = _load(running, uploads, options, seconds=options.seconds)
    cpu_s, machine_s = running.cpu_s - cpu_s, process_cpu.of_machine() - machine_s
    return Round(
        raw=rate,
        load=load,
        cpu_ms=1000 * cpu_s / load.count,
        others_share=max(0.0, machine_s - cpu_s - load.client_cpu_s) / (load.wall_s * process_cpu.cores()),
    )


def _load(running: Server, uploads: Iterator[bytes], options: Options, *, seconds: float) -> Load:
    return client.searched(
        running.port,
        uploads,
        in_flight=options.in_flight,
        seconds=seconds,
        geometric_check=options.geometric_check,
    )


def _alone(work: Raw, running: Server, uploads: Iterator[bytes], count: int) -> Alone:
    """By turns, photograph by photograph."""
    raw_s = []
    search_s: list[float] = []
    checked_s: list[float] = []
    for _ in range(count):
        raw_s.append(work.one(next(uploads)))
        for latencies, check in ((search_s, False), (checked_s, True)):
            load = client.searched(running.port, uploads, in_flight=1, seconds=0, geometric_check=check)
            latencies += load.latencies_s
    return Alone(raw_s=tuple(raw_s), search_s=tuple(search_s), checked_s=tuple(checked_s))
