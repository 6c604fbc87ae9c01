"""What nobody can spare a search: decoding its photograph and encoding it, through the same adapters, and no more."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import itertools
import os
import pathlib
import statistics
import time
from collections.abc import Iterator, Sequence

import numpy as np

from scripts.benchmarks import process_cpu
from vitrine.adapters import model_files, threads
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import Pixels
from vitrine.ports import DecodeRequest

_BATCHES = (1, 8)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rate:
    """Photographs a second on all cores, and CPU of one photograph. ``arrangement`` says how that was reached."""

    per_s: float
    cpu_ms: float
    arrangement: str


@contextlib.contextmanager
def opened(description: pathlib.Path) -> Iterator[Raw]:
    """``description``: a model's YAML."""
    threads.one_thread_each()
    encoder = OnnxEncoder(model_files.find(str(description), []))
    decoder = SubprocessDecoder(slots=process_cpu.cores())
    decoder.warm_up()
    try:
        yield Raw(encoder, decoder)
    finally:
        decoder.close()


class Raw:
    """Each thread decodes a batch, picture by picture, and encodes it: no queue, no copy between threads."""

    def __init__(self, encoder: OnnxEncoder, decoder: SubprocessDecoder) -> None:
        self._encoder = encoder
        self._decoder = decoder
        self._request = DecodeRequest(model_input=encoder.resize)

    def best(self, pictures: Sequence[bytes], seconds: float) -> Rate:
        """The fastest of the arrangements, each given its share of the time.

        A thread waits while its decoder works, so one more thread than cores may keep all cores busy, or disturb them.
        """
        cores = process_cpu.cores()
        arrangements = list(itertools.product(_BATCHES, (cores, cores + 1)))
        share_s = seconds / len(arrangements)
        rates = [self._rate(pictures, share_s, batch, workers) for batch, workers in arrangements]
        return max(rates, key=lambda rate: rate.per_s)

    def one(self, picture: bytes) -> float:
        """Seconds for one photograph, alone."""
        started = time.perf_counter()
        self._encoder.encode(self._decoded(picture)[None])
        return time.perf_counter() - started

    def _rate(self, pictures: Sequence[bytes], seconds: float, batch: int, workers: int) -> Rate:
        started, cpu = time.perf_counter(), process_cpu.of_tree(os.getpid())
        until = started + seconds

        def work(first: int) -> int:
            done = 0
            for start in itertools.count(first * batch, workers * batch):
                if time.perf_counter() >= until:
                    return done
                chosen = [pictures[(start + place) % len(pictures)] for place in range(batch)]
                self._encoder.encode(np.stack([self._decoded(picture) for picture in chosen]))
                done += batch
            raise AssertionError("counting never ends")

        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            count = sum(pool.map(work, range(workers)))
        cpu_s = process_cpu.of_tree(os.getpid()) - cpu
        return Rate(
            per_s=count / (time.perf_counter() - started),
            cpu_ms=1000 * cpu_s / count,
            arrangement=f"{workers} threads, batch {batch}",
        )

    def _decoded(self, picture: bytes) -> Pixels:
        decoded = self._decoder.decode(picture, self._request).model_input
        assert decoded is not None
        return decoded


def median(rates: Sequence[Rate]) -> Rate:
    """The middle one by photographs a second."""
    return sorted(rates, key=lambda rate: rate.per_s)[len(rates) // 2]


def median_ms(seconds: Sequence[float]) -> float:
    return 1000 * statistics.median(seconds)
