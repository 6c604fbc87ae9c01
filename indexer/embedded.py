"""What is embedded, read from the catalogue, and the classifier that its labels give."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from indexer.classifier import fitting
from indexer.classifier.fitting import Fitted
from vitrine import errors
from vitrine.ports import Catalogue

_PAGE = 20_000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Embedded:
    """The embeddings of one model, of records that are not withdrawn.

    image_ids, record_ids: int64 [n]; vectors: float32 [n, d]; watermark: sequence of the last embedding looked at.
    """

    image_ids: npt.NDArray[np.int64]
    record_ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    watermark: int


def read(catalogue: Catalogue, model_id: str) -> Embedded:
    """Raises IndexNotReady where nothing is embedded, or only what is withdrawn."""
    withdrawn = catalogue.withdrawn_image_ids()
    image_ids: list[int] = []
    record_ids: list[int] = []
    vectors: list[npt.NDArray[np.float32]] = []
    watermark = 0
    while page := catalogue.embeddings_after(model_id, watermark, _PAGE):
        watermark = page[-1].sequence
        kept = [row for row in page if row.image_id not in withdrawn]
        image_ids += [row.image_id for row in kept]
        record_ids += [row.record_id for row in kept]
        if kept:
            vectors.append(np.stack([row.vector for row in kept]))
    if not vectors:
        raise errors.IndexNotReady(
            "Every record with an embedded image is withdrawn, and withdrawn records are in no answer. Show one again, "
            "or add others."
            if watermark
            else f"Nothing is embedded under {model_id} yet. Run: python -m indexer embed, where the catalogue has "
            "images already; or add a table with photographs."
        )
    return Embedded(
        image_ids=np.array(image_ids, np.int64),
        record_ids=np.array(record_ids, np.int64),
        vectors=np.concatenate(vectors),
        watermark=watermark,
    )


def classifier(catalogue: Catalogue, embedded: Embedded, *, kind: str | None = None) -> Fitted:
    """The head that the catalogue's own labels give; the report holds their translations too."""
    labels = catalogue.labels()
    translations = translations_of(catalogue, set(labels.values()))
    fitted = fitting.fit(*labelled(embedded, labels), translations=translations, kind=kind)
    return dataclasses.replace(fitted, report={**fitted.report, "translations": translations})


def labelled(
    embedded: Embedded, labels: Mapping[int, str]
) -> tuple[npt.NDArray[np.float32], list[str], npt.NDArray[np.int64]]:
    """Vectors, labels and record numbers of the images whose record has one of ``labels`` (by record number)."""
    known = np.array([int(record_id) in labels for record_id in embedded.record_ids], bool)
    record_ids = embedded.record_ids[known]
    return embedded.vectors[known], [labels[int(record_id)] for record_id in record_ids], record_ids


def translations_of(catalogue: Catalogue, labels: set[str]) -> dict[str, dict[str, str]]:
    """Label → language → its name there, as the catalogue's own records translate it."""
    found: dict[str, dict[str, str]] = {}
    for label in sorted(labels):
        for record in catalogue.browse(typology=label, limit=1).records:
            translations = record.content.translations.items()
            found[label] = {language: texts["typology"] for language, texts in translations if texts.get("typology")}
    return found
