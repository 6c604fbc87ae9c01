"""Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

EXIT_STATUS = 130


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
    _tell("stopped: run the same command again to resume")
    os._exit(EXIT_STATUS)


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

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(text: str) -> None:
    # A handler may interrupt a write to the same stream: only the bare system call is safe there.
    os.write(2, f"\nindexer: {text}\n".encode())
