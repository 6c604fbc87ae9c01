"""A museum in a folder, made anew for each test, and everything an import works on, in memory."""

from __future__ import annotations

import contextlib
import csv
import io
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from indexer import commands, progress
from indexer.embedding_here import EmbeddingHere
from indexer.interruption import Interruption
from indexer.photographs import Ports, StartEmbedding
from indexer.summary import Plan, Summary
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder

Row = Mapping[str, str]
Add = Callable[..., Summary]


def picture(seed: int, *, format: str = "JPEG") -> bytes:
    """The bytes of a picture of coloured rectangles; another seed is another picture."""
    rng = np.random.default_rng(seed)
    pixels = np.full((90, 120, 3), rng.integers(0, 256, 3), np.uint8)
    for _ in range(12):
        top, left = rng.integers(0, 70), rng.integers(0, 100)
        pixels[top : top + 20, left : left + 20] = rng.integers(0, 256, 3)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


def index_of(ports: Ports, embedding: StartEmbedding = EmbeddingHere) -> commands.Index:
    """For commands that build no snapshot."""
    nothing: Any = None
    return commands.Index(ports=ports, snapshots=nothing, heads=nothing, leases=nothing, embedding=embedding)


class Museum:
    """A folder with photographs and a table; ``write`` makes the table of the rows, in the columns of the first."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.table = folder / "museum.csv"

    def photograph(self, name: str, seed: int | None = None) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(sum(name.encode()) if seed is None else seed))
        return name

    def write(self, rows: Sequence[Row], *, encoding: str = "utf-8", delimiter: str = ",") -> pathlib.Path:
        with self.table.open("w", encoding=encoding, newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return self.table

    def objects(self, count: int, views: int = 2) -> list[Row]:
        """Rows of ``count`` objects with ``views`` photographs each."""
        return [
            {
                "external_id": f"o-{number}",
                "name": f"Предмет {number}",
                "image": self.photograph(f"{number}-{view}.jpg", seed=number * 100 + view),
            }
            for number in range(count)
            for view in range(views)
        ]


@pytest.fixture
def museum(tmp_path: pathlib.Path) -> Museum:
    folder = tmp_path / "museum"
    folder.mkdir()
    return Museum(folder)


@pytest.fixture(scope="session")
def decoder() -> Iterator[SubprocessDecoder]:
    made = SubprocessDecoder(slots=2)
    yield made
    made.close()


@pytest.fixture
def catalogue() -> MemoryCatalogue:
    return MemoryCatalogue()


@pytest.fixture
def images() -> MemoryImageStore:
    return MemoryImageStore()


@pytest.fixture
def ports(catalogue: MemoryCatalogue, images: MemoryImageStore, decoder: SubprocessDecoder) -> Ports:
    return Ports(catalogue=catalogue, images=images, encoder=ToyEncoder(), decoder=decoder)


@pytest.fixture
def rejects(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "home" / "museum.rejects.csv"


@pytest.fixture
def add(ports: Ports, rejects: pathlib.Path) -> Add:
    """Import a table into the test's catalogue; keywords are those of AddOptions."""

    def run(
        source: pathlib.Path,
        *,
        shown: progress.Progress | None = None,
        interruption: Interruption | None = None,
        ports: Ports = ports,
        embedding: StartEmbedding = EmbeddingHere,
        **options: object,
    ) -> Plan | Summary:
        return commands.add(
            commands.AddOptions(source=source, **{"rejects": rejects, "build": False, **options}),  # type: ignore[arg-type]
            lambda: contextlib.nullcontext(index_of(ports, embedding)),
            shown=shown or progress.SilentProgress(),
            interruption=interruption or Interruption(),
            say=lambda _line: None,
        )

    return run  # type: ignore[return-value]
