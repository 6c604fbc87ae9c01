"""Everything of the one-process size, wired: who asks for a port gets the adapter of this size."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from fastapi import FastAPI

from api.app import create_app
from api.progress import ProgressFeed
from api.services import Services
from vitrine import errors
from vitrine.adapters import model_files, sql_migrations
from vitrine.adapters.batching_encoder import BatchingEncoder
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.messages import SearchRequested
from vitrine.settings import MODELS, ROOT, Settings
from workers.consumer import SearchWorker
from workers.pipeline import SearchPipeline
from workers.progress import ProgressWriter

_log = logging.getLogger(__name__)
_STOP_S = 20.0


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[FastAPI]:
    """The application with its workers behind it; at the end, searches in hand are finished and the rest is kept.

    Raises Misconfigured or DependencyUnavailable.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sqlalchemy_url)
    sql_migrations.migrate(database)
    catalogue, ledger = SqlCatalogue(database), SqlLedger(database)
    images = ImageFolder(settings.home / "images")
    model = model_files.find(settings.model, [MODELS, settings.home / "models"])
    encoder = BatchingEncoder(OnnxEncoder(model), runs=settings.cores)
    snapshots = SnapshotFolder(settings.home / "snapshots")
    index = FaissIndex(model_id=encoder.model_id, dimension=encoder.dimension, snapshots=snapshots, catalogue=catalogue)
    index.refresh()
    # The API's pictures have children of their own: a page full of thumbnails never delays a search.
    searches_decoder, page_decoder = _decoder(settings, settings.decoder_slots), _decoder(settings, 1)
    broker = MemoryBroker()
    progress = ProgressWriter(ledger, broker)
    pipeline = SearchPipeline(
        images=images, decoder=searches_decoder, encoder=encoder, index=index, catalogue=catalogue
    )
    worker = SearchWorker(pipeline=pipeline, ledger=ledger, broker=broker, progress=progress)
    services = Services(
        settings=settings,
        catalogue=catalogue,
        ledger=ledger,
        broker=broker,
        images=images,
        decoder=page_decoder,
        feed=ProgressFeed(ledger, broker),
        model_id=encoder.model_id,
        snapshot=lambda: snapshots.current(encoder.model_id),
    )
    page = ROOT / "web" / "dist"
    app = create_app(services, page=page if page.is_dir() else None)
    searches_decoder.warm_up()
    progress.start()
    _take_up_unfinished(ledger, broker)
    stop_refreshing = _refreshing(index, settings.refresh_s)
    broker.consume(worker.handle, slots=settings.worker_slots)
    try:
        yield app
    finally:
        if not broker.stop_consuming(_STOP_S):
            _log.warning("searches that were still running are taken up again at the next start")
        stop_refreshing()
        progress.close()
        searches_decoder.close()
        page_decoder.close()
        database.close()


def _decoder(settings: Settings, slots: int) -> SubprocessDecoder:
    return SubprocessDecoder(
        slots=slots,
        timeout_s=settings.decode_timeout_s,
        memory_bytes=settings.decode_memory_mib * 2**20,
        max_pixels=settings.max_pixels,
    )


def _take_up_unfinished(ledger: SqlLedger, broker: MemoryBroker) -> None:
    unfinished = ledger.unfinished()
    for search_id in unfinished:
        broker.publish(SearchRequested(search_id=search_id))
    if unfinished:
        _log.info("taking up %d unfinished searches", len(unfinished))


def _refreshing(index: FaissIndex, every_s: float) -> Callable[[], None]:
    """Refresh on a thread; returns what ends it."""
    stop = threading.Event()

    def refresh() -> None:
        while not stop.wait(every_s):
            try:
                index.refresh()
            except errors.VitrineError as error:
                _log.warning("the index was not refreshed: %s", error.message)

    thread = threading.Thread(target=refresh, name="refresh", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end
