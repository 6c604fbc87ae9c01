"""What a part of the benchmark found, or why it found nothing; no part takes another down."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


class NotHere(Exception):
    """A library, a card or its memory is absent: the part is not run, and the message says why."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table. ``data``: the same as numbers, for the log and for the goals."""

    measured: str
    figure: str
    latency: str = ""
    ceiling: str = ""
    goal: str = ""
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def not_run(cls, measured: str, reason: str) -> Row:
        return cls(measured=measured, figure=f"not run: {reason}", data={"not_run": reason})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deadline:
    """What would begin after it is told as not run."""

    minutes: float
    ends: float

    @classmethod
    def within(cls, minutes: float) -> Deadline:
        return cls(minutes=minutes, ends=time.monotonic() + 60 * minutes)

    def check(self) -> None:
        if time.monotonic() > self.ends:
            raise NotHere(f"the time was used up (--minutes {self.minutes:g})")


def rows_of(name: str, part: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The part's rows as they come; where it fails, what came before it and the reason in the place of the rest."""
    try:
        yield from part()
    except NotHere as reason:
        yield Row.not_run(name, str(reason))
    except ImportError as error:
        yield Row.not_run(name, f"{error.name or 'a library'} cannot be imported ({_first_line(error)})")
    # A boundary: drivers and compilers fail in every way there is, and the other parts' figures must not be lost.
    except Exception as error:  # noqa: BLE001
        yield Row.not_run(name, f"{type(error).__name__}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    # A bar would end the table's cell.
    return (lines[0] if lines else "no message")[:160].replace("|", "/")
