"""`scripts/bench gpu`: matrix products, models, decoding, exact search and training on a graphics card, as one table.

About five minutes; nothing is downloaded. What is not here or fails is a row that says so. Weights are random.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import functools
import pathlib
import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from scripts.benchmarks.gpu import report, towers
from scripts.benchmarks.gpu.rows import Deadline, NotHere, Row, rows_of
from scripts.benchmarks.gpu.towers import Tower

if TYPE_CHECKING:
    # Whoever has no torch is told so.
    from scripts.benchmarks.gpu.device import Device

_LOGS = pathlib.Path("build/benchmarks")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sizes:
    """``copied``: bytes; ``vectors``: how many are searched; ``photographs``: JPEG files that are drawn."""

    towers: tuple[Tower, ...]
    batches: tuple[int, ...]
    seconds: float
    product: int
    copied: int
    vectors: tuple[int, ...]
    dimension: int
    photographs: int
    trained: int


FULL = Sizes(
    towers=(towers.SIGLIP2_B_16, towers.VIT_B_32),
    batches=(1, 8, 64, 256),
    seconds=0.8,
    product=8192,
    copied=4 << 30,
    vectors=(1_000_000, 10_000_000),
    dimension=768,
    photographs=64,
    trained=1500,
)
TINY = Sizes(
    towers=(towers.tiny(towers.SIGLIP2_B_16), towers.tiny(towers.VIT_B_32)),
    batches=(2,),
    seconds=0.02,
    product=256,
    copied=1 << 20,
    vectors=(2_500,),
    dimension=32,
    photographs=4,
    trained=64,
)


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    asked = _parser().parse_args(given)
    if asked.table:
        return _told_again(asked.table)
    try:
        from scripts.benchmarks.gpu.device import Device

        device = Device.named(asked.device)
    except ImportError as error:
        print(
            f"bench gpu: {error.name} cannot be imported by {sys.executable}. TORCH_PYTHON=PYTHON names an interpreter"
            " with requirements/modelling.txt.",
            file=sys.stderr,
        )
        return 1
    except NotHere as reason:
        print(f"bench gpu: {reason}.", file=sys.stderr)
        return 1
    sizes = TINY if asked.tiny else FULL
    command, about = shlex.join(["scripts/bench", "gpu", *given]), device.about()
    log = asked.log or _LOGS / f"gpu-{datetime.datetime.now():%Y%m%d-%H%M%S}.json"
    rows: list[Row] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for row in Run(device, sizes, pathlib.Path(folder), Deadline.within(asked.minutes), tiny=asked.tiny).rows():
            print(f"{row.measured}: {row.figure} {row.latency} {row.ceiling}".rstrip(), file=sys.stderr, flush=True)
            rows.append(dataclasses.replace(row, data={**row.data, "at_s": round(time.monotonic() - began, 1)}))
            report.write_log(log, rows, about, command)
    print(report.markdown(rows, about, command))
    print(f"\nLog: {log}")
    return 0


def _told_again(log: pathlib.Path) -> int:
    try:
        print(report.table_of_log(log))
    except (OSError, ValueError) as error:
        print(f"bench gpu: {log} is no log of this benchmark: {error}", file=sys.stderr)
        return 1
    return 0


class Run:
    """The parts in the order of what is missed most where the time is used up."""

    def __init__(self, device: Device, sizes: Sizes, folder: pathlib.Path, deadline: Deadline, *, tiny: bool) -> None:
        from scripts.benchmarks.gpu import engines

        self._device, self._sizes, self._folder, self._deadline, self._tiny = device, sizes, folder, deadline, tiny
        self._found: list[Row] = []
        self._measuring = engines.Measuring(
            device=device, batches=sizes.batches, seconds=sizes.seconds, deadline=deadline, peaks={}
        )

    def rows(self) -> Iterator[Row]:
        first, *others = self._sizes.towers
        yield from self._part("matrix products", self._products)
        yield from self._part("copies", self._copies)
        yield from self._part(first.name, functools.partial(self._model, first))
        yield from self._goals(first)
        for count in self._sizes.vectors:
            yield from self._part(f"flat search of {count:,}", functools.partial(self._search, count))
        yield from self._part("decoding", functools.partial(self._decoding, first))
        yield from self._part("vitrine-s", functools.partial(self._model, None))
        for tower in others:
            yield from self._part(tower.name, functools.partial(self._model, tower))
        yield from self._part("training of vitrine-s", self._training)

    def _part(self, name: str, part: Callable[[], Iterable[Row]]) -> Iterator[Row]:
        for row in rows_of(name, part):
            self._found.append(row)
            yield row
        self._device.release()

    def _products(self) -> Iterator[Row]:
        from scripts.benchmarks.gpu import ceilings

        for row in ceilings.matmul(self._device, self._sizes.product, self._sizes.seconds):
            self._measuring.peaks[row.data["peak"]] = row.data["flops_per_s"]
            yield row

    def _copies(self) -> Iterator[Row]:
        from scripts.benchmarks.gpu import ceilings

        yield from ceilings.copy(self._device, self._sizes.copied, self._sizes.seconds)

    def _model(self, tower: Tower | None) -> Iterator[Row]:
        from scripts.benchmarks.gpu import engines, workloads

        self._deadline.check()
        workload = workloads.of_tower(tower, self._folder) if tower else workloads.vitrine_s()
        for engine in engines.all_engines(self._folder):
            yield from self._measuring.rows(workload, engine)

    def _goals(self, tower: Tower) -> Iterator[Row]:
        yield from report.goals(self._found, tower.name, max(self._sizes.batches))

    def _search(self, count: int) -> Iterator[Row]:
        from scripts.benchmarks.gpu import search

        known = [row.data["bandwidth_bytes_per_s"] for row in self._found if "bandwidth_bytes_per_s" in row.data]
        yield from search.rows(
            self._device, count, self._sizes.dimension, self._sizes.seconds, known[0] if known else None, self._deadline
        )

    def _decoding(self, tower: Tower) -> Iterator[Row]:
        from scripts.benchmarks import photographs
        from scripts.benchmarks.gpu import decoding, engines

        self._deadline.check()
        files = photographs.of_objects(range(self._sizes.photographs))
        fastest = self._measuring.fastest.get(tower.name)
        encoder = (f"{tower.name}, {fastest[1]}", fastest[2]) if fastest else None
        batch = engines.decoded_batch(self._sizes.batches)
        seconds = 4 * self._sizes.seconds
        yield from decoding.rows(self._device, files, tower.size, encoder, batch, seconds, self._deadline)

    def _training(self) -> Iterator[Row]:
        from scripts.benchmarks.gpu import training

        yield from training.rows(self._device, self._sizes.trained, self._deadline, tiny=self._tiny)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench gpu", description=__doc__)
    parser.add_argument("--device", default="cuda", help="as torch names it (default: %(default)s)")
    parser.add_argument("--tiny", action="store_true", help="small enough to try the script on a processor, in seconds")
    parser.add_argument(
        "--minutes", type=float, default=8, help="what would begin later is not run (default: %(default)s)"
    )
    parser.add_argument("--log", type=pathlib.Path, metavar="FILE", help=f"JSON (default: below {_LOGS})")
    parser.add_argument(
        "--table", type=pathlib.Path, metavar="LOG", help="measure nothing: the table of a run that was ended"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
