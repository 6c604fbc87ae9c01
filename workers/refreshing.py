"""The thread that keeps a worker's index new, and says when it cannot."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from vitrine import errors
from vitrine.ports import RefreshedIndex

_log = logging.getLogger(__name__)

_STALE_S = 60.0
"""An index that was not refreshed for so long lacks what was indexed meanwhile: an operator should know."""
_JOIN_S = 1.0


class Refreshing:
    """Refreshes until `end`; calls ``then`` once, after the first time.

    Whoever was answered before the index is open would be told that there is none.
    """

    def __init__(self, index: RefreshedIndex, every_s: float, then: Callable[[], None]) -> None:
        self._index = index
        self._every_s = every_s
        self._then = then
        self._opened = False
        self._at = time.monotonic()
        self._reason = "it is being opened"
        self._stop = threading.Event()
        self._beginning = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raises DependencyUnavailable where nothing can be found yet, or nothing new for long."""
        since = time.monotonic() - self._at
        if not self._opened:
            raise errors.DependencyUnavailable(f"The index is not open, {since:.0f} s after the start: {self._reason}")
        if since > max(_STALE_S, 3 * self._every_s):
            raise errors.DependencyUnavailable(f"The index was not refreshed for {since:.0f} s: {self._reason}")

    def stop(self) -> None:
        """``then`` is not called any more; what is being read meanwhile, an index of gigabytes, is not waited for."""
        with self._beginning:
            self._stop.set()

    def join(self) -> None:
        """Wait a moment for what is being read: the thread ends with the process at the latest."""
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._index.refresh()
                self._begin()
                self._at, self._reason = time.monotonic(), "it takes longer"
            except errors.VitrineError as error:
                self._reason = error.message
                _log.warning("the index was not refreshed: %s", error.message)
            # The boundary of a thread: without it, nothing new would be found until a restart.
            except Exception as surprise:  # noqa: BLE001
                self._reason = repr(surprise)
                _log.exception("refreshing the index broke and goes on")
            self._stop.wait(self._every_s)

    def _begin(self) -> None:
        with self._beginning:
            if not self._opened and not self._stop.is_set():
                self._then()
                self._opened = True
