"""From the embeddings table to a published snapshot: index, calibration, classifier head."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from indexer import calibration, embedded
from indexer.classifier.fitting import Fitted
from indexer.progress import Progress
from vitrine import errors, local_features, preprocessing
from vitrine.domain import features_key, original_key
from vitrine.ports import Catalogue, Decoder, DecodeRequest, Encoder, ImageStore, SnapshotNotes, SnapshotStore

# Twice the side that models and features look at: distorting costs no detail that they would see.
_COPIED_SIZE = 768


@dataclasses.dataclass(frozen=True, kw_only=True)
class Built:
    """A published snapshot's manifest, and the classifier that was fitted with it."""

    manifest: Mapping[str, Any]
    fitted: Fitted


@dataclasses.dataclass(frozen=True, kw_only=True)
class SnapshotBuilder:
    catalogue: Catalogue
    images: ImageStore
    decoder: Decoder
    encoder: Encoder
    snapshots: SnapshotStore
    progress: Progress

    def build(self) -> Built:
        """The new current snapshot. Raises IndexNotReady where nothing is embedded."""
        model_id = self.encoder.model_id
        rows = embedded.read(self.catalogue, model_id)
        self.progress.start("snapshot", "steps", 3)
        draft = self.snapshots.draft(model_id, rows.image_ids, rows.vectors)
        self.progress.advance()
        calibrated = calibration.calibrate(
            rows.vectors,
            rows.record_ids,
            neighbours=draft.neighbours,
            features=lambda row: self._features(int(rows.image_ids[row])),
            copies=lambda row, strength: self._copy(int(rows.image_ids[row]), strength),
        )
        self.progress.advance()
        fitted = embedded.classifier(self.catalogue, rows)
        self.progress.advance()
        manifest = draft.publish(
            SnapshotNotes(
                watermark=rows.watermark,
                calibration=calibrated,
                head=fitted.head,
                class_missing=fitted.missing,
                class_report=fitted.report,
            )
        )
        self.progress.finish()
        return Built(manifest=manifest, fitted=fitted)

    def _features(self, image_id: int) -> local_features.LocalFeatures | None:
        try:
            return local_features.unpack(self.images.read(features_key(self.catalogue.image(image_id).sha256)))
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
            features=local_features.extract(preprocessing.longest_side(copy, local_features.PREVIEW_SIZE)),
        )
