"""A pool of search workers in this process: in-memory broker, SQLite, a small catalogue, and any encoder."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import threading
from collections.abc import Iterator

import numpy as np

from api import acceptance
from api.acceptance import Upload
from tests import searches
from tests.pictures import photograph
from vitrine.adapters import sql_migrations
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import RecordContent, Search
from vitrine.messages import SearchEvent
from vitrine.ports import Encoder
from vitrine.testing import MemoryCatalogue, MemoryImageStore
from workers.consumer import SearchWorker
from workers.pipeline import SearchPipeline
from workers.progress import ProgressWriter

_RECORDS = 12
_BATCH = "batch"
_STOP_S = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pool:
    ledger: SqlLedger
    broker: MemoryBroker
    images: MemoryImageStore
    heard: list[SearchEvent]
    _heard_more: threading.Condition

    def accept(self, count: int) -> None:
        """Take in ``count`` searches without a geometric check, and put them into the queue."""
        new = [searches.new(f"search-{number}", top_k=3) for number in range(count)]
        photographs = {search.id: photograph(number) for number, search in enumerate(new)}
        upload = Upload(batch_id=_BATCH, searches=new, photographs=photographs)
        acceptance.accept(self.images, self.ledger, self.broker, [upload])

    def ended(self) -> list[SearchEvent]:
        return [event for event in self.heard if event.kind.terminal]

    def wait_for(self, count: int, timeout_s: float) -> bool:
        """Whether ``count`` searches have ended in time."""
        with self._heard_more:
            return self._heard_more.wait_for(lambda: len(self.ended()) >= count, timeout_s)

    def searches(self) -> list[Search]:
        return list(self.ledger.batch(_BATCH))


@contextlib.contextmanager
def running(folder: pathlib.Path, encoder: Encoder, *, slots: int) -> Iterator[Pool]:
    """Workers on a catalogue of noise. ``encoder`` is asked for nothing before the first search."""
    database = Database(f"sqlite:///{folder / 'ledger.sqlite3'}")
    sql_migrations.migrate(database)
    ledger, broker, images = SqlLedger(database), MemoryBroker(), MemoryImageStore()
    catalogue = _catalogue(encoder)
    snapshots = SnapshotFolder(folder / "snapshots")
    index = FaissIndex(
        model_id=encoder.model_id,
        dimension=encoder.dimension,
        snapshots=snapshots,
        heads=HeadFolder(folder / "heads"),
        catalogue=catalogue,
    )
    index.refresh()
    decoder = SubprocessDecoder(slots=1, timeout_s=20, memory_bytes=2 << 30, max_pixels=10_000_000)
    progress = ProgressWriter(ledger, broker)
    pipeline = SearchPipeline(images=images, decoder=decoder, encoder=encoder, index=index, catalogue=catalogue)
    worker = SearchWorker(pipeline=pipeline, ledger=ledger, broker=broker, progress=progress)
    heard: list[SearchEvent] = []
    heard_more = threading.Condition()

    def hear(event: SearchEvent) -> None:
        with heard_more:
            heard.append(event)
            heard_more.notify_all()

    broker.subscribe(hear)
    progress.start()
    broker.consume(worker.handle, slots=slots)
    try:
        yield Pool(ledger=ledger, broker=broker, images=images, heard=heard, _heard_more=heard_more)
    finally:
        assert broker.stop_consuming(_STOP_S)
        progress.close()
        decoder.close()
        database.close()


def _catalogue(encoder: Encoder) -> MemoryCatalogue:
    catalogue = MemoryCatalogue()
    vectors = np.random.default_rng(0).normal(size=(_RECORDS, encoder.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for number in range(_RECORDS):
        record_id, _ = catalogue.put_record(RecordContent(external_id=str(number), name=f"object {number}"))
        image_id, _ = catalogue.add_image(record_id, sha256=f"{number:064x}", width=9, height=9, source=str(number))
        catalogue.add_embeddings(encoder.model_id, {image_id: vectors[number]})
    return catalogue
