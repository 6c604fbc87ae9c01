"""Taking messages of one lane: the link's thread receives and acknowledges, the slots' threads do the work."""

from __future__ import annotations

import dataclasses
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import pika
from pika.channel import Channel

from vitrine import errors
from vitrine.adapters.rabbitmq_link import Link
from vitrine.adapters.rabbitmq_publisher import Publisher
from vitrine.adapters.rabbitmq_topology import Topology
from vitrine.adapters.slots import SearchesInHand, Share, Slots
from vitrine.messages import Command, Lane
from vitrine.ports import Outcome

_log = logging.getLogger(__name__)

C = TypeVar("C", bound=Command)


class Consumer(Generic[C]):
    """Has at most as many messages in hand as its slots take together: what one does to its worker hurts few others."""

    def __init__(
        self,
        urls: list[str],
        name: str,
        *,
        lane: Lane,
        read: Callable[[bytes], C],
        handler: Callable[[Sequence[C]], Sequence[Outcome]],
        slots: int,
        together: int = 1,
        topology: Topology,
        publisher: Publisher,
        yields_to: SearchesInHand | None = None,
    ) -> None:
        self._lane = lane
        self._read = read
        self._count = slots
        self._prefetch = slots * together
        self._topology = topology
        self._publisher = publisher
        self._inbox: queue.SimpleQueue[_Delivery[C] | None] = queue.SimpleQueue()
        self._channel: Channel | None = None
        self._tag = ""
        self._stopping = False
        self._cancelled = threading.Event()
        self._link = Link(urls, name, self)
        self._slots = Slots(lane.value, self._take, handler, count=slots, together=together, yields_to=yields_to)
        self._link.start()

    def check(self) -> None:
        """Raises DependencyUnavailable while nothing comes in."""
        self._link.wait_until_up(0.0)

    def stop(self) -> None:
        """Take nothing new; what RabbitMQ has already handed over is in hand."""
        if not self._stopping:
            self._stopping = True
            self._link.call(self._cancel)
            self._slots.stop()

    def join(self, deadline: float) -> bool:
        """``deadline`` in time.monotonic() seconds; False where a slot still works."""
        self._cancelled.wait(max(0.0, min(1.0, deadline - time.monotonic())))
        for _ in range(self._count):
            self._inbox.put(None)
        if not self._slots.join(deadline):
            return False
        self._link.close()
        return True

    def close(self) -> None:
        """What is still in hand goes to other workers."""
        self._link.close()

    def connected(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._opened)

    def disconnected(self, reason: str) -> None:
        self._channel, self._tag = None, ""
        self._cancelled.set()

    def _opened(self, channel: Channel) -> None:
        self._channel = channel
        # RabbitMQ closes the channel of a consumer that sits on a message for too long.
        channel.add_on_close_callback(lambda _channel, error: self._link.reset(str(error)))
        channel.add_on_cancel_callback(lambda _frame: self._link.reset("the queue was deleted"))
        channel.basic_qos(prefetch_count=self._prefetch)
        self._topology.declare(channel, lambda: self._declared(channel))

    def _declared(self, channel: Channel) -> None:
        self._link.ready()
        if not self._stopping:
            self._cancelled.clear()
            self._tag = channel.basic_consume(self._lane.value, self._received)

    def _received(self, channel: Channel, method: Any, _properties: Any, body: bytes) -> None:
        try:
            command = self._read(body)
        except errors.RejectedInput as error:
            _log.error("a message on %s goes to the dead letters: %s", self._lane, error.message)
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        self._inbox.put(_Delivery(self, channel, method.delivery_tag, command))

    def _take(self, share: Share) -> list[_Delivery[C]]:
        """None of them: this slot shall end. What came over a connection that was lost is delivered again elsewhere."""
        taken: list[_Delivery[C]] = []
        while not taken:
            if (first := self._inbox.get()) is None:
                return []
            more = share(1 + self._inbox.qsize()) - 1
            taken = [delivery for delivery in (first, *self._waiting(more)) if delivery.held]
        return taken

    def _waiting(self, most: int) -> Iterator[_Delivery[C]]:
        for _ in range(most):
            try:
                delivery = self._inbox.get_nowait()
            except queue.Empty:
                return
            if delivery is None:
                # It tells a slot to end, and this one still has work.
                self._inbox.put(None)
                return
            yield delivery

    def _cancel(self) -> None:
        if self._channel is not None and self._channel.is_open and self._tag:
            self._channel.basic_cancel(self._tag, callback=lambda _ok: self._cancelled.set())
        else:
            self._cancelled.set()

    def settle(self, channel: Channel, settlement: Callable[[], None]) -> None:
        """Where the channel is gone there is nothing to settle: the message is delivered again."""
        self._link.call(lambda: settlement() if channel.is_open else None)

    def put_away(self, command: C, after_s: float) -> None:
        """Raises DependencyUnavailable."""
        retry = self._topology.retry_queue(self._lane, command.attempt, after_s)
        self._publisher.publish((retry, command.again().to_json()))


@dataclasses.dataclass(frozen=True)
class _Delivery(Generic[C]):
    consumer: Consumer[C]
    channel: Channel
    tag: int
    command: C

    @property
    def held(self) -> bool:
        return bool(self.channel.is_open)

    def done(self) -> None:
        self.consumer.settle(self.channel, lambda: self.channel.basic_ack(self.tag))

    def again(self, after_s: float) -> None:
        # First kept elsewhere, then acknowledged: killed in between it comes twice, which is harmless.
        self.consumer.put_away(self.command, after_s)
        self.done()

    def give_back(self) -> None:
        self.consumer.settle(self.channel, lambda: self.channel.basic_nack(self.tag, requeue=True))

    def refuse(self) -> None:
        self.consumer.settle(self.channel, lambda: self.channel.basic_reject(self.tag, requeue=False))
