"""The ports: what the rooms may ask of the outside world. One Protocol for each row of the sizes table.

Longer than other files, on purpose: what may be asked is to be read in one place.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.domain import (
    CatalogueImage,
    ClassVerdict,
    Embedding,
    Neighbour,
    NewSearch,
    Pixels,
    Problem,
    Record,
    RecordContent,
    Region,
    Search,
    Stage,
    StoredEmbedding,
)
from vitrine.messages import IndexRequested, Lane, SearchEvent, SearchRequested
from vitrine.models import RegisteredModel
from vitrine.preprocessing import Resize

if TYPE_CHECKING:
    from vitrine.classifier import Head
    from vitrine.exam import Exam
    from vitrine.verdict import Calibration


class ImageStore(Protocol):
    """Bytes under keys (`domain.original_key` and its siblings). Writes are atomic, durable and idempotent.

    Every method raises DependencyUnavailable when the store is away or full.
    """

    def write(self, key: str, data: bytes) -> None: ...
    def read(self, key: str) -> bytes:
        """Raises NotFound."""
        ...

    def exists(self, key: str) -> bool: ...
    def remove(self, key: str) -> None:
        """What is not there is gone already. Only where nobody else can mean the same key."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class DecodeRequest:
    """What to make of a picture: the region, a square for the model, and a preview, or the preview's local features."""

    region: Region | None = None
    model_input: Resize | None = None
    preview_size: int | None = None
    features: bool = False
    jpeg_size: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decoded:
    """What was asked for, and the size of the upright original in px.

    model_input: uint8 [size, size, 3]; preview: uint8 RGB [h, w, 3]; features: as `local_features.pack` wrote them;
    jpeg: a re-encoded picture without metadata.
    """

    width: int
    height: int
    model_input: Pixels | None = None
    preview: Pixels | None = None
    features: bytes | None = None
    jpeg: bytes | None = None


class Decoder(Protocol):
    """Reads pictures that nobody vouches for. Thread-safe; ``slots`` pictures are decoded at a time."""

    slots: int

    def decode(self, data: bytes, request: DecodeRequest, *, patience_s: float | None = None) -> Decoded:
        """Raises UnsupportedPicture, BrokenPicture, TooLarge or RejectedInput; never takes its caller down.

        ``patience_s``: less than the decoder's own; SlowPicture is raised after it.
        """
        ...

    def close(self) -> None: ...


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Encoded:
    """What a model says of n pictures.

    embeddings: float32 [n, dimension] of unit length. probabilities: float32 [n, classes] of the classifier head that
    is served beside the model, and that head's id; both None where none is.
    """

    embeddings: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32] | None = None
    head_id: str | None = None

    def class_by(self, head: Head, row: int = 0) -> ClassVerdict:
        """What ``head`` says of a picture: as it was served, or worked out here where another head is served."""
        if self.probabilities is not None and self.head_id == head.id:
            return head.verdict(self.probabilities[row])
        return head.classify(self.embeddings[row])


class Encoder(Protocol):
    """A model that turns squares into unit embeddings. Thread-safe."""

    @property
    def model_id(self) -> str: ...
    @property
    def resize(self) -> Resize: ...
    @property
    def dimension(self) -> int: ...

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        """uint8 [n, size, size, 3] in, float32 [n, dimension] of unit length out. Raises DependencyUnavailable."""
        ...

    def encode_with_class(self, batch: Pixels) -> Encoded:
        """The same embeddings, and with them the class where a head is served beside the model."""
        ...

    def check(self) -> None:
        """Raises DependencyUnavailable or Misconfigured where it cannot encode, or not with this model."""
        ...


class TextEncoder(Protocol):
    """A model's text tower: texts get embeddings in the space of its pictures. Thread-safe."""

    @property
    def model_id(self) -> str: ...
    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Float32 [n, dimension] of unit length. Texts beyond the tower's context are cut.

        The first call may take seconds, in which the tower is loaded. Raises Misconfigured or DependencyUnavailable.
        """
        ...


class IndexView(Protocol):
    """One immutable snapshot with what was added after it; all of a search's answers come from one view. Thread-safe.

    head: the active version, or the snapshot's own where none was ever activated; ``head_version`` is None then.
    class_missing: why there is no head (a stable code), None where there is one.
    """

    @property
    def snapshot(self) -> str: ...
    @property
    def calibration(self) -> Calibration: ...
    @property
    def head(self) -> Head | None: ...
    @property
    def head_version(self) -> int | None: ...
    @property
    def class_missing(self) -> str | None: ...
    @property
    def size(self) -> int:
        """Vectors that can be found."""
        ...

    def search(self, embedding: Embedding, k: int) -> Sequence[Neighbour]:
        """At most ``k``, most similar first."""
        ...


class VectorIndex(Protocol):
    """Nearest images under one model."""

    def view(self) -> IndexView:
        """The newest view. Raises IndexNotReady where there is nothing to search yet."""
        ...


class RefreshedIndex(VectorIndex, Protocol):
    """An index that follows the catalogue and new snapshots, as often as somebody calls `refresh` on one thread."""

    def refresh(self) -> None:
        """A damaged snapshot is logged and the previous one stays. Raises DependencyUnavailable."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class SnapshotNotes:
    """What is known of a snapshot beside its vectors.

    watermark: sequence of the last embedding in it. class_report: figures of the head on held-out objects.
    """

    watermark: int
    calibration: Calibration
    head: Head | None
    class_missing: str | None
    class_report: Mapping[str, Any]


class SnapshotDraft(Protocol):
    """An index that is built and not yet visible to anybody."""

    def neighbours(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """float32 [n, d] in; similarities float32 [n, k] and row numbers int64 [n, k] (-1: none) out, best first."""
        ...

    def publish(self, notes: SnapshotNotes) -> Mapping[str, Any]:
        """Make it the current snapshot of its model by one atomic step; returns the manifest.

        Raises DependencyUnavailable, and what is current stays then.
        """
        ...


class SnapshotStore(Protocol):
    """Immutable snapshots, one line of them for each model. All methods raise DependencyUnavailable."""

    def draft(self, model_id: str, image_ids: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> SnapshotDraft:
        """int64 [n] and float32 [n, d] of unit length."""
        ...

    def current(self, model_id: str) -> Mapping[str, Any] | None:
        """The manifest of the snapshot that is served; None before the first. Raises DamagedSnapshot."""
        ...

    def verify(self, model_id: str) -> Mapping[str, Any]:
        """Read every byte of the current snapshot. Returns its manifest; raises DamagedSnapshot or IndexNotReady."""
        ...


class ModelRegistry(Protocol):
    """What is known of the models that were added, one of each name. All methods raise DependencyUnavailable."""

    def put(self, model: RegisteredModel) -> None:
        """Raises RejectedInput where another model has this name; the same one is told anew."""
        ...

    def get(self, name: str) -> RegisteredModel:
        """By name or full id. Raises NotFound."""
        ...

    def all(self) -> Sequence[RegisteredModel]:
        """In the order of names."""
        ...

    def remove(self, name: str) -> None:
        """By name or full id. Raises NotFound."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class StoredHead:
    """A version of the classifier. ``exam``: what it was measured on; ``manifest`` is a JSON document:

    version, model_id, created_at, head_id, origin (``build``, ``fit``, ``zero-shot`` or ``add-class``), parent (version
    that it extends), snapshot (served then), watermark, added (class → pictures given by hand), report (figures).
    """

    version: int
    head: Head
    exam: Exam
    manifest: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Activation:
    """``how``: ``gate`` (it passed), ``force`` (the reason says why) or ``rollback`` (to this version)."""

    version: int
    at: str
    how: str
    reason: str


class HeadStore(Protocol):
    """Versions of the classifier, one line of them for each model, numbered from 1.

    Raises DamagedSnapshot, and DependencyUnavailable where nothing can be written.
    """

    def add(self, model_id: str, head: Head, exam: Exam, notes: Mapping[str, Any]) -> int:
        """The new version's number. It is not served before it is activated."""
        ...

    def manifests(self, model_id: str) -> Sequence[Mapping[str, Any]]:
        """Of all versions that are kept, oldest first."""
        ...

    def open(self, model_id: str, version: int) -> StoredHead:
        """Raises NotFound."""
        ...

    def active(self, model_id: str) -> Mapping[str, Any] | None:
        """The manifest of the version that is served; None before the first activation."""
        ...

    def activate(self, model_id: str, version: int, *, how: str, reason: str = "") -> None:
        """Takes effect at the workers' next refresh. Raises NotFound."""
        ...

    def roll_back(self, model_id: str, *, reason: str = "") -> int:
        """The version that was active before is active again; returns it. Raises NotFound where there is none."""
        ...

    def activations(self, model_id: str) -> Sequence[Activation]:
        """All that ever were, oldest first."""
        ...


class Leases(Protocol):
    """One writer at a time among all processes."""

    def hold(self, name: str) -> AbstractContextManager[int]:
        """The epoch, which grows with every holder. Raises DependencyUnavailable while somebody else holds it."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """A page of records and where the next one starts (None: this was the last)."""

    records: Sequence[Record]
    next_cursor: str | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Imported:
    """A record as an importer knows it. ``said``: source → the SHA-256 that `put_record` was told last."""

    record_id: int
    said: Mapping[str, str]

    def is_old_news(self, source: str, sha256: str) -> bool:
        """Whether the source said so last time, or another did and this one is new: a table may have been renamed."""
        return self.said[source] == sha256 if source in self.said else sha256 in self.said.values()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labels:
    """Of records that have a typology and are not withdrawn. ``typologies``: by record number.

    ``translations``: typology → language → its name there, the one that most records say; of equals, the first.
    """

    typologies: Mapping[int, str]
    translations: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, records: Iterable[tuple[int, str, Mapping[str, Mapping[str, str]]]]) -> Labels:
        """Of numbers, typologies and translations, in the order of records."""
        typologies: dict[int, str] = {}
        said: dict[str, dict[str, Counter[str]]] = {}
        for record_id, typology, translations in records:
            typologies[record_id] = typology
            for language, texts in translations.items():
                if name := texts.get("typology"):
                    said.setdefault(typology, {}).setdefault(language, Counter())[name] += 1
        most = {
            typology: {language: names.most_common(1)[0][0] for language, names in languages.items()}
            for typology, languages in said.items()
        }
        return cls(typologies=typologies, translations=most)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CatalogueCounts:
    records: int
    withdrawn: int
    images: int
    embeddings: int
    """Embeddings under the model asked for."""


class Catalogue(Protocol):
    """Records, their images and the embeddings. All methods raise DependencyUnavailable when the database is away."""

    def put_record(
        self,
        content: RecordContent,
        *,
        source: str = "",
        imported_sha256: str = "",
        merge: Callable[[RecordContent], RecordContent] | None = None,
        show: bool = True,
    ) -> tuple[int, bool]:
        """Insert or update by external id; returns the record's number and whether anything changed.

        A withdrawn record that is put again is shown again, unless not ``show``. ``imported_sha256``: of what
        ``source`` says of it; old news changes nothing. ``merge``: what is to stand in the place of what the catalogue
        has, where that is not ``content`` as it is. Nobody else changes the record meanwhile; it may be asked again.
        """
        ...

    def imported(self, external_ids: Iterable[str]) -> Mapping[str, Imported]:
        """External id → the record, withdrawn ones included; unknown ids are left out."""
        ...

    def add_image(self, record_id: int, *, sha256: str, width: int, height: int, source: str) -> tuple[int, bool]:
        """Number of the record's image with these bytes, and whether it is new; then it is added at the end.

        ``source`` is where it came from (path or URL).
        """
        ...

    def images_by_source(self, record_ids: Iterable[int]) -> Mapping[tuple[int, str], int]:
        """(Record number, source) → image number, of all images of these records."""
        ...

    def add_embeddings(self, model_id: str, vectors: Mapping[int, Embedding]) -> int:
        """Image number → unit vector; an image that has one under this model keeps it. Returns how many were new.

        Any number of processes may add the same ones at once: each image gets one, and nobody fails.
        """
        ...

    def images_without_embedding(self, model_id: str, image_ids: Sequence[int]) -> set[int]: ...
    def embeddings_after(self, model_id: str, sequence: int, limit: int) -> Sequence[StoredEmbedding]:
        """In order of sequence, images of withdrawn records included.

        Whoever has seen a sequence has seen, or can ask for, all smaller ones: none turns up behind a reader.
        """
        ...

    def withdrawn_image_ids(self) -> frozenset[int]: ...
    def record(self, record_id: int) -> Record:
        """Raises NotFound."""
        ...

    def record_by_external_id(self, external_id: str) -> Record | None: ...
    def records_of_images(self, image_ids: Iterable[int]) -> Mapping[int, Record]:
        """Image number → its record; images of withdrawn records are left out."""
        ...

    def image(self, image_id: int) -> CatalogueImage:
        """Raises NotFound."""
        ...

    def images(self, image_ids: Iterable[int]) -> Mapping[int, CatalogueImage]: ...
    def images_after(self, image_id: int, limit: int, *, unembedded_by: str = "") -> Sequence[CatalogueImage]:
        """By number, from after ``image_id``, those of withdrawn records too.

        ``unembedded_by``: those alone that have no embedding under this model.
        """
        ...

    def browse(
        self,
        *,
        text: str = "",
        typology: str = "",
        museum: str = "",
        among: Collection[int] | None = None,
        cursor: str | None = None,
        limit: int = 24,
    ) -> Page:
        """Records that are not withdrawn, newest numbers last; ``text`` is full-text over the words of a record.

        Records of which it is the external id, the inventory number or the KP number, as typed, in capitals or in small
        letters, come first, if there are not more of them than anybody reads.
        ``among``: of these numbers only. Raises RejectedInput where ``text`` has no word or the cursor is none.
        """
        ...

    def create_record(self, content: RecordContent) -> int:
        """The record's number. Raises RejectedInput where the external id is taken by a record that is not withdrawn.

        A withdrawn one is shown again with the new content, as `put_record` would.
        """
        ...

    def change_record(self, record_id: int, change: Callable[[RecordContent], RecordContent]) -> Record:
        """Nobody else changes the record between what ``change`` is given and what it returns; it may be asked again.

        Raises NotFound, and what ``change`` raises. The external id stays.
        """
        ...

    def withdraw(self, record_id: int) -> None:
        """Raises NotFound. The record stays in the database and leaves every answer."""
        ...

    def labels(self) -> Labels: ...

    def counts(self, model_id: str) -> CatalogueCounts: ...
    def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        """``typology`` and ``museum`` → their values with counts, most frequent first."""
        ...


Reached = Sequence[tuple[Stage, float]]
"""Stages of a search, and the Unix time at which each was reached."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Completion:
    """``result`` is the public JSON document; ``stages`` are those that were not recorded yet."""

    search_id: str
    result: str
    stages: Reached = ()


class SearchLedger(Protocol):
    """The truth about searches. A search that was accepted ends in exactly one terminal row, whatever is killed.

    All methods raise DependencyUnavailable when the database is away.
    """

    def accept(self, batches: Mapping[str, Sequence[NewSearch]]) -> None:
        """Batches by id, each in the order of upload: all of them or none. Durable when it returns."""
        ...

    def get(self, search_id: str) -> Search:
        """Raises NotFound."""
        ...

    def several(self, search_ids: Sequence[str]) -> Sequence[Search]:
        """One or more, in the order asked. Raises NotFound where one of them is unknown."""
        ...

    def batch(self, batch_id: str) -> Sequence[Search]:
        """In the order of upload. Raises NotFound."""
        ...

    def start(self, search_id: str) -> Search | None:
        """Mark as running; None where the search is terminal already (then the message is old news)."""
        ...

    def start_new(self, search_ids: Sequence[str]) -> Sequence[Search]:
        """The same, in one transaction, for those that nobody has ever started; the others are left as they are."""
        ...

    def release(self, search_id: str) -> None:
        """Back to waiting, and the start does not count: what stopped the search was not its own doing."""
        ...

    def record_stages(self, stages: Mapping[str, Reached]) -> Sequence[SearchEvent]:
        """Append the stages of each of these searches; nothing is appended to a terminal one."""
        ...

    def complete(self, ended: Sequence[Completion]) -> Sequence[SearchEvent]:
        """Terminal rows and events in one transaction; no events of a search that another worker or a visitor ended."""
        ...

    def fail(self, search_id: str, problem: Problem) -> Sequence[SearchEvent]: ...
    def cancel(self, search_id: str) -> Sequence[SearchEvent]: ...
    def events_after(self, batch_id: str, sequence: int) -> Sequence[SearchEvent]: ...
    def unfinished(self, silent_s: float = 0.0) -> Sequence[str]:
        """Ids of searches without a terminal row or any event in the last ``silent_s`` seconds, oldest first."""
        ...

    def queue_position(self, search_id: str) -> int | None:
        """1 for the next one to be taken up; None where it is not waiting."""
        ...

    def ended_before(self, moment: float, limit: int) -> Mapping[str, Sequence[str]]:
        """Ids of the oldest batches that were accepted before it (Unix seconds) and whose searches have all ended.

        Each with the ids of its searches.
        """
        ...

    def forget(self, batch_ids: Sequence[str]) -> None:
        """These batches that have ended, one or more, their searches and their stories, as if they had never been."""
        ...


Outcome = errors.VitrineError | None
Handler = Callable[[Sequence[SearchRequested]], Sequence[Outcome]]
"""Handles messages together, and says of each, in their order, what kept it from its end; None: it may be acknowledged.

DependencyUnavailable has it delivered again: later, where one message is unlucky; in place after a pause, where message
after message meets a dependency that is down. Any other error: nobody can handle it, so it is put where an operator
looks. Raises nothing.
"""
IndexHandler = Callable[[IndexRequested], None]
"""Of one message: returns when it may be acknowledged, and raises what a `Handler` would say of it."""


class Broker(Protocol):
    """The two lanes of commands and the output exchange. Thread-safe; one for each process.

    Every command is delivered at least once, in about the order of publication.
    """

    def publish(self, *commands: SearchRequested | IndexRequested) -> None:
        """To each command's lane; all durable when it returns.

        Raises DependencyUnavailable within 5 s, and then some of the messages, or all, may or may not have arrived.
        """
        ...

    def publish_events(self, events: Sequence[SearchEvent]) -> None:
        """News only: losing one loses nothing, because the ledger holds them all. Never raises, never waits."""
        ...

    def subscribe(self, listener: Callable[[SearchEvent], None]) -> Callable[[], None]:
        """Every event of every process from now on, on a thread of the broker's; returns the unsubscription.

        A broker that is away is subscribed to when it comes back.
        """
        ...

    def consume(self, handler: Handler, *, slots: int, together: int = 1) -> None:
        """Start taking searches on ``slots`` threads, at most ``together`` of those that wait at a time on each.

        Nobody waits for company: a search that comes alone is taken alone. Returns at once.
        """
        ...

    def consume_index(self, handler: IndexHandler, *, slots: int) -> None:
        """Start taking index messages on threads of their own; one is begun only while no search is in hand here.

        A message that has waited for a minute is begun all the same, so that a busy day does not stop the indexing.
        """
        ...

    def give_way(self) -> None:
        """For index handlers, between two pictures: waits while a search is in hand here, for a second at most."""
        ...

    def check_consuming(self) -> None:
        """Raises DependencyUnavailable while what is to be consumed here does not come in."""
        ...

    def stop_consuming(self, timeout_s: float) -> bool:
        """Take nothing new and wait for what is in hand; False where something was still running."""
        ...

    def depth(self, lane: Lane = Lane.SEARCH) -> int:
        """Messages that wait, those to be delivered again included; about a second old.

        Waits for the first connection only. Raises DependencyUnavailable while it cannot be known.
        """
        ...

    def close(self) -> None:
        """Give back connections and threads; nothing is published, heard or taken afterwards."""
        ...
