"""Everything of the one-process size, wired: who asks for a port gets the adapter of this size."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from fastapi import FastAPI

from api.app import create_app
from api.limits import ClientLimit
from api.progress import ProgressFeed
from api.services import Services
from api.text_queries import TextQueries
from vitrine import errors
from vitrine.adapters import decoders, model_files, sql_migrations, text_encoders
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.messages import SearchRequested
from vitrine.settings import ROOT, Settings
from workers.process import searching

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[FastAPI]:
    """The application with its workers behind it; at the end, searches in hand are finished and the rest is kept.

    Raises Misconfigured or DependencyUnavailable.
    """
    settings.make_home()
    database = Database(settings.sqlalchemy_url)
    sql_migrations.migrate(database)
    catalogue, ledger = SqlCatalogue(database), SqlLedger(database)
    images = ImageFolder(settings.home / "images")
    model = model_files.find(settings.model, settings.model_folders)
    texts = text_encoders.of(model)
    encoder = OnnxEncoder(model)
    snapshots = SnapshotFolder(settings.home / "snapshots")
    heads = HeadFolder(settings.home / "heads")
    index = FaissIndex(
        model_id=encoder.model_id,
        dimension=encoder.dimension,
        snapshots=snapshots,
        heads=heads,
        catalogue=catalogue,
    )
    index.refresh()
    try:
        index.view()
    except errors.IndexNotReady as error:
        _log.warning(error.message)
    # The API's pictures have children of their own: a page full of thumbnails never delays a search.
    searches_decoder = decoders.configured(settings, slots=settings.decoder_slots)
    page_decoder = decoders.configured(settings, slots=1)
    broker = MemoryBroker()
    searches_decoder.warm_up()
    _take_up_unfinished(ledger, broker)
    try:
        with searching(
            settings,
            broker=broker,
            ledger=ledger,
            catalogue=catalogue,
            images=images,
            decoder=searches_decoder,
            encoder=encoder,
            index=index,
            leases=SqlLeases(database),
        ) as check_workers:
            services = Services(
                settings=settings,
                catalogue=catalogue,
                ledger=ledger,
                broker=broker,
                images=images,
                decoder=page_decoder,
                feed=ProgressFeed(ledger, broker),
                client_limit=ClientLimit(settings.searches_per_minute),
                model_id=encoder.model_id,
                texts=TextQueries(texts) if texts else None,
                snapshot=lambda: snapshots.current(encoder.model_id),
                classifier=lambda: heads.active(encoder.model_id),
                check_workers=check_workers,
            )
            page = ROOT / "web" / "dist"
            yield create_app(services, page=page if page.is_dir() else None)
    finally:
        searches_decoder.close()
        page_decoder.close()
        database.close()


def _take_up_unfinished(ledger: SqlLedger, broker: MemoryBroker) -> None:
    unfinished = ledger.unfinished()
    for search_id in unfinished:
        broker.publish(SearchRequested(search_id=search_id))
    if unfinished:
        _log.info("taking up %d unfinished searches", len(unfinished))
