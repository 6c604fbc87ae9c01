"""A connection to RabbitMQ that a thread of its own keeps up."""

from __future__ import annotations

import contextlib
import itertools
import logging
import random
import threading
from collections.abc import Callable
from typing import Any, Protocol

import pika
import pika.exceptions

from vitrine import errors

_log = logging.getLogger(__name__)

_HEARTBEAT_S = 20
_CONNECT_S = 5.0
# A broker that blocks its publishers for so long is connected to anew, in case only this connection was forgotten.
_BLOCKED_S = 60.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 3.0
_CLOSE_S = 5.0


class LinkUser(Protocol):
    """What a connection is for. All three are called on the link's thread."""

    def connected(self, connection: pika.SelectConnection) -> None:
        """Open channels; call `Link.ready` once everything is in place."""
        ...

    def disconnected(self, reason: str) -> None:
        """The connection is gone, and with it every channel."""
        ...


class Link:
    """Connects, and connects again with growing pauses. ``urls`` are tried in turn; ``name`` is what an operator sees.

    At the start, and while a connection that was lost is opened anew for the first time, the link is coming up;
    after a try that failed it is away, with a reason, until `ready`.
    """

    def __init__(self, urls: list[str], name: str, user: LinkUser) -> None:
        self._parameters = itertools.cycle([parameters(url, name) for url in urls])
        self._name = name
        self._user = user
        self._changed = threading.Condition()
        self._connection: pika.SelectConnection | None = None
        self._up = False
        self._reason: str | None = None
        self._failures = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"rabbitmq {name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self.call(self._shut)
        if self._thread.is_alive():
            self._thread.join(_CLOSE_S)

    def call(self, action: Callable[[], None]) -> None:
        """Run on the link's thread soon; dropped where the connection is lost before."""
        with self._changed:
            if self._connection is not None:
                self._connection.ioloop.add_callback_threadsafe(action)

    def wait_until_up(self, timeout_s: float) -> None:
        """Raises DependencyUnavailable: at once where the link is away, after ``timeout_s`` where it is coming up."""
        with self._changed:
            self._changed.wait_for(lambda: self._up or self._reason or self._closing.is_set(), timeout_s)
            if not self._up:
                raise errors.DependencyUnavailable(f"RabbitMQ is away: {self._reason or 'it does not answer'}")

    def ready(self) -> None:
        """By the user, on the link's thread: everything is in place."""
        _log.info("%s: connected", self._name)
        with self._changed:
            self._up, self._reason, self._failures = True, None, 0
            self._changed.notify_all()

    def reset(self, reason: str) -> None:
        """Connect anew, on the link's thread: something on the connection is not as it must be."""
        connection = self._connection
        if connection is not None and connection.is_open:
            self._failed(reason)
            connection.close(reply_text="connecting anew")

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._connected_until_lost()
            # The boundary of the thread that keeps the connection up: a surprise must not end it, and to make a
            # connection can surprise, too (no file descriptor is free).
            except Exception as surprise:  # noqa: BLE001
                _log.exception("%s: broke", self._name)
                self._failed(repr(surprise))
                self._down(repr(surprise))
            self._closing.wait(self._pause_s())

    def _connected_until_lost(self) -> None:
        connection = pika.SelectConnection(
            next(self._parameters),
            on_open_callback=self._opened,
            on_open_error_callback=self._not_opened,
            on_close_callback=self._closed,
        )
        with self._changed:
            self._connection = connection
        try:
            if not self._closing.is_set():
                connection.ioloop.start()
        finally:
            with self._changed:
                self._connection = None
            connection.ioloop.close()

    def _pause_s(self) -> float:
        """Random, so that the processes of a host do not come back as one."""
        self._failures += 1
        return random.uniform(0.5, 1.0) * min(_FIRST_PAUSE_S * 2.0 ** min(self._failures, 10), _LONGEST_PAUSE_S)

    def _opened(self, connection: Any) -> None:
        self._user.connected(connection)

    def _not_opened(self, connection: Any, error: BaseException) -> None:
        self._failed(_told(error))
        connection.ioloop.stop()

    def _closed(self, connection: Any, error: BaseException) -> None:
        self._down(_told(error))
        connection.ioloop.stop()

    def _down(self, reason: str) -> None:
        with self._changed:
            was_up, self._up = self._up, False
        if was_up and not self._closing.is_set():
            _log.warning("%s: lost: %s", self._name, reason)
        self._user.disconnected(reason)

    def _failed(self, reason: str) -> None:
        with self._changed:
            known, self._reason = self._reason, reason
            self._up = False
            self._changed.notify_all()
        if reason != known and not self._closing.is_set():
            _log.warning("%s: %s", self._name, reason)

    def _shut(self) -> None:
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(pika.exceptions.ConnectionWrongStateError):
                connection.close(reply_text="stopping")


def parameters(url: str, name: str) -> pika.URLParameters:
    """Raises Misconfigured."""
    try:
        if not url.startswith(("amqp://", "amqps://")):
            raise ValueError("another scheme")
        made = pika.URLParameters(url)
    # pika lets whatever its parsing stumbles over through.
    except Exception as error:
        raise errors.Misconfigured(
            "VITRINE_BROKER_URL is not an AMQP URL: write amqp://user:password@host:5672/ (%2F-encode the name of a"
            " virtual host)."
        ) from error
    made.heartbeat = _HEARTBEAT_S
    made.blocked_connection_timeout = _BLOCKED_S
    made.socket_timeout = _CONNECT_S
    made.stack_timeout = 2 * _CONNECT_S
    made.connection_attempts = 1
    made.client_properties = {"connection_name": name, "product": "vitrine"}
    return made


def _told(error: BaseException) -> str:
    """The innermost reason: pika wraps what the operating system said."""
    if isinstance(error, pika.exceptions.ProbableAuthenticationError):
        return "it refuses the user or the password in VITRINE_BROKER_URL"
    if isinstance(error, pika.exceptions.ProbableAccessDeniedError):
        return "it refuses the user in this virtual host, or has no such virtual host"
    wrapped = [*getattr(error, "exceptions", ()), getattr(error, "exception", None), *error.args]
    inner = [one for one in wrapped if isinstance(one, BaseException)]
    return _told(inner[-1]) if inner else str(error) or repr(error)
