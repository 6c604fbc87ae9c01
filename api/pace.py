"""How fast searches are answered, by those that ended lately."""

from __future__ import annotations

import collections
import time

# Completions of this long ago still tell how fast searches are answered.
_WINDOW_S = 60.0
_MOST = 1000
# Nothing ended for so long: there was nothing to do. It says nothing of how fast searches are answered. (How many wait
# would tell, but a queue's depth is a second old, and by then a lone search has come and ended.)
_IDLE_GAP_S = 1.0


class Pace:
    """Counted as ends come in: every upload asks for it. Of one thread."""

    def __init__(self) -> None:
        # When each search ended (Unix seconds), and how long after the one before.
        self._ends: collections.deque[tuple[float, float]] = collections.deque()
        self._gaps_s = 0.0
        self._last: float | None = None

    def ended(self, at: float) -> None:
        gap_s = 0.0 if self._last is None else min(max(at - self._last, 0.0), _IDLE_GAP_S)
        self._last = at
        self._ends.append((at, gap_s))
        self._gaps_s += gap_s
        if len(self._ends) > _MOST:
            self._drop_oldest()

    def seconds_per_search(self) -> float | None:
        """How long one search takes the whole pool of workers, by the last minute; None while nothing was finished."""
        since = time.time() - _WINDOW_S
        while self._ends and self._ends[0][0] <= since:
            self._drop_oldest()
        if len(self._ends) < 2:
            return None
        # The first one's gap leads out of the window.
        gaps_s = self._gaps_s - self._ends[0][1]
        return max(gaps_s / (len(self._ends) - 1), 1e-4)

    def _drop_oldest(self) -> None:
        _, gap_s = self._ends.popleft()
        self._gaps_s = self._gaps_s - gap_s if self._ends else 0.0
