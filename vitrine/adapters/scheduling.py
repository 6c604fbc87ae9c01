"""What a thread asks of the kernel, for itself and for the threads and processes that it starts from then on.

Nothing here is needed to be right, only to be fast: where the kernel does not know it or refuses it, all goes on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import sys
import threading

_TURN_NS = 20_000_000
_BATCH = 3
# sched_setattr has no function in the C library before glibc 2.41, and none in Python.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
# struct sched_attr (sched_setattr(2)): size, policy, flags, nice, priority, runtime, deadline, period
_ATTRIBUTES = struct.Struct("=IIQiIQQQ")


def long_turns() -> None:
    """For work of milliseconds whose data fill a core's cache: who is interrupted has to fill it anew.

    The thread interrupts nobody when it wakes, and keeps its core for 20 ms where others like it wait. (The turn is
    for Linux 6.12 and later. Others, which wake for short work, are still let in at once.)
    """
    if sys.platform != "linux" or os.sched_getscheduler(0) == os.SCHED_IDLE:
        return
    if call := _SCHED_SETATTR.get(platform.machine()):
        nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        ctypes.CDLL(None).syscall(call, 0, _ATTRIBUTES.pack(_ATTRIBUTES.size, _BATCH, 0, nice, 0, _TURN_NS, 0, 0), 0)


def visitors_first() -> None:
    """For bulk work: it takes what others leave of the cores, and lets go when one of them wakes, for good."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
