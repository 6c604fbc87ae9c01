"""The address that a server listens on: taken before all other work, and explained where it cannot be had."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator, Sequence

from vitrine import errors

HTTP = ("VITRINE_HOST", "PORT")
OPERATIONS = ("VITRINE_OPERATIONS_HOST", "VITRINE_OPERATIONS_PORT")


@contextlib.contextmanager
def explained(host: str, port: int, variables: tuple[str, str]) -> Iterator[None]:
    """That the address cannot be had inside is Misconfigured. ``variables``: what sets its host and its port."""
    host_variable, port_variable = variables
    try:
        yield
    # A host that is no name at all is a UnicodeError.
    except (OSError, UnicodeError) as error:
        told = {
            errno.EADDRINUSE: f"Port {port} is taken by another program. Stop that, or choose another port, for "
            f"instance with {port_variable}={port + 1 if port < 65535 else port - 1} before the command.",
            errno.EACCES: f"Port {port} needs more rights than this user has. Choose one above 1023 with "
            f"{port_variable}.",
        }
        otherwise = (
            f"{host!r} is no address of this machine that can be listened on: {error}. Set {host_variable} to one, for "
            "instance 127.0.0.1, or 0.0.0.0 for all."
        )
        number = error.errno if isinstance(error, OSError) else None
        raise errors.Misconfigured(told.get(number or 0, otherwise)) from error


@contextlib.contextmanager
def bound(host: str, port: int, variables: tuple[str, str] = HTTP) -> Iterator[Sequence[socket.socket]]:
    """A socket for each address that the host has. Nobody else can have them, and nobody is answered yet.

    Raises Misconfigured.
    """
    with contextlib.ExitStack() as opened:
        with explained(host, port, variables):
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            sockets = [opened.enter_context(_bound(family, address)) for family, *_, address in dict.fromkeys(found)]
        yield sockets


def _bound(family: socket.AddressFamily, address: object) -> socket.socket:
    # asyncio sends at once (TCP_NODELAY) only over a socket that says that it is TCP: else events wait for 40 ms.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port is free again as soon as its last server has ended.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            # The other family has a socket of its own.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]
    except BaseException:
        made.close()
        raise
    return made
