"""What an accepted search stands on is there before anybody is told of it; without it there is nothing."""

from __future__ import annotations

import hashlib
import pathlib
from collections.abc import Mapping, Sequence

import pytest

from api import acceptance
from api.acceptance import Upload
from tests import searches
from vitrine import errors
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import NewSearch, upload_key
from vitrine.messages import Command
from vitrine.testing import MemoryImageStore

PHOTOGRAPH = b"\xff\xd8\xff a vase"


def test_photograph_and_row_are_there_when_the_message_is_published(ledger: SqlLedger) -> None:
    images = MemoryImageStore()
    seen: list[bytes] = []

    class Watching(MemoryBroker):
        def publish(self, *commands: Command) -> None:
            seen.append(images.read(upload_key(ledger.get("vase").id)))

    upload = Upload(batch_id="b", searches=[searches.new("vase")], photographs={"vase": PHOTOGRAPH})
    acceptance.accept(images, ledger, Watching(), [upload])
    assert seen == [PHOTOGRAPH]


def test_each_search_has_a_photograph_of_its_own_and_knows_what_it_was(ledger: SqlLedger) -> None:
    images = MemoryImageStore()
    upload = Upload(
        batch_id="b",
        searches=[searches.new("vase"), searches.new("again")],
        photographs=dict.fromkeys(("vase", "again"), PHOTOGRAPH),
    )
    acceptance.accept(images, ledger, MemoryBroker(), [upload])
    assert [search.image_sha256 for search in ledger.batch("b")] == [hashlib.sha256(PHOTOGRAPH).hexdigest()] * 2
    assert [images.read(upload_key(search_id)) for search_id in ("vase", "again")] == [PHOTOGRAPH] * 2


def test_a_search_whose_picture_is_kept_already_names_it_still(ledger: SqlLedger) -> None:
    acceptance.accept(
        MemoryImageStore(),
        ledger,
        MemoryBroker(),
        [Upload(batch_id="b", searches=[searches.new("record", image_sha256="abc")])],
    )
    assert ledger.get("record").image_sha256 == "abc"


def test_while_the_database_is_away_no_try_leaves_a_photograph(ledger: SqlLedger, tmp_path: pathlib.Path) -> None:
    class Away(SqlLedger):
        def accept(self, batches: Mapping[str, Sequence[NewSearch]]) -> None:
            raise errors.DependencyUnavailable("The database did not answer")

    images = ImageFolder(tmp_path / "images")
    upload = Upload(batch_id="b", searches=[searches.new("vase")], photographs={"vase": PHOTOGRAPH})
    with pytest.raises(errors.DependencyUnavailable, match="did not answer"):
        acceptance.accept(images, Away(ledger._database), MemoryBroker(), [upload])
    assert not [path for path in (tmp_path / "images").rglob("*") if path.is_file()]


def test_what_the_broker_refused_leaves_no_photograph(ledger: SqlLedger, tmp_path: pathlib.Path) -> None:
    class Full(MemoryBroker):
        def publish(self, *commands: Command) -> None:
            raise errors.DependencyUnavailable("The broker takes nothing new")

    upload = Upload(batch_id="b", searches=[searches.new("vase")], photographs={"vase": PHOTOGRAPH})
    with pytest.raises(errors.DependencyUnavailable, match="takes nothing new"):
        acceptance.accept(ImageFolder(tmp_path / "images"), ledger, Full(), [upload])
    assert ledger.get("vase").status.value == "cancelled"
    assert not [path for path in (tmp_path / "images").rglob("*") if path.is_file()]


def test_without_room_for_the_photograph_there_is_neither_row_nor_message(ledger: SqlLedger) -> None:
    class Full(MemoryImageStore):
        def write(self, key: str, data: bytes) -> None:
            raise errors.DependencyUnavailable("The image store cannot be written: No space left on device")

    broker = MemoryBroker()
    uploads = [
        Upload(batch_id=name, searches=[searches.new(name)], photographs={name: PHOTOGRAPH})
        for name in ("first", "second")
    ]
    with pytest.raises(errors.DependencyUnavailable, match="No space"):
        acceptance.accept(Full(), ledger, broker, uploads)
    assert broker.depth() == 0
    assert not ledger.unfinished()
