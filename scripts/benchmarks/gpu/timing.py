"""How long something takes on a device that works on while Python goes on."""

from __future__ import annotations

import dataclasses
import statistics
import time
from collections.abc import Callable

_WARM_UP, _LEAST, _MOST = 3, 5, 2000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Timed:
    """``each_s``: seconds a run, one begun when the one before was finished; ``together_s``: of runs queued up."""

    each_s: tuple[float, ...]
    together_s: float

    @property
    def median_ms(self) -> float:
        return 1000 * statistics.median(self.each_s)

    @property
    def p99_ms(self) -> float:
        ordered = sorted(self.each_s)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]

    @property
    def best_s(self) -> float:
        """Of a run, in whichever way more is done."""
        return min(self.together_s, statistics.median(self.each_s))


def timed(run: Callable[[int], object], wait: Callable[[], None], seconds: float) -> Timed:
    """``run(number)`` queues one run, ``wait`` returns when all are done. Each way takes half of ``seconds``."""
    for number in range(_WARM_UP):
        run(number)
    wait()
    each: list[float] = []
    began = time.perf_counter()
    while len(each) < _LEAST or (time.perf_counter() - began < seconds / 2 and len(each) < _MOST):
        started = time.perf_counter()
        run(len(each))
        wait()
        each.append(time.perf_counter() - started)
    count = max(_LEAST, min(_MOST, round(seconds / 2 / statistics.median(each))))
    started = time.perf_counter()
    for number in range(count):
        run(number)
    wait()
    return Timed(each_s=tuple(each), together_s=(time.perf_counter() - started) / count)
