"""Which addresses there are, by GET and by HEAD, and what the page of the one-process size answers."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.services import Services
from vitrine.domain import RecordContent, derivative_key, original_key


@pytest.fixture
def record(given: Services) -> int:
    """With one image; no other record is there."""
    record_id, _ = given.catalogue.put_record(RecordContent(external_id="vase"))
    given.catalogue.add_image(record_id, sha256="abc", width=9, height=9, source="vase.jpg")
    given.images.write(original_key("abc"), b"\xff\xd8\xff a vase")
    return record_id


def test_head_tells_of_everything_what_get_tells(client: TestClient, record: int) -> None:
    for url in (
        "/api/catalogue",
        "/api/records",
        f"/api/records/{record}",
        "/api/images/1",
        "/health/live",
        "/metrics",
        "/api/searches/none",
        "/api/nothing",
    ):
        head, get = client.head(url), client.get(url)
        assert (head.status_code, head.content) == (get.status_code, b""), url
        assert head.headers["content-type"] == get.headers["content-type"], url
        assert head.headers["x-content-type-options"] == "nosniff", url


def test_a_picture_is_made_once_and_then_kept(client: TestClient, given: Services, record: int) -> None:
    answer = client.get("/api/images/1", params={"size": 100})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert given.images.read(derivative_key("abc", 160)) == answer.content


def test_another_catalogues_picture_is_not_shown_from_a_browsers_memory(client: TestClient, record: int) -> None:
    answer = client.get("/api/images/1")
    assert answer.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get("/api/images/1", headers=known).status_code == 304
    assert client.get("/api/images/1", params={"size": 100}, headers=known).status_code == 200
    assert client.get("/api/images/1", headers={"If-None-Match": '"def-640"'}).content == answer.content


@pytest.mark.parametrize("address", ["1_0", "1.0", "%201", "+1", "01", "%D9%A1", "x", "0", "-1", "9" * 19, "9" * 5000])
def test_a_number_has_one_spelling(client: TestClient, given: Services, record: int, address: str) -> None:
    for number in range(9):
        given.catalogue.put_record(RecordContent(external_id=f"another-{number}"))
    assert client.get("/api/records/10").status_code == client.get(f"/api/images/{record}").status_code == 200
    for url in (f"/api/records/{address}", f"/api/records/{address}/similar", f"/api/images/{address}"):
        answer = client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), url


@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml", ""])
@pytest.mark.parametrize("address", ["/", "/searches/abc", "/batches/abc", "/records/1", "/catalogue", "/assets"])
def test_an_address_of_the_page_is_the_page_to_everybody(with_page: TestClient, address: str, accept: str) -> None:
    answer = with_page.get(address, headers={"Accept": accept})
    assert (answer.status_code, answer.text) == (200, "<!doctype html>the page")
    assert answer.headers["cache-control"] == "no-cache"
    head = with_page.head(address, headers={"Accept": accept})
    assert (head.status_code, head.headers["content-type"]) == (200, answer.headers["content-type"])


def test_the_pages_files_are_served_as_they_are(with_page: TestClient) -> None:
    assert with_page.get("/favicon.svg").text == "<svg/>"
    assert with_page.get("/assets/index-1.js").text == "// its script"
    assert with_page.get("/docs").text == "<!doctype html>the documentation"
    assert with_page.get("/../catalogue.sqlite3").text == "<!doctype html>the page"


@pytest.mark.parametrize("address", ["/assets/index-0.js", "/api/nothing", "/health/nothing", "/api/records/x"])
def test_what_is_no_address_of_the_page_is_not_found(with_page: TestClient, address: str) -> None:
    answer = with_page.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_leaves_the_methods_of_the_api_alone(with_page: TestClient) -> None:
    refused = with_page.put("/api/records/1")
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert with_page.post("/api/searches").status_code == 422
