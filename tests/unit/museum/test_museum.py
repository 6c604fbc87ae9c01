"""The demo museum as a whole: repeatable, extendable, complete."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest

from scripts.museum.kinds import KINDS
from scripts.museum.lens import encoded
from scripts.museum.objects import catalogued, randomness
from scripts.museum.photograph import Photographer
from scripts.museum.values import Typology
from scripts.museum.writing import COLUMNS, Order, is_complete, write_museum


def _silent(_: int) -> None:
    """Progress that nobody watches."""


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_museum(folder, Order(objects=1, photographs=1), processes=1, progress=_silent)
    return folder


def test_the_same_seed_makes_the_same_bytes() -> None:
    first, again = (
        [encoded(photograph.picture, photograph.quality) for photograph in catalogued(5, 6, 1).photographs]
        for _ in range(2)
    )
    assert first == again


def test_another_seed_makes_another_object() -> None:
    assert KINDS[5](randomness(5, 6)).card != KINDS[5](randomness(6, 6)).card


def test_a_bigger_museum_starts_with_the_smaller_one(small: Path, tmp_path: Path) -> None:
    write_museum(tmp_path, Order(objects=2, photographs=1), processes=1, progress=_silent)
    bigger = _files(tmp_path)
    pictures = {name: data for name, data in _files(small).items() if name.startswith("images")}
    assert pictures.items() <= bigger.items()
    lines = (small / "museum.csv").read_bytes().splitlines()
    assert bigger["museum.csv"].splitlines()[: len(lines)] == lines


def test_there_is_a_row_an_image_and_the_image_is_there(small: Path) -> None:
    with (small / "museum.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1
    assert all((small / row["image"]).is_file() for row in rows)
    assert all(row[column] for row in rows for column in COLUMNS if column != "authors")


def test_a_complete_museum_is_left_alone(small: Path) -> None:
    before = _files(small)
    assert not write_museum(small, Order(objects=1, photographs=1), processes=1, progress=_silent)
    assert _files(small) == before


def test_an_interrupted_museum_is_continued(small: Path, tmp_path: Path) -> None:
    order = Order(objects=1, photographs=1)
    write_museum(tmp_path, order, processes=1, progress=_silent)
    (tmp_path / "museum.json").unlink()
    (tmp_path / "images" / "VDM-000001" / "record.json").unlink()
    assert not is_complete(tmp_path, order)
    assert write_museum(tmp_path, order, processes=1, progress=_silent)
    assert _files(tmp_path) == _files(small)


def test_the_first_fifteen_objects_cover_every_typology() -> None:
    found = [make(randomness(1, number)).card.typology for number, make in enumerate(KINDS[:15], 1)]
    assert set(found) == set(Typology)


def test_views_of_one_object_differ() -> None:
    photographer = Photographer(KINDS[0](randomness(3, 1)))
    pictures = [photographer.take(view, randomness(3, 1, view)).picture for view in (1, 2)]
    small = [picture[::8, ::8][:60, :60].astype(np.float32) for picture in pictures]
    assert all(float(np.abs(a - b).mean()) > 8 for a, b in itertools.pairwise(small))
