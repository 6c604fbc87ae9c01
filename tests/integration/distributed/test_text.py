"""Searching by text where API and workers are processes of their own."""

from __future__ import annotations

import csv
import pathlib

import httpx2
import sqlalchemy as sa

from tests import colour_model
from tests.conftest import run_module
from tests.integration.distributed import services
from tests.integration.distributed.system import System

_SCHEMA = "vitrine_texts"


def test_the_api_embeds_a_text_and_a_worker_searches_with_it(system: System, tmp_path: pathlib.Path) -> None:
    engine = sa.create_engine(system.mariadb.url(""))
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {_SCHEMA}"))
    engine.dispose()
    colour_model.write(system.home / "models")
    settings = {**system.settings, "VITRINE_DATABASE_URL": system.mariadb.url(_SCHEMA), "VITRINE_MODEL": "colours"}
    for module, *arguments in (["migrations"], ["indexer", "add", str(table(tmp_path))]):
        done = run_module(module, *arguments, home=system.home, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
    api = services.api("api-texts", system.home, settings)
    api.start()
    try:
        with system.special_workers(1, VITRINE_DATABASE_URL=settings["VITRINE_DATABASE_URL"], VITRINE_MODEL="colours"):
            api.wait_until_ready()
            found = found_by(api.url, mode="meaning")
            assert found == [(f"red-{number}", "meaning") for number in range(3)]
        # Words are answered though no worker is left, and nobody who asked for meaning is kept waiting for ever.
        answer = httpx2.get(f"{api.url}/api/records", params={"q": "предмет", "limit": 100}, timeout=60).json()
        assert len(answer["records"]) == 9 and answer["meaning_missing"] == "overloaded"
        assert {record["found_by"] for record in answer["records"]} == {"words"}
    finally:
        api.kill()


def found_by(url: str, **query: str) -> list[tuple[str, str]]:
    answer = httpx2.get(f"{url}/api/records", params={"q": "красный", "limit": "3", **query}, timeout=60)
    assert answer.status_code == 200, answer.text
    return sorted((record["external_id"], record["found_by"]) for record in answer.json()["records"])


def table(folder: pathlib.Path) -> pathlib.Path:
    """Three things of each colour, none of which says so."""
    with (folder / "museum.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "name", "image"])
        for colour in colour_model.COLOURS:
            for number in range(3):
                name = f"{colour}-{number}"
                (folder / f"{name}.jpg").write_bytes(colour_model.picture(colour, number))
                rows.writerow([name, "предмет", f"{name}.jpg"])
    return folder / "museum.csv"
