"""What ended long ago is forgotten whole; what is open, young or the catalogue's stays."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import pytest

from api import acceptance
from api.acceptance import Upload
from tests import searches
from vitrine import errors
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import Problem, original_key, upload_derivative_key, upload_key
from workers import forgetting
from workers.forgetting import Forgetter

AT_ONCE_DAYS, YEAR_DAYS = 1e-9, 365.0


@pytest.fixture
def images(tmp_path: pathlib.Path) -> ImageFolder:
    return ImageFolder(tmp_path / "images")


def accept(images: ImageFolder, ledger: SqlLedger, batch_id: str, names: Sequence[str]) -> None:
    upload = Upload(
        batch_id=batch_id,
        searches=[searches.new(name) for name in names],
        photographs={name: name.encode() for name in names},
    )
    acceptance.accept(images, ledger, MemoryBroker(), [upload])


def end(ledger: SqlLedger, *names: str) -> None:
    for name in names:
        ledger.fail(name, Problem(code="x", message="y"))


def kept(images: ImageFolder) -> set[str]:
    return {path.name for path in images._root.rglob("*") if path.is_file()}


def test_a_search_that_has_ended_goes_with_its_photograph_and_every_picture_of_it(
    ledger: SqlLedger, images: ImageFolder
) -> None:
    accept(images, ledger, "b", ["vase", "bowl"])
    images.write(upload_derivative_key("vase", 640), b"smaller")
    images.write(original_key("catalogue"), b"the catalogue's")
    end(ledger, "vase", "bowl")
    assert Forgetter(ledger, images, keep_days=AT_ONCE_DAYS).forget() == 2
    assert kept(images) == {"catalogue"}
    with pytest.raises(errors.NotFound):
        ledger.get("vase")


def test_what_is_open_stays_with_all_of_its_batch_and_so_does_what_is_young(
    ledger: SqlLedger, images: ImageFolder
) -> None:
    accept(images, ledger, "half", ["vase", "bowl"])
    accept(images, ledger, "whole", ["coin"])
    end(ledger, "vase", "coin")
    assert Forgetter(ledger, images, keep_days=YEAR_DAYS).forget() == 0
    assert Forgetter(ledger, images, keep_days=AT_ONCE_DAYS).forget() == 1
    assert kept(images) == {"vase", "bowl"}


def test_a_run_that_was_killed_is_ended_by_the_next(ledger: SqlLedger, images: ImageFolder) -> None:
    accept(images, ledger, "b", ["vase", "bowl"])
    end(ledger, "vase", "bowl")

    class Full(ImageFolder):
        def remove(self, key: str) -> None:
            if key == upload_key("bowl"):
                raise errors.DependencyUnavailable("the store is away")
            super().remove(key)

    with pytest.raises(errors.DependencyUnavailable):
        Forgetter(ledger, Full(images._root), keep_days=AT_ONCE_DAYS).forget()
    assert len(ledger.batch("b")) == 2
    assert Forgetter(ledger, images, keep_days=AT_ONCE_DAYS).forget() == 2
    assert not kept(images)


def test_a_stop_waits_for_one_page_at_most(
    ledger: SqlLedger, images: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_BATCHES", 2)
    names = ["vase", "bowl", "coin"]
    for name in names:
        accept(images, ledger, f"batch-{name}", [name])
    end(ledger, *names)
    forgetter = Forgetter(ledger, images, keep_days=AT_ONCE_DAYS)
    assert [forgetter.forget() for _ in range(3)] == [2, 1, 0]
    assert not kept(images)


def test_a_photograph_that_cannot_be_removed_is_told_once_and_keeps_no_other(
    ledger: SqlLedger, images: ImageFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(forgetting, "_BATCHES", 2)
    names = ["vase", "bowl", "coin", "icon"]
    for name in names:
        accept(images, ledger, f"batch-{name}", [name])
    end(ledger, *names)
    images.remove(upload_key("vase"))
    # A folder cannot be unlinked, whoever asks.
    (images._root / upload_key("vase")).mkdir()
    forgetter = Forgetter(ledger, images, keep_days=AT_ONCE_DAYS)
    assert [forgetter.forget() for _ in range(3)] == [1, 2, 0]
    assert [search.id for search in ledger.batch("batch-vase")] == ["vase"]
    assert caplog.text.count("batch-vase are kept") == 1
    # It may only have been the disk's bad hour.
    (images._root / upload_key("vase")).rmdir()
    assert forgetter.forget() == 0
    monkeypatch.setattr(forgetting, "_TRY_AGAIN_S", 0.0)
    assert forgetter.forget() == 1
