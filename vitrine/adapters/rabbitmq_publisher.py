"""Publishing with confirms: many threads at once, through the one thread that owns the connection."""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from typing import Any

import pika
from pika.channel import Channel

from vitrine import errors
from vitrine.adapters.rabbitmq_depth import DepthGauge
from vitrine.adapters.rabbitmq_link import Link
from vitrine.adapters.rabbitmq_topology import OUTPUT, Topology, routing_key
from vitrine.messages import Lane, SearchEvent

# Longer than a healthy broker ever takes to write a message down, shorter than a visitor waits.
_CONFIRM_S = 4.5
# Messages that were sent and are not yet confirmed; more would only wait in the broker instead of here.
_WINDOW = 32
# News that is kept for a broker that is away; who missed older news finds it in the ledger.
_MOST_UNTOLD = 10_000
_BLOCKED = "RabbitMQ takes no messages: it is short of memory or disk (rabbitmq-diagnostics alarms)"

Outcome = Future[None]
Message = tuple[str, bytes]
"""The queue's name, and the body."""


class _Window:
    """How many messages are sent and not yet confirmed. Who comes with several enters with all of them or waits."""

    def __init__(self, size: int) -> None:
        self._free = size
        self._changed = threading.Condition()

    def enter(self, count: int, timeout_s: float) -> bool:
        with self._changed:
            if not self._changed.wait_for(lambda: self._free >= count, timeout_s):
                return False
            self._free -= count
            return True

    def leave(self, count: int) -> None:
        with self._changed:
            self._free += count
            self._changed.notify_all()


class Publisher:
    """All but `publish`, `tell` and `close` run on the link's thread."""

    def __init__(self, urls: list[str], name: str, topology: Topology) -> None:
        self._topology = topology
        self._link = Link(urls, name, self)
        self._window = _Window(_WINDOW)
        self._depths = DepthGauge(topology, self._link)
        self._commands: Channel | None = None
        self._news: Channel | None = None
        self._connection: pika.SelectConnection | None = None
        self._blocked = self._was_up = False
        self._untold: collections.deque[SearchEvent] = collections.deque(maxlen=_MOST_UNTOLD)
        self._tag = 0
        self._unconfirmed: dict[int, Outcome] = {}
        self._unroutable: set[int] = set()
        self._link.start()

    def publish(self, *messages: Message) -> None:
        """Straight to queues, all durable when it returns. Raises DependencyUnavailable within 5 s."""
        deadline = time.monotonic() + _CONFIRM_S
        self._link.wait_until_up(_CONFIRM_S)
        for start in range(0, len(messages), _WINDOW):
            self._publish(messages[start : start + _WINDOW], deadline)

    def _publish(self, messages: Sequence[Message], deadline: float) -> None:
        """At most a window of them, sent one behind the other and confirmed together."""
        if not self._window.enter(len(messages), max(0.0, deadline - time.monotonic())):
            raise errors.DependencyUnavailable("RabbitMQ confirms too slowly for all that is to be published")
        sent = [(message, Outcome()) for message in messages]
        try:
            self._link.call(lambda: self._send(sent))
            for _, outcome in sent:
                outcome.result(max(0.0, deadline - time.monotonic()))
        except NoAnswer as error:
            silent = "RabbitMQ did not confirm a message in time"
            # Whoever publishes next is told at once, not after as long a wait.
            self._link.call(lambda: self._link.reset(silent))
            raise errors.DependencyUnavailable(silent) from error
        finally:
            self._window.leave(len(messages))

    def tell(self, events: Sequence[SearchEvent]) -> None:
        """News, without waiting; the oldest is dropped where too much of it cannot be sent."""
        if events:
            self._untold.extend(events)
            self._link.call(self._tell_news)

    def depth(self, lane: Lane) -> int:
        """Raises DependencyUnavailable. Waits for the first connection only."""
        if not self._was_up:
            self._link.wait_until_up(_CONFIRM_S)
        if self._blocked:
            raise errors.DependencyUnavailable(_BLOCKED)
        return self._depths.depth(lane)

    def close(self) -> None:
        self._link.close()

    def connected(self, connection: pika.SelectConnection) -> None:
        self._connection = connection
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        connection.channel(on_open_callback=self._opened)

    def disconnected(self, reason: str) -> None:
        self._connection = self._commands = self._news = None
        self._blocked = False
        self._depths.disconnected()
        self._fail_unconfirmed(f"RabbitMQ was lost before it confirmed a message: {reason}")

    def _opened(self, channel: Channel) -> None:
        self._tag = 0
        channel.add_on_close_callback(lambda _channel, error: self._link.reset(str(error)))
        channel.add_on_return_callback(self._on_return)
        channel.confirm_delivery(self._on_confirm)
        self._topology.declare(channel, lambda: self._declared(channel))

    def _opened_for_news(self, channel: Channel) -> None:
        channel.add_on_close_callback(lambda _channel, error: self._link.reset(str(error)))
        self._news = channel
        self._tell_news()

    def _declared(self, channel: Channel) -> None:
        assert self._connection is not None
        self._commands = channel
        self._connection.channel(on_open_callback=self._opened_for_news)
        self._depths.connected(self._connection, then=self._ready)

    def _ready(self) -> None:
        self._was_up = True
        self._link.ready()

    def _send(self, messages: Sequence[tuple[Message, Outcome]]) -> None:
        for (queue, body), outcome in messages:
            self._send_one(queue, body, outcome)

    def _send_one(self, queue: str, body: bytes, outcome: Outcome) -> None:
        if self._blocked:
            outcome.set_exception(errors.DependencyUnavailable(_BLOCKED))
        elif self._commands is None or not self._commands.is_open:
            outcome.set_exception(errors.DependencyUnavailable("RabbitMQ was lost a moment ago"))
        else:
            self._tag += 1
            self._unconfirmed[self._tag] = outcome
            self._depths.published(queue)
            named = pika.BasicProperties(delivery_mode=2, content_type="application/json", message_id=str(self._tag))
            self._commands.basic_publish("", queue, body, named, mandatory=True)

    def _tell_news(self) -> None:
        if self._news is None or not self._news.is_open or self._blocked:
            return
        while self._untold:
            event = self._untold.popleft()
            self._news.basic_publish(
                OUTPUT, routing_key(event), event.to_json(), pika.BasicProperties(content_type="application/json")
            )

    def _on_return(self, _channel: Channel, _method: Any, properties: Any, _body: bytes) -> None:
        # RabbitMQ returns what no queue takes, and confirms it right afterwards.
        self._unroutable.add(int(properties.message_id))

    def _on_confirm(self, frame: Any) -> None:
        last, multiple = frame.method.delivery_tag, frame.method.multiple
        for tag in [tag for tag in self._unconfirmed if tag <= last] if multiple else [last]:
            outcome = self._unconfirmed.pop(tag, None)
            if outcome is None:
                # Given up while the broker was blocked, and confirmed after all.
                continue
            if tag in self._unroutable:
                self._unroutable.discard(tag)
                outcome.set_exception(errors.DependencyUnavailable("RabbitMQ has no such queue any more"))
                self._link.reset("a queue is missing")
            elif isinstance(frame.method, pika.spec.Basic.Nack):
                outcome.set_exception(errors.DependencyUnavailable("RabbitMQ could not keep a message"))
            else:
                outcome.set_result(None)

    def _on_blocked(self, _connection: Any, _frame: Any) -> None:
        self._blocked = True
        self._fail_unconfirmed(_BLOCKED)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self._blocked = False
        self._tell_news()

    def _fail_unconfirmed(self, reason: str) -> None:
        lost, self._unconfirmed = self._unconfirmed, {}
        self._unroutable.clear()
        for outcome in lost.values():
            outcome.set_exception(errors.DependencyUnavailable(reason))
