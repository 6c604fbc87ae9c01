"""Searches that come together are answered as each would be alone."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.pictures import photograph
from tests.searches import running
from vitrine import errors, local_features, verdict
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import Match, RecordContent, Search, SearchResult, Stage, features_key, upload_key
from vitrine.ports import DecodeRequest
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder
from workers import pipeline as pipelines
from workers.pipeline import Answer, SearchPipeline

OBJECTS = 5


class Bench:
    """A catalogue of coloured blocks, and searches for them."""

    def __init__(self, folder: Path, decoder: SubprocessDecoder) -> None:
        self.images, self.catalogue, encoder = MemoryImageStore(), MemoryCatalogue(), ToyEncoder()
        self.index = FaissIndex(
            model_id=encoder.model_id,
            dimension=encoder.dimension,
            snapshots=SnapshotFolder(folder / "snapshots"),
            heads=HeadFolder(folder / "heads"),
            catalogue=self.catalogue,
        )
        self.pipeline = SearchPipeline(
            images=self.images, decoder=decoder, encoder=encoder, index=self.index, catalogue=self.catalogue
        )
        self._decoder, self._encoder = decoder, encoder
        self.reached: list[tuple[Stage, list[str]]] = []

    def fill(self) -> None:
        for number in range(OBJECTS):
            record_id, _ = self.catalogue.put_record(RecordContent(external_id=str(number)))
            image_id, _ = self.catalogue.add_image(record_id, sha256=f"{number}", width=1, height=1, source="")
            square = self._decoder.decode(photograph(number), DecodeRequest(model_input=ToyEncoder.resize)).model_input
            assert square is not None
            vector = self._encoder.encode(square[None])[0]
            self.catalogue.add_embeddings(ToyEncoder.model_id, {image_id: vector})
        self.index.refresh()

    def features(self, data: bytes) -> bytes:
        request = DecodeRequest(preview_size=local_features.PREVIEW_SIZE, features=True)
        features = self._decoder.decode(data, request).features
        assert features is not None
        return features

    def search(self, name: str, data: bytes, *, geometric_check: bool = False) -> Search:
        sha256 = hashlib.sha256(data).hexdigest()
        self.images.write(upload_key(name), data)
        return running(id=name, image_sha256=sha256, geometric_check=geometric_check)

    def run(self, searches: Sequence[Search]) -> list[list[tuple[str, Answer]]]:
        def report(stage: Stage, those: Sequence[Search]) -> None:
            self.reached.append((stage, [search.id for search in those]))

        return [
            [(search.id, answer) for search, answer in answered] for answered in self.pipeline.run(searches, report)
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    decoder = SubprocessDecoder(slots=1)
    yield Bench(tmp_path, decoder)
    decoder.close()


def best(answer: Answer) -> str:
    assert isinstance(answer, SearchResult)
    return answer.matches[0].record.content.external_id


def test_each_is_answered_for_itself_in_one_group(bench: Bench) -> None:
    bench.fill()
    searches = [bench.search(str(number), photograph(number)) for number in (3, 0, 4)]
    [group] = bench.run(searches)
    assert [(name, best(answer)) for name, answer in group] == [("3", "3"), ("0", "0"), ("4", "4")]
    alone = {search.id: bench.run([search])[0][0][1] for search in searches}
    for name, answer in group:
        assert [match.similarity for match in _result(answer).matches] == pytest.approx(
            [match.similarity for match in _result(alone[name]).matches], abs=1e-6
        )
    stages = [stage for stage, names in bench.reached if names == ["3", "0", "4"]]
    assert stages == [Stage.DECODING, Stage.EMBEDDING, Stage.SEARCHING, Stage.DESCRIBING]


def test_whether_anything_is_similar_is_told_by_as_many_records_however_few_are_shown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []

    def judged(matches: Sequence[Match], _calibration: object) -> bool:
        looked_at.append(len(matches))
        return False

    monkeypatch.setattr(verdict, "nothing_similar", judged)
    bench.fill()
    asked = bench.search("1", photograph(1))
    [[(_, few)]], [[(_, more)]] = (bench.run([dataclasses.replace(asked, top_k=shown)]) for shown in (2, 20))
    assert (len(_result(few).matches), len(_result(more).matches)) == (2, OBJECTS)
    assert looked_at == [OBJECTS, OBJECTS]


def test_a_damaged_picture_is_refused_and_spoils_nothing(bench: Bench) -> None:
    bench.fill()
    good = photograph(1)
    groups = bench.run([bench.search("1", good), bench.search("damaged", good[: len(good) // 2])])
    answers = dict(answered for group in groups for answered in group)
    assert isinstance(answers["damaged"], errors.BrokenPicture)
    assert best(answers["1"]) == "1"


def test_whoever_is_compared_is_answered_after_the_others_and_alone(bench: Bench) -> None:
    bench.fill()
    compared = [bench.search(name, photograph(number), geometric_check=True) for number, name in ((0, "a"), (1, "b"))]
    groups = bench.run([*compared, bench.search("quick", photograph(2))])
    assert [[name for name, _ in group] for group in groups] == [["quick"], ["a"], ["b"]]


def test_local_features_that_were_kept_since_are_compared_without_a_restart(bench: Bench) -> None:
    bench.fill()
    asked = bench.search("1", photograph(1), geometric_check=True)
    assert not compared(bench.run([asked])[0][0][1])
    bench.images.write(features_key("1"), bench.features(photograph(1)))
    assert compared(bench.run([asked])[0][0][1])


def test_a_picture_that_takes_long_is_left_until_the_others_are_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.fill()
    # So little that every picture takes longer, among others.
    monkeypatch.setattr(pipelines, "_PATIENCE_AMONG_OTHERS_S", 1e-6)
    groups = bench.run([bench.search(str(number), photograph(number)) for number in (2, 4)])
    assert [[(name, best(answer)) for name, answer in group] for group in groups] == [[("2", "2")], [("4", "4")]]


def test_where_nothing_is_indexed_each_is_told(bench: Bench) -> None:
    searches = [bench.search(str(number), photograph(number)) for number in range(2)]
    [group] = bench.run(searches)
    assert [name for name, answer in group if isinstance(answer, errors.IndexNotReady)] == ["0", "1"]


def compared(answer: Answer) -> bool:
    return any(match.evidence is not None for match in _result(answer).matches)


def _result(answer: Answer) -> SearchResult:
    assert isinstance(answer, SearchResult)
    return answer
