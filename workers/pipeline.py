"""The search: one photograph in, ranked catalogue records out."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from vitrine import description, errors, geometry, ranking, verdict
from vitrine.domain import (
    ClassVerdict,
    Embedding,
    Filters,
    Match,
    Neighbour,
    QueryEmbedding,
    Record,
    Search,
    SearchResult,
    Stage,
    Verdict,
    VerdictKind,
    features_key,
    original_key,
)
from vitrine.ports import Catalogue, Decoder, DecodeRequest, Encoded, Encoder, ImageStore, IndexView, VectorIndex
from vitrine.ranking import Candidate, Ranked

ReportStage = Callable[[Stage], None]

# With a filter that leaves few records, the neighbourhood is widened up to this many images.
_MOST_NEIGHBOURS = 20_000
# Unpacked local features are 70 kB a picture.
_KEPT_FEATURES = 2_000


class SearchPipeline:
    """Thread-safe: any number of searches may run in it side by side."""

    def __init__(
        self, *, images: ImageStore, decoder: Decoder, encoder: Encoder, index: VectorIndex, catalogue: Catalogue
    ) -> None:
        self._images = images
        self._decoder = decoder
        self._encoder = encoder
        self._index = index
        self._catalogue = catalogue
        self._features = functools.lru_cache(maxsize=_KEPT_FEATURES)(self._read_features)

    def run(self, search: Search, report: ReportStage) -> SearchResult:
        """Raises RejectedInput, IndexNotReady (the visitor is told) or DependencyUnavailable (tried again)."""
        if search.embedded is not None:
            return self._by_text(search.embedded, search, report)
        report(Stage.DECODING)
        decoded = self._decoder.decode(
            self._images.read(original_key(search.image_sha256)),
            DecodeRequest(
                region=search.region,
                model_input=self._encoder.resize,
                preview_size=geometry.PREVIEW_SIZE if search.geometric_check else None,
                features=search.geometric_check,
            ),
        )
        assert decoded.model_input is not None
        report(Stage.EMBEDDING)
        encoded = self._encoder.encode_with_class(decoded.model_input[None])
        embedding = encoded.embeddings[0]
        report(Stage.SEARCHING)
        view = self._index.view()
        candidates, records = self._candidates(view, embedding, search)
        if decoded.features is not None:
            report(Stage.COMPARING)
            query = geometry.unpack(decoded.features)
            candidates = self._compared(query, candidates, search)
        report(Stage.DESCRIBING)
        matches = _matches(candidates, records, view, search)
        return SearchResult(
            classified=_classified(encoded, view),
            class_missing=view.class_missing,
            description=description.draft(matches),
            nothing_similar=verdict.nothing_similar(matches, view.calibration),
            matches=matches,
            model_id=self._encoder.model_id,
            snapshot=view.snapshot,
        )

    def _by_text(self, query: QueryEmbedding, search: Search, report: ReportStage) -> SearchResult:
        """The records nearest to what a text means. A text has no class, and gives no description to take over."""
        if query.model_id != self._encoder.model_id:
            raise errors.Misconfigured(
                f"The text was embedded by {query.model_id}, and workers search with {self._encoder.model_id}. "
                "Start API and workers with the same VITRINE_MODEL."
            )
        report(Stage.SEARCHING)
        view = self._index.view()
        candidates, records = self._candidates(view, query.vector, search)
        best = ranking.by_record(candidates)[: search.top_k]
        report(Stage.DESCRIBING)
        return SearchResult(
            classified=None,
            class_missing="by_text",
            description=description.draft(()),
            nothing_similar=not best,
            matches=tuple(_uncalibrated(one, records[one.candidate.image_id]) for one in best),
            model_id=self._encoder.model_id,
            snapshot=view.snapshot,
        )

    def _candidates(
        self, view: IndexView, embedding: Embedding, search: Search
    ) -> tuple[list[Candidate], Mapping[int, Record]]:
        """Images of records that may be shown, most similar first, of at least ``top_k`` records where there are.

        And the records by image.
        """
        k = _first_neighbours(search)
        while True:
            neighbours = view.search(embedding, k)
            records = self._catalogue.records_of_images(neighbour.image_id for neighbour in neighbours)
            found = _wanted(neighbours, records, search.filters)
            enough = len({candidate.record_id for candidate in found}) >= search.top_k
            if enough or len(neighbours) < k or k >= _MOST_NEIGHBOURS:
                return found, records
            k *= 4

    def _compared(
        self, query: geometry.LocalFeatures, candidates: Sequence[Candidate], search: Search
    ) -> list[Candidate]:
        checked = ranking.first_checked(candidates)
        images = self._catalogue.images(candidate.image_id for candidate in checked)
        features = {
            candidate.image_id: kept
            for candidate in checked
            if candidate.image_id in images and (kept := self._features(images[candidate.image_id].sha256))
        }
        compared = geometry.compare(query, list(features.values()))
        evidence = {
            image_id: geometry.on_whole_picture(found, search.region) if search.region else found
            for image_id, found in zip(features, compared, strict=True)
        }
        return ranking.with_evidence(candidates, evidence)

    def _read_features(self, sha256: str) -> geometry.LocalFeatures | None:
        """None where the picture was indexed without them: its embedding alone speaks for it."""
        try:
            return geometry.unpack(self._images.read(features_key(sha256)))
        except (errors.NotFound, errors.RejectedInput):
            return None


def _classified(encoded: Encoded, view: IndexView) -> ClassVerdict | None:
    if view.head is None:
        return None
    return dataclasses.replace(encoded.class_by(view.head), version=view.head_version)


def _first_neighbours(search: Search) -> int:
    """Where the embedding alone decides among all records, few images beyond the places to fill are ever shown."""
    if search.geometric_check or search.filters != Filters():
        return max(ranking.FIRST_NEIGHBOURS, 4 * search.top_k)
    return 2 * search.top_k


def _wanted(neighbours: Sequence[Neighbour], records: Mapping[int, Record], filters: Filters) -> list[Candidate]:
    return [
        Candidate(image_id=neighbour.image_id, record_id=record.id, similarity=neighbour.similarity)
        for neighbour in neighbours
        # The index may be newer or older than the catalogue: a withdrawn record is left out, not shown bare.
        if (record := records.get(neighbour.image_id)) is not None and _passes(record, filters)
    ]


def _passes(record: Record, filters: Filters) -> bool:
    return (
        (filters.typology is None or record.content.typology == filters.typology)
        and (filters.museum is None or record.content.museum == filters.museum)
        and record.id != filters.exclude_record
    )


def _matches(
    candidates: Sequence[Candidate], records: Mapping[int, Record], view: IndexView, search: Search
) -> tuple[Match, ...]:
    return tuple(
        Match(
            record=records[one.candidate.image_id],
            image_id=one.candidate.image_id,
            similarity=float(np.clip(one.candidate.similarity, -1.0, 1.0)),
            score=one.score,
            verdict=verdict.judge(
                one.candidate.similarity,
                one.candidate.evidence.inliers if one.candidate.evidence else None,
                view.calibration,
                rival_inliers=ranking.rival_inliers(one.candidate, candidates),
            ),
            evidence=one.candidate.evidence,
        )
        for one in ranking.by_record(candidates)[: search.top_k]
    )


def _uncalibrated(one: Ranked, record: Record) -> Match:
    """Calibration is of pictures with pictures: how near a text must be to say anything, nobody has measured."""
    return Match(
        record=record,
        image_id=one.candidate.image_id,
        similarity=float(np.clip(one.candidate.similarity, -1.0, 1.0)),
        score=one.score,
        verdict=Verdict(kind=VerdictKind.DISTANT, false_positive_rate=None),
    )
