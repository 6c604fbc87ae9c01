"""A TCP proxy before a MySQL server that cuts connections at their COMMIT: the moment nobody knows the outcome of."""

from __future__ import annotations

import contextlib
import enum
import socket
import threading
from collections.abc import Callable

# Length 7, number 0, COM_QUERY: what PyMySQL's commit() sends.
_COMMIT = b"\x07\x00\x00\x00\x03COMMIT"
_CHUNK = 1 << 16


class Cut(enum.Enum):
    """When the connection goes, as seen from the COMMIT."""

    BEFORE = "the server never sees it"
    WHILE = "the server has it, and nobody waits for the answer"
    AFTER = "the server has answered, and nobody hears it"


class CuttingProxy:
    """``decide`` is asked at each COMMIT, by one thread at a time; None lets it pass."""

    def __init__(self, port: int, decide: Callable[[], Cut | None]) -> None:
        self._server_port = port
        self._decide = decide
        self._deciding = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._run(self._accept)

    def close(self) -> None:
        """Clients must have closed their connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                _Wire(client, socket.create_connection(("127.0.0.1", self._server_port)), self._ask).start(self._run)

    def _ask(self) -> Cut | None:
        with self._deciding:
            return self._decide()


class _Wire:
    """One client's connection. The client speaks, then the server: never both at a time."""

    def __init__(self, client: socket.socket, server: socket.socket, ask: Callable[[], Cut | None]) -> None:
        self._client, self._server, self._ask = client, server, ask
        self._deaf = threading.Event()
        self._answered = threading.Event()

    def start(self, run: Callable[[Callable[[], None]], None]) -> None:
        run(self._to_server)
        run(self._to_client)

    def _to_server(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(_CHUNK):
                cut = self._ask() if data == _COMMIT else None
                if cut is not None:
                    self._deaf.set()
                if cut is not Cut.BEFORE:
                    self._server.sendall(data)
                if cut is Cut.AFTER:
                    self._answered.wait(10)
                if cut is not None:
                    break
        self._close()

    def _to_client(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._server.recv(_CHUNK):
                if self._deaf.is_set():
                    self._answered.set()
                else:
                    self._client.sendall(data)
        self._close()

    def _close(self) -> None:
        for end in (self._client, self._server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
