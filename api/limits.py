"""How many photographs one client may send, so that one script does not take everybody's place in the queue."""

from __future__ import annotations

import time

import limits
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from vitrine import errors


class ClientLimit:
    """Counts in this process: behind several API replicas a client may send so many to each."""

    def __init__(self, searches_per_minute: int) -> None:
        """0: no limit."""
        self._allowed = limits.RateLimitItemPerMinute(searches_per_minute) if searches_per_minute else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, client: str, photographs: int) -> None:
        """Raises TooManyRequests; what was refused does not count. No upload is larger than a minute's share."""
        if self._allowed is None:
            return
        if not self._limiter.hit(self._allowed, client, cost=photographs):
            reset_at = self._limiter.get_window_stats(self._allowed, client).reset_time
            raise errors.TooManyRequests(
                f"You may ask for {self._allowed.amount} searches a minute. Send the others later.",
                retry_after_s=max(1.0, reset_at - time.time()),
            )
