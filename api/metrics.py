"""What Prometheus may know of this process."""

from __future__ import annotations

import prometheus_client

from vitrine.messages import SearchEvent

ACCEPTED = prometheus_client.Counter("vitrine_searches_accepted_total", "Searches accepted with 202.")
FINISHED = prometheus_client.Counter("vitrine_searches_finished_total", "Searches that ended.", ["kind"])
UNAVAILABLE = prometheus_client.Counter(
    "vitrine_unavailable_total", "Requests answered 503 because something that they need is away."
)
WAITING = prometheus_client.Gauge("vitrine_searches_waiting", "Searches in the queue.")


def count(event: SearchEvent) -> None:
    """Listener of the output exchange."""
    if event.kind.terminal:
        FINISHED.labels(kind=event.kind.value).inc()
