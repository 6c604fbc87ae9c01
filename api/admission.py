"""Whether a search may be asked for now: not where everybody waits too long, and not beyond a client's share."""

from __future__ import annotations

from fastapi import Request

from api.services import Services
from vitrine import errors


def refuse_when_overloaded(given: Services) -> None:
    """Raises Overloaded."""
    pace = given.feed.pace.seconds_per_search()
    expected_s = given.broker.depth() * pace if pace else 0.0
    if expected_s > given.settings.max_wait_s:
        raise errors.Overloaded(
            f"So many searches wait that yours would take about {expected_s:.0f} s. Try again later.",
            retry_after_s=max(1.0, expected_s - given.settings.max_wait_s),
        )


def take_share(given: Services, request: Request, searches: int) -> None:
    """Raises TooManyRequests."""
    given.client_limit.take(request.client.host if request.client else "", searches)
