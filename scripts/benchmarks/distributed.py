"""The distributed size measured: raw work, searches and the naive search by turns, then streams and further workers."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import tempfile
from collections.abc import Iterator, Mapping

from scripts.benchmarks import baseline, client, cluster, encoders, photographs, pipeline, process_cpu, raw, streams
from scripts.benchmarks.baseline import Naive
from scripts.benchmarks.client import Load
from scripts.benchmarks.cluster import Cluster
from scripts.benchmarks.raw import Rate, Raw

_WARM_UP_S = 2.0
# Numbers of its own for a second client.
_OTHERS = 10_000_000
_WATCHED_TOGETHER = 4
# A worker that has one search in hand at a time uses about one core: a second one then has something to add.
_ONE_AT_A_TIME = {"VITRINE_WORKERS": "1", "VITRINE_DECODERS": "1"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """``seconds``: of each round for each side. ``streams``: uploads that are watched on an idle machine."""

    encoder: str
    seconds: float
    rounds: int
    in_flight: int
    catalogue: int
    streams: int
    torch_python: pathlib.Path
    photographs: pathlib.Path | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Searches:
    """``cpu_ms``: of each part, children included, for one search."""

    load: Load
    cpu_ms: Mapping[str, float]
    others_share: float

    @property
    def per_s(self) -> float:
        return self.load.count / self.load.wall_s

    @property
    def client_ms(self) -> float:
        return 1000 * self.load.client_cpu_s / self.load.count

    @property
    def all_cpu_ms(self) -> float:
        """Of all parts and the client, which runs on the same cores."""
        return sum(self.cpu_ms.values()) + self.client_ms


@dataclasses.dataclass(frozen=True, kw_only=True)
class Round:
    raw: Rate
    unchecked: Searches
    checked: Searches
    naive: Naive | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scaling:
    """Photographs a second with one worker process and with two."""

    one: float
    two: float

    @property
    def gain(self) -> float:
        return self.two / self.one


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """``ages``: seconds that events were old when a browser had them; ``no_naive``: why there is no baseline."""

    options: Options
    rounds: tuple[Round, ...]
    idle_ages_s: tuple[float, ...]
    busy_ages_s: tuple[float, ...]
    scaling: tuple[Scaling, ...]
    narrow_scaling: tuple[Scaling, ...]
    no_naive: str | None


def measured(options: Options) -> Measured:
    """Raises DidNotStart or SearchNotCompleted: a figure of a run in which anything failed is none."""
    model = encoders.description(options.encoder)
    catalogue, queries = pipeline.pictures(options.photographs, options.catalogue)
    no_naive = baseline.missing(options.torch_python)
    with contextlib.ExitStack() as opened:
        home = pathlib.Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-bench-")))
        work = opened.enter_context(raw.opened(model))
        running = opened.enter_context(cluster.running(home, str(model), catalogue))
        bench = _Bench(options, work, running, queries, home / "queries")
        with running.workers(1):
            bench.load(_WARM_UP_S)
            rounds = tuple(bench.round(naive=no_naive is None) for _ in range(options.rounds))
            idle, busy = bench.ages()
        return Measured(
            options=options,
            rounds=rounds,
            idle_ages_s=idle,
            busy_ages_s=busy,
            scaling=tuple(bench.scaling({}) for _ in range(options.rounds)),
            narrow_scaling=tuple(bench.scaling(_ONE_AT_A_TIME) for _ in range(options.rounds)),
            no_naive=no_naive,
        )


class _Bench:
    def __init__(
        self, options: Options, work: Raw, running: Cluster, queries: list[bytes], files: pathlib.Path
    ) -> None:
        self._options = options
        self._work = work
        self._cluster = running
        self._queries = queries
        self._uploads = photographs.each_once(queries)
        self._others: Iterator[bytes] = photographs.each_once(queries, first=_OTHERS)
        self._files = files
        files.mkdir()
        for number, picture in enumerate(queries):
            (files / f"{number:05d}.jpg").write_bytes(picture)

    def round(self, *, naive: bool) -> Round:
        options = self._options
        return Round(
            raw=self._work.best(self._queries, options.seconds),
            unchecked=self._searches(geometric_check=False),
            checked=self._searches(geometric_check=True),
            naive=baseline.measured(
                options.torch_python, self._files, vectors=options.catalogue, seconds=options.seconds
            )
            if naive
            else None,
        )

    def ages(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        port, options = self._cluster.port, self._options
        idle = streams.ages_s(port, self._uploads, batches=options.streams, photographs=_WATCHED_TOGETHER)
        busy = streams.ages_under_load_s(
            port,
            self._uploads,
            self._others,
            in_flight=options.in_flight,
            seconds=options.seconds,
            photographs=_WATCHED_TOGETHER,
        )
        return tuple(idle), tuple(busy)

    def scaling(self, settings: Mapping[str, str]) -> Scaling:
        one, two = (self._per_s_of(processes, settings) for processes in (1, 2))
        return Scaling(one=one, two=two)

    def load(self, seconds: float, *, geometric_check: bool = False) -> Load:
        return client.searched(
            self._cluster.port,
            self._uploads,
            in_flight=self._options.in_flight,
            seconds=seconds,
            geometric_check=geometric_check,
        )

    def _per_s_of(self, processes: int, settings: Mapping[str, str]) -> float:
        with self._cluster.workers(processes, **settings):
            self.load(_WARM_UP_S)
            load = self.load(self._options.seconds)
        return load.count / load.wall_s

    def _searches(self, *, geometric_check: bool) -> Searches:
        before, machine_s = self._cluster.cpu_s(), process_cpu.of_machine()
        load = self.load(self._options.seconds, geometric_check=geometric_check)
        after, machine_s = self._cluster.cpu_s(), process_cpu.of_machine() - machine_s
        own_s = {part: after[part] - before[part] for part in cluster.PARTS}
        others_s = machine_s - sum(own_s.values()) - load.client_cpu_s
        return Searches(
            load=load,
            cpu_ms={part: 1000 * seconds / load.count for part, seconds in own_s.items()},
            others_share=max(0.0, others_s) / (load.wall_s * process_cpu.cores()),
        )
