"""What a worker does with messages; the decision between answer, failure and retry is made here and nowhere else."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Sequence

from vitrine import errors, logs
from vitrine.domain import Problem, Search, SearchResult, Stage
from vitrine.messages import SearchRequested
from vitrine.ports import Broker, Completion, Outcome, SearchLedger
from vitrine.result_document import result_document
from workers import metrics
from workers.pipeline import Answered, SearchPipeline
from workers.progress import ProgressWriter

_log = logging.getLogger(__name__)

# A search that breaks its worker in ways nobody foresaw is given up after so many tries …
_TRIES_AFTER_SURPRISES = 3
# … and one that was started so often has probably killed its worker each time. Fewer than RabbitMQ's delivery limit,
# after which nobody would be told.
_MOST_STARTS = 15
_SURPRISE_RETRY_S = 2.0


class SearchWorker:
    """Handler of the search queue. Every message leads to exactly one terminal row, however often it is delivered."""

    def __init__(
        self, *, pipeline: SearchPipeline, ledger: SearchLedger, broker: Broker, progress: ProgressWriter
    ) -> None:
        self._pipeline = pipeline
        self._ledger = ledger
        self._broker = broker
        self._progress = progress

    def handle(self, requests: Sequence[SearchRequested]) -> Sequence[Outcome]:
        """Searches that were never started before are run together; whichever was is run alone.

        Whoever was started before may have killed its worker: it takes nobody else down with it a second time.
        """
        outcomes: dict[str, Outcome] = {}
        with metrics.in_hand(len(requests)):
            try:
                outcomes |= self._run(self._ledger.start_new([request.search_id for request in requests]))
                for request in requests:
                    if request.search_id not in outcomes:
                        outcomes[request.search_id] = self._run_again(request.search_id)
            except errors.DependencyUnavailable as error:
                for request in requests:
                    if request.search_id not in outcomes:
                        outcomes[request.search_id] = _put_off(request.search_id, error)
        return [outcomes[request.search_id] for request in requests]

    def _run_again(self, search_id: str) -> Outcome:
        search = self._ledger.start(search_id)
        if search is None:
            metrics.HANDLED.labels(outcome="old_news").inc()
            return None
        if search.attempts > _MOST_STARTS:
            stopped = errors.RejectedInput(
                "This photograph stopped its worker again and again. Save it anew.", code="gave_up"
            )
            self._end([(search, stopped)])
            return None
        return self._run([search])[search_id]

    def _run(self, searches: Sequence[Search]) -> dict[str, Outcome]:
        """What became of each search, by id. Each of them has been started."""
        left = {search.id: search for search in searches}
        timers = {search.id: metrics.SearchTimer() for search in searches}

        def reached(stage: Stage, those: Sequence[Search]) -> None:
            self._progress.reached([search.id for search in those], stage)
            for search in those:
                timers[search.id].reached(stage)

        for search in searches:
            with logs.about(search.id):
                _log.info("taken up, start %d", search.attempts)
        try:
            for answered in self._pipeline.run(searches, reached):
                self._end(answered)
                for search, _ in answered:
                    timers[search.id].end()
                    del left[search.id]
        except errors.DependencyUnavailable as error:
            stopped = {search.id: self._again_later(search, error) for search in left.values()}
        # The boundary of the pipeline: a defect of ours must not leave a progress bar hanging.
        except Exception as error:  # noqa: BLE001
            stopped = self._broke(list(left.values()), error)
        else:
            stopped = {}
        return {search.id: stopped.get(search.id) for search in searches}

    def _broke(self, searches: Sequence[Search], error: Exception) -> dict[str, Outcome]:
        if len(searches) > 1:
            # One of them is to blame, and only it shall pay.
            _log.warning("%d searches broke together and are run one by one: %r", len(searches), error)
            return {search.id: self._run([search])[search.id] for search in searches}
        return {search.id: self._broke_alone(search, error) for search in searches}

    def _broke_alone(self, search: Search, error: Exception) -> Outcome:
        if not isinstance(error, errors.VitrineError):
            with logs.about(search.id):
                _log.error("search %s broke on start %d", search.id, search.attempts, exc_info=error)
            if search.attempts < _TRIES_AFTER_SURPRISES:
                return errors.DependencyUnavailable(f"unforeseen: {error!r}", retry_after_s=_SURPRISE_RETRY_S)
            error = errors.VitrineError("The search failed for a reason of our own. It is in the log.", code="internal")
        self._end([(search, error)])
        return None

    def _again_later(self, search: Search, error: errors.DependencyUnavailable) -> Outcome:
        """As if it had not been started: what stopped it was not its own doing."""
        outcome = _put_off(search.id, error)
        # Where the ledger is what is away, the row stays as it is, and the start is counted.
        with contextlib.suppress(errors.DependencyUnavailable):
            self._tell_stages(search)
            self._ledger.release(search.id)
        return outcome

    def _end(self, answered: Answered) -> None:
        """Terminal rows, then their news. Raises DependencyUnavailable, and then there may be no rows."""
        completions = [
            self._completion(search, answer) for search, answer in answered if isinstance(answer, SearchResult)
        ]
        events = list(self._ledger.complete(completions)) if completions else []
        for search, answer in answered:
            if not isinstance(answer, SearchResult):
                self._tell_stages(search)
                events += self._ledger.fail(search.id, Problem(code=answer.code, message=answer.message))
        self._broker.publish_events(events)
        ended = {event.search_id: event.kind.value for event in events if event.kind.terminal}
        for search, _ in answered:
            outcome = ended.get(search.id, "old_news")
            metrics.HANDLED.labels(outcome=outcome).inc()
            with logs.about(search.id):
                _log.info("ended: %s", outcome)

    def _completion(self, search: Search, result: SearchResult) -> Completion:
        document = json.dumps(result_document(result), ensure_ascii=False, separators=(",", ":"))
        return Completion(search_id=search.id, result=document, stages=self._progress.take(search.id))

    def _tell_stages(self, search: Search) -> None:
        self._broker.publish_events(self._ledger.record_stages({search.id: self._progress.take(search.id)}))


def _put_off(search_id: str, error: errors.DependencyUnavailable) -> Outcome:
    with logs.about(search_id):
        metrics.HANDLED.labels(outcome="again_later").inc()
        _log.warning("again later: %s", error.message)
    return error
