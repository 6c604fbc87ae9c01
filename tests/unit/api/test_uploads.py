"""What an upload holds is taken or refused, part by part; nothing of it is left out unsaid."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.services import Services
from tests.unit.api.conftest import Configured

JPEG = b"\xff\xd8\xff a vase"
WHOLE = '{"x": 0, "y": 0, "width": 1, "height": 1}'


def sent(client: TestClient, *parts: tuple[str, Any], **fields: str) -> Response:
    return client.post("/api/searches", files=list(parts), data=fields)


def photograph(data: bytes = JPEG, name: str = "a.jpg") -> tuple[str, Any]:
    return "image", (name, data, "image/jpeg")


def refused_field(answer: Response) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["errors"][0]["field"])


@pytest.mark.parametrize("field", ["region", "top_k", "filters", "model", "geometric_check"])
def test_an_option_that_comes_as_a_file_is_refused(client: TestClient, field: str) -> None:
    answer = sent(client, photograph(), (field, (f"{field}.json", b"1", "application/json")))
    assert refused_field(answer) == field
    assert "as a file" in answer.json()["detail"]


def test_a_photograph_that_comes_as_text_is_refused(client: TestClient) -> None:
    answer = sent(client, photograph(), ("image", (None, "the bytes of b.jpg")))
    assert refused_field(answer) == "image"
    assert "as a file" in answer.json()["detail"]


def test_a_field_that_there_is_not_is_told_which_there_are(client: TestClient) -> None:
    answer = sent(client, photograph(), regoin=WHOLE)
    assert refused_field(answer) == "regoin"
    assert "region" in answer.json()["detail"] and "top_k" in answer.json()["detail"]


def test_a_field_whose_name_is_half_a_character_is_refused_like_any_other(client: TestClient) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="\\ud800"\r\n\r\n1\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=raw_unicode_escape"
    assert refused_field(client.post("/api/searches", content=part, headers={"Content-Type": kind})) == "?"


def test_an_option_that_is_given_twice_is_refused(client: TestClient) -> None:
    answer = sent(client, photograph(), ("top_k", (None, "3")), ("top_k", (None, "5")))
    assert refused_field(answer) == "top_k"
    assert "more than once" in answer.json()["detail"]


def test_every_photograph_that_cannot_be_taken_is_named(client: TestClient, given: Services) -> None:
    answer = sent(
        client, photograph(), photograph(b"a text", "b.jpg"), photograph(), photograph(b"", "d.jpg"), photograph()
    )
    document = answer.json()
    named = [(error["field"], error["index"], error["code"]) for error in document["errors"]]
    assert named == [("image", 1, "unsupported_picture"), ("image", 3, "empty_file")]
    assert "d.jpg is empty" in document["errors"][1]["detail"]
    # Clients that know of one only read the first.
    first = document["errors"][0]
    assert (answer.status_code, document["code"], document["detail"]) == (415, first["code"], first["detail"])
    assert given.broker.depth() == 0


def test_a_limit_below_a_mebibyte_is_told_as_it_is(configured: Configured) -> None:
    with TestClient(create_app(configured(max_upload_mib=0.4))) as client:
        answer = sent(client, photograph(JPEG + bytes(2**20)))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "0.4 MiB" in answer.json()["detail"]


@pytest.mark.parametrize(
    "region",
    [
        '{"x": "0", "y": 0, "width": 1, "height": 1}',
        '{"x": "1_0e-2", "y": 0, "width": 0.5, "height": 1}',
        '{"x": "٠", "y": 0, "width": 1, "height": 1}',
        '{"x": false, "y": false, "width": true, "height": true}',
        '{"x": 0, "y": 0, "width": 1}',
        '{"x": 0, "y": 0, "width": 1' + "0" * 5000 + ', "height": 1}',
        '{"x": NaN, "y": 0, "width": 1, "height": 1}',
        '{"x": 0, "y": 0, "width": Infinity, "height": 1}',
    ],
    ids=["text", "python", "arabic", "boolean", "missing", "giant", "nan", "infinity"],
)
def test_a_region_is_made_of_four_numbers_within_the_picture(client: TestClient, region: str) -> None:
    answer = sent(client, photograph(), region=region)
    assert (refused_field(answer), answer.json()["code"]) == ("region", "bad_region")
    assert "sys." not in answer.json()["detail"]


def test_a_region_that_reaches_a_little_beyond_the_border_ends_at_it(client: TestClient) -> None:
    accepted = sent(client, photograph(), region='{"x": 0.25, "y": 0, "width": 0.755, "height": 1.01}').json()
    region = client.get(accepted["url"]).json()["region"]
    assert region == {"x": 0.25, "y": 0.0, "width": 0.75, "height": 1.0}


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ("{", "at character 2"),
        ("[]", "no object"),
        ("[" * 100_000, "nested too deeply"),
        (r'{"typology": "\ud800"}', "half of a character"),
    ],
)
def test_what_is_no_json_object_is_told_where_and_what_to_send(client: TestClient, filters: str, told: str) -> None:
    answer = sent(client, photograph(), filters=filters)
    assert refused_field(answer) == "filters"
    assert told in answer.json()["detail"] and '{"typology": "vase"}' in answer.json()["detail"]


def test_a_form_that_is_broken_is_told_what_to_send(client: TestClient) -> None:
    answer = client.post(
        "/api/searches", content=b"no form", headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert answer.status_code == 422
    assert "curl -F image=@photograph.jpg" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (".", "photograph"),
        ("/", "photograph"),
        ("..", "photograph"),
        ("C:\\снимки\\ваза 1.jpg", "ваза 1.jpg"),
        ("folder/vase.jpg", "vase.jpg"),
        ("vase\u202egpj.exe", "vasegpj.exe"),
        ("\u2066\u2069", "photograph"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_kept_that_can_be_shown(client: TestClient, name: str, kept: str) -> None:
    accepted = sent(client, photograph(name=name)).json()
    assert client.get(accepted["url"]).json()["filename"] == kept


def test_more_at_once_than_a_minutes_share_is_told_how_many_are_taken(configured: Configured) -> None:
    with TestClient(create_app(configured(searches_per_minute=3))) as client:
        answer = sent(client, *[photograph()] * 4)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_many")
        assert "At most 3" in answer.json()["detail"]
        assert client.get("/api/catalogue").json()["max_files"] == 3
        assert sent(client, *[photograph()] * 3).status_code == 202


def test_what_is_refused_does_not_use_up_a_clients_share(configured: Configured) -> None:
    with TestClient(create_app(configured(searches_per_minute=2))) as client:
        assert [sent(client, photograph(b"a text")).status_code for _ in range(3)] == [415] * 3
        assert [sent(client, photograph(), top_k="0").status_code for _ in range(3)] == [422] * 3
        assert [sent(client, photograph()).status_code for _ in range(3)] == [202, 202, 429]
