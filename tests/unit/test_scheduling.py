"""What threads ask of the kernel is what it then does, for them and for the processes that they start."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="policies and threads' priorities are Linux's")

_TELL = "import os; print(os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0))"
_NICE = str(os.getpriority(os.PRIO_PROCESS, 0))


def _told_by_a_child(*asked: str) -> list[str]:
    """Policy and niceness of a process that a process starts which has asked for these, one after the other."""
    asks = "; ".join(f"scheduling.{name}()" for name in asked)
    program = (
        f"import subprocess, sys; from vitrine.adapters import scheduling; {asks};"
        f" subprocess.run([sys.executable, '-c', {_TELL!r}], check=True)"
    )
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()


def test_long_turns_leave_the_priority_as_it_is() -> None:
    assert _told_by_a_child("long_turns") == [str(os.SCHED_BATCH), _NICE]


@pytest.mark.parametrize("asked", [("visitors_first", "long_turns"), ("long_turns", "visitors_first")])
def test_bulk_work_comes_last_whatever_else_is_asked(asked: tuple[str, str]) -> None:
    assert _told_by_a_child(*asked) == [str(os.SCHED_IDLE), _NICE]
