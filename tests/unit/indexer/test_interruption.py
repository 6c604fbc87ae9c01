"""Runs that end in the middle: nothing is half, and the next run goes on."""

from __future__ import annotations

import pathlib
import signal
import subprocess
import sys

import pytest

from indexer import interruption, progress
from indexer.interruption import Interruption
from tests.unit.indexer import dying_import
from tests.unit.indexer.conftest import Add, Museum
from vitrine import domain
from vitrine.ports import Catalogue, ImageStore
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder

_OBJECTS = 12
_IMAGES = 2 * _OBJECTS


class At(progress.SilentProgress):
    """Does something when so many images are behind."""

    def __init__(self, count: int, what: Interruption | type[BaseException]) -> None:
        self._left = count
        self._what = what
        self._counting = False

    def start(self, label: str, unit: str, total: int | None) -> None:
        self._counting = unit == "images"

    def advance(self) -> None:
        self._left -= self._counting
        if self._counting and self._left == 0:
            if isinstance(self._what, Interruption):
                self._what.ask()
            else:
                raise self._what


def run(table: pathlib.Path, home: pathlib.Path, *moment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, dying_import.__file__, str(table), str(home), *moment]
    environment = {"PYTHONPATH": str(pathlib.Path(__file__).parents[3])}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def assert_nothing_is_half(catalogue: Catalogue, images: ImageStore) -> int:
    """Returns how many images there are."""
    found = catalogue.images(range(1000)).values()
    for image in found:
        assert images.exists(domain.original_key(image.sha256))
        assert images.exists(domain.features_key(image.sha256))
    return len(found)


def test_the_first_ctrl_c_finishes_what_is_in_hand_and_the_next_run_resumes(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore
) -> None:
    table = museum.write(museum.objects(30))
    asked = Interruption()
    first = add(table, shown=At(3, asked), interruption=asked)
    assert first.interrupted
    assert "Interrupted: run the same command again to resume." in first.lines()
    done = assert_nothing_is_half(catalogue, images)
    assert 3 <= done < 60
    assert catalogue.counts(ToyEncoder.model_id).embeddings == done == first.tally.images_added
    second = add(table)
    assert (second.tally.images_known, second.tally.images_added) == (done, 60 - done)
    assert catalogue.counts(ToyEncoder.model_id).embeddings == 60


def test_a_run_that_an_exception_ends_is_resumed_by_the_next(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore
) -> None:
    table = museum.write(museum.objects(_OBJECTS))
    with pytest.raises(KeyboardInterrupt):
        add(table, shown=At(5, KeyboardInterrupt))
    assert assert_nothing_is_half(catalogue, images) == 5
    assert catalogue.counts(ToyEncoder.model_id).embeddings < 5 + 1
    add(table)
    assert (catalogue.counts(ToyEncoder.model_id).images, catalogue.counts(ToyEncoder.model_id).embeddings) == (
        _IMAGES,
        _IMAGES,
    )


def test_an_interruption_while_the_source_is_read_changes_nothing(
    museum: Museum, add: Add, catalogue: MemoryCatalogue
) -> None:
    asked = Interruption()
    asked.ask()
    assert add(museum.write(museum.objects(2)), interruption=asked).interrupted
    assert catalogue.counts(ToyEncoder.model_id).records == 0


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("catalogue.put_record", 4),
        ("images.write", 7),
        ("images.write", 8),
        ("catalogue.add_image", 9),
        ("catalogue.add_embeddings", 1),
        ("catalogue.add_embeddings", 2),
        ("encoder.encode", 2),
    ],
)
def test_a_killed_run_leaves_nothing_half_and_the_next_one_adds_the_rest_once(
    museum: Museum, add: Add, tmp_path: pathlib.Path, moment: str, number: int
) -> None:
    table = museum.write(museum.objects(_OBJECTS))
    assert run(table, tmp_path, moment, str(number), "SIGKILL").returncode == -signal.SIGKILL
    with dying_import.opened(tmp_path) as ports:
        done = assert_nothing_is_half(ports.catalogue, ports.images)
        resumed = add(table, ports=ports).tally
        assert (resumed.images_added, resumed.images_known) == (_IMAGES - done, done)
        counts = ports.catalogue.counts(ToyEncoder.model_id)
        assert (counts.records, counts.images, counts.embeddings) == (_OBJECTS, _IMAGES, _IMAGES)
        again = add(table, ports=ports).tally
        assert (again.images_added, again.images_known, again.embeddings_added) == (0, _IMAGES, 0)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_a_run_in_order(museum: Museum, tmp_path: pathlib.Path, name: str) -> None:
    table = museum.write(museum.objects(30))
    ended = run(table, tmp_path, "catalogue.add_image", "3", name)
    assert ended.returncode == 130, ended.stderr
    assert "Interrupted: run the same command again to resume." in ended.stdout
    assert "Traceback" not in ended.stderr
    with dying_import.opened(tmp_path) as ports:
        counts = ports.catalogue.counts(ToyEncoder.model_id)
        assert 3 <= counts.images == counts.embeddings < 60


def test_ctrl_c_while_modules_are_imported_is_one_line(tmp_path: pathlib.Path) -> None:
    imported_late = tmp_path / "pydantic.py"
    imported_late.write_text("import signal, time\nsignal.raise_signal(signal.SIGINT)\ntime.sleep(60)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "indexer", "status"],
        cwd=pathlib.Path(__file__).parents[3],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 130, ended.stderr
    assert ended.stderr.split("\n") == ["", "indexer: stopped: run the same command again to resume", ""]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_gives_back_what_is_held_and_the_second_would_end_at_once(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    stops: list[str] = []
    monkeypatch.setattr(interruption, "stop_at_once", lambda: stops.append("now"))
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), interruption.raised():
        try:
            signal.raise_signal(number)
        finally:
            signal.raise_signal(number)
    assert stops == ["now"]
    assert signal.getsignal(number) is before


def test_the_second_signal_stops_at_once_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    stops: list[str] = []
    with interruption.on_signals(stop=lambda: stops.append("now")) as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked.asked and not stops
        signal.raise_signal(signal.SIGTERM)
        assert stops == ["now"]
    assert signal.getsignal(signal.SIGINT) is before
