"""Searches that ended long ago are forgotten, with the photographs that were sent with them."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from vitrine import errors
from vitrine.domain import DERIVATIVE_SIZES, upload_derivative_key, upload_key
from vitrine.ports import ImageStore, SearchLedger

_log = logging.getLogger(__name__)

_DAY_S = 86_400.0
# In one go: whoever stops a worker waits for it.
_BATCHES = 500
_TRY_AGAIN_S = 3600.0


class Forgetter:
    """Of all worker processes one at a time runs it. ``keep_days``: how long after they were accepted; more than 0."""

    def __init__(self, ledger: SearchLedger, images: ImageStore, *, keep_days: float) -> None:
        self._ledger = ledger
        self._images = images
        self._keep_s = keep_days * _DAY_S
        # Batches whose photographs cannot be removed, and when that was found (monotonic): no hindrance to the others.
        self._stuck: dict[str, float] = {}

    def forget(self) -> int:
        """The oldest of them, with nothing half forgotten; returns how many searches.

        Raises DependencyUnavailable, also where not one photograph can be removed.
        """
        now = time.monotonic()
        self._stuck = {batch_id: at for batch_id, at in self._stuck.items() if now - at < _TRY_AGAIN_S}
        found = self._ledger.ended_before(time.time() - self._keep_s, _BATCHES + len(self._stuck))
        batches = {batch_id: searches for batch_id, searches in found.items() if batch_id not in self._stuck}
        troubles = {batch_id: error for batch_id, searches in batches.items() if (error := self._removed(searches))}
        gone = [batch_id for batch_id in batches if batch_id not in troubles]
        if troubles and not gone:
            raise next(iter(troubles.values()))
        if not gone:
            return 0
        for batch_id, error in troubles.items():
            _log.warning("the searches of batch %s are kept: %s", batch_id, error.message)
        self._stuck |= dict.fromkeys(troubles, now)
        self._ledger.forget(gone)
        forgotten = sum(len(batches[batch_id]) for batch_id in gone)
        _log.info("forgot %d searches that were accepted more than %g days ago", forgotten, self._keep_s / _DAY_S)
        return forgotten

    def _removed(self, search_ids: Sequence[str]) -> errors.DependencyUnavailable | None:
        """Photographs first: without their rows, nobody would find them again. Returns what keeps one from going."""
        try:
            for search_id in search_ids:
                # The original first: whoever makes a smaller one meanwhile sees that it has gone.
                self._images.remove(upload_key(search_id))
                for size in DERIVATIVE_SIZES:
                    self._images.remove(upload_derivative_key(search_id, size))
        except errors.DependencyUnavailable as error:
            return error
        return None
