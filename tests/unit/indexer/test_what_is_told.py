"""What went in is told before anything else can go wrong, and what is lost is found."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from indexer import __main__ as command_line
from indexer import commands, report
from indexer.photographs import Ports
from tests.conftest import environment
from tests.unit.indexer.conftest import Add, Museum
from vitrine import domain, errors
from vitrine.settings import ROOT, Settings
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder


class Lease:
    """The lease on the building of snapshots, in the hands of somebody else or free."""

    taken = False

    @contextlib.contextmanager
    def hold(self, _name: str) -> Iterator[int]:
        if self.taken:
            raise errors.DependencyUnavailable("Another process is doing this right now.")
        yield 1


class VerifiedSnapshot:
    """A store in which every byte is as it was written, unless something is ``wrong``."""

    wrong: errors.VitrineError | None = None

    def verify(self, _model_id: str) -> Mapping[str, Any]:
        if self.wrong is not None:
            raise self.wrong
        index = {"kind": "Flat", "recall_at_10": 1.0}
        return {"name": "first", "count": 2, "index": index, "class_missing": "too_few_labels", "classifier": {}}


@pytest.fixture
def lease() -> Lease:
    return Lease()


@pytest.fixture
def snapshots() -> VerifiedSnapshot:
    return VerifiedSnapshot()


@pytest.fixture(autouse=True)
def index(
    ports: Ports, lease: Lease, snapshots: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> commands.Index:
    nothing: Any = None
    made = commands.Index(ports=ports, snapshots=snapshots, heads=nothing, leases=lease)

    @contextlib.contextmanager
    def opened(_settings: Settings, _via: str = "process") -> Iterator[commands.Index]:
        yield made

    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(command_line, "_opened", opened)
    return made


def test_a_table_without_photographs_goes_in_without_an_error(
    museum: Museum, capsys: pytest.CaptureFixture[str]
) -> None:
    table = museum.write([{"external_id": "1", "name": "Ваза"}])
    assert command_line.main(["add", str(table)]) == 0
    told = capsys.readouterr().out
    assert "records     1 added" in told
    assert "snapshot    none is made: Nothing is embedded" in told and "add SOURCE" not in told


def test_what_went_in_is_told_although_another_process_builds(
    museum: Museum, lease: Lease, capsys: pytest.CaptureFixture[str]
) -> None:
    lease.taken = True
    assert command_line.main(["add", str(museum.write(museum.objects(1)))]) == 75
    told = capsys.readouterr()
    assert "records     1 added" in told.out and "images      2 added" in told.out
    assert "Another process is doing this right now." in told.err


def test_what_was_embedded_is_told_although_another_process_builds(
    museum: Museum, add: Add, lease: Lease, capsys: pytest.CaptureFixture[str]
) -> None:
    add(museum.write(museum.objects(1)))
    lease.taken = True
    assert command_line.main(["embed"]) == 75
    assert "embedded    0 images" in capsys.readouterr().out


def test_nobody_is_told_to_embed_what_is_withdrawn(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    add(museum.write(museum.objects(1)))
    catalogue.withdraw(1)
    assert command_line.main(["build"]) == 69
    told = capsys.readouterr().err
    assert "is withdrawn" in told and "python -m" not in told


def add_as_advised(museum: Museum, add: Add, table: pathlib.Path) -> None:
    """By the messages of `verify`: the photographs are touched, and their table is added again."""
    for photograph in museum.folder.glob("*.jpg"):
        os.utime(photograph, (1, 1))
    add(table)


def test_an_original_that_was_lost_is_noticed_and_comes_back(
    museum: Museum,
    add: Add,
    catalogue: MemoryCatalogue,
    images: MemoryImageStore,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(commands, "_PAGE", 3)
    table = museum.write(museum.objects(4))
    add(table)
    catalogue.withdraw(2)
    assert command_line.main(["verify"]) == 0
    assert "originals   8 of 8 images" in capsys.readouterr().out

    for image_id in (1, 8):
        del images._data[domain.original_key(catalogue.image(image_id).sha256)]
    assert command_line.main(["verify"]) == 65
    told = capsys.readouterr()
    assert "verified    every file" in told.out and "originals   6 of 8 images" in told.out
    assert "lacks the originals of 2 images" in told.err

    add_as_advised(museum, add, table)
    assert command_line.main(["verify"]) == 0
    assert catalogue.counts(ToyEncoder.model_id).images == 8


def test_local_features_that_were_lost_are_noticed_and_come_back(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore, capsys: pytest.CaptureFixture[str]
) -> None:
    table = museum.write(museum.objects(2))
    add(table)
    catalogue.add_image(1, sha256="a" * 64, width=1, height=1, source="not embedded yet")
    images.write(domain.original_key("a" * 64), b"")
    images.remove(domain.features_key(catalogue.image(3).sha256))
    assert command_line.main(["verify"]) == 65
    told = capsys.readouterr()
    assert "originals   5 of 5 images" in told.out and "features    3 of 4 embedded images" in told.out
    assert "lacks the local features of 1 images" in told.err

    add_as_advised(museum, add, table)
    assert command_line.main(["verify"]) == 0


@pytest.mark.parametrize(
    ("wrong", "status"),
    [(errors.DamagedSnapshot("A file is damaged."), 65), (errors.IndexNotReady("There is no snapshot."), 69)],
)
def test_originals_are_looked_for_whatever_the_snapshot_is_like(
    museum: Museum,
    add: Add,
    catalogue: MemoryCatalogue,
    images: MemoryImageStore,
    snapshots: VerifiedSnapshot,
    capsys: pytest.CaptureFixture[str],
    wrong: errors.VitrineError,
    status: int,
) -> None:
    add(museum.write(museum.objects(1)))
    snapshots.wrong = wrong
    assert command_line.main(["verify"]) == status
    told = capsys.readouterr()
    assert "originals   2 of 2 images" in told.out and wrong.message in told.err

    images.remove(domain.original_key(catalogue.image(1).sha256))
    assert command_line.main(["verify"]) == 65
    told = capsys.readouterr()
    assert wrong.message in told.out and "lacks the originals of 1 images" in told.err


def test_a_classifier_of_one_typology_is_not_said_to_lack_labels() -> None:
    line = report.snapshot_lines(VerifiedSnapshot().verify(""))[-1]
    assert line.endswith("none: it takes 5 objects of one typology and 5 of another")


@pytest.mark.parametrize("sink", ["full", "closed"])
def test_an_output_that_takes_nothing_ends_no_import(museum: Museum, tmp_path: pathlib.Path, sink: str) -> None:
    table = museum.write([{"external_id": "1", "name": "Ваза"}])
    if sink == "full":
        output = os.open("/dev/full", os.O_WRONLY)
    else:
        end, output = os.pipe()
        os.close(end)
    ended = subprocess.run(
        [sys.executable, "-m", "indexer", "add", str(table), "--dry-run"],
        cwd=ROOT,
        env=environment(tmp_path / "home"),
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(output)
    assert ended.returncode == 74
    assert ended.stderr.count("the output cannot be written") == 1 and "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
