"""What every search ledger must do: one terminal row for each accepted search, and a gapless story of each batch."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Sequence

import numpy as np
import pytest
from sqlalchemy import exc

from tests import searches
from vitrine import errors
from vitrine.domain import Filters, NewSearch, Problem, QueryEmbedding, Region, Stage, Status
from vitrine.messages import EventKind, SearchEvent
from vitrine.ports import Completion, SearchLedger


def new(search_id: str) -> NewSearch:
    return searches.new(
        search_id,
        image_sha256="a" * 64,
        filename="снимок.jpg",
        region=Region(x=0.1, y=0.2, width=0.3, height=0.4),
        top_k=7,
        filters=Filters(typology="Оружие"),
    )


def test_an_accepted_search_comes_back_whole(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new("s1"), new("s2")]})
    search = ledger.get("s1")
    assert (search.batch_id, search.status, search.stage) == ("b", Status.ACCEPTED, Stage.QUEUED)
    assert search.region == Region(x=0.1, y=0.2, width=0.3, height=0.4)
    assert search.filters == Filters(typology="Оружие")
    assert (search.top_k, search.filename, search.geometric_check) == (7, "снимок.jpg", False)
    assert [found.id for found in ledger.batch("b")] == ["s1", "s2"]


def test_a_search_by_text_keeps_its_embedding(ledger: SearchLedger) -> None:
    vector = np.array([0.6, 0.0, -0.8], np.float32)
    text = dataclasses.replace(new("s1"), embedded=QueryEmbedding(model_id="net@0123456789abcdef", vector=vector))
    ledger.accept({"b": [text, new("s2")]})
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
    ledger.accept({"b": [new("s")]})
    assert ledger.start("s") is not None
    told = ledger.record_stages({"s": [(Stage.DECODING, 1.0)]})
    ended = Completion(search_id="s", result='{"matches":[]}', stages=[(Stage.EMBEDDING, 2.0)])
    finished = ledger.complete([ended])
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
    ledger.accept({"b": [new("s")]})

    def end(how: str) -> Sequence[SearchEvent]:
        if how == "fail":
            return ledger.fail("s", Problem(code="broken_picture", message="damaged"))
        return ledger.cancel("s") if how == "cancel" else ledger.complete([Completion(search_id="s", result="{}")])

    assert end(first)
    before = ledger.get("s")
    for how in ("complete", "fail", "cancel"):
        assert not end(how)
    assert not ledger.record_stages({"s": [(Stage.DECODING, 1.0)]})
    assert ledger.start("s") is None
    assert ledger.get("s") == before
    assert sum(event.kind.terminal for event in ledger.events_after("b", 0)) == 1


def test_a_failure_keeps_its_reason(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new("s")]})
    (event,) = ledger.fail("s", Problem(code="broken_picture", message="повреждён"))
    assert event.problem == {"code": "broken_picture", "message": "повреждён"}
    assert ledger.get("s").problem == Problem(code="broken_picture", message="повреждён")


def test_workers_that_finish_one_search_at_once_leave_one_terminal_row(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new("s")]})
    ended: list[int] = []

    def finish(number: int) -> None:
        ended.append(len(ledger.complete([Completion(search_id="s", result=f"[{number}]")])))

    threads = [threading.Thread(target=finish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == [0] * 7 + [1]


def test_events_of_a_batch_have_no_gaps_when_many_write(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new(f"s{number}") for number in range(6)]})

    def work(number: int) -> None:
        ledger.start(f"s{number}")
        ledger.record_stages({f"s{number}": [(Stage.DECODING, 1.0)]})
        ledger.complete([Completion(search_id=f"s{number}", result="{}", stages=[(Stage.EMBEDDING, 2.0)])])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [event.sequence for event in ledger.events_after("b", 0)] == list(range(1, 6 * 4 + 1))


def test_a_released_search_waits_again_as_if_it_had_not_been_started(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new("s")]})
    ledger.start("s")
    ledger.release("s")
    search = ledger.get("s")
    assert (search.status, search.attempts) == (Status.ACCEPTED, 0)
    assert ledger.queue_position("s") == 1
    ledger.cancel("s")
    ledger.release("s")
    assert ledger.get("s").status is Status.CANCELLED


def test_unfinished_searches_are_known_and_have_their_place(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new("s1"), new("s2"), new("s3")]})
    ledger.start("s1")
    ledger.cancel("s2")
    assert list(ledger.unfinished()) == ["s1", "s3"]
    assert list(ledger.unfinished(silent_s=3600)) == []
    assert ledger.queue_position("s1") is None
    assert ledger.queue_position("s3") == 1


def test_batches_are_accepted_together_and_told_apart(ledger: SearchLedger) -> None:
    ledger.accept({"b1": [new("s1"), new("s2")], "b2": [new("s3")]})
    assert [[found.id for found in ledger.batch(batch)] for batch in ("b1", "b2")] == [["s1", "s2"], ["s3"]]
    assert [event.sequence for event in ledger.events_after("b1", 0)] == [1, 2]
    assert [ledger.queue_position(search) for search in ("s1", "s2", "s3")] == [1, 2, 3]
    assert [event.sequence for event in ledger.events_after("b2", 0)] == [1]


def test_of_batches_that_are_accepted_together_all_are_there_or_none(ledger: SearchLedger) -> None:
    ledger.accept({"b1": [new("s1")]})
    with pytest.raises(exc.IntegrityError):
        ledger.accept({"b2": [new("s2")], "b3": [new("s1")]})
    for batch in ("b2", "b3"):
        with pytest.raises(errors.NotFound):
            ledger.batch(batch)


def test_several_searches_come_in_the_order_asked(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new(f"s{number}") for number in range(3)]})
    asked = ["s2", "s0", "s2"]
    assert [search.id for search in ledger.several(asked)] == asked
    with pytest.raises(errors.NotFound, match="nothing"):
        ledger.several(["s1", "nothing"])


def test_only_searches_that_nobody_has_started_are_started_as_new(ledger: SearchLedger) -> None:
    ledger.accept({"b": [new(f"s{number}") for number in range(5)]})
    ledger.start("s0")
    ledger.cancel("s1")
    ledger.start("s2")
    ledger.release("s2")
    started = ledger.start_new(["s4", "s0", "s1", "s2", "nothing", "s4"])
    assert sorted((search.id, search.status, search.attempts) for search in started) == [
        ("s2", Status.RUNNING, 1),
        ("s4", Status.RUNNING, 1),
    ]
    assert not ledger.start_new(["s4"])
    assert ledger.get("s3").status is Status.ACCEPTED


def test_searches_of_several_batches_end_together_each_in_its_own_story(ledger: SearchLedger) -> None:
    ledger.accept({"b1": [new("s1"), new("s2")], "b2": [new("s3")]})
    ledger.start_new(["s1", "s2", "s3"])
    ledger.record_stages(
        {"s1": [(Stage.DECODING, 1.0)], "s3": [(Stage.DECODING, 1.0), (Stage.EMBEDDING, 1.5)], "s2": []}
    )
    ledger.cancel("s2")
    told = ledger.complete(
        [
            Completion(search_id=search_id, result=f'"{search_id}"', stages=[(Stage.SEARCHING, 2.0)])
            for search_id in ("s1", "s2", "s3")
        ]
    )
    ends = [event.search_id for event in told if event.kind is EventKind.SEARCH_COMPLETED]
    assert ends == ["s1", "s3"]
    assert [ledger.get(search_id).result for search_id in ("s1", "s2", "s3")] == ['"s1"', None, '"s3"']
    for batch_id, count in (("b1", 6), ("b2", 5)):
        story = ledger.events_after(batch_id, 0)
        assert [event.sequence for event in story] == list(range(1, count + 1))
        assert [event for event in story if event in told] == [event for event in told if event.batch_id == batch_id]


def test_those_who_end_the_same_searches_together_wait_for_each_other(ledger: SearchLedger) -> None:
    names = [f"s{number}" for number in range(8)]
    ledger.accept({f"b{number % 3}": [new(name) for name in names[number % 3 :: 3]] for number in range(3)})
    ended: list[str] = []

    def finish(order: Sequence[str]) -> None:
        told = ledger.complete([Completion(search_id=name, result="{}") for name in order])
        ended.extend(event.search_id for event in told)

    threads = [threading.Thread(target=finish, args=(names[start:] + names[:start],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == names


def test_only_what_has_ended_is_forgotten_and_nothing_of_it_is_left(ledger: SearchLedger) -> None:
    for batch_id, names in {"old": ["s1", "s2"], "open": ["s3", "s4"], "another": ["s5"]}.items():
        ledger.accept({batch_id: [new(name) for name in names]})
    for search_id in ("s1", "s3", "s5"):
        ledger.fail(search_id, Problem(code="x", message="y"))
    ledger.cancel("s2")
    moment = time.time() + 1
    assert ledger.ended_before(moment, 1) == {"old": ["s1", "s2"]}
    assert ledger.ended_before(moment, 9) == {"old": ["s1", "s2"], "another": ["s5"]}
    assert ledger.ended_before(time.time() - 60, 9) == {}
    for _ in range(2):
        ledger.forget(["old"])
    assert ledger.ended_before(moment, 9) == {"another": ["s5"]}
    assert not ledger.events_after("old", 0)
    for ask, unknown in ((ledger.get, "s1"), (ledger.get, "s2"), (ledger.batch, "old")):
        with pytest.raises(errors.NotFound):
            ask(unknown)
    assert [search.id for search in ledger.batch("open")] == ["s3", "s4"]
    assert [event.search_id for event in ledger.events_after("another", 0)] == ["s5", "s5"]
    ledger.accept({"old": [new("s1")]})
    assert [event.sequence for event in ledger.events_after("old", 0)] == [1]
