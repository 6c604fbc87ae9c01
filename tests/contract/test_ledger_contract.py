"""What every search ledger must do: one terminal row for each accepted search, and a gapless story of each batch."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from vitrine import errors
from vitrine.domain import Filters, NewSearch, Problem, QueryEmbedding, Region, Stage, Status
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import SearchLedger


def new(search_id: str) -> NewSearch:
    return NewSearch(
        id=search_id,
        image_sha256="a" * 64,
        filename="снимок.jpg",
        region=Region(x=0.1, y=0.2, width=0.3, height=0.4),
        top_k=7,
        filters=Filters(typology="Оружие"),
        geometric_check=False,
    )


def test_an_accepted_search_comes_back_whole(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s1"), new("s2")])
    search = ledger.get("s1")
    assert (search.batch_id, search.status, search.stage) == ("b", Status.ACCEPTED, Stage.QUEUED)
    assert search.region == Region(x=0.1, y=0.2, width=0.3, height=0.4)
    assert search.filters == Filters(typology="Оружие")
    assert (search.top_k, search.filename, search.geometric_check) == (7, "снимок.jpg", False)
    assert [found.id for found in ledger.batch("b")] == ["s1", "s2"]


def test_a_search_by_text_keeps_its_embedding(ledger: SearchLedger) -> None:
    vector = np.array([0.6, 0.0, -0.8], np.float32)
    text = dataclasses.replace(new("s1"), embedded=QueryEmbedding(model_id="net@0123456789abcdef", vector=vector))
    ledger.accept("b", [text, new("s2")])
    for search in (ledger.get("s1"), ledger.batch("b")[0], ledger.start("s1")):
        assert search is not None and search.embedded is not None
        assert search.embedded.model_id == "net@0123456789abcdef"
        np.testing.assert_array_equal(search.embedded.vector, vector)
    assert ledger.get("s2").embedded is None


def test_an_unknown_search_or_batch_is_not_found(ledger: SearchLedger) -> None:
    for ask in (ledger.get, ledger.batch):
        with pytest.raises(errors.NotFound):
            ask("nothing")
    assert ledger.start("nothing") is None
    assert not ledger.fail("nothing", Problem(code="x", message="y"))


def test_a_search_goes_from_accepted_to_completed_and_tells_each_step(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s")])
    assert ledger.start("s") is not None
    told = ledger.record_stages("s", [(Stage.DECODING, 1.0)])
    finished = ledger.complete("s", '{"matches":[]}', [(Stage.EMBEDDING, 2.0)])
    assert [event.stage for event in [*told, *finished]] == [Stage.DECODING, Stage.EMBEDDING, Stage.DONE]
    assert finished[-1].kind is EventKind.SEARCH_COMPLETED
    search = ledger.get("s")
    assert (search.status, search.result, search.attempts) == (Status.COMPLETED, '{"matches":[]}', 1)
    assert search.finished_at is not None and search.finished_at >= search.created_at
    stored = ledger.events_after("b", 0)
    assert [event.sequence for event in stored] == [1, 2, 3, 4]
    assert list(stored[1:]) == [*told, *finished]
    assert list(ledger.events_after("b", 3)) == [finished[-1]]


@pytest.mark.parametrize("first", ["complete", "fail", "cancel"])
def test_a_terminal_row_never_changes(ledger: SearchLedger, first: str) -> None:
    ledger.accept("b", [new("s")])

    def end(how: str) -> Sequence[SearchEvent]:
        if how == "fail":
            return ledger.fail("s", Problem(code="broken_picture", message="damaged"))
        return ledger.cancel("s") if how == "cancel" else ledger.complete("s", "{}", [])

    assert end(first)
    before = ledger.get("s")
    for how in ("complete", "fail", "cancel"):
        assert not end(how)
    assert not ledger.record_stages("s", [(Stage.DECODING, 1.0)])
    assert ledger.start("s") is None
    assert ledger.get("s") == before
    assert sum(event.kind.terminal for event in ledger.events_after("b", 0)) == 1


def test_a_failure_keeps_its_reason(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s")])
    (event,) = ledger.fail("s", Problem(code="broken_picture", message="повреждён"))
    assert event.problem == {"code": "broken_picture", "message": "повреждён"}
    assert ledger.get("s").problem == Problem(code="broken_picture", message="повреждён")


def test_workers_that_finish_one_search_at_once_leave_one_terminal_row(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s")])
    ended: list[int] = []

    def finish(number: int) -> None:
        ended.append(len(ledger.complete("s", f"[{number}]", [])))

    threads = [threading.Thread(target=finish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [0] * 7 + [1]


def test_events_of_a_batch_have_no_gaps_when_many_write(ledger: SearchLedger) -> None:
    ledger.accept("b", [new(f"s{number}") for number in range(6)])

    def work(number: int) -> None:
        ledger.start(f"s{number}")
        ledger.record_stages(f"s{number}", [(Stage.DECODING, 1.0)])
        ledger.complete(f"s{number}", "{}", [(Stage.EMBEDDING, 2.0)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.sequence for event in ledger.events_after("b", 0)] == list(range(1, 6 * 4 + 1))


def test_a_released_search_waits_again_as_if_it_had_not_been_started(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s")])
    ledger.start("s")
    ledger.release("s")
    search = ledger.get("s")
    assert (search.status, search.attempts) == (Status.ACCEPTED, 0)
    assert ledger.queue_position("s") == 1
    ledger.cancel("s")
    ledger.release("s")
    assert ledger.get("s").status is Status.CANCELLED


def test_unfinished_searches_are_known_and_have_their_place(ledger: SearchLedger) -> None:
    ledger.accept("b", [new("s1"), new("s2"), new("s3")])
    ledger.start("s1")
    ledger.cancel("s2")
    assert list(ledger.unfinished()) == ["s1", "s3"]
    assert list(ledger.unfinished(silent_s=3600)) == []
    assert ledger.queue_position("s1") is None
    assert ledger.queue_position("s3") == 1
