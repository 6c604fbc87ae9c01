"""What the routes of the catalogue refuse, and how a refusal and a failure are told."""

from __future__ import annotations

import prometheus_client
import pytest
from starlette.testclient import TestClient

from api import problems
from api.problems import problem_document
from api.services import Services
from vitrine import errors
from vitrine.domain import RecordContent


@pytest.fixture
def record(given: Services) -> int:
    """Without images."""
    return given.catalogue.put_record(RecordContent(external_id="vase"))[0]


def test_likes_of_a_record_without_images_cannot_be_searched_for(client: TestClient, record: int) -> None:
    answer = client.get(f"/api/records/{record}/similar")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_images")
    assert "/api/searches" in answer.json()["detail"]


def test_authors_without_a_name_are_none(client: TestClient, record: int) -> None:
    sent = {"authors": ["", " ", "Врубель"]}
    changed = client.patch(f"/api/records/{record}", json=sent)
    created = client.post("/api/records", json={"external_id": "another", **sent})
    assert changed.json()["authors"] == created.json()["authors"] == ["Врубель"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"name" "vase"}', "at character 9"),
        (b'{"year_from": ' + b"1" * 5000 + b"}", "JSON object"),
        (b"\xff\xfe\xff", "UTF-8"),
        (b"[]", "JSON object"),
        (b"", "JSON object"),
    ],
    ids=["broken", "giant", "bytes", "list", "nothing"],
)
def test_a_body_that_cannot_be_read_is_told_what_to_send(
    client: TestClient, record: int, body: bytes, told: str
) -> None:
    answer = client.patch(f"/api/records/{record}", content=body, headers={"Content-Type": "application/json"})
    document = answer.json()
    assert (answer.status_code, document["errors"][0]["field"]) == (422, "body")
    assert told in document["detail"]


def test_what_is_away_is_counted_for_whoever_watches() -> None:
    def counted() -> float:
        return prometheus_client.REGISTRY.get_sample_value("vitrine_unavailable_total") or 0.0

    before = counted()
    problems.answer(errors.Overloaded("so many", retry_after_s=1.0))
    assert counted() == before
    problems.answer(errors.DependencyUnavailable("The database does not answer."))
    assert counted() == before + 1


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("index_not_ready", 503),
        ("unavailable", 503),
        ("overloaded", 503),
        ("internal", 500),
        ("misconfigured", 500),
        ("damaged_snapshot", 500),
        ("unsupported_picture", 415),
        ("too_large", 413),
        ("too_many_pixels", 413),
        ("region_too_fine", 413),
        ("region_too_small", 422),
        ("broken_picture", 422),
        ("gave_up", 422),
    ],
)
def test_a_failed_search_is_told_with_the_status_of_its_reason(code: str, status: int) -> None:
    assert problem_document(code, "why")["status"] == status
