"""The one decision: answer, failure or another try."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import prometheus_client
import pytest

from tests import searches
from vitrine import errors
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import DescriptionDraft, Search, SearchResult, Stage, Status
from vitrine.messages import EventKind, SearchEvent, SearchRequested
from workers.consumer import SearchWorker
from workers.pipeline import Answer, Answered, ReportStage, SearchPipeline
from workers.progress import ProgressWriter

RESULT = SearchResult(
    classified=None,
    class_missing="no_classifier",
    description=DescriptionDraft(text="", text_source=None, fields={}),
    nothing_similar=True,
    matches=(),
    model_id="m",
    snapshot="s",
)


class Behaviour:
    """A pipeline that does what the test says."""

    def __init__(self, act: Callable[[Search], SearchResult]) -> None:
        self._act = act
        self.ran: list[list[str]] = []

    def run(self, searches: Sequence[Search], report: ReportStage) -> Iterator[Answered]:
        self.ran.append([search.id for search in searches])
        report(Stage.DECODING, searches)
        answered: list[tuple[Search, Answer]] = []
        for search in searches:
            try:
                answered.append((search, self._act(search)))
            except (errors.RejectedInput, errors.NotFound, errors.IndexNotReady) as error:
                answered.append((search, error))
        yield answered


@pytest.fixture
def ledger(database: Database) -> SqlLedger:
    """One search was accepted."""
    opened = SqlLedger(database)
    opened.accept({"b": [searches.new("s")]})
    return opened


def worker(ledger: SqlLedger, act: Callable[[Search], SearchResult], heard: list[SearchEvent]) -> SearchWorker:
    broker = MemoryBroker()
    broker.subscribe(heard.append)
    return SearchWorker(
        pipeline=cast("SearchPipeline", Behaviour(act)),
        ledger=ledger,
        broker=broker,
        progress=ProgressWriter(ledger, broker),
    )


def raising(error: Exception) -> Callable[[Search], SearchResult]:
    def act(_search: Search) -> SearchResult:
        raise error

    return act


REQUEST = SearchRequested(search_id="s")


def test_a_result_is_stored_and_then_told(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    worker(ledger, lambda _search: RESULT, heard).handle([REQUEST])
    search = ledger.get("s")
    assert search.status is Status.COMPLETED
    assert search.result is not None and json.loads(search.result)["nothing_similar"] is True
    assert heard == list(ledger.events_after("b", 1))
    assert [event.stage for event in heard] == [Stage.DECODING, Stage.DONE]


def test_a_message_that_comes_twice_is_answered_once(ledger: SqlLedger) -> None:
    runs: list[str] = []
    heard: list[SearchEvent] = []

    def act(search: Search) -> SearchResult:
        runs.append(search.id)
        return RESULT

    made = worker(ledger, act, heard)
    made.handle([REQUEST])
    made.handle([REQUEST])
    assert runs == ["s"]
    assert sum(event.kind.terminal for event in heard) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BrokenPicture("damaged"), "broken_picture"),
        (errors.IndexNotReady("index first"), "index_not_ready"),
        (errors.NotFound("the original is gone"), "not_found"),
    ],
)
def test_what_trying_again_cannot_mend_fails_at_once(ledger: SqlLedger, error: errors.VitrineError, code: str) -> None:
    heard: list[SearchEvent] = []
    worker(ledger, raising(error), heard).handle([REQUEST])
    problem = ledger.get("s").problem
    assert problem is not None and (problem.code, problem.message) == (code, error.message)
    assert heard[-1].kind is EventKind.SEARCH_FAILED


def test_a_search_waits_for_a_dependency_that_is_away_however_long(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    made = worker(ledger, raising(errors.DependencyUnavailable("away")), heard)
    for _ in range(25):
        [outcome] = made.handle([REQUEST])
        assert isinstance(outcome, errors.DependencyUnavailable)
    assert ledger.get("s").status is Status.ACCEPTED
    worker(ledger, lambda _search: RESULT, heard).handle([REQUEST])
    assert ledger.get("s").status is Status.COMPLETED


def test_a_defect_of_ours_is_tried_three_times_and_then_told(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    made = worker(ledger, raising(ZeroDivisionError()), heard)
    for _ in range(2):
        [outcome] = made.handle([REQUEST])
        assert isinstance(outcome, errors.DependencyUnavailable)
    made.handle([REQUEST])
    problem = ledger.get("s").problem
    assert problem is not None and problem.code == "internal"


def test_a_search_that_kills_its_worker_every_time_is_given_up(ledger: SqlLedger) -> None:
    for _ in range(20):
        ledger.start("s")
    heard: list[SearchEvent] = []
    worker(ledger, lambda _search: RESULT, heard).handle([REQUEST])
    problem = ledger.get("s").problem
    assert problem is not None and problem.code == "gave_up"


def test_a_search_that_was_cancelled_meanwhile_stays_cancelled(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []

    def act(search: Search) -> SearchResult:
        ledger.cancel(search.id)
        return RESULT

    worker(ledger, act, heard).handle([REQUEST])
    assert ledger.get("s").status is Status.CANCELLED
    assert not any(event.kind is EventKind.SEARCH_COMPLETED for event in heard)


NAMES = ["s1", "s2", "s3"]
REQUESTS = [SearchRequested(search_id=name) for name in NAMES]


@pytest.fixture
def crowd(ledger: SqlLedger) -> SqlLedger:
    """Three searches beside the one."""
    ledger.accept({name: [searches.new(name)] for name in NAMES})
    return ledger


def ran_by(made: SearchWorker) -> list[list[str]]:
    return cast("Behaviour", made._pipeline).ran


def test_searches_that_come_together_are_run_together_and_told_each_for_itself(crowd: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    made = worker(crowd, lambda _search: RESULT, heard)
    assert made.handle(REQUESTS) == [None] * 3
    assert ran_by(made) == [NAMES]
    assert [event.batch_id for event in heard if event.kind is EventKind.SEARCH_COMPLETED] == NAMES
    for name in NAMES:
        assert [event.stage for event in crowd.events_after(name, 1)] == [Stage.DECODING, Stage.DONE]


def test_a_search_that_fails_spoils_nothing_for_those_beside_it(crowd: SqlLedger) -> None:
    def act(search: Search) -> SearchResult:
        if search.id == "s2":
            raise errors.BrokenPicture("damaged")
        return RESULT

    assert worker(crowd, act, []).handle(REQUESTS) == [None] * 3
    assert [crowd.get(name).status for name in NAMES] == [Status.COMPLETED, Status.FAILED, Status.COMPLETED]


def test_of_searches_that_break_together_only_the_one_to_blame_pays(crowd: SqlLedger) -> None:
    def act(search: Search) -> SearchResult:
        if search.id == "s2":
            raise ZeroDivisionError
        return RESULT

    made = worker(crowd, act, [])
    first, second, third = made.handle(REQUESTS)
    assert (first, third) == (None, None)
    assert isinstance(second, errors.DependencyUnavailable)
    assert ran_by(made) == [NAMES, ["s1"], ["s2"], ["s3"]]
    assert [crowd.get(name).attempts for name in NAMES] == [1, 1, 1]


def test_a_search_that_may_have_killed_its_worker_is_run_alone(crowd: SqlLedger) -> None:
    crowd.start("s2")
    made = worker(crowd, lambda _search: RESULT, [])
    assert made.handle([*REQUESTS, REQUESTS[0]]) == [None] * 4
    assert [sorted(names) for names in ran_by(made)] == [["s1", "s3"], ["s2"]]
    assert all(crowd.get(name).status is Status.COMPLETED for name in NAMES)


def test_all_that_meet_a_dependency_that_is_away_wait_as_if_they_had_not_been_started(crowd: SqlLedger) -> None:
    outcomes = worker(crowd, raising(errors.DependencyUnavailable("away")), []).handle(REQUESTS)
    assert all(isinstance(outcome, errors.DependencyUnavailable) for outcome in outcomes)
    assert [(crowd.get(name).status, crowd.get(name).attempts) for name in NAMES] == [(Status.ACCEPTED, 0)] * 3


@pytest.mark.parametrize("away", ["start_new", "start"])
def test_searches_that_a_lost_database_keeps_from_starting_are_counted_as_put_off(
    crowd: SqlLedger, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.start("s2")
    monkeypatch.setattr(crowd, away, raising(errors.DependencyUnavailable("away")))
    counted = put_off()
    outcomes = worker(crowd, lambda _search: RESULT, []).handle(REQUESTS)
    waiting = [outcome for outcome in outcomes if isinstance(outcome, errors.DependencyUnavailable)]
    assert len(waiting) == put_off() - counted == (3 if away == "start_new" else 1)


def put_off() -> float:
    labels = {"outcome": "again_later"}
    return prometheus_client.REGISTRY.get_sample_value("vitrine_worker_searches_total", labels) or 0


def test_what_is_wrong_with_the_worker_is_told_to_each(crowd: SqlLedger) -> None:
    assert worker(crowd, raising(errors.Misconfigured("wrong model")), []).handle(REQUESTS) == [None] * 3
    problems = [crowd.get(name).problem for name in NAMES]
    assert [problem.code if problem else None for problem in problems] == ["misconfigured"] * 3
