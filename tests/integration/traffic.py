"""Searches that workers take through the ledger while its database fails, and the account of them afterwards."""

from __future__ import annotations

import collections
import dataclasses
import itertools
import threading
import time
from collections.abc import Sequence

from tests import searches
from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import Stage, Status
from vitrine.ports import Completion, SearchLedger

_IN_A_BATCH = 3
_REDELIVERED_AFTER_S = 0.05
_PATIENCE_S = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Account:
    """What became of the searches that were promised. ``untrue``: batches whose story has a gap or a repetition."""

    done_once: int
    lost: int
    doubled: int
    untrue: int


class Traffic:
    """Each worker accepts a batch as the API does, and finishes it as a worker does: again until it is through."""

    def __init__(self, url: str, *, workers: int) -> None:
        self._database = Database(url)
        self._ledger: SearchLedger = SqlLedger(self._database)
        self._numbers = itertools.count()
        self._stop, self._give_up = threading.Event(), threading.Event()
        self._promised: list[tuple[str, Sequence[str]]] = []
        self._threads = [threading.Thread(target=self._work) for _ in range(workers)]
        self.broken: list[BaseException] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(_PATIENCE_S)
        self._give_up.set()
        for thread in self._threads:
            thread.join()
        self._database.close()
        assert not self.broken

    @property
    def promised(self) -> int:
        return len(self._promised) * _IN_A_BATCH

    def _work(self) -> None:
        try:
            while not self._stop.is_set():
                self._one_batch(next(self._numbers))
        except BaseException as error:
            self.broken.append(error)
            raise

    def _one_batch(self, number: int) -> None:
        new = [searches.new(f"s{number}-{position}", filename="снимок.jpg") for position in range(_IN_A_BATCH)]
        try:
            self._ledger.accept({f"b{number}": new})
        except errors.DependencyUnavailable:
            # 503: nothing was promised, and the visitor sends the pictures again.
            time.sleep(_REDELIVERED_AFTER_S)
            return
        self._promised.append((f"b{number}", [search.id for search in new]))
        # By turns together and one by one, as they would come to a worker.
        size = len(new) if number % 2 else 1
        for start in range(0, len(new), size):
            self._again_until_through([search.id for search in new[start : start + size]])

    def _take_through(self, search_ids: Sequence[str]) -> None:
        started = {search.id for search in self._ledger.start_new(search_ids)}
        started |= {one for one in search_ids if one not in started and self._ledger.start(one) is not None}
        self._ledger.record_stages({one: [(Stage.DECODING, time.time())] for one in started})
        told = self._ledger.complete(
            [Completion(search_id=one, result="{}", stages=[(Stage.EMBEDDING, time.time())]) for one in started]
        )
        assert {event.search_id for event in told if event.kind.terminal} == started

    def _again_until_through(self, search_ids: Sequence[str]) -> None:
        """As messages that are delivered again."""
        while not self._give_up.is_set():
            try:
                self._take_through(search_ids)
                return
            except errors.DependencyUnavailable:
                time.sleep(_REDELIVERED_AFTER_S)

    def account(self, url: str) -> Account:
        """Read through a connection of its own."""
        database = Database(url)
        ledger = SqlLedger(database)
        ends: collections.Counter[str] = collections.Counter()
        untrue, completed = 0, set()
        for batch_id, _ in self._promised:
            events = ledger.events_after(batch_id, 0)
            ends.update(event.search_id for event in events if event.kind.terminal)
            told = [(event.search_id, event.stage, event.at) for event in events]
            gapless = [event.sequence for event in events] == list(range(1, len(events) + 1))
            untrue += not gapless or len(set(told)) < len(told)
            completed |= {search.id for search in ledger.batch(batch_id) if search.status is Status.COMPLETED}
        database.close()
        promised = [search_id for _, search_ids in self._promised for search_id in search_ids]
        return Account(
            done_once=sum(ends[search_id] == 1 and search_id in completed for search_id in promised),
            lost=sum(ends[search_id] == 0 or search_id not in completed for search_id in promised),
            doubled=sum(ends[search_id] > 1 for search_id in promised),
            untrue=untrue,
        )
