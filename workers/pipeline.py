"""The search: photographs in, ranked catalogue records out.

Searches that come together are decoded, encoded and looked up together: a batch costs the encoder less than its
pictures one by one, and code and data that are in a core's cache serve all of them.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from vitrine import description, errors, geometry, local_features, logs, ranking, verdict
from vitrine.domain import (
    ClassVerdict,
    Embedding,
    Filters,
    Match,
    Neighbour,
    Pixels,
    Record,
    Search,
    SearchResult,
    Stage,
    Verdict,
    VerdictKind,
    features_key,
    original_key,
    upload_key,
)
from vitrine.ports import (
    Catalogue,
    Decoded,
    Decoder,
    DecodeRequest,
    Encoded,
    Encoder,
    ImageStore,
    IndexView,
    VectorIndex,
)
from vitrine.ranking import Candidate, Ranked

ReportStage = Callable[[Stage, Sequence[Search]], None]
Answer = SearchResult | errors.VitrineError
Answered = Sequence[tuple[Search, Answer]]
"""Searches with their results, or with the reason why there is none."""
_Found = tuple[Sequence[Candidate], Mapping[int, Record]]
"""Images that may be shown, most similar first, and the records by image."""

# With a filter that leaves few records, the neighbourhood is widened up to this many images.
_MOST_NEIGHBOURS = 20_000
# A picture that takes its decoder longer is left until those that came with it are answered.
_PATIENCE_AMONG_OTHERS_S = 3.0
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
        self._read_features = functools.lru_cache(maxsize=_KEPT_FEATURES)(self._unpacked_features)

    def run(self, searches: Sequence[Search], report: ReportStage) -> Iterator[Answered]:
        """Each search once, in groups, as soon as they are answered. Which failed by their own doing have an error.

        Raises DependencyUnavailable for all that are not answered yet; they can be tried again.
        """
        texts = [search for search in searches if search.embedded is not None]
        if texts:
            yield [(search, self._by_text(search, report)) for search in texts]
        pictures = [search for search in searches if search.embedded is None]
        if pictures:
            yield from self._by_picture(pictures, report)

    def _by_picture(self, searches: Sequence[Search], report: ReportStage) -> Iterator[Answered]:
        decoded, refused, slow = self._decoded(searches, report)
        if refused:
            yield refused
        if decoded:
            yield from self._searched(decoded, report)
        for search in slow:
            yield from self._by_picture([search], report)

    def _searched(self, decoded: Sequence[tuple[Search, Decoded]], report: ReportStage) -> Iterator[Answered]:
        looked_up = self._looked_up(decoded, report)
        if isinstance(looked_up, errors.VitrineError):
            yield [(search, looked_up) for search, _ in decoded]
            return
        quick = [one for one in looked_up if one.features is None]
        if quick:
            report(Stage.DESCRIBING, [one.search for one in quick])
            yield [(one.search, self._result(one)) for one in quick]
        # Comparing takes longer than all else: nobody waits for another's.
        for one in looked_up:
            if one.features is not None:
                report(Stage.COMPARING, [one.search])
                compared = self._compared(local_features.unpack(one.features), one.candidates, one.search)
                report(Stage.DESCRIBING, [one.search])
                yield [(one.search, self._result(dataclasses.replace(one, candidates=compared)))]

    def _decoded(
        self, searches: Sequence[Search], report: ReportStage
    ) -> tuple[list[tuple[Search, Decoded]], list[tuple[Search, Answer]], list[Search]]:
        """Those that could be decoded, those that never can, and those that take long."""
        report(Stage.DECODING, searches)
        patience_s = _PATIENCE_AMONG_OTHERS_S if len(searches) > 1 else None
        slow: list[Search] = []
        decoded: list[tuple[Search, Decoded]] = []
        refused: list[tuple[Search, Answer]] = []
        for search in searches:
            with logs.about(search.id):
                try:
                    decoded.append((search, self._decode(search, patience_s)))
                except errors.DependencyUnavailable:
                    raise
                except errors.SlowPicture as error:
                    if patience_s is None:
                        refused.append((search, error))
                    else:
                        slow.append(search)
                except errors.VitrineError as error:
                    refused.append((search, error))
        return decoded, refused, slow

    def _decode(self, search: Search, patience_s: float | None) -> Decoded:
        return self._decoder.decode(
            self._photograph(search),
            DecodeRequest(
                region=search.region,
                model_input=self._encoder.resize,
                preview_size=local_features.PREVIEW_SIZE if search.geometric_check else None,
                features=search.geometric_check,
            ),
            patience_s=patience_s,
        )

    def _photograph(self, search: Search) -> bytes:
        """What was sent with the search, or the catalogue's photograph that it names. Raises NotFound."""
        try:
            return self._images.read(upload_key(search.id))
        except errors.NotFound:
            return self._images.read(original_key(search.image_sha256))

    def _looked_up(
        self, decoded: Sequence[tuple[Search, Decoded]], report: ReportStage
    ) -> list[_LookedUp] | errors.VitrineError:
        """All of them in one view of the index; an error where there is none."""
        searches = [search for search, _ in decoded]
        report(Stage.EMBEDDING, searches)
        encoded = self._encoder.encode_with_class(np.stack([_model_input(picture) for _, picture in decoded]))
        report(Stage.SEARCHING, searches)
        try:
            view = self._index.view()
        except errors.IndexNotReady as error:
            return error
        found = self._candidates(view, list(zip(searches, encoded.embeddings, strict=True)))
        return [
            _LookedUp(
                search=search,
                view=view,
                classified=_classified(encoded, row, view),
                candidates=candidates,
                records=records,
                features=picture.features,
            )
            for row, ((search, picture), (candidates, records)) in enumerate(zip(decoded, found, strict=True))
        ]

    def _result(self, found: _LookedUp) -> SearchResult:
        ranked = _matches(found.candidates, found.records, found.view, _ranked_records(found.search))
        matches = ranked[: found.search.top_k]
        return SearchResult(
            classified=found.classified,
            class_missing=found.view.class_missing,
            description=description.draft(matches),
            nothing_similar=verdict.nothing_similar(ranked[: verdict.FLATNESS_RANK], found.view.calibration),
            matches=matches,
            model_id=self._encoder.model_id,
            snapshot=found.view.snapshot,
        )

    def _by_text(self, search: Search, report: ReportStage) -> Answer:
        """The records nearest to what a text means. A text has no class, and gives no description to take over."""
        query = search.embedded
        assert query is not None
        if query.model_id != self._encoder.model_id:
            return errors.Misconfigured(
                f"The text was embedded by {query.model_id}, and workers search with {self._encoder.model_id}. "
                "Start API and workers with the same VITRINE_MODEL."
            )
        report(Stage.SEARCHING, [search])
        try:
            view = self._index.view()
        except errors.IndexNotReady as error:
            return error
        [(candidates, records)] = self._candidates(view, [(search, query.vector)])
        best = ranking.by_record(candidates)[: search.top_k]
        report(Stage.DESCRIBING, [search])
        return SearchResult(
            classified=None,
            class_missing="by_text",
            description=description.draft(()),
            nothing_similar=not best,
            matches=tuple(_uncalibrated(one, records[one.candidate.image_id]) for one in best),
            model_id=self._encoder.model_id,
            snapshot=view.snapshot,
        )

    def _candidates(self, view: IndexView, wanted: Sequence[tuple[Search, Embedding]]) -> list[_Found]:
        """Of each search, images of at least as many records as are ranked, where there are and they may be shown."""
        neighbours = [view.search(embedding, _first_neighbours(search)) for search, embedding in wanted]
        records = self._catalogue.records_of_images({one.image_id for some in neighbours for one in some})
        return [
            self._widened(view, embedding, search, some, records)
            for (search, embedding), some in zip(wanted, neighbours, strict=True)
        ]

    def _widened(
        self,
        view: IndexView,
        embedding: Embedding,
        search: Search,
        neighbours: Sequence[Neighbour],
        records: Mapping[int, Record],
    ) -> _Found:
        k = _first_neighbours(search)
        while True:
            found = _wanted(neighbours, records, search.filters)
            enough = len({candidate.record_id for candidate in found}) >= _ranked_records(search)
            if enough or len(neighbours) < k or k >= _MOST_NEIGHBOURS:
                return found, records
            k *= 4
            neighbours = view.search(embedding, k)
            records = self._catalogue.records_of_images(neighbour.image_id for neighbour in neighbours)

    def _compared(
        self, query: local_features.LocalFeatures, candidates: Sequence[Candidate], search: Search
    ) -> Sequence[Candidate]:
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

    def _features(self, sha256: str) -> local_features.LocalFeatures | None:
        """None where the picture has none yet, which is asked again each time: its embedding alone speaks for it."""
        try:
            return self._read_features(sha256)
        except (errors.NotFound, errors.RejectedInput):
            return None

    def _unpacked_features(self, sha256: str) -> local_features.LocalFeatures:
        return local_features.unpack(self._images.read(features_key(sha256)))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _LookedUp:
    """A search whose neighbours are known. ``features``: of its picture, where points shall be compared."""

    search: Search
    view: IndexView
    classified: ClassVerdict | None
    candidates: Sequence[Candidate]
    records: Mapping[int, Record]
    features: bytes | None


def _model_input(decoded: Decoded) -> Pixels:
    assert decoded.model_input is not None
    return decoded.model_input


def _classified(encoded: Encoded, row: int, view: IndexView) -> ClassVerdict | None:
    if view.head is None:
        return None
    return dataclasses.replace(encoded.class_by(view.head, row), version=view.head_version)


def _first_neighbours(search: Search) -> int:
    """Where the embedding alone decides among all records, few images beyond the places to fill are ever shown."""
    if search.geometric_check or search.filters != Filters():
        return max(ranking.FIRST_NEIGHBOURS, 4 * search.top_k)
    return 2 * _ranked_records(search)


def _ranked_records(search: Search) -> int:
    """However few are shown, whether they are like the photograph is told by as many as ever."""
    return max(search.top_k, verdict.FLATNESS_RANK)


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
    candidates: Sequence[Candidate], records: Mapping[int, Record], view: IndexView, most: int
) -> tuple[Match, ...]:
    return tuple(
        Match(
            record=records[one.candidate.image_id],
            image_id=one.candidate.image_id,
            similarity=_as_cosine(one.candidate.similarity),
            score=one.score,
            verdict=verdict.judge(
                one.candidate.similarity,
                one.candidate.evidence.inliers if one.candidate.evidence else None,
                view.calibration,
                rival_inliers=ranking.rival_inliers(one.candidate, candidates),
            ),
            evidence=one.candidate.evidence,
        )
        for one in ranking.by_record(candidates)[:most]
    )


def _as_cosine(similarity: float) -> float:
    """Rounding can bring the product of two unit vectors beyond 1."""
    return min(max(similarity, -1.0), 1.0)


def _uncalibrated(one: Ranked, record: Record) -> Match:
    """Calibration is of pictures with pictures: how near a text must be to say anything, nobody has measured."""
    return Match(
        record=record,
        image_id=one.candidate.image_id,
        similarity=_as_cosine(one.candidate.similarity),
        score=one.score,
        verdict=Verdict(kind=VerdictKind.DISTANT, false_positive_rate=None),
    )
