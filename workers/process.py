"""A worker of one process: what takes searches from the broker, wired to what it is given."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

from vitrine.ports import Broker, Catalogue, Decoder, Encoder, ImageStore, Leases, RefreshedIndex, SearchLedger
from vitrine.settings import Settings
from workers.consumer import SearchWorker
from workers.forgetting import Forgetter
from workers.leased import LeasedWork
from workers.pipeline import SearchPipeline
from workers.progress import ProgressWriter
from workers.refreshing import Refreshing

_log = logging.getLogger(__name__)

_FORGET_S = 10.0


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
    leases: Leases,
) -> Iterator[Callable[[], None]]:
    """Searches are taken inside; at the end those in hand are finished, and what is left goes to another worker.

    Yields a check, which raises DependencyUnavailable while searches do not come in or nothing new is found.
    """
    progress = ProgressWriter(ledger, broker)
    pipeline = SearchPipeline(images=images, decoder=decoder, encoder=encoder, index=index, catalogue=catalogue)
    worker = SearchWorker(pipeline=pipeline, ledger=ledger, broker=broker, progress=progress)
    progress.start()

    def take_searches() -> None:
        broker.consume(worker.handle, slots=settings.search_slots, together=settings.searches_together)

    refreshing = Refreshing(index, settings.refresh_s, then=take_searches)

    def check() -> None:
        refreshing.check()
        broker.check_consuming()

    with _forgetting(settings, ledger, images, leases):
        try:
            yield check
        finally:
            # In this order: nothing begins to be taken after the end of taking.
            refreshing.stop()
            if not broker.stop_consuming(settings.grace_s):
                _log.warning("searches that were still running are taken up by another worker, or at the next start")
            refreshing.join()
            progress.close()


def _forgetting(
    settings: Settings, ledger: SearchLedger, images: ImageStore, leases: Leases
) -> contextlib.AbstractContextManager[object]:
    if not settings.keep_searches_days:
        return contextlib.nullcontext()
    forgetter = Forgetter(ledger, images, keep_days=settings.keep_searches_days)
    return LeasedWork("forgetter", forgetter.forget, leases, every_s=_FORGET_S)
