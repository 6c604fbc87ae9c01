"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

EXIT_STATUS = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Whether somebody asked for the end."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        self._asked.set()

    @property
    def asked(self) -> bool:
        return self._asked.is_set()


def stop_at_once() -> None:
    """No exception, because it would surface in the middle of anything; a run may end anywhere without harm."""
    tell_stopped()
    os._exit(EXIT_STATUS)


def tell_stopped() -> None:
    _tell("stopped: run the same command again to resume")


def end_at_once() -> None:
    """From now on, wherever nobody else has a handler: while modules are imported, and after a command's end."""
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop_at_once())


@contextlib.contextmanager
def raised() -> Iterator[None]:
    """Inside, the first signal is a KeyboardInterrupt, so that leases are given back; the second ends at once."""

    def handle(_number: int, _frame: FrameType | None) -> None:
        end_at_once()
        raise KeyboardInterrupt

    with _handled(handle):
        yield


@contextlib.contextmanager
def on_signals(stop: Callable[[], None] = stop_at_once) -> Iterator[Interruption]:
    """Main thread only; the signals' handlers are what they were, afterwards."""
    interruption = Interruption()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if interruption.asked:
            stop()
        else:
            interruption.ask()
            _tell("finishing what is in hand; press Ctrl-C again to stop at once")

    with _handled(handle):
        yield interruption


@contextlib.contextmanager
def _handled(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(text: str) -> None:
    # A handler may interrupt a write to the same stream: only the bare system call is safe there.
    os.write(2, f"\nindexer: {text}\n".encode())
