"""How many messages wait: asked of RabbitMQ about each second, so that nobody waits for the answer."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import pika
from pika.channel import Channel

from vitrine import errors
from vitrine.adapters.rabbitmq_link import Link
from vitrine.adapters.rabbitmq_topology import Topology
from vitrine.messages import Lane

_EVERY_S = 1.0


class DepthGauge:
    """The last answer and what was published here since, so that a burst shows at once.

    All but `depth` run on the link's thread.
    """

    def __init__(self, topology: Topology, link: Link) -> None:
        self._queues = {lane: topology.queues(lane) for lane in Lane}
        self._link = link
        self._counts: dict[str, int] = {}
        self._published: collections.Counter[str] = collections.Counter()
        self._published_since_asked: collections.Counter[str] = collections.Counter()
        self._connection: pika.SelectConnection | None = None

    def depth(self, lane: Lane) -> int:
        """Raises DependencyUnavailable."""
        counts, published = self._counts, self._published
        if not counts:
            raise errors.DependencyUnavailable("RabbitMQ is away: nobody knows how many messages wait")
        return sum(counts[queue] + published[queue] for queue in self._queues[lane])

    def published(self, queue: str) -> None:
        self._published[queue] += 1
        self._published_since_asked[queue] += 1

    def connected(self, connection: pika.SelectConnection, then: Callable[[], None]) -> None:
        """``then`` is called after the first answer."""
        self._connection = connection

        def opened(channel: Channel) -> None:
            # A queue that an operator deleted closes the channel: connecting anew declares it again.
            channel.add_on_close_callback(lambda _channel, error: self._link.reset(str(error)))
            self._ask(channel, then)

        connection.channel(on_open_callback=opened)

    def disconnected(self) -> None:
        self._connection = None
        self._counts = {}

    def _ask(self, channel: Channel, then: Callable[[], None]) -> None:
        if not channel.is_open:
            return
        self._published_since_asked = collections.Counter()
        answers: dict[str, int] = {}
        asked = [queue for queues in self._queues.values() for queue in queues]

        def answered(frame: Any) -> None:
            answers[frame.method.queue] = frame.method.message_count
            if len(answers) == len(asked):
                self._counts, self._published = answers, self._published_since_asked.copy()
                then()
                assert self._connection is not None
                self._connection.ioloop.call_later(_EVERY_S, lambda: self._ask(channel, lambda: None))

        for queue in asked:
            channel.queue_declare(queue, passive=True, callback=answered)
