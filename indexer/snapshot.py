"""From the embeddings table to a published snapshot: index, calibration, classifier head."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer import calibration, classifier
from indexer.progress import Progress
from vitrine import errors, geometry, preprocessing
from vitrine.domain import features_key, original_key
from vitrine.ports import Catalogue, Decoder, DecodeRequest, Encoder, ImageStore, SnapshotNotes, SnapshotStore

_log = logging.getLogger(__name__)
_PAGE = 20_000
# Twice the side that models and features look at: distorting costs no detail that they would see.
_COPIED_SIZE = 768


@dataclasses.dataclass(frozen=True, kw_only=True)
class Embedded:
    """The rows of a snapshot, of records that are not withdrawn.

    image_ids, record_ids: int64 [n]; vectors: float32 [n, d]; watermark: sequence of the last embedding looked at.
    """

    image_ids: npt.NDArray[np.int64]
    record_ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]
    watermark: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class SnapshotBuilder:
    catalogue: Catalogue
    images: ImageStore
    decoder: Decoder
    encoder: Encoder
    snapshots: SnapshotStore
    progress: Progress

    def build(self) -> Mapping[str, Any]:
        """The manifest of the new current snapshot. Raises IndexNotReady where nothing is embedded."""
        model_id = self.encoder.model_id
        embedded = self._read(model_id)
        self.progress.start("snapshot", "steps", 3)
        draft = self.snapshots.draft(model_id, embedded.image_ids, embedded.vectors)
        self.progress.advance()
        calibrated = calibration.calibrate(
            embedded.vectors,
            embedded.record_ids,
            neighbours=draft.neighbours,
            features=lambda row: self._features(int(embedded.image_ids[row])),
            copies=lambda row, strength: self._copy(int(embedded.image_ids[row]), strength),
        )
        self.progress.advance()
        labels = self.catalogue.labels()
        translations = self._label_translations(set(labels.values()))
        fitted = _fitted(embedded, labels, translations)
        self.progress.advance()
        manifest = draft.publish(
            SnapshotNotes(
                watermark=embedded.watermark,
                calibration=calibrated,
                head=fitted.head,
                class_missing=fitted.missing,
                class_report={**fitted.report, "translations": translations},
            )
        )
        self.progress.finish()
        return manifest

    def _read(self, model_id: str) -> Embedded:
        withdrawn = self.catalogue.withdrawn_image_ids()
        image_ids: list[int] = []
        record_ids: list[int] = []
        vectors: list[npt.NDArray[np.float32]] = []
        watermark = 0
        while page := self.catalogue.embeddings_after(model_id, watermark, _PAGE):
            watermark = page[-1].sequence
            kept = [row for row in page if row.image_id not in withdrawn]
            image_ids += [row.image_id for row in kept]
            record_ids += [row.record_id for row in kept]
            if kept:
                vectors.append(np.stack([row.vector for row in kept]))
        if not vectors:
            raise errors.IndexNotReady(f"Nothing is embedded under {model_id} yet. Run: python -m indexer add SOURCE")
        return Embedded(
            image_ids=np.array(image_ids, np.int64),
            record_ids=np.array(record_ids, np.int64),
            vectors=np.concatenate(vectors),
            watermark=watermark,
        )

    def _features(self, image_id: int) -> geometry.LocalFeatures | None:
        try:
            return geometry.unpack(self.images.read(features_key(self.catalogue.image(image_id).sha256)))
        except (errors.NotFound, errors.RejectedInput):
            return None

    def _copy(self, image_id: int, strength: calibration.Strength) -> calibration.Copy | None:
        """What another export or another photograph of the image would have looked like to the search."""
        try:
            original = self.images.read(original_key(self.catalogue.image(image_id).sha256))
            picture = self.decoder.decode(original, DecodeRequest(preview_size=_COPIED_SIZE)).preview
        except (errors.NotFound, errors.RejectedInput):
            return None
        if picture is None:
            return None
        rng = np.random.default_rng([image_id, list(calibration.Strength).index(strength)])
        copy = calibration.distorted(picture, strength, rng)
        return calibration.Copy(
            vector=self.encoder.encode(preprocessing.fit(copy, self.encoder.resize)[None])[0],
            features=geometry.extract(preprocessing.longest_side(copy, geometry.PREVIEW_SIZE)),
        )

    def _label_translations(self, labels: set[str]) -> dict[str, dict[str, str]]:
        """Label → language → its name there, as the catalogue's own records translate it."""
        found: dict[str, dict[str, str]] = {}
        for label in sorted(labels):
            for record in self.catalogue.browse(typology=label, limit=1).records:
                translations = record.content.translations.items()
                found[label] = {
                    language: texts["typology"] for language, texts in translations if texts.get("typology")
                }
        return found


def _fitted(
    embedded: Embedded, labels: Mapping[int, str], translations: Mapping[str, Mapping[str, str]]
) -> classifier.Fitted:
    labelled = np.array([int(record_id) in labels for record_id in embedded.record_ids])
    record_ids = embedded.record_ids[labelled]
    names = [labels[int(record_id)] for record_id in record_ids]
    return classifier.fit(embedded.vectors[labelled], names, record_ids, translations=translations)
