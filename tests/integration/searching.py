"""Searches without pictures: the real ledger, the real worker, and a pipeline that answers at once."""

from __future__ import annotations

import collections
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast

from api import acceptance
from api.acceptance import Upload
from tests import searches
from vitrine import errors
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import DescriptionDraft, Search, SearchResult, Stage, Status
from vitrine.messages import EventKind
from vitrine.ports import Broker
from vitrine.testing import MemoryImageStore
from workers.consumer import SearchWorker
from workers.pipeline import Answered, ReportStage, SearchPipeline
from workers.progress import ProgressWriter

WAIT_S = 60
RESULT = SearchResult(
    classified=None,
    class_missing="no_classifier",
    description=DescriptionDraft(text="", text_source=None, fields={}),
    nothing_similar=True,
    matches=(),
    model_id="m",
    snapshot="s",
)


class InstantPipeline:
    def run(self, searches: Sequence[Search], report: ReportStage) -> Iterator[Answered]:
        report(Stage.DECODING, searches)
        yield [(search, RESULT) for search in searches]


def worker(ledger: SqlLedger, broker: Broker) -> SearchWorker:
    return SearchWorker(
        pipeline=cast("SearchPipeline", InstantPipeline()),
        ledger=ledger,
        broker=broker,
        progress=ProgressWriter(ledger, broker),
    )


def accepted(ledger: SqlLedger, broker: Broker) -> str | None:
    """A search that was promised, in a batch of the same id; None where the visitor was told to come back later."""
    new = searches.new(uuid.uuid4().hex)
    try:
        acceptance.accept(MemoryImageStore(), ledger, broker, [Upload(batch_id=new.id, searches=[new])])
    except errors.DependencyUnavailable:
        assert ledger.get(new.id).status.terminal
        return None
    return new.id


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def classified(ledger: SqlLedger, search_ids: Iterable[str]) -> dict[str, int]:
    """How many of the searches were done once, lost, or doubled, by what the ledger says."""
    count = collections.Counter(once=0, lost=0, doubled=0)
    for search_id in search_ids:
        ends = [event for event in ledger.events_after(search_id, 0) if event.kind is EventKind.SEARCH_COMPLETED]
        done = ledger.get(search_id).status is Status.COMPLETED and len(ends) > 0
        count["doubled" if len(ends) > 1 else "once" if done else "lost"] += 1
    return dict(count)
