"""`python -m workers --processes N`: search workers, each in a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
import multiprocessing
import os
import pathlib
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence

import pydantic

from vitrine import errors, logs
from vitrine.adapters import brokers, decoders, encoders, threads
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.ports import Broker, Encoder, SearchLedger
from vitrine.settings import Settings
from workers import operations, process
from workers.operations import Heartbeats
from workers.republishing import Republisher
from workers.supervisor import Supervisor

_log = logging.getLogger("workers")
_BEAT_S = 2.0
# Beyond the searches in hand: closing connections and decoders.
_CLOSING_S = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        logs.configure("worker", settings.log_format)
        if not settings.broker_url:
            raise errors.Misconfigured(
                "Set VITRINE_BROKER_URL to the RabbitMQ that the API publishes to; python -m local needs none."
            )
        return _supervise(options.processes, settings)
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        _log.error(error.message)
        return 1


def _supervise(processes: int, settings: Settings) -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-workers-") as folder:
        shared = pathlib.Path(folder)
        # Read by prometheus_client when the processes import it.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        supervisor = Supervisor(
            functools.partial(_work, shared=shared), processes=processes, grace_s=settings.grace_s + _CLOSING_S
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        with operations.served(
            settings.operations_host,
            settings.operations_port,
            processes=processes,
            alive=lambda: supervisor.alive,
            heartbeats=Heartbeats(shared),
            metrics=shared,
        ) as port:
            _log.info("%d processes; health and metrics on %s:%d", processes, settings.operations_host, port)
            return supervisor.run()


def _work(number: int, *, shared: pathlib.Path) -> None:
    """One process: it searches until it is asked to stop, or its supervisor is gone."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # Ctrl-C goes to the supervisor too, which asks each process in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings()
    logs.configure(f"worker-{number}", settings.log_format)
    threads.one_thread_each()
    try:
        _search_until(stop, number, settings, Heartbeats(shared))
    except errors.VitrineError as error:
        _log.error(error.message)
        sys.exit(1)


def _search_until(stop: threading.Event, number: int, settings: Settings, heartbeats: Heartbeats) -> None:
    with contextlib.ExitStack() as opened:
        database = Database(settings.sqlalchemy_url)
        opened.callback(database.close)
        ledger, catalogue = SqlLedger(database), SqlCatalogue(database)
        encoder = encoders.configured(settings)
        broker = brokers.open_broker(settings.broker_url, name=f"worker-{socket.gethostname()}-{number}")
        opened.callback(broker.close)
        decoder = decoders.configured(settings, slots=settings.decoder_slots)
        opened.callback(decoder.close)
        decoder.warm_up()
        index = FaissIndex(
            model_id=encoder.model_id,
            dimension=encoder.dimension,
            snapshots=SnapshotFolder(settings.home / "snapshots"),
            catalogue=catalogue,
        )
        republisher = Republisher(ledger, broker, SqlLeases(database))
        with process.searching(
            settings,
            broker=broker,
            ledger=ledger,
            catalogue=catalogue,
            images=ImageFolder(settings.home / "images"),
            decoder=decoder,
            encoder=encoder,
            index=index,
        ):
            republisher.start()
            opened.callback(republisher.close)
            _log.info("process %d searches with %s", number, encoder.model_id)
            supervisor = multiprocessing.parent_process()
            while supervisor is not None and supervisor.is_alive():
                heartbeats.tell(number, _problem(ledger, broker, encoder))
                if stop.wait(_BEAT_S):
                    break


def _problem(ledger: SearchLedger, broker: Broker, encoder: Encoder) -> str:
    """What keeps this process from searching; empty where nothing does."""
    try:
        ledger.queue_position("")
        broker.depth()
        encoder.check()
    except errors.VitrineError as error:
        return error.message
    return ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="worker processes (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
