"""Hearing events: an exclusive queue for each process, so that every replica of the API hears every event."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pika
from pika.channel import Channel

from vitrine import errors
from vitrine.adapters.rabbitmq_link import Link
from vitrine.adapters.rabbitmq_topology import OUTPUT
from vitrine.messages import SearchEvent

_log = logging.getLogger(__name__)

Listener = Callable[[SearchEvent], None]
# News that a process which stands still does not hear; it asks the ledger when it goes on.
_MOST_UNHEARD = 50_000
_FIRST_CONNECT_S = 5.0


class Subscriber:
    def __init__(self, urls: list[str], name: str) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._lock = threading.Lock()
        self._link = Link(urls, name, self)
        self._link.start()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        with self._lock:
            self._listeners = (*self._listeners, listener)
        try:
            self._link.wait_until_up(_FIRST_CONNECT_S)
        except errors.DependencyUnavailable as error:
            _log.warning("news is heard once RabbitMQ is back: %s", error.message)
        return lambda: self._unsubscribe(listener)

    def close(self) -> None:
        self._link.close()

    def connected(self, connection: pika.SelectConnection) -> None:
        connection.channel(on_open_callback=self._opened)

    def disconnected(self, reason: str) -> None:
        """The ledger has what is missed until the link is back."""

    def _opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(lambda _channel, error: self._link.reset(str(error)))
        channel.add_on_cancel_callback(lambda _frame: self._link.reset("the queue was deleted"))
        channel.exchange_declare(OUTPUT, "topic", durable=True)
        bounded = {"x-max-length": _MOST_UNHEARD}
        channel.queue_declare("", exclusive=True, arguments=bounded, callback=lambda ok: self._declared(channel, ok))

    def _declared(self, channel: Channel, ok: Any) -> None:
        own = ok.method.queue
        channel.queue_bind(own, OUTPUT, "#")
        channel.basic_consume(own, self._heard, auto_ack=True, exclusive=True, callback=lambda _ok: self._link.ready())

    def _heard(self, _channel: Channel, _method: Any, _properties: Any, body: bytes) -> None:
        try:
            event = SearchEvent.from_json(body)
        except errors.RejectedInput as error:
            _log.warning("news of another version is not told: %s", error.message)
            return
        for listener in self._listeners:
            try:
                listener(event)
            # A listener's defect must not end the thread that owns the connection.
            except Exception:  # noqa: BLE001
                _log.exception("a listener broke on %s", event.kind)

    def _unsubscribe(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
