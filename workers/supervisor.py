"""Keeps so many worker processes running until it is asked to stop, then lets each finish what it has in hand."""

from __future__ import annotations

import logging
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess

_log = logging.getLogger(__name__)

# A process that dies at once is not started again at once: whatever killed it may still be there.
_RESTART_AFTER_S = 1.0
_LOOK_EVERY_S = 0.2

Work = Callable[[int], None]
"""Runs in a process of its own, given its number from 1; returns after SIGTERM. Importable by its name."""


Gone = Callable[[int, int], None]
"""Is given the number and the process id of one that ended by itself."""


def _nothing_of_it(number: int, pid: int) -> None:
    """Of a process that ended, nothing is left."""


class Supervisor:
    """`run` blocks until `stop` is called, from a signal handler or another thread."""

    def __init__(
        self, work: Work, *, processes: int, grace_s: float, preload: Sequence[str] = (), gone: Gone = _nothing_of_it
    ) -> None:
        """``preload``: modules that start no thread when they are imported, such as the one that does the work."""
        # Forked, but from a process that has imported modules and done nothing else: connections and threads do not
        # survive a fork, and a killed worker that has to import everything anew is away for seconds.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))
        self._work = work
        self._grace_s = grace_s
        self._gone = gone
        self._running: dict[int, BaseProcess] = {}
        self._started_at: dict[int, float] = {number: float("-inf") for number in range(1, processes + 1)}
        self._stopping = threading.Event()
        self._asking = threading.Lock()

    def run(self) -> int:
        """Exit status: 0 where every process ended by itself within its grace, 1 where one had to be killed."""
        while not self._stopping.is_set():
            self._start_missing()
            self._stopping.wait(_LOOK_EVERY_S)
        return self._end()

    def stop(self) -> None:
        self._stopping.set()

    @property
    def alive(self) -> int:
        return sum(map(self._is_alive, list(self._running.values())))

    def _is_alive(self, process: BaseProcess) -> bool:
        # Its status comes once, and whoever asks at the same moment would be told another one.
        with self._asking:
            return process.is_alive()

    def _start_missing(self) -> None:
        for number, started_at in self._started_at.items():
            process = self._running.get(number)
            if process is not None and self._is_alive(process):
                continue
            if time.monotonic() - started_at < _RESTART_AFTER_S:
                continue
            if process is not None:
                self._gone(number, process.pid or 0)
                _log.error("worker process %d ended with status %s and is started again", number, process.exitcode)
            self._started_at[number] = time.monotonic()
            self._running[number] = self._context.Process(target=self._work, args=(number,), name=f"worker-{number}")
            self._running[number].start()

    def _end(self) -> int:
        for process in self._running.values():
            process.terminate()
        until = time.monotonic() + self._grace_s
        for process in self._running.values():
            process.join(max(0.0, until - time.monotonic()))
        late = [process for process in self._running.values() if process.is_alive()]
        for process in late:
            _log.error(
                "%s had not ended after %.0f s and is killed; its searches are taken up", process.name, self._grace_s
            )
            process.kill()
            process.join()
        return 1 if late else 0
