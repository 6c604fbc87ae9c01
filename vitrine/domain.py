"""The words of the domain as frozen values: record, image, search, result, match, verdict. No I/O."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""uint8 RGB [height, width, 3], upright (EXIF rotation applied), sRGB."""

Embedding = npt.NDArray[np.float32]
"""float32 [dimension], unit length."""

TEXT_FIELDS = ("name", "description", "typology", "period", "materials", "technique", "dimensions", "place", "museum")
"""The fields of a record that hold text in the catalogue's language and may be translated."""


class Stage(enum.StrEnum):
    """Where a search is on its way; the order is the way."""

    QUEUED = "queued"
    DECODING = "decoding"
    EMBEDDING = "embedding"
    SEARCHING = "searching"
    COMPARING = "comparing"
    DESCRIBING = "describing"
    DONE = "done"


class Status(enum.StrEnum):
    """What a search is; the last three are terminal, and a search reaches exactly one of them."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class VerdictKind(enum.StrEnum):
    """How a match relates to the query, best first."""

    SAME_PHOTOGRAPH = "same_photograph"
    SAME_OBJECT = "same_object"
    SIMILAR = "similar"
    DISTANT = "distant"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Region:
    """A part of the upright picture; all four in fractions of its width and height, 0..1."""

    x: float
    y: float
    width: float
    height: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filters:
    """Only records that fulfil all that is given are matched."""

    typology: str | None = None
    museum: str | None = None
    exclude_record: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordContent:
    """What a catalogue says of an object. Text is in the catalogue's own language; empty means unknown.

    ``translations`` maps a language code to those of TEXT_FIELDS that are known in it.
    """

    external_id: str
    inventory_no: str = ""
    kp_no: str = ""
    name: str = ""
    description: str = ""
    typology: str = ""
    authors: tuple[str, ...] = ()
    period: str = ""
    year_from: int | None = None
    year_to: int | None = None
    materials: str = ""
    technique: str = ""
    dimensions: str = ""
    place: str = ""
    museum: str = ""
    translations: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Record:
    """A catalogue entry with its number in the catalogue and the numbers of its images, in order."""

    id: int
    content: RecordContent
    image_ids: tuple[int, ...]
    withdrawn: bool = False
    revision: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class CatalogueImage:
    """A photograph of a record. ``sha256`` names its original in the image store."""

    id: int
    record_id: int
    sha256: str
    position: int
    width: int
    height: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredEmbedding:
    """A row of the embeddings table; ``sequence`` grows with every insertion and is the snapshot's watermark."""

    sequence: int
    image_id: int
    record_id: int
    vector: Embedding


@dataclasses.dataclass(frozen=True, kw_only=True)
class Neighbour:
    """An image found by the vector index; similarity is the inner product of unit vectors, -1..1."""

    image_id: int
    similarity: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evidence:
    """Points that agree under one transformation: float32 [n, 4] of query x, y and match x, y, in fractions 0..1."""

    inliers: int
    points: npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """``false_positive_rate``: how often a picture of another object reaches this verdict in this catalogue, 0..1.

    None where the catalogue was too small to measure it.
    """

    kind: VerdictKind
    false_positive_rate: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Match:
    """A record with its best image. ``score`` orders matches: similarity plus what the geometric check adds."""

    record: Record
    image_id: int
    similarity: float
    score: float
    verdict: Verdict
    evidence: Evidence | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassVerdict:
    """The class with its probability and the runners-up, best first.

    ``translations``: class name → language → name in it, for all that are named here. ``version``: of the classifier;
    None where it is the snapshot's own and none was ever activated.
    """

    name: str
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    translations: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)
    version: int | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class DraftItem:
    """One of the things that a value lists, and the records that say it."""

    value: str
    sources: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class DraftField:
    """A proposed value; sources are record ids.

    ``support``: the share of weight that holds it, 0..1, among the neighbours that say anything in this field; of a
    period that covers others, among those that give years.
    ``items``: of materials, technique and authors. No source need hold them all; each says which records hold it.
    """

    value: str
    support: float
    count: int
    sources: tuple[int, ...]
    items: tuple[DraftItem, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class DescriptionDraft:
    """A draft with provenance. ``text`` is the free text of the record ``text_source``, never generated."""

    text: str
    text_source: int | None
    fields: Mapping[str, DraftField]
    translations: Mapping[str, DescriptionDraft] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search ends in. ``class_missing`` says why there is no class."""

    classified: ClassVerdict | None
    class_missing: str | None
    description: DescriptionDraft
    nothing_similar: bool
    matches: tuple[Match, ...]
    model_id: str
    snapshot: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Problem:
    """Why a search failed: a stable code and a sentence that says what to do."""

    code: str
    message: str


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class QueryEmbedding:
    """What a search may bring along in the place of a photograph: a text, as ``model_id``'s text tower embeds it."""

    model_id: str
    vector: Embedding


@dataclasses.dataclass(frozen=True, kw_only=True)
class NewSearch:
    """A photograph before its search has a row. ``image_sha256`` names its original, once the image store has it.

    With ``embedded``, a text is searched for: there is no picture then, and ``filename`` is the text.
    """

    id: str
    image_sha256: str
    filename: str
    region: Region | None
    top_k: int
    filters: Filters
    geometric_check: bool
    embedded: QueryEmbedding | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Search:
    """A row of the ledger. ``result`` is the public JSON document of a completed search, as text; times are Unix s."""

    id: str
    batch_id: str
    image_sha256: str
    filename: str
    region: Region | None
    top_k: int
    filters: Filters
    geometric_check: bool
    status: Status
    stage: Stage
    attempts: int
    created_at: float
    finished_at: float | None
    result: str | None
    problem: Problem | None
    embedded: QueryEmbedding | None = None


DERIVATIVE_SIZES = (160, 320, 640, 1280)
"""Longer sides, in px, of the pictures that are shown."""


def original_key(sha256: str) -> str:
    """Where the image store keeps the untouched original of a catalogue's photograph."""
    return f"originals/{sha256[:2]}/{sha256}"


def derivative_key(sha256: str, size: int) -> str:
    """Where the image store keeps the re-encoded picture of at most ``size`` px."""
    return f"derivatives/{sha256[:2]}/{sha256}-{size}.jpg"


def upload_key(search_id: str) -> str:
    """Where the image store keeps the untouched photograph that was sent with a search: forgotten with it."""
    return f"uploads/{search_id[:2]}/{search_id}"


def upload_derivative_key(search_id: str, size: int) -> str:
    return f"{upload_key(search_id)}-{size}.jpg"


def features_key(sha256: str) -> str:
    """Where the image store keeps the local features of the geometric check."""
    return f"features/{sha256[:2]}/{sha256}"
