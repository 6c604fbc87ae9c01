"""Waiting for an end in the answer to an upload: the promise is given whatever happens to the waiting."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.services import Services
from vitrine import errors
from vitrine.adapters.sql_ledger import SqlLedger


def test_a_database_that_goes_away_meanwhile_does_not_have_the_photograph_sent_twice(
    client: TestClient, given: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise errors.DependencyUnavailable("The connection to the database was lost")

    with monkeypatch.context() as outage:
        outage.setattr(SqlLedger, "several", away)
        answer = client.post(
            "/api/searches", files={"image": ("a.jpg", b"\xff\xd8\xff a vase")}, headers={"Prefer": "wait=1"}
        )
    assert answer.status_code == 202, answer.text
    assert given.ledger.get(answer.json()["id"]).status.value == "accepted"
    assert given.broker.depth() == 1
