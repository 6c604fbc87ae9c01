"""CPU time of processes, as Linux tells it in /proc."""

from __future__ import annotations

import dataclasses
import os
import pathlib

_PROC = pathlib.Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Process:
    """``cpu_s`` holds its own time and that of children that ended and were waited for."""

    pid: int
    parent: int
    cpu_s: float


def of_tree(pid: int) -> float:
    """Seconds of CPU, user and system, of a process with all its descendants, since they began."""
    known = _processes()
    family = new = {pid}
    while new:
        new = {process.pid for process in known if process.parent in family} - family
        family = family | new
    return sum(process.cpu_s for process in known if process.pid in family)


def of_machine() -> float:
    """Seconds of CPU of everything that runs here, since the machine started."""
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, *_ = (
        int(field) for field in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + interrupts + soft_interrupts) / _TICKS_PER_S


def cores() -> int:
    return len(os.sched_getaffinity(0))


def model() -> str:
    """The CPU's name."""
    for line in (_PROC / "cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return " ".join(value.split())
    return "unknown CPU"


def _processes() -> list[_Process]:
    return [found for entry in _PROC.iterdir() if entry.name.isdigit() and (found := _process(entry)) is not None]


def _process(entry: pathlib.Path) -> _Process | None:
    try:
        stat = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        # It ended while the others were read.
        return None
    # The name is in brackets and may hold anything; what follows does not: state, parent, …, and from the twelfth on
    # user and system time, then those of the children.
    fields = stat.rpartition(")")[2].split()
    return _Process(pid=int(entry.name), parent=int(fields[1]), cpu_s=sum(map(int, fields[11:15])) / _TICKS_PER_S)
