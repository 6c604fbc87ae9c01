"""The one decision: answer, failure or another try."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from vitrine import errors
from vitrine.adapters import sql_migrations
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.domain import DescriptionDraft, Filters, NewSearch, Search, SearchResult, Stage, Status
from vitrine.messages import EventKind, SearchEvent, SearchRequested
from workers.consumer import SearchWorker
from workers.pipeline import ReportStage, SearchPipeline
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

    def run(self, search: Search, report: ReportStage) -> SearchResult:
        report(Stage.DECODING)
        return self._act(search)


@pytest.fixture
def ledger(tmp_path: pathlib.Path) -> Iterator[SqlLedger]:
    database = Database(f"sqlite:///{tmp_path / 'ledger.sqlite3'}")
    sql_migrations.migrate(database)
    opened = SqlLedger(database)
    new = NewSearch(
        id="s", image_sha256="a", filename="a", region=None, top_k=1, filters=Filters(), geometric_check=False
    )
    opened.accept("b", [new])
    yield opened
    database.close()


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
    worker(ledger, lambda _search: RESULT, heard).handle(REQUEST)
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
    made.handle(REQUEST)
    made.handle(REQUEST)
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
    worker(ledger, raising(error), heard).handle(REQUEST)
    problem = ledger.get("s").problem
    assert problem is not None and (problem.code, problem.message) == (code, error.message)
    assert heard[-1].kind is EventKind.SEARCH_FAILED


def test_a_search_waits_for_a_dependency_that_is_away_however_long(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    made = worker(ledger, raising(errors.DependencyUnavailable("away")), heard)
    for _ in range(25):
        with pytest.raises(errors.DependencyUnavailable):
            made.handle(REQUEST)
    assert ledger.get("s").status is Status.ACCEPTED
    worker(ledger, lambda _search: RESULT, heard).handle(REQUEST)
    assert ledger.get("s").status is Status.COMPLETED


def test_a_defect_of_ours_is_tried_three_times_and_then_told(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []
    made = worker(ledger, raising(ZeroDivisionError()), heard)
    for _ in range(2):
        with pytest.raises(errors.DependencyUnavailable):
            made.handle(REQUEST)
    made.handle(REQUEST)
    problem = ledger.get("s").problem
    assert problem is not None and problem.code == "internal"


def test_a_search_that_kills_its_worker_every_time_is_given_up(ledger: SqlLedger) -> None:
    for _ in range(20):
        ledger.start("s")
    heard: list[SearchEvent] = []
    worker(ledger, lambda _search: RESULT, heard).handle(REQUEST)
    problem = ledger.get("s").problem
    assert problem is not None and problem.code == "gave_up"


def test_a_search_that_was_cancelled_meanwhile_stays_cancelled(ledger: SqlLedger) -> None:
    heard: list[SearchEvent] = []

    def act(search: Search) -> SearchResult:
        ledger.cancel(search.id)
        return RESULT

    worker(ledger, act, heard).handle(REQUEST)
    assert ledger.get("s").status is Status.CANCELLED
    assert not any(event.kind is EventKind.SEARCH_COMPLETED for event in heard)
