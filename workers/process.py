"""A worker of one process: what takes searches from the broker, wired to what it is given."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from vitrine import errors
from vitrine.ports import Broker, Catalogue, Decoder, Encoder, ImageStore, RefreshedIndex, SearchLedger
from vitrine.settings import Settings
from workers.consumer import SearchWorker
from workers.pipeline import SearchPipeline
from workers.progress import ProgressWriter

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def searching(
    settings: Settings,
    *,
    broker: Broker,
    ledger: SearchLedger,
    catalogue: Catalogue,
    images: ImageStore,
    decoder: Decoder,
    encoder: Encoder,
    index: RefreshedIndex,
) -> Iterator[None]:
    """Searches are taken inside; at the end those in hand are finished, and what is left goes to another worker."""
    progress = ProgressWriter(ledger, broker)
    pipeline = SearchPipeline(images=images, decoder=decoder, encoder=encoder, index=index, catalogue=catalogue)
    worker = SearchWorker(pipeline=pipeline, ledger=ledger, broker=broker, progress=progress)
    progress.start()

    def take_searches() -> None:
        broker.consume(worker.handle, slots=settings.search_slots, together=settings.searches_together)

    # Whoever came before the index is open would be told that there is none.
    stop_refreshing = _refreshing(index, settings.refresh_s, then=take_searches)
    try:
        yield
    finally:
        # In this order: nothing begins to be taken after the end of taking.
        stop_refreshing()
        if not broker.stop_consuming(settings.grace_s):
            _log.warning("searches that were still running are taken up by another worker, or at the next start")
        progress.close()


def _refreshing(index: RefreshedIndex, every_s: float, then: Callable[[], None]) -> Callable[[], None]:
    """Refresh on a thread, and call ``then`` after the first time; returns what ends it."""
    stop = threading.Event()

    def refresh() -> None:
        waits = True
        while True:
            try:
                index.refresh()
                if waits:
                    then()
                    waits = False
            except errors.VitrineError as error:
                _log.warning("the index was not refreshed: %s", error.message)
            # The boundary of a thread: without it, nothing new would be found until a restart.
            except Exception:  # noqa: BLE001
                _log.exception("refreshing the index broke and goes on")
            if stop.wait(every_s):
                return

    thread = threading.Thread(target=refresh, name="refresh", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end
