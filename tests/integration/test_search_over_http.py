"""The way of one photograph, through the real server."""

from __future__ import annotations

import csv
import io
import json
import pathlib
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from PIL import Image

from tests.conftest import Server
from tests.integration.pictures import third_views


def reencoded(data: bytes, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(data)).save(out, **options)
    return out.getvalue()


def test_the_same_object_is_found_by_another_view_of_it(server: Server, museum: pathlib.Path) -> None:
    wanted = third_views(museum)[:30]
    found = [server.searched(picture)["result"]["matches"][0]["record"]["external_id"] for _, picture in wanted]
    right = sum(first == external_id for first, (external_id, _) in zip(found, wanted, strict=True))
    assert right >= 20, f"{right} of {len(wanted)} objects were found first"


def test_a_result_has_the_form_that_others_rely_on(server: Server, museum: pathlib.Path) -> None:
    external_id, picture = third_views(museum)[0]
    accepted = server.search(picture)
    assert accepted.status_code == 202
    assert set(accepted.json()) >= {"id", "batch_id", "url", "events_url"}
    document = server.result(accepted.json()["id"])
    assert set(document) >= {"id", "status", "stage", "queue_position", "result", "error"}
    result = document["result"]
    assert set(result) >= {"class", "description", "nothing_similar", "matches"}
    assert set(result["description"]) >= {"text", "fields"}
    for field in result["description"]["fields"].values():
        assert set(field) >= {"value", "support", "sources"}
        assert 0 < field["support"] <= 1 and field["sources"]
    assert len(result["matches"]) == 10
    for match in result["matches"]:
        assert set(match) >= {"record", "image_url", "similarity", "verdict", "evidence"}
        assert match["verdict"] in ("same_photograph", "same_object", "similar", "distant")
        assert -1 <= match["similarity"] <= 1
    assert len({match["record"]["id"] for match in result["matches"]}) == 10
    scores = [match["score"] for match in result["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert external_id


def test_a_catalogue_photograph_finds_itself_as_the_same_photograph(server: Server, museum: pathlib.Path) -> None:
    with (museum / "museum.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    match = server.searched((museum / row["image"]).read_bytes())["result"]["matches"][0]
    assert (match["record"]["external_id"], match["verdict"]) == (row["external_id"], "same_photograph")
    assert match["evidence"]["inliers"] >= len(match["evidence"]["points"]) > 0
    assert all(0 <= value <= 1 for point in match["evidence"]["points"] for value in point)


def test_who_prefers_to_wait_gets_the_result_in_the_answer_to_the_upload(server: Server, museum: pathlib.Path) -> None:
    external_id, picture = third_views(museum)[0]
    upload = {"image": ("photograph.jpg", picture, "image/jpeg")}
    answer = server.client.post("/api/searches", files=upload, headers={"Prefer": "wait=30"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["status"] == "completed"
    assert document["result"]["matches"][0]["record"]["external_id"] == external_id
    assert server.client.get(document["url"]).json()["result"] == document["result"]


def test_who_prefers_to_wait_for_several_photographs_is_answered_at_once(server: Server, museum: pathlib.Path) -> None:
    uploads = [("image", (f"{number}.jpg", third_views(museum)[number][1], "image/jpeg")) for number in range(2)]
    answer = server.client.post("/api/searches", files=uploads, headers={"Prefer": "wait=30"})
    assert answer.status_code == 202
    assert len(answer.json()["searches"]) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"format": "WEBP"},
        {"format": "AVIF"},
        {"format": "TIFF"},
        {"format": "HEIF"},
        {"format": "PNG"},
    ],
    ids=lambda options: str(options["format"]),
)
def test_the_same_object_is_found_in_another_format(
    server: Server, museum: pathlib.Path, options: dict[str, Any]
) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    with (museum / "museum.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    document = server.searched(reencoded((museum / row["image"]).read_bytes(), **options))
    assert document["result"]["matches"][0]["record"]["external_id"] == row["external_id"]


def events_of(server: Server, url: str, last_event_id: str = "") -> list[dict[str, Any]]:
    """The frames of a stream until the server ends it."""
    frames: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with server.client.stream("GET", url, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        frame: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line == "" and frame:
                frames.append(frame)
                frame = {}
            elif name in ("id", "event"):
                frame[name] = value
            elif name == "data":
                frame["data"] = json.loads(value)
    return [frame for frame in frames if "event" in frame]


def test_one_stream_tells_every_stage_of_every_photograph(server: Server, museum: pathlib.Path) -> None:
    pictures = [picture for _, picture in third_views(museum)[:3]]
    accepted = server.search(*pictures).json()
    assert len(accepted["searches"]) == 3
    frames = events_of(server, accepted["events_url"])
    assert frames[-1]["event"] == "BatchFinished"
    told = [frame for frame in frames if "id" in frame]
    assert [int(frame["id"]) for frame in told] == list(range(1, len(told) + 1))
    for search in accepted["searches"]:
        stages = [frame["data"]["stage"] for frame in told if frame["data"]["search_id"] == search["id"]]
        assert stages == ["queued", "decoding", "embedding", "searching", "comparing", "describing", "done"]
    assert events_of(server, accepted["events_url"], last_event_id=told[-3]["id"]) == frames[-3:]
    alone = events_of(server, accepted["searches"][0]["events_url"])
    assert [frame["event"] for frame in alone[-2:]] == ["SearchCompleted", "SearchFinished"]


def test_a_stream_that_is_opened_late_tells_the_whole_story(server: Server, museum: pathlib.Path) -> None:
    accepted = server.search(third_views(museum)[0][1]).json()
    server.result(accepted["id"])
    told = [frame for frame in events_of(server, accepted["events_url"]) if "id" in frame]
    assert told[0]["data"]["stage"] == "queued"
    assert told[-1]["event"] == "SearchCompleted"


def test_a_waiting_search_can_be_cancelled_once(server: Server, museum: pathlib.Path) -> None:
    pictures = [picture for _, picture in third_views(museum)[:12]]
    last = server.search(*pictures).json()["searches"][-1]["id"]
    assert server.client.delete(f"/api/searches/{last}").status_code == 204
    assert server.result(last)["status"] == "cancelled"
    again = server.client.delete(f"/api/searches/{last}")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")


def test_a_region_searches_that_part_only(server: Server, museum: pathlib.Path) -> None:
    first, second = (Image.open(io.BytesIO(picture)) for _, picture in third_views(museum)[:2])
    both = Image.new("RGB", (first.width + second.width, max(first.height, second.height)))
    both.paste(first, (0, 0))
    both.paste(second, (first.width, 0))
    out = io.BytesIO()
    both.save(out, "JPEG", quality=92)
    left = {"x": 0, "y": 0, "width": first.width / both.width, "height": first.height / both.height}
    alone = server.searched(third_views(museum)[0][1])["result"]["matches"]
    region = server.searched(out.getvalue(), region=json.dumps(left))["result"]["matches"]
    assert region[0]["record"]["id"] == alone[0]["record"]["id"]
    evidence = region[0]["evidence"]
    if evidence and evidence["points"]:
        assert all(point[0] <= left["width"] + 0.01 for point in evidence["points"])


def test_filters_and_top_k_are_kept_to(server: Server, museum: pathlib.Path) -> None:
    picture = third_views(museum)[0][1]
    document = server.searched(picture, top_k="4", filters=json.dumps({"typology": "Оружие"}))
    matches = document["result"]["matches"]
    assert 0 < len(matches) <= 4
    assert {match["record"]["typology"] for match in matches} == {"Оружие"}


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    return out.getvalue()


def truncated(museum: pathlib.Path) -> bytes:
    return third_views(museum)[0][1][:5000]


def test_a_damaged_picture_fails_with_its_reason_and_the_next_is_answered(server: Server, museum: pathlib.Path) -> None:
    for data, code in (
        (truncated(museum), "broken_picture"),
        (bomb(), "too_many_pixels"),
        (b"\xff\xd8\xff\xe0nothing", "broken_picture"),
    ):
        document = server.searched(data)
        assert (document["status"], document["error"]["code"]) == ("failed", code)
        assert document["error"]["detail"]
        assert server.searched(third_views(museum)[1][1])["status"] == "completed"


def test_pictures_are_served_re_encoded_in_the_size_asked_for(server: Server, museum: pathlib.Path) -> None:
    document = server.searched(third_views(museum)[0][1])
    for url in (document["image_url"], document["result"]["matches"][0]["image_url"]):
        answer = server.client.get(url, params={"size": 160})
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert max(Image.open(io.BytesIO(answer.content)).size) == 160


def test_a_record_is_added_changed_and_withdrawn_live(server: Server, museum: pathlib.Path) -> None:
    picture = third_views(museum)[2][1]
    first = server.searched(picture)["result"]["matches"][0]["record"]
    url = f"/api/records/{first['id']}"
    server.client.patch(url, json={"name": "Переименованный предмет"}).raise_for_status()
    assert server.searched(picture)["result"]["matches"][0]["record"]["name"] == "Переименованный предмет"
    assert server.client.delete(url).status_code == 204
    assert first["id"] not in {match["record"]["id"] for match in server.searched(picture)["result"]["matches"]}
    content = {name: first[name] for name in ("external_id", "name", "typology")}
    again = server.client.post("/api/records", json=content)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    refused = server.client.post("/api/records", json=content)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "external_id")
    made = server.client.post("/api/records", json={"external_id": "new-1", "name": "Новый предмет"})
    assert made.status_code == 201
    assert (
        server.client.get("/api/records", params={"q": "новые предметы"}).json()["records"][0]["external_id"] == "new-1"
    )
    server.client.delete(made.headers["Location"])


@pytest.mark.parametrize("name", ["Чаи\u0306ник", "Чай\u00adник"], ids=["decomposed", "soft hyphen"])
def test_a_word_is_found_however_it_is_written(server: Server, name: str) -> None:
    made = server.client.post("/api/records", json={"external_id": "written", "name": name})
    for asked in ("чайник", name):
        found = server.client.get("/api/records", params={"q": asked}).json()["records"]
        assert "written" in {record["external_id"] for record in found}
    server.client.delete(made.headers["Location"]).raise_for_status()


def test_head_is_answered_like_get_without_the_body(server: Server, museum: pathlib.Path) -> None:
    accepted = server.search(*[picture for _, picture in third_views(museum)[:12]]).json()
    image = server.client.get("/api/records").json()["records"][0]["images"][0]["url"]
    # One connection for all: an answer that did not end would keep the next one from coming.
    for url in (accepted["events_url"], "/api/catalogue", image, "/health/live"):
        head = server.client.head(url)
        assert (head.status_code, head.content) == (200, b""), url
    assert server.client.head(image).headers["content-length"] == str(len(server.client.get(image).content))


def test_similar_records_leave_the_record_itself_out(server: Server) -> None:
    record = server.client.get("/api/records").json()["records"][0]
    matches = server.client.get(f"/api/records/{record['id']}/similar").json()["matches"]
    assert len(matches) == 10
    assert record["id"] not in {match["record"]["id"] for match in matches}


def test_the_catalogue_says_what_is_in_it(server: Server) -> None:
    summary = server.client.get("/api/catalogue").json()
    assert summary["records"] > 0 and summary["images"] > 0 and summary["snapshot"]
    assert summary["model_id"].startswith("vitrine-s@")
    assert len(summary["typologies"]) == 15
    weapons = next(known for known in summary["typologies"] if known["name"] == "Оружие")
    assert weapons["translations"] == {"en": "Arms and armour"} and weapons["count"] > 0


def test_health_and_metrics_answer(server: Server, museum: pathlib.Path) -> None:
    server.searched(third_views(museum)[0][1])
    assert server.client.get("/health/live").json() == {"status": "live"}
    assert server.client.get("/health/ready").json()["status"] == "ready"
    assert 'vitrine_searches_finished_total{kind="SearchCompleted"}' in server.client.get("/metrics").text


def test_many_clients_at_once_are_all_answered(server: Server, museum: pathlib.Path) -> None:
    picture = third_views(museum)[0][1]
    ended: list[str] = []

    def visit() -> None:
        with httpx2.Client(base_url=server.base_url, timeout=60) as client:
            accepted = client.post("/api/searches", files={"image": ("a.jpg", picture)}).json()
            document: dict[str, Any] = {"status": ""}
            while document["status"] not in ("completed", "failed"):
                document = client.get(accepted["url"], headers={"Prefer": "wait=10"}).json()
            ended.append(document["status"])

    visitors = [threading.Thread(target=visit) for _ in range(24)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert ended == ["completed"] * 24


def test_an_empty_catalogue_says_what_to_do(
    start_server: Callable[..., Server], museum: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    server = start_server(tmp_path)
    summary = server.client.get("/api/catalogue").json()
    assert (summary["records"], summary["snapshot"]) == (0, None)
    document = server.searched(third_views(museum)[0][1])
    assert (document["status"], document["error"]["code"]) == ("failed", "index_not_ready")
    assert document["error"]["status"] == 503
    assert "indexer" in document["error"]["detail"]


def test_a_server_that_is_asked_to_stop_ends_its_streams(
    start_server: Callable[..., Server], home: pathlib.Path, museum: pathlib.Path
) -> None:
    server: Server = start_server(home)
    accepted = server.search(*[picture for _, picture in third_views(museum)]).json()
    reading = threading.Thread(target=lambda: events_quietly(server, accepted["events_url"]))
    reading.start()
    time.sleep(0.5)
    assert server.stop() == 0
    reading.join(timeout=10)
    assert not reading.is_alive()


def events_quietly(server: Server, url: str) -> None:
    try:
        events_of(server, url)
    except httpx2.HTTPError:
        return
