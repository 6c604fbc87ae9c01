"""How far a long run is: a bar where somebody watches, a line now and then where a log is kept."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Never, Protocol, TextIO

import tqdm

_EVERY_S = 10.0


class Progress(Protocol):
    """One phase at a time."""

    def start(self, label: str, unit: str, total: int | None) -> None: ...
    def advance(self) -> None:
        """One unit is behind. What this raises ends the run."""
        ...

    def finish(self) -> None: ...


class SilentProgress:
    """For callers that watch nothing."""

    def start(self, label: str, unit: str, total: int | None) -> None:
        """Nothing to show."""

    def advance(self) -> None:
        """Nothing to show."""

    def finish(self) -> None:
        """Nothing to show."""


class BarProgress:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._bar: tqdm.tqdm[Never] | None = None

    def start(self, label: str, unit: str, total: int | None) -> None:
        self._bar = tqdm.tqdm(desc=label, unit=f" {unit}", total=total, file=self._stream, dynamic_ncols=True)

    def advance(self) -> None:
        if self._bar is not None:
            self._bar.update()

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class LineProgress:
    """A line every ten seconds with the speed since the line before: what was known already counts only once."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._label, self._unit = "", ""
        self._total: int | None = None
        self._done = self._reported = 0
        self._reported_at = 0.0

    def start(self, label: str, unit: str, total: int | None) -> None:
        self._label, self._unit, self._total = label, unit, total
        self._done = self._reported = 0
        self._reported_at = self._clock()

    def advance(self) -> None:
        self._done += 1
        passed_s = self._clock() - self._reported_at
        if passed_s >= _EVERY_S:
            self._report((self._done - self._reported) / passed_s)
            self._reported, self._reported_at = self._done, self._clock()

    def finish(self) -> None:
        """The summary says the rest."""

    def _report(self, per_s: float) -> None:
        of, left = "", ""
        if self._total is not None:
            of = f" of {self._total:,}"
            left = f", {_duration((self._total - self._done) / per_s)} left"
        text = f"{self._label}: {self._done:,}{of} {self._unit}, {per_s:.1f} {self._unit}/s{left}"
        self._stream.write(f"{text}\n")
        self._stream.flush()


def for_stream(stream: TextIO = sys.stderr) -> Progress:
    return BarProgress(stream) if stream.isatty() else LineProgress(stream)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
