"""What `python -m indexer` does. Adapters come in from `__main__`; lines for the operator go out."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from indexer import embedding_anew, profile_file, progress, report, run
from indexer.classifier.versions import Versions
from indexer.embedding_anew import Embedded
from indexer.embedding_here import EmbeddingHere
from indexer.interruption import Interruption
from indexer.mapping import RecordMapping
from indexer.photographs import Ports, StartEmbedding
from indexer.rejects import Rejects
from indexer.snapshot import SnapshotBuilder
from indexer.sources.registry import open_source
from indexer.summary import Plan, Summary
from vitrine import domain, errors, preparation
from vitrine.ports import HeadStore, Leases, SnapshotStore, TextEncoder

_log = logging.getLogger(__name__)

_SNAPSHOT_LEASE = "snapshot"
_PAGE = 5_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Index:
    """What the commands work on. ``open_texts``: the model's text encoder, None where it has no text tower."""

    ports: Ports
    snapshots: SnapshotStore
    heads: HeadStore
    leases: Leases
    embedding: StartEmbedding = EmbeddingHere
    open_texts: Callable[[], TextEncoder | None] = lambda: None


OpenIndex = Callable[[], AbstractContextManager[Index]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class AddOptions:
    """``rejects`` None: no file is written. ``build``: end with a new snapshot."""

    source: pathlib.Path
    mapping: str = profile_file.DEFAULT
    images: pathlib.Path | None = None
    where: tuple[tuple[str, str], ...] = ()
    rejects: pathlib.Path | None = None
    dry_run: bool = False
    build: bool = True

    @property
    def source_name(self) -> str:
        """Of the same table in another folder the same: the file's name, and how and in which part it is read."""
        conditions = [f"{column}={value}" for column, value in sorted(self.where)]
        return " ".join([self.source.name, pathlib.Path(self.mapping).name, *conditions])


def add(
    options: AddOptions,
    open_index: OpenIndex,
    *,
    shown: progress.Progress,
    interruption: Interruption,
    say: Callable[[str], None],
) -> Plan | Summary:
    """Import a source, and ``say`` what became of it before the snapshot is built: what went in is in by then.

    The ports are opened only when source and profile are found to be in order. Raises RejectedInput, Misconfigured or
    DependencyUnavailable.
    """
    profile = profile_file.load(options.mapping)
    source = open_source(options.source)
    mapping = RecordMapping(profile, source.columns, options.where)
    if mapping.unused:
        _log.info("columns that are not used: %s", ", ".join(mapping.unused))
    _check_files(options)
    with Rejects(options.rejects, source.columns) as rejects:
        task = run.Task(
            source=source,
            source_name=options.source_name,
            mapping=mapping,
            roots=[*([options.images] if options.images else []), options.source.parent],
            rejects=rejects,
            progress=shown,
            interruption=interruption,
        )
        if options.dry_run:
            plan = run.dry_run(task)
            _say_all(plan.lines(), say)
            return plan
        with open_index() as index:
            summary = run.add(task, index.ports, index.embedding)
            _say_all(summary.lines(), say)
            if not summary.interrupted and options.build:
                _build_what_there_is(index, shown, say)
            return summary


def embed(
    index: Index,
    *,
    build_after: bool,
    shown: progress.Progress,
    interruption: Interruption,
    say: Callable[[str], None],
) -> Embedded:
    """What today's model has not seen is embedded from the store. Raises DependencyUnavailable."""
    embedded = embedding_anew.embed(index.ports, index.embedding, shown=shown, interruption=interruption)
    _say_all(embedded.lines(), say)
    if build_after and not embedded.interrupted:
        _build_what_there_is(index, shown, say)
    return embedded


def _build_what_there_is(index: Index, shown: progress.Progress, say: Callable[[str], None]) -> None:
    """Nothing at all is no failure of whoever added it."""
    try:
        build(index, shown=shown)
    except errors.IndexNotReady as error:
        say(f"snapshot    none is made: {error.message}")


def build(index: Index, *, shown: progress.Progress) -> list[str]:
    """A new snapshot of all that is embedded; its classifier becomes a version, active if as good as the one before.

    Raises IndexNotReady, or DependencyUnavailable while another builds.
    """
    ports = index.ports
    builder = SnapshotBuilder(
        catalogue=ports.catalogue,
        images=ports.images,
        decoder=ports.decoder,
        encoder=ports.encoder,
        snapshots=index.snapshots,
        progress=shown,
    )
    with index.leases.hold(_SNAPSHOT_LEASE):
        built = builder.build()
    lines = report.snapshot_lines(built.manifest)
    if built.fitted.head is None:
        return lines
    versions = Versions(heads=index.heads, leases=index.leases, model_id=ports.encoder.model_id)
    version = versions.add_fitted(
        built.fitted, origin="build", snapshot=built.manifest["name"], watermark=built.manifest["watermark"]
    )
    return [*lines, f"            {versions.offer(version)}"]


def status(index: Index) -> list[str]:
    model_id = index.ports.encoder.model_id
    counts, snapshot = index.ports.catalogue.counts(model_id), index.snapshots.current(model_id)
    return report.status_lines(model_id, counts, snapshot, index.heads.active(model_id))


def verify(index: Index) -> Iterator[str]:
    """Reads every byte of the current snapshot, then looks for what the store keeps of every image, line by line.

    Raises DamagedSnapshot or IndexNotReady, and NotFound where originals or local features are lost; of several the
    last, when the others are told.
    """
    wrong: list[errors.VitrineError] = []
    try:
        manifest = index.snapshots.verify(index.ports.encoder.model_id)
    except (errors.DamagedSnapshot, errors.IndexNotReady) as error:
        wrong.append(error)
    else:
        yield from report.snapshot_lines(manifest)
        yield "verified    every file is as its SHA-256 says"
    kept = _kept(index.ports)
    yield f"originals   {kept.images - kept.lost:,} of {kept.images:,} images"
    yield f"features    {kept.embedded - kept.bare:,} of {kept.embedded:,} embedded images"
    wrong += kept.complaints()
    yield from (complaint.message for complaint in wrong[:-1])
    if wrong:
        raise wrong[-1]


@dataclasses.dataclass(kw_only=True)
class _Kept:
    """``lost``: images without an original. ``bare``: embedded ones without local features."""

    images: int = 0
    lost: int = 0
    embedded: int = 0
    bare: int = 0

    def complaints(self) -> Iterator[errors.NotFound]:
        if self.bare:
            yield errors.NotFound(
                f"The image store lacks the local features of {self.bare:,} images: no search compares their points. "
                "Touch the photographs and add their tables again, which keeps them anew."
            )
        if self.lost:
            yield errors.NotFound(
                f"The image store lacks the originals of {self.lost:,} images: no other model can embed them, and "
                "nobody sees them. Put the folder images of VITRINE_HOME back from a copy; or touch the photographs "
                "and add their tables again, which stores those that it finds."
            )


def _kept(ports: Ports) -> _Kept:
    kept, last = _Kept(), 0
    while page := ports.catalogue.images_after(last, _PAGE):
        last = page[-1].id
        # The others get their local features with their embedding.
        unembedded = ports.catalogue.images_without_embedding(ports.encoder.model_id, [image.id for image in page])
        embedded = [image for image in page if image.id not in unembedded]
        kept.images += len(page)
        kept.lost += sum(not ports.images.exists(domain.original_key(image.sha256)) for image in page)
        kept.embedded += len(embedded)
        kept.bare += sum(preparation.lacks_features(image.sha256, ports.images) for image in embedded)
    return kept


def _say_all(lines: Sequence[str], say: Callable[[str], None]) -> None:
    for line in lines:
        say(line)


def _check_files(options: AddOptions) -> None:
    if options.images is not None and not options.images.is_dir():
        raise errors.RejectedInput(f"--images {options.images} is not a folder.", code="no_source")
    if options.rejects is not None and options.rejects.resolve() == options.source.resolve():
        raise errors.RejectedInput(
            f"{options.source} would be overwritten by its own rejects: give another --rejects.", code="bad_source"
        )
