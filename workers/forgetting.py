"""Searches that ended long ago are forgotten, with the photographs that were sent with them."""

from __future__ import annotations

import logging
import time

from vitrine.domain import DERIVATIVE_SIZES, upload_derivative_key, upload_key
from vitrine.ports import ImageStore, SearchLedger

_log = logging.getLogger(__name__)

_DAY_S = 86_400.0
_BATCHES = 100


class Forgetter:
    """``keep_days``: how long after they were accepted; more than 0."""

    def __init__(self, ledger: SearchLedger, images: ImageStore, *, keep_days: float) -> None:
        self._ledger = ledger
        self._images = images
        self._keep_s = keep_days * _DAY_S

    def forget(self) -> int:
        """Returns how many searches. Raises DependencyUnavailable; what was begun is ended by the next run."""
        until = time.time() - self._keep_s
        forgotten = 0
        while batches := self._ledger.ended_before(until, _BATCHES):
            searches = [search_id for batch in batches.values() for search_id in batch]
            # Photographs first: without their rows, nobody would find them again.
            for search_id in searches:
                for size in DERIVATIVE_SIZES:
                    self._images.remove(upload_derivative_key(search_id, size))
                self._images.remove(upload_key(search_id))
            self._ledger.forget(list(batches))
            forgotten += len(searches)
        if forgotten:
            _log.info("forgot %d searches that were accepted more than %g days ago", forgotten, self._keep_s / _DAY_S)
        return forgotten
