"""`python dying_worker.py FOLDER`: a worker whose processes kill themselves at named moments.

Each process takes a moment from FOLDER/todo when it starts, dies at it by SIGKILL, and leaves its name in FOLDER/done.
Where no moment is left, it is a worker like any other. A moment is a file: NUMBER-MOMENT.
"""

from __future__ import annotations

import functools
import itertools
import os
import pathlib
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pika.channel
import sqlalchemy as sa

from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.adapters.rabbitmq_publisher import Publisher
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.messages import SearchEvent
from workers.__main__ import main

MOMENTS: dict[str, tuple[type, str]] = {
    "before-decode": (SubprocessDecoder, "decode"),
    "after-decode": (SubprocessDecoder, "decode"),
    "before-encode": (OnnxEncoder, "encode_with_class"),
    "after-encode": (OnnxEncoder, "encode_with_class"),
    "before-commit": (SqlLedger, "complete"),
    "after-commit": (SqlLedger, "complete"),
    "before-publish": (RabbitmqBroker, "publish_events"),
    # Where the connection's own thread has sent the news.
    "after-publish": (Publisher, "_tell_news"),
    "before-ack": (pika.channel.Channel, "basic_ack"),
    "after-ack": (pika.channel.Channel, "basic_ack"),
}
# Some searches have been served before this arrival: what an earlier process died with is through, and no search is
# begun so often that it is taken for the cause.
_ARRIVAL = 4


def prepare(folder: pathlib.Path, moments: list[str]) -> None:
    for state in ("todo", "taken", "done"):
        (folder / state).mkdir()
    for number, moment in enumerate(moments):
        (folder / "todo" / f"{number:03d}-{moment}").touch()


def done(folder: pathlib.Path) -> int:
    return len(list((folder / "done").iterdir()))


def left(folder: pathlib.Path) -> list[str]:
    """Moments that nobody has died at yet."""
    return sorted(path.name for state in ("todo", "taken") for path in (folder / state).iterdir())


class Death:
    def __init__(self, folder: pathlib.Path, moment: str) -> None:
        self._taken, self._done = folder / "taken" / moment, folder / "done" / moment
        self._arrivals = itertools.count(1)
        # A commit belongs to the call that this thread is in.
        self._inside = threading.local()
        _, self._moment = moment.split("-", 1)
        owner, name = MOMENTS[self._moment]
        setattr(owner, name, self._wrapped(getattr(owner, name)))
        if self._moment == "before-commit":
            # Everything is written and nothing is committed.
            sa.event.listen(sa.Engine, "commit", lambda _connection: self._arrived(self._completing))

    def _wrapped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call)
        def dying(*positional: Any, **named: Any) -> Any:
            counts = not self._moment.endswith("publish") or _tells_an_end(*positional)
            self._arrived(counts and self._moment.startswith("before") and self._moment != "before-commit")
            self._inside.call = True
            try:
                result = call(*positional, **named)
            finally:
                self._inside.call = False
            self._arrived(counts and self._moment.startswith("after"))
            return result

        return dying

    @property
    def _completing(self) -> bool:
        return getattr(self._inside, "call", False)

    def _arrived(self, here: bool) -> None:
        if here and next(self._arrivals) == _ARRIVAL:
            self._taken.rename(self._done)
            os.kill(os.getpid(), signal.SIGKILL)


def _tells_an_end(publisher: Any, events: Iterable[SearchEvent] | None = None) -> bool:
    return any(event.kind.terminal for event in (publisher._untold if events is None else events))


def _taken(folder: pathlib.Path) -> str | None:
    for moment in sorted((folder / "todo").iterdir()):
        try:
            moment.rename(folder / "taken" / moment.name)
        except FileNotFoundError:
            # Another process was faster.
            continue
        return moment.name
    return None


# What is called __mp_main__ is a process that the supervisor has started; the supervisor itself must live.
if __name__ == "__mp_main__" and (taken := _taken(pathlib.Path(sys.argv[1]))):
    Death(pathlib.Path(sys.argv[1]), taken)
if __name__ == "__main__":
    sys.exit(main(["--processes", "1"]))
