"""Stages are told soon where they last, and with the result where they do not."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import cast

from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.domain import Stage
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import Reached, SearchLedger
from workers.progress import ProgressWriter


class Recorder:
    """Of a ledger, only what the writer uses."""

    def record_stages(self, stages: Mapping[str, Reached]) -> Sequence[SearchEvent]:
        reached = [(search_id, stage, at) for search_id, own in stages.items() for stage, at in own]
        return [
            SearchEvent(batch_id="b", sequence=n, search_id=search_id, kind=EventKind.STAGE_REACHED, stage=stage, at=at)
            for n, (search_id, stage, at) in enumerate(reached, start=1)
        ]


def test_a_stage_that_lasts_is_told_while_it_lasts() -> None:
    broker = MemoryBroker()
    told: list[Stage] = []
    broker.subscribe(lambda event: told.append(event.stage))
    writer = ProgressWriter(cast("SearchLedger", Recorder()), broker)
    writer.start()
    writer.reached(["s"], Stage.DECODING)
    deadline = time.monotonic() + 5
    while not told and time.monotonic() < deadline:
        time.sleep(0.005)
    writer.close()
    assert told == [Stage.DECODING]
    assert writer.take("s") == []


class Surprising(Recorder):
    def __init__(self) -> None:
        self.asked = 0

    def record_stages(self, stages: Mapping[str, Reached]) -> Sequence[SearchEvent]:
        self.asked += 1
        if self.asked == 1:
            raise RuntimeError("nobody expected this")
        return super().record_stages(stages)


def test_a_surprise_ends_no_progress_but_its_own() -> None:
    broker = MemoryBroker()
    told: list[str] = []
    broker.subscribe(lambda event: told.append(event.search_id))
    ledger = Surprising()
    writer = ProgressWriter(cast("SearchLedger", ledger), broker)
    writer.start()
    deadline = time.monotonic() + 5
    for search_id, done in (("first", lambda: ledger.asked), ("second", lambda: told)):
        writer.reached([search_id], Stage.DECODING)
        while not done() and time.monotonic() < deadline:
            time.sleep(0.005)
    writer.close()
    assert told == ["second"]


def test_stages_of_a_quick_search_are_left_for_its_result() -> None:
    writer = ProgressWriter(cast("SearchLedger", Recorder()), MemoryBroker())
    writer.reached(["s"], Stage.DECODING)
    writer.reached(["s"], Stage.EMBEDDING)
    writer.reached(["other"], Stage.DECODING)
    assert [stage for stage, _ in writer.take("s")] == [Stage.DECODING, Stage.EMBEDDING]
    assert [stage for stage, _ in writer.take("other")] == [Stage.DECODING]
