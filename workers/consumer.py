"""What a worker does with a message; the decision between answer, failure and retry is made here and nowhere else."""

from __future__ import annotations

import json
import logging

from vitrine import errors, logs
from vitrine.domain import Problem, Search, SearchResult, Stage
from vitrine.messages import SearchEvent, SearchRequested
from vitrine.ports import Broker, SearchLedger
from vitrine.result_document import result_document
from workers import metrics
from workers.pipeline import SearchPipeline
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

    def handle(self, request: SearchRequested) -> None:
        """Returns when the message may be acknowledged. Raises DependencyUnavailable to have it delivered again."""
        with logs.about(request.search_id), metrics.IN_HAND.track_inprogress():
            search = self._ledger.start(request.search_id)
            if search is None:
                metrics.HANDLED.labels(outcome="old_news").inc()
                return
            _log.info("taken up, start %d", search.attempts)
            with metrics.SEARCH_S.time():
                events = self._finished(search)
            self._broker.publish_events(events)
            outcome = events[-1].kind.value if events else "old_news"
            metrics.HANDLED.labels(outcome=outcome).inc()
            _log.info("ended: %s", outcome)

    def _finished(self, search: Search) -> list[SearchEvent]:
        try:
            if search.attempts > _MOST_STARTS:
                raise errors.RejectedInput(
                    "This photograph stopped its worker again and again. Save it anew.", code="gave_up"
                )
            result = self._searched(search)
            document = json.dumps(result_document(result), ensure_ascii=False, separators=(",", ":"))
            return list(self._ledger.complete(search.id, document, self._progress.take(search.id)))
        except errors.DependencyUnavailable as error:
            metrics.HANDLED.labels(outcome="again_later").inc()
            _log.warning("again later: %s", error.message)
            self._tell_stages(search)
            self._ledger.release(search.id)
            raise
        except errors.VitrineError as error:
            return self._failed(search, Problem(code=error.code, message=error.message))
        # The boundary of the pipeline: a defect of ours must not leave a progress bar hanging.
        except Exception as error:
            _log.exception("search %s broke on start %d", search.id, search.attempts)
            if search.attempts < _TRIES_AFTER_SURPRISES:
                raise errors.DependencyUnavailable(f"unforeseen: {error!r}", retry_after_s=_SURPRISE_RETRY_S) from error
            problem = Problem(code="internal", message="The search failed for a reason of our own. It is in the log.")
            return self._failed(search, problem)

    def _failed(self, search: Search, problem: Problem) -> list[SearchEvent]:
        self._tell_stages(search)
        return list(self._ledger.fail(search.id, problem))

    def _searched(self, search: Search) -> SearchResult:
        timer = metrics.StageTimer()

        def reached(stage: Stage) -> None:
            timer.reached(stage)
            self._progress.reached(search.id, stage)

        result = self._pipeline.run(search, reached)
        timer.end()
        return result

    def _tell_stages(self, search: Search) -> None:
        self._broker.publish_events(self._ledger.record_stages(search.id, self._progress.take(search.id)))
