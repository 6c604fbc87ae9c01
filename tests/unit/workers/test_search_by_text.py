"""What a worker does with a search that brings an embedding along in the place of a photograph."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

from tests import colour_model
from tests.searches import running
from vitrine import errors
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import QueryEmbedding, RecordContent, Search, SearchResult, Stage, VerdictKind
from vitrine.testing import MemoryCatalogue, MemoryImageStore
from workers.pipeline import SearchPipeline

RED = np.array([1, 0, -1], np.float32) / np.float32(np.sqrt(2))


@pytest.fixture
def encoder(tmp_path: pathlib.Path) -> OnnxEncoder:
    return OnnxEncoder(colour_model.written(tmp_path / "model"))


@pytest.fixture
def pipeline(encoder: OnnxEncoder, tmp_path: pathlib.Path) -> Iterator[SearchPipeline]:
    """Three records: one of two pictures, of which the second is red; one rather red; one that is not."""
    catalogue = MemoryCatalogue()
    for number, vectors in enumerate([[-RED, RED], [np.array([0.8, 0, -0.6])], [np.array([0, 1, 0])]]):
        record_id, _ = catalogue.put_record(RecordContent(external_id=str(number)))
        for view, vector in enumerate(vectors):
            image_id, _ = catalogue.add_image(record_id, sha256=f"{number}{view}", width=1, height=1, source="")
            catalogue.add_embeddings(encoder.model_id, {image_id: np.asarray(vector, np.float32)})
    index = FaissIndex(
        model_id=encoder.model_id,
        dimension=encoder.dimension,
        snapshots=SnapshotFolder(tmp_path / "snapshots"),
        heads=HeadFolder(tmp_path / "heads"),
        catalogue=catalogue,
    )
    index.refresh()
    decoder = SubprocessDecoder(slots=1)
    yield SearchPipeline(images=MemoryImageStore(), decoder=decoder, encoder=encoder, index=index, catalogue=catalogue)
    decoder.close()


def search(model_id: str) -> Search:
    return running(filename="красный", embedded=QueryEmbedding(model_id=model_id, vector=RED))


def test_records_come_by_their_nearest_picture_and_nothing_is_claimed_of_them(
    pipeline: SearchPipeline, encoder: OnnxEncoder
) -> None:
    stages: list[Stage] = []
    [[(_, result)]] = pipeline.run([search(encoder.model_id)], lambda stage, _searches: stages.append(stage))
    assert isinstance(result, SearchResult)
    assert [match.record.content.external_id for match in result.matches] == ["0", "1"]
    assert [match.similarity for match in result.matches] == pytest.approx([1.0, 0.98995], abs=1e-4)
    assert {match.verdict.kind for match in result.matches} == {VerdictKind.DISTANT}
    assert (result.classified, result.class_missing, result.description.fields) == (None, "by_text", {})
    assert stages == [Stage.SEARCHING, Stage.DESCRIBING]


def test_an_embedding_of_another_model_never_meets_the_index(pipeline: SearchPipeline) -> None:
    [[(_, answer)]] = pipeline.run([search("other@0000000000000000")], lambda _stage, _searches: None)
    assert isinstance(answer, errors.Misconfigured) and "the same VITRINE_MODEL" in answer.message
