"""Work that every worker process is ready to do, and one of them does: whichever holds the lease."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Self

from vitrine import errors
from vitrine.ports import Leases

_log = logging.getLogger(__name__)


class LeasedWork:
    """As a context: inside, ``act`` is called every ``every_s`` seconds while this process holds the lease."""

    def __init__(self, lease: str, act: Callable[[], object], leases: Leases, *, every_s: float) -> None:
        self._lease = lease
        self._act = act
        self._leases = leases
        self._every_s = every_s
        self._told = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=lease, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                with self._leases.hold(self._lease):
                    self._act_until_closed()
            except errors.DependencyUnavailable as error:
                # Somebody else acts, or what keeps this process from acting has been told.
                _log.debug("the %s waits: %s", self._lease, error.message)
            # The boundary of a thread: a defect must not end the work for good.
            except Exception:  # noqa: BLE001
                _log.exception("the %s broke and goes on", self._lease)

    def _act_until_closed(self) -> None:
        while True:
            try:
                self._act()
            except errors.DependencyUnavailable as error:
                if error.message != self._told:
                    _log.warning("the %s cannot do its work and tries again: %s", self._lease, error.message)
                self._told = error.message
                raise
            self._told = ""
            if self._closed.wait(self._every_s):
                return
