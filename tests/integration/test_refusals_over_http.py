"""What a client sends that cannot be taken: the answer names it, is a problem document, and says what to do."""

from __future__ import annotations

import json
import pathlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Server
from tests.integration.pictures import third_views


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"top_k": "0"}, "top_k"),
        ({"top_k": "ten"}, "top_k"),
        ({"top_k": "1" * 5000}, "top_k"),
        ({"region": "{"}, "region"),
        ({"region": '{"x": 2, "y": 0, "width": 1, "height": 1}'}, "region"),
        ({"region": '{"x": 0, "y": 0, "width": 1, "height": 1' + "0" * 400 + "}"}, "region"),
        ({"region": "[" * 100_000}, "region"),
        ({"filters": '{"colour": "red"}'}, "filters"),
        ({"filters": r'{"\ud800": "1"}'}, "filters"),
        ({"filters": r'{"typology": "\ud800"}'}, "filters"),
        ({"model": "another"}, "model"),
        ({"geometric_check": "perhaps"}, "geometric_check"),
    ],
)
def test_a_wrong_field_is_named(server: Server, museum: pathlib.Path, fields: dict[str, str], named: str) -> None:
    refused = server.search(third_views(museum)[0][1], **fields)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["errors"][0]["field"] == named


def test_an_upload_without_a_photograph_is_refused(server: Server) -> None:
    assert server.client.post("/api/searches", data={"top_k": "3"}).status_code == 422
    assert server.client.post("/api/searches").status_code == 422


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "empty_file"),
        (b"This is a text.\n" * 40, 415, "unsupported_picture"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "unsupported_picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "unsupported_picture"),
        (b"\xff\xd8\xff" + b"\x00" * (60 << 20), 413, "too_large"),
    ],
    ids=["empty", "text", "svg", "eps", "60 MB"],
)
def test_what_is_no_picture_is_refused_at_the_door(
    server: Server, museum: pathlib.Path, data: bytes, status: int, code: str
) -> None:
    refused = server.search(data)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert server.searched(third_views(museum)[0][1])["status"] == "completed"


def test_a_region_of_a_few_pixels_fails_with_a_code_of_its_own(server: Server, museum: pathlib.Path) -> None:
    region = {"x": 0.5, "y": 0.5, "width": 0.001, "height": 0.001}
    document = server.searched(third_views(museum)[0][1], region=json.dumps(region))
    assert document["status"] == "failed"
    assert (document["error"]["code"], document["error"]["status"]) == ("region_too_small", 422)


def test_unknown_things_are_not_found(server: Server) -> None:
    for url in (
        "/api/searches/nothing",
        "/api/records/999999",
        "/api/images/999999",
        "/api/batches/x/events",
        "/api/x",
    ):
        answer = server.client.get(url)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), url


@pytest.mark.parametrize("number", [2**63, 10**19, -1, 0])
def test_a_number_that_no_record_can_have_is_not_found(server: Server, number: int) -> None:
    for method, url in (
        ("GET", f"/api/records/{number}"),
        ("PATCH", f"/api/records/{number}"),
        ("DELETE", f"/api/records/{number}"),
        ("GET", f"/api/records/{number}/similar"),
        ("GET", f"/api/images/{number}"),
    ):
        answer = server.client.request(method, url, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), url


@pytest.mark.parametrize("cursor", ["9" * 19, "9" * 5000, "x", "-1", "１"])
def test_a_cursor_of_no_list_is_named(server: Server, cursor: str) -> None:
    answer = server.client.get("/api/records", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "cursor")


def test_of_several_photographs_the_refused_ones_are_named_by_their_places(
    server: Server, museum: pathlib.Path
) -> None:
    good = third_views(museum)[0][1]
    refused = server.search(good, good, b"no picture", good, b"")
    assert refused.status_code == 415
    assert [(error["field"], error["index"]) for error in refused.json()["errors"]] == [("image", 2), ("image", 4)]


@pytest.mark.parametrize("count", [51, 52, 80])
def test_too_many_photographs_at_once_are_told_how_many_are_taken(server: Server, count: int) -> None:
    refused = server.search(*[b"\xff\xd8\xff"] * count)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_many")
    assert "At most 50" in refused.json()["detail"]


def test_a_request_that_is_too_long_is_refused_before_it_is_read(server: Server) -> None:
    assert server.client.get("/api/catalogue").json()["max_batch_bytes"] == 512 << 20
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/searches HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 600000000\r\n\r\n--b\r\n"
        )
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
        assert b" 413 " in head.splitlines()[0] and b"application/problem+json" in head
        body = body or connection.recv(65536)
    assert json.loads(body)["code"] == "request_too_large"


def test_an_upload_that_is_broken_off_is_no_error_of_the_server(server: Server, museum: pathlib.Path) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /api/searches HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
            b"Content-Length: 100000\r\n\r\n--b\r\n"
        )
    assert server.searched(third_views(museum)[0][1])["status"] == "completed"
    log = (server.home / "server.log").read_text()
    assert "the client went away" in log
    assert "ClientDisconnect" not in log


@pytest.mark.parametrize("last_event_id", ["9" * 20, "9" * 5000, "1000000", "-1", "x"])
def test_a_stream_taken_up_after_an_event_that_never_was_tells_everything(
    server: Server, museum: pathlib.Path, last_event_id: str
) -> None:
    accepted = server.search(third_views(museum)[0][1]).json()
    with server.client.stream("GET", accepted["events_url"], headers={"Last-Event-ID": last_event_id}) as stream:
        told = [line.removeprefix("event: ") for line in stream.iter_lines() if line.startswith("event: ")]
    assert "SearchCompleted" in told
    assert told[-1] == "BatchFinished"


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({"year_from": 2000, "year_to": 1000}, "year_from"),
        ({"translations": {"en": {"name": "x" * 100_000}}}, "name"),
        ({"authors": ["x" * 1000] * 1000}, "authors"),
        ({"authors": ["a\0b"]}, "authors"),
        ({"name": "a\0b"}, "name"),
        ({"external_id": ""}, "external_id"),
        ({"year_from": 10_000}, "year_from"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_record_is_refused_by_the_rules_of_an_import(server: Server, record: dict[str, Any], named: str) -> None:
    refused = server.client.post("/api/records", json={"external_id": "refused", **record})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, named)
    changed = server.client.patch("/api/records/1", json={**record, "museum": "must not be kept"})
    assert changed.status_code == 422
    assert server.client.get("/api/records/1").json()["museum"] != "must not be kept"


def test_a_year_is_checked_against_the_one_that_is_kept(server: Server) -> None:
    made = server.client.post("/api/records", json={"external_id": "dated", "year_from": 1800, "year_to": 1900})
    url = made.headers["Location"]
    refused = server.client.patch(url, json={"year_to": 1700})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_year")
    assert server.client.get(url).json()["year_to"] == 1900
    server.client.delete(url)


def test_a_client_beyond_its_share_is_refused_other_searches_too(
    start_server: Callable[..., Server], home: pathlib.Path, museum: pathlib.Path
) -> None:
    server = start_server(home, VITRINE_SEARCHES_PER_MINUTE="2")
    assert server.search(third_views(museum)[0][1]).status_code == 202
    answers = [server.client.get("/api/records/1/similar") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert int(answers[1].headers["Retry-After"]) > 0
