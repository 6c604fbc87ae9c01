"""A client's share: counted for each client, refused with the time to come back, never charged for what is refused."""

from __future__ import annotations

import pytest

from api.limits import ClientLimit
from vitrine import errors


def test_a_client_beyond_its_share_is_refused_and_others_are_not() -> None:
    limit = ClientLimit(10)
    limit.take("10.0.0.1", 4)
    limit.take("10.0.0.1", 6)
    with pytest.raises(errors.TooManyRequests) as refused:
        limit.take("10.0.0.1", 1)
    assert 1 <= refused.value.retry_after_s <= 61
    limit.take("10.0.0.2", 10)


def test_what_is_refused_does_not_count() -> None:
    limit = ClientLimit(10)
    for _ in range(3):
        with pytest.raises(errors.TooManyRequests):
            limit.take("10.0.0.1", 11)
    limit.take("10.0.0.1", 10)


def test_zero_is_no_limit() -> None:
    limit = ClientLimit(0)
    for _ in range(50):
        limit.take("10.0.0.1", 50)
