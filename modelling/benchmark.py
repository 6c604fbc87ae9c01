"""Milliseconds a picture on one core, as the one-process size runs a model: batch 1, one thread."""

from __future__ import annotations

import pathlib
import statistics
import time

import numpy as np

from modelling import pictures

WARM_UP = 10


def milliseconds(model: pathlib.Path, *, runs: int = 100) -> tuple[float, float]:
    """Median and best time of encoding one picture that is prepared already.

    The best says what the graph costs; the median what a busy machine makes of it.
    """
    encoder = pictures.open_model(model).encoder
    size = encoder.resize.size
    noise = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    taken = []
    for _ in range(WARM_UP + runs):
        began = time.perf_counter()
        encoder.encode(noise)
        taken.append((time.perf_counter() - began) * 1000.0)
    return statistics.median(taken[WARM_UP:]), min(taken[WARM_UP:])
