"""What is embedded, read from the catalogue, and the classifier that its labels give."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from indexer.classifier import examples, fitting
from indexer.classifier.examples import Floats, Numbers
from indexer.classifier.fitting import Fitted
from vitrine import errors
from vitrine.ports import Catalogue, Labels

_PAGE = 20_000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Embedded:
    """The embeddings of one model, of records that are not withdrawn.

    image_ids, record_ids: int64 [n]; vectors: float32 [n, d]; watermark: sequence of the last embedding looked at.
    """

    image_ids: Numbers
    record_ids: Numbers
    vectors: Floats
    watermark: int


def read(catalogue: Catalogue, model_id: str) -> Embedded:
    """Raises IndexNotReady where nothing is embedded, or only what is withdrawn."""
    image_ids: list[int] = []
    record_ids: list[int] = []
    vectors = np.empty((0, 0), np.float32)
    watermark = 0
    while page := catalogue.embeddings_after(model_id, watermark, _PAGE):
        watermark = page[-1].sequence
        image_ids += [row.image_id for row in page]
        record_ids += [row.record_id for row in page]
        # Where it lies, or moved by its page table: all vectors are never there twice.
        vectors.resize((len(image_ids), len(page[0].vector)), refcheck=False)
        vectors[-len(page) :] = [row.vector for row in page]
    # Asked last: what is shown again while the pages are read gets a sequence behind them and may be on two, and what
    # is shown again from here on comes after the watermark.
    withdrawn = catalogue.withdrawn_image_ids()
    numbers = np.array(image_ids, np.int64)
    kept = _latest(numbers) & ~np.isin(numbers, np.fromiter(withdrawn, np.int64, len(withdrawn)))
    if not kept.any():
        raise errors.IndexNotReady(
            "Every record with an embedded image is withdrawn, and withdrawn records are in no answer. Show one again, "
            "or add others."
            if watermark
            else f"Nothing is embedded under {model_id} yet. Run: python -m indexer embed, where the catalogue has "
            "images already; or add a table with photographs."
        )
    return Embedded(
        image_ids=numbers[kept],
        record_ids=np.array(record_ids, np.int64)[kept],
        vectors=_moved_up(vectors, kept),
        watermark=watermark,
    )


def _moved_up(vectors: Floats, kept: npt.NDArray[np.bool_]) -> Floats:
    """The rows that are kept, in the place of all: they are moved some at a time, and never written before read."""
    size = 0
    for start in range(0, len(vectors), _PAGE):
        some = vectors[start : start + _PAGE][kept[start : start + _PAGE]]
        vectors[size : size + len(some)] = some
        size += len(some)
    return vectors[:size]


def _latest(image_ids: Numbers) -> npt.NDArray[np.bool_]:
    """[n]: whether the image does not stand further behind again."""
    _, from_behind = np.unique(image_ids[::-1], return_index=True)
    latest = np.zeros(len(image_ids), bool)
    latest[len(image_ids) - 1 - from_behind] = True
    return latest


def classifier(catalogue: Catalogue, embedded: Embedded, *, kind: str | None = None) -> Fitted:
    """The head that the catalogue's own labels give; the report holds their translations too."""
    labels = catalogue.labels()
    places, texts = _told(catalogue, embedded, labels)
    fitted = fitting.fit(
        embedded.vectors,
        texts,
        embedded.record_ids[places],
        places=places,
        translations=labels.translations,
        kind=kind,
    )
    return dataclasses.replace(fitted, report={**fitted.report, "translations": labels.translations})


def labelled(catalogue: Catalogue, embedded: Embedded, labels: Labels) -> tuple[Floats, list[str], Numbers]:
    """Vectors, labels and record numbers of the images whose record has a label (`examples.told_once`)."""
    places, texts = _told(catalogue, embedded, labels)
    return embedded.vectors[places], texts, embedded.record_ids[places]


def _told(catalogue: Catalogue, embedded: Embedded, labels: Labels) -> tuple[Numbers, list[str]]:
    """Their rows and labels."""
    known = labels.typologies
    rows = np.flatnonzero([record_id in known for record_id in embedded.record_ids.tolist()])
    texts = [known[record_id] for record_id in embedded.record_ids[rows].tolist()]
    told = examples.told_once(_photographs(catalogue, embedded.image_ids[rows]), texts)
    return rows[told], [texts[row] for row in told]


def _photographs(catalogue: Catalogue, image_ids: Numbers) -> Numbers:
    """[n]: the same number for the same bytes. 60 bits of a SHA-256 tell any ten million photographs apart."""
    found = np.zeros(len(image_ids), np.int64)
    for start in range(0, len(image_ids), _PAGE):
        some = image_ids[start : start + _PAGE].tolist()
        images = catalogue.images(some)
        found[start : start + _PAGE] = [int(images[image_id].sha256[-15:], 16) for image_id in some]
    return found
