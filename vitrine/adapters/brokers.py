"""Which broker stands behind the port: chosen by the URL."""

from __future__ import annotations

import logging

from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.ports import Broker


def open_broker(url: str, *, name: str) -> Broker:
    """RabbitMQ at ``url``, or in memory where it is empty; for the process ``name`` (`api-1`, `worker-2`).

    Opened in the process that uses it, after any fork; the caller closes it. Raises Misconfigured.
    """
    if not url:
        return MemoryBroker()
    # pika tells every failed attempt in ten lines of its own; the link tells it in one.
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    return RabbitmqBroker(url, name=name)
