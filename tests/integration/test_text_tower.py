"""What a text tower is for, by one that really knows three colours: records by meaning, and classes by their names."""

from __future__ import annotations

import concurrent.futures
import contextlib
import csv
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests import colour_model
from tests.conftest import Server, run_module
from tests.integration.searching import comes_true

OBJECTS = {"red": 6, "green": 5, "blue": 4}
# Its name says what its picture does not show.
MISNAMED = "красный уголок"
# One blue thing more, which is found as long as it is shown.
WITHDRAWN = "blue-4"


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A catalogue of coloured pictures whose records do not say their colour, but for one green thing."""
    home = tmp_path_factory.mktemp("coloured")
    colour_model.write(home / "models")
    museum(home / "museum")
    added = run_module("indexer", "add", str(home / "museum" / "museum.csv"), home=home, VITRINE_MODEL="colours")
    assert added.returncode == 0, added.stderr
    with served(home) as server:
        nearest = asked(server, q="синий", mode="meaning", limit=5)["records"]
        numbers = {record["external_id"]: record["id"] for record in nearest}
        assert server.client.delete(f"/api/records/{numbers[WITHDRAWN]}").status_code == 204
        yield server


@pytest.fixture(scope="module")
def wordless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same pictures' tower without the one of texts."""
    home = tmp_path_factory.mktemp("wordless")
    colour_model.write(home / "models", text=False)
    with served(home) as server:
        for number in range(3):
            server.client.post("/api/records", json={"external_id": f"a-{number}", "name": f"красный ковер {number}"})
        yield server


@contextlib.contextmanager
def served(home: pathlib.Path) -> Iterator[Server]:
    server = Server(home, VITRINE_MODEL="colours")
    server.start()
    yield server
    server.client.close()
    assert server.stop() == 0


def museum(folder: pathlib.Path) -> None:
    folder.mkdir()
    with (folder / "museum.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["external_id", "inventory_no", "name", "typology", "museum", "image"])
        for colour, count in OBJECTS.items():
            for number in range(count + (colour == "blue")):
                name = f"{colour}-{number}"
                (folder / f"{name}.jpg").write_bytes(colour_model.picture(colour, number))
                said = MISNAMED if name == "green-0" else "предмет"
                typology = "ваза" if number % 2 else "ковер"
                writer.writerow(
                    [name, f"КП-{100 + number}/{colour[0]}", said, typology, f"музей {colour}", f"{name}.jpg"]
                )


def asked(server: Server, **query: Any) -> dict[str, Any]:
    answer = server.client.get("/api/records", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def told(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(record["external_id"].partition("-")[0], record["found_by"]) for record in page["records"]]


@pytest.mark.parametrize("text", ["красный", "red", "a scarlet thing"])
def test_a_colour_finds_what_has_it_though_no_record_says_so(coloured: Server, text: str) -> None:
    page = asked(coloured, q=text, mode="meaning", limit=6)
    assert told(page) == [("red", "meaning")] * 6
    similarities = [record["similarity"] for record in page["records"]]
    assert similarities == sorted(similarities, reverse=True) and 0.9 < similarities[-1] <= 1


def test_words_come_first_and_meaning_follows_and_each_record_says_which(coloured: Server) -> None:
    page = asked(coloured, q="красный", limit=7)
    assert told(page) == [("green", "words"), *[("red", "meaning")] * 6]
    assert page["records"][0]["similarity"] is None and page["meaning_missing"] is None


@pytest.mark.parametrize("mode", ["auto", "meaning"])
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_pages_go_through_all_records_once(coloured: Server, mode: str, limit: int) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = asked(coloured, q="красный", mode=mode, limit=limit, **cursor)
        seen += [record["external_id"] for record in page["records"]]
        if page["next_cursor"] is None:
            break
        assert len(page["records"]) == limit
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == sum(OBJECTS.values())
    assert seen[0].startswith("green" if mode == "auto" else "red")


def test_what_holds_a_digit_is_looked_up_by_words_alone(coloured: Server) -> None:
    assert told(asked(coloured, q="КП-103/g")) == [("green", "words")]
    assert told(asked(coloured, q="красный 1999")) == []


def test_words_alone_may_be_asked_for(coloured: Server) -> None:
    page = asked(coloured, q="красный", mode="words")
    assert told(page) == [("green", "words")] and page["next_cursor"] is None


def test_filters_hold_for_meaning_too(coloured: Server) -> None:
    vases = asked(coloured, q="красный", mode="meaning", typology="ваза")["records"]
    assert len(vases) == 7 and {record["typology"] for record in vases} == {"ваза"}
    assert vases[0]["external_id"].startswith("red")
    green = asked(coloured, q="red", museum="музей green", typology="ковер")["records"]
    assert {record["external_id"] for record in green} == {"green-0", "green-2", "green-4"}


def test_a_withdrawn_record_is_not_found_by_meaning(coloured: Server) -> None:
    found = asked(coloured, q="синий", mode="meaning", limit=100)["records"]
    assert told({"records": found[: OBJECTS["blue"]]}) == [("blue", "meaning")] * OBJECTS["blue"]
    assert WITHDRAWN not in {record["external_id"] for record in found}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "", "mode": "meaning"}, "q"),
        ({"q": "red", "mode": "telepathy"}, "mode"),
        ({"q": "red", "mode": "meaning", "cursor": "17"}, "cursor"),
        ({"q": "r" * 501}, "q"),
    ],
)
def test_a_wrong_question_is_told_which_part_is_wrong(coloured: Server, query: dict[str, str], field: str) -> None:
    answer = coloured.client.get("/api/records", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_many_at_once_are_answered_or_told_to_come_back(coloured: Server) -> None:
    def ask(number: int) -> httpx2.Response:
        return coloured.client.get("/api/records", params={"q": "red " * (number % 5 + 1), "mode": "meaning"})

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(ask, range(80)))
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code == 503)
    assert asked(coloured, q="red", mode="meaning", limit=1)["records"]


def test_the_page_is_told_whether_meaning_can_be_searched_by(coloured: Server, wordless: Server) -> None:
    assert coloured.client.get("/api/catalogue").json()["searches_by_meaning"] is True
    assert wordless.client.get("/api/catalogue").json()["searches_by_meaning"] is False


def test_without_a_text_tower_words_are_all_there_is_and_meaning_says_what_to_do(wordless: Server) -> None:
    first = asked(wordless, q="красный", limit=2)
    rest = asked(wordless, q="красный", limit=2, cursor=first["next_cursor"])
    assert told(first) + told(rest) == [("a", "words")] * 3 and rest["next_cursor"] is None
    assert first["meaning_missing"] == "no_text_tower"
    refused = wordless.client.get("/api/records", params={"q": "красный", "mode": "meaning"})
    assert refused.status_code == 422 and refused.json()["code"] == "no_text_tower"
    assert "siglip2-b16" in refused.json()["detail"]


def test_classes_by_name_are_told_of_photographs_by_the_running_server(coloured: Server) -> None:
    def classifier(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_module("indexer", "classifier", *arguments, home=coloured.home, VITRINE_MODEL="colours")

    made = classifier("zero-shot", "красный", "зеленый", "синий")
    assert made.returncode == 0, made.stderr
    version = made.stdout.split()[-1]
    # The active version knows other classes, so that the two cannot be compared.
    assert classifier("activate", version).returncode == 65
    assert classifier("activate", version, "--force", "colours are asked for").returncode == 0

    def told() -> str:
        found = coloured.searched(colour_model.picture("green", 77))["result"]["class"]
        return f"{found['name']} by {found['version']}"

    assert comes_true(lambda: told() == f"зеленый by {version}")
    assert classifier("rollback").returncode == 0


def test_classes_by_name_need_a_text_tower(wordless: Server) -> None:
    refused = run_module("indexer", "classifier", "zero-shot", "a", "b", home=wordless.home, VITRINE_MODEL="colours")
    assert refused.returncode == 78 and "no text tower" in refused.stderr and "Traceback" not in refused.stderr


def test_an_empty_index_or_a_tower_that_cannot_be_loaded_takes_words_from_nobody(tmp_path: pathlib.Path) -> None:
    colour_model.write(tmp_path / "models")
    tower = tmp_path / "models" / "colours.text.onnx"
    kept = tower.read_bytes()
    tower.write_bytes(b"no graph")
    meaning = {"q": "красный", "mode": "meaning"}
    with served(tmp_path) as server:
        assert server.client.post("/api/records", json={"external_id": "a", "name": "красный"}).status_code == 201
        page = asked(server, q="красный")
        assert told(page) == [("a", "words")] and page["meaning_missing"] == "misconfigured"
        assert server.client.get("/api/records", params=meaning).status_code == 500
        tower.write_bytes(kept)
        page = asked(server, q="красный")
        assert told(page) == [("a", "words")] and page["meaning_missing"] == "index_not_ready"
        refused = server.client.get("/api/records", params=meaning)
        assert refused.status_code == 503 and "indexer" in refused.json()["detail"]
