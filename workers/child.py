"""One worker process, which a supervisor starts: the wiring of adapters, and searching until told."""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import pathlib
import signal
import socket
import sys
import threading
from collections.abc import Callable

from vitrine import errors, logs
from vitrine.adapters import brokers, decoders, encoders, scheduling, threads
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.ports import Broker, Encoder, SearchLedger
from vitrine.settings import Settings
from workers import process
from workers.indexing import IndexWorker
from workers.leased import LeasedWork
from workers.operations import Heartbeats
from workers.republishing import LOST_AFTER_S, Republisher

_log = logging.getLogger(__name__)
# How often a process says how it is: more often until it can search, for then somebody waits for the word.
_BEAT_S, _FIRST_BEATS_S = 2.0, 0.2
_REPUBLISH_S = 10.0


def work(number: int, *, shared: pathlib.Path) -> None:
    """One process: it searches until it is asked to stop, or its supervisor is gone."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # Ctrl-C goes to the supervisor too, which asks each process in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = Settings()
    logs.configure(f"worker-{number}", settings.log_format)
    threads.one_thread_each()
    scheduling.long_turns()
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
            heads=HeadFolder(settings.home / "heads"),
            catalogue=catalogue,
        )
        images = ImageFolder(settings.home / "images")
        # Of its own: no visitor waits for a picture of an import. The threads that index keep their priority, because
        # one that is put off while it holds the interpreter puts off the searches of its process.
        bulk_decoder = decoders.configured(settings, slots=max(1, settings.index_slots), visitors_first=True)
        opened.callback(bulk_decoder.close)
        indexing = IndexWorker(
            catalogue=catalogue, images=images, decoder=bulk_decoder, encoder=encoder, give_way=broker.give_way
        )
        leases = SqlLeases(database)
        # Twice as long as anybody is let in to wait.
        republisher = Republisher(ledger, broker, lost_after_s=max(LOST_AFTER_S, 2 * settings.max_wait_s))
        republishing = LeasedWork("republisher", republisher.republish, leases, every_s=_REPUBLISH_S)
        with process.searching(
            settings,
            broker=broker,
            ledger=ledger,
            catalogue=catalogue,
            images=images,
            decoder=decoder,
            encoder=encoder,
            index=index,
            leases=leases,
        ) as check_searching:
            if settings.index_slots:
                broker.consume_index(indexing.handle, slots=settings.index_slots)
            opened.enter_context(republishing)
            # What was imported and wired is here for good: the collector need not look at it again and again.
            gc.collect()
            gc.freeze()
            _log.info("process %d searches with %s", number, encoder.model_id)
            telling = _telling(heartbeats, number, lambda: _problem(ledger, broker, encoder, check_searching))
            opened.callback(telling.set)
            supervisor = multiprocessing.parent_process()
            while supervisor is not None and supervisor.is_alive():
                if stop.wait(_BEAT_S):
                    break


def _telling(heartbeats: Heartbeats, number: int, problem: Callable[[], str]) -> threading.Event:
    """Tell the problem now and then, until the event is set.

    On a thread of its own: a server that accepts and never answers holds up the question, and must not hold up a stop.
    """
    ended = threading.Event()

    def tell() -> None:
        every_s = _FIRST_BEATS_S
        while not ended.is_set():
            told = problem()
            if not ended.is_set():
                _tell(heartbeats, number, told)
            if not told:
                every_s = _BEAT_S
            ended.wait(every_s)

    threading.Thread(target=tell, name="heartbeat", daemon=True).start()
    return ended


def _tell(heartbeats: Heartbeats, number: int, problem: str) -> None:
    try:
        heartbeats.tell(number, problem)
    except OSError as error:
        # A disk that is full for a while makes the process silent for as long, and no longer.
        _log.warning("how this process is cannot be written: %s", error.strerror)


def _problem(ledger: SearchLedger, broker: Broker, encoder: Encoder, check_searching: Callable[[], None]) -> str:
    """What keeps this process from searching; empty where nothing does."""
    try:
        check_searching()
        ledger.queue_position("")
        broker.depth()
        encoder.check()
    except errors.VitrineError as error:
        return error.message
    # The boundary of a thread: a process that says nothing any more would be taken for stuck.
    except Exception as surprise:  # noqa: BLE001
        _log.exception("asking for what keeps this process from searching broke")
        return repr(surprise)
    return ""
