"""Broker on RabbitMQ: one connection to publish, one for each lane that is consumed, one to hear events."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from vitrine.adapters.rabbitmq_consumer import Consumer
from vitrine.adapters.rabbitmq_publisher import Publisher
from vitrine.adapters.rabbitmq_subscriber import Subscriber
from vitrine.adapters.rabbitmq_topology import Topology
from vitrine.adapters.slots import SearchesInHand, one_by_one
from vitrine.messages import IndexRequested, Lane, SearchEvent, SearchRequested
from vitrine.ports import Handler, IndexHandler


class RabbitmqBroker:
    """``url``: one AMQP URL, or several of one cluster separated by commas. ``name``: the process, for operators.

    A broker that is away is no error until something is published; what is consumed and heard begins when it is back.
    """

    def __init__(self, url: str, *, name: str, topology: Topology | None = None) -> None:
        """Raises Misconfigured."""
        self._urls = [one.strip() for one in url.split(",") if one.strip()]
        self._name = name
        self._topology = topology or Topology()
        self._in_hand = SearchesInHand()
        self._lock = threading.Lock()
        self._publisher = Publisher(self._urls, f"vitrine {name} publish", self._topology)
        self._subscribing: Subscriber | None = None
        self._consumers: list[Consumer[SearchRequested] | Consumer[IndexRequested]] = []

    def publish(self, *commands: SearchRequested | IndexRequested) -> None:
        self._publisher.publish(*((command.lane.value, command.to_json()) for command in commands))

    def publish_events(self, events: Sequence[SearchEvent]) -> None:
        self._publisher.tell(events)

    def subscribe(self, listener: Callable[[SearchEvent], None]) -> Callable[[], None]:
        with self._lock:
            if self._subscribing is None:
                self._subscribing = Subscriber(self._urls, f"vitrine {self._name} events")
        return self._subscribing.subscribe(listener)

    def consume(self, handler: Handler, *, slots: int, together: int = 1) -> None:
        counted = self._in_hand.counted(handler)
        self._consumers.append(
            Consumer(
                self._urls,
                f"vitrine {self._name} consume",
                lane=Lane.SEARCH,
                read=SearchRequested.from_json,
                handler=counted,
                slots=slots,
                together=together,
                topology=self._topology,
                publisher=self._publisher,
            )
        )

    def consume_index(self, handler: IndexHandler, *, slots: int) -> None:
        self._consumers.append(
            Consumer(
                self._urls,
                f"vitrine {self._name} consume index",
                lane=Lane.INDEX,
                read=IndexRequested.from_json,
                handler=one_by_one(handler),
                slots=slots,
                topology=self._topology,
                publisher=self._publisher,
                yields_to=self._in_hand,
            )
        )

    def give_way(self) -> None:
        self._in_hand.give_way()

    def check_consuming(self) -> None:
        for consumer in self._consumers:
            consumer.check()

    def stop_consuming(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        for consumer in self._consumers:
            consumer.stop()
        self._consumers = [consumer for consumer in self._consumers if not consumer.join(deadline)]
        return not self._consumers

    def depth(self, lane: Lane = Lane.SEARCH) -> int:
        return self._publisher.depth(lane)

    def close(self) -> None:
        self.stop_consuming(0.0)
        for part in (*self._consumers, self._subscribing, self._publisher):
            if part is not None:
                part.close()
