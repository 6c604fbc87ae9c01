"""The whole search on photographs at hand: nearest images, geometric check, order, all as the product has them."""

from __future__ import annotations

import dataclasses
import pathlib
import time
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from modelling import pictures, retrieval
from vitrine import geometry, local_features, preprocessing, ranking

Rows = npt.NDArray[np.intp]


def features(paths: Iterable[pathlib.Path]) -> list[local_features.LocalFeatures]:
    """Of upright pictures, in their order, as the product would keep them."""
    return [
        local_features.extract(preprocessing.longest_side(pictures.read_picture(path), local_features.PREVIEW_SIZE))
        for path in paths
    ]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckedSearch:
    """Row i of ``vectors`` (unit, [n, d]) and of ``features`` is a photograph of ``objects[i]``, which is a record."""

    vectors: retrieval.Vectors
    features: Sequence[local_features.LocalFeatures]
    objects: Sequence[str]

    def figures(self, asking: Rows, gallery: Rows) -> retrieval.Figures:
        """``asking`` and ``gallery`` are row numbers; a photograph that is in both is no neighbour of itself.

        Objects are ranked, each once: mAP@10 is the mean of 1 / place of the right one, where it is among ten.
        ``check_ms`` is the CPU time of the process, so give OpenCV and BLAS one thread.
        """
        _, records = np.unique(np.asarray(self.objects), return_inverse=True)
        places: list[int] = []
        compared_s = 0.0
        for row in asking.tolist():
            others = gallery[gallery != row]
            if records[row] not in records[others]:
                continue
            candidates = self._nearest(row, others, records)
            checked = ranking.first_checked(candidates[: ranking.FIRST_NEIGHBOURS])
            kept = [self.features[candidate.image_id] for candidate in checked]
            began = time.process_time()
            compared = geometry.compare(self.features[row], kept)
            compared_s += time.process_time() - began
            evidence = {candidate.image_id: found for candidate, found in zip(checked, compared, strict=True)}
            ranked = ranking.by_record(ranking.with_evidence(candidates, evidence))
            places.append([one.candidate.record_id for one in ranked].index(int(records[row])))
        return _figures(np.array(places), compared_s)

    def _nearest(self, row: int, others: Rows, records: Rows) -> list[ranking.Candidate]:
        """All of the gallery, most similar first. The product asks for fewer of them, which leaves the places as they
        are: what was not checked keeps its own."""
        similarities = self.vectors[others] @ self.vectors[row]
        order = np.argsort(-similarities, kind="stable")
        return [
            ranking.Candidate(image_id=int(other), record_id=int(records[other]), similarity=float(similarity))
            for other, similarity in zip(others[order], similarities[order], strict=True)
        ]


def _figures(places: npt.NDArray[np.int_], compared_s: float) -> retrieval.Figures:
    if len(places) == 0:
        return retrieval.no_figures()
    return retrieval.Figures(
        queries=len(places),
        recall_at_1=float((places < 1).mean()),
        recall_at_5=float((places < 5).mean()),
        recall_at_20=float((places < 20).mean()),
        map_at_10=float(np.where(places < 10, 1.0 / (places + 1), 0.0).mean()),
        check_ms=1000.0 * compared_s / len(places),
    )
