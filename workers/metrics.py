"""What Prometheus may know of a worker."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import prometheus_client

from vitrine.domain import Stage

# From a search without the geometric check on a GPU to one that waits for a server that is coming back.
_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6)

HANDLED = prometheus_client.Counter(
    "vitrine_worker_searches_total", "Messages of the search lane by what they led to.", ["outcome"]
)
STAGE_S = prometheus_client.Histogram(
    "vitrine_worker_stage_seconds", "How long a search was in a stage.", ["stage"], buckets=_BUCKETS_S
)
SEARCH_S = prometheus_client.Histogram(
    "vitrine_worker_search_seconds", "From taking the message to the committed result.", buckets=_BUCKETS_S
)
INDEXED = prometheus_client.Counter(
    "vitrine_worker_images_total", "Images of the index lane by what became of them.", ["outcome"]
)
IN_HAND = prometheus_client.Gauge(
    "vitrine_worker_searches_in_hand", "Searches that are worked on.", multiprocess_mode="livesum"
)


@contextlib.contextmanager
def in_hand(count: int) -> Iterator[None]:
    IN_HAND.inc(count)
    try:
        yield
    finally:
        IN_HAND.dec(count)


class SearchTimer:
    """Of one search: each stage lasts until the next is reached, the last until `end`."""

    def __init__(self) -> None:
        self._began = self._since = time.perf_counter()
        self._stage: Stage | None = None

    def reached(self, stage: Stage | None) -> None:
        now = time.perf_counter()
        if self._stage is not None:
            STAGE_S.labels(stage=self._stage.value).observe(now - self._since)
        self._stage, self._since = stage, now

    def end(self) -> None:
        self.reached(None)
        SEARCH_S.observe(time.perf_counter() - self._began)
