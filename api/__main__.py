"""`python -m api`: the HTTP side alone, in front of a broker and a database that workers share."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys

import pydantic

from api import serving
from api.app import create_app
from api.limits import ClientLimit
from api.progress import ProgressFeed
from api.services import Services
from api.text_queries import TextQueries
from vitrine import errors, listening, logs
from vitrine.adapters import brokers, decoders, model_files, text_encoders
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.snapshot_manifests import SnapshotManifests
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.settings import Settings

_log = logging.getLogger("api")


def main() -> int:
    try:
        settings = Settings()
        logs.configure("api", settings.log_format)
        _serve(settings)
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        _log.error(error.message)
        return 1
    return 0


def _serve(settings: Settings) -> None:
    if not settings.broker_url:
        raise errors.Misconfigured(
            "Set VITRINE_BROKER_URL to the RabbitMQ that the workers listen to; python -m local needs none."
        )
    model = model_files.find(settings.model, settings.model_folders)
    model_id, texts = model.model_id, text_encoders.of(model)
    snapshots = SnapshotManifests(settings.home / "snapshots")
    heads = HeadFolder(settings.home / "heads")
    with contextlib.ExitStack() as opened:
        sockets = opened.enter_context(listening.bound(settings.host, settings.port))
        database = Database(settings.sqlalchemy_url)
        opened.callback(database.close)
        broker = brokers.open_broker(settings.broker_url, name=f"api-{socket.gethostname()}")
        opened.callback(broker.close)
        decoder = decoders.configured(settings, slots=1)
        opened.callback(decoder.close)
        ledger = SqlLedger(database)
        services = Services(
            settings=settings,
            catalogue=SqlCatalogue(database),
            ledger=ledger,
            broker=broker,
            images=ImageFolder(settings.home / "images"),
            decoder=decoder,
            feed=ProgressFeed(ledger, broker),
            client_limit=ClientLimit(settings.searches_per_minute),
            model_id=model_id,
            texts=TextQueries(texts) if texts else None,
            snapshot=lambda: snapshots.current(model_id),
            classifier=lambda: heads.active(model_id),
        )
        serving.serve(
            create_app(services),
            settings,
            sockets,
            lambda: _log.info("listening on %s:%d", settings.host, settings.port),
        )


if __name__ == "__main__":
    sys.exit(main())
