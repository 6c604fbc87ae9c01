"""The import: a source's rows become records, images and embeddings. docs/indexing.md says what holds meanwhile."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import pathlib
from collections.abc import Iterator, Sequence
from concurrent import futures

from indexer import image_paths, merging, survey
from indexer.embedding_here import EmbeddingHere
from indexer.interruption import Interruption
from indexer.mapping import MappedRow, RecordMapping
from indexer.merging import Merged, MergedRecords, Said
from indexer.photographs import Applied, Photograph, PhotographLine, Ports, StartEmbedding
from indexer.progress import Progress
from indexer.rejects import Rejects, are_rejects
from indexer.sources.source import Source, SourceRow
from indexer.summary import Plan, Summary, Tally
from indexer.survey import Judged, Kept, Refused, Survey
from indexer.window import Window
from vitrine import errors
from vitrine.domain import RecordContent

_log = logging.getLogger(__name__)

# Rows that the catalogue is asked about at once.
_WINDOW = 500


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """What to import. ``roots``: folders that relative paths of photographs begin in, tried in order.

    ``source_name``: what the catalogue remembers the source by.
    """

    source: Source
    source_name: str
    mapping: RecordMapping
    roots: Sequence[pathlib.Path]
    rejects: Rejects
    progress: Progress
    interruption: Interruption


def dry_run(task: Task) -> Plan:
    """What an import would read, and what it would reject before opening a photograph. Changes nothing."""
    records = MergedRecords()
    # The task's own would be written.
    rejects = Rejects(None, task.source.columns)
    try:
        found = Survey(records=records)
        images = 0
        task.progress.start("reading", "rows", None)
        for judged in survey.judged_rows(task.source, task.mapping):
            if task.interruption.asked:
                break
            found.take(judged)
            images += _images_found(task, judged, rejects)
            task.progress.advance()
        task.progress.finish()
        return Plan(
            rows=found.rows,
            filtered=found.filtered,
            conflicts=found.conflicts,
            records=len(records),
            images=images,
            rejected=rejects.counted(),
            interrupted=task.interruption.asked,
        )
    finally:
        records.close()


def add(task: Task, ports: Ports, embedding: StartEmbedding = EmbeddingHere) -> Summary:
    """Import the source. Running it again adds nothing twice and goes on where it ended, wherever that was.

    Raises DependencyUnavailable, and RejectedInput for the source itself; a row that is wrong is in the rejects.
    """
    records = MergedRecords()
    try:
        return _Import(task, ports, embedding, _surveyed(task, records)).run()
    finally:
        records.close()


def _surveyed(task: Task, records: MergedRecords) -> Survey:
    found = Survey(records=records)
    task.progress.start("reading", "rows", None)
    for judged in survey.judged_rows(task.source, task.mapping):
        if task.interruption.asked:
            break
        found.take(judged)
        task.progress.advance()
    task.progress.finish()
    _log.info("%d rows: %d records with %d images", found.rows, len(records), found.images)
    return found


def _images_found(task: Task, judged: Judged, rejects: Rejects) -> int:
    found = 0
    if isinstance(judged, Refused):
        rejects.add(judged.row, judged.error)
    elif judged is not None:
        for text in judged.mapped.images:
            try:
                image_paths.locate(text, task.roots)
                found += 1
            except errors.RejectedInput as error:
                rejects.add(judged.row, error)
    return found


class _Import:
    """The second reading. All that it counts is counted on one thread, in the order of rows."""

    def __init__(self, task: Task, ports: Ports, embedding: StartEmbedding, found: Survey) -> None:
        self._task = task
        self._ports = ports
        self._catalogue = ports.catalogue
        self._records = found.records
        self._rows, self._images = found.rows, found.images
        self._tally = Tally(conflicts=found.conflicts)
        self._threads = futures.ThreadPoolExecutor(ports.decoder.slots, thread_name_prefix="photographs")
        self._embedder = embedding(ports, threads=self._threads, progress=task.progress, interruption=task.interruption)
        self._line = PhotographLine(ports, self._embedder, self._applied, threads=self._threads)
        self._window = Window.of([], ports.catalogue, ports.encoder.model_id)
        self._only_fills = are_rejects(task.source.columns)

    def run(self) -> Summary:
        unit, total = ("images", self._images) if self._images else ("rows", self._rows)
        self._task.progress.start("indexing", unit, total)
        try:
            for judged in self._looked_up():
                if self._task.interruption.asked:
                    break
                self._take(judged)
            self._line.drain()
            self._task.progress.finish()
            self._embedder.finish()
        finally:
            self._task.progress.finish()
            # Where an error ends the run, nothing more is started and nothing is waited for.
            self._threads.shutdown(wait=False, cancel_futures=True)
        self._tally.embeddings_added = self._embedder.added
        self._tally.embeddings_given_up = self._embedder.given_up
        if not self._task.interruption.asked:
            self._task.rejects.publish()
        return Summary(
            tally=self._tally,
            rejected=self._task.rejects.counted(),
            interrupted=self._task.interruption.asked,
        )

    def _looked_up(self) -> Iterator[Judged]:
        rows = survey.judged_rows(self._task.source, self._task.mapping)
        while some := list(itertools.islice(rows, _WINDOW)):
            self._window = Window.of(some, self._catalogue, self._ports.encoder.model_id)
            yield from some

    def _take(self, judged: Judged) -> None:
        if judged is None:
            self._tally.filtered += 1
            return
        self._tally.rows += 1
        if not self._images:
            self._task.progress.advance()
        if isinstance(judged, Refused):
            self._line.refuse(judged.row, judged.error, is_image=False)
        else:
            self._take_kept(judged)

    def _take_kept(self, kept: Kept) -> None:
        try:
            record_id = self._record_id(kept.mapped)
        except KeyError:
            error = errors.RejectedInput("The source changed meanwhile: add it again.", code="source_changed")
            self._line.refuse(kept.row, error, is_image=False)
            return
        for text in kept.mapped.images:
            self._take_image(kept.row, record_id, text)

    def _record_id(self, mapped: MappedRow) -> int:
        """Raises KeyError where the first reading did not meet this object."""
        content, record_id = self._records.get(mapped.content.external_id)
        if record_id is None:
            record_id = self._put(content)
            self._records.remember(content.external_id, record_id)
        return record_id

    def _put(self, content: RecordContent) -> int:
        """What the source says as it did last time changes nothing, whatever a curator has changed since.

        Where it says something new it decides, and rejected rows only fill what is empty; what it leaves open stays as
        the catalogue has it. The window may be old: what is there now is asked where nobody else changes it.
        """
        said = self._records.said(content.external_id)
        known = self._window.imported.get(content.external_id)
        if known is not None and known.is_old_news(self._task.source_name, said.sha256):
            self._tally.records_unchanged += 1
            return known.record_id
        if known is not None and known.is_old_news(self._task.source_name, said.as_understood):
            return self._remembered_anew(content, said)
        # Of several where the transaction is run again, the last one stands.
        asked: list[Merged] = []

        def merge(stored: RecordContent) -> RecordContent:
            first, second = (stored, content) if self._only_fills else (content, stored)
            asked.append(merging.merged(first, second))
            return asked[-1].content

        record_id, changed = self._catalogue.put_record(
            content,
            source=self._task.source_name,
            # What was only offered is not remembered: the table itself, corrected likewise, is still to decide.
            imported_sha256="" if self._only_fills and known is not None else said.sha256,
            merge=merge,
            show=not self._only_fills,
        )
        if asked:
            self._note_conflicts(asked[-1])
        if not changed:
            self._tally.records_unchanged += 1
        elif asked:
            self._tally.records_changed += 1
        else:
            self._tally.records_added += 1
        return record_id

    def _remembered_anew(self, content: RecordContent, said: Said) -> int:
        """An earlier version remembered what the source said by the years that it understood; the record stays."""
        record_id, _ = self._catalogue.put_record(
            content,
            source=self._task.source_name,
            imported_sha256="" if self._only_fills else said.sha256,
            merge=lambda stored: stored,
            show=False,
        )
        self._tally.records_unchanged += 1
        return record_id

    def _note_conflicts(self, both: Merged) -> None:
        tally = self._tally
        for field, (stays, other) in both.conflicts.items():
            value, stays, other = f"{field} of {both.content.external_id}", survey.short(stays), survey.short(other)
            if self._only_fills:
                tally.kept_example = tally.kept_example or f"{value}: {stays} and not {other}"
                tally.kept += 1
            else:
                tally.overwritten_example = tally.overwritten_example or f"{value}: {other} became {stays}"
                tally.overwritten += 1

    def _take_image(self, row: SourceRow, record_id: int, text: str) -> None:
        try:
            file = image_paths.locate(text, self._task.roots)
        except errors.RejectedInput as error:
            self._line.refuse(row, error, is_image=True)
            return
        if (record_id, file.source) in self._window.done:
            self._tally.images_known += 1
            self._task.progress.advance()
        else:
            self._line.feed(Photograph(row=row, record_id=record_id, file=file))

    def _applied(self, applied: Applied) -> None:
        if applied.refusal is not None:
            self._task.rejects.add(applied.row, applied.refusal)
        elif applied.new:
            self._tally.images_added += 1
        else:
            self._tally.images_known += 1
        if applied.is_image:
            self._task.progress.advance()
