"""Another model embeds the catalogue from the originals that the store keeps."""

from __future__ import annotations

import functools
import shutil

import numpy as np
import pytest

from indexer import embedding_anew, progress, report
from indexer.embedding_by_workers import EmbeddingByWorkers
from indexer.embedding_here import EmbeddingHere
from indexer.interruption import Interruption
from indexer.photographs import Ports, StartEmbedding
from tests.unit.indexer.conftest import Add, Museum
from vitrine import domain
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.testing import MemoryCatalogue, ToyEncoder
from workers.indexing import IndexWorker


class OtherEncoder(ToyEncoder):
    model_id = "other"


@pytest.fixture
def other(museum: Museum, add: Add, ports: Ports) -> Ports:
    """What another model works on, when the table and its photographs are gone."""
    add(museum.write(museum.objects(12)))
    shutil.rmtree(museum.folder)
    return Ports(catalogue=ports.catalogue, images=ports.images, encoder=OtherEncoder(), decoder=ports.decoder)


def embed(
    ports: Ports, embedding: StartEmbedding = EmbeddingHere, interruption: Interruption | None = None
) -> embedding_anew.Embedded:
    return embedding_anew.embed(
        ports, embedding, shown=progress.SilentProgress(), interruption=interruption or Interruption()
    )


def vectors(catalogue: MemoryCatalogue, model_id: str) -> list[tuple[int, list[float]]]:
    return [(row.image_id, row.vector.tolist()) for row in catalogue.embeddings_after(model_id, 0, 100)]


def test_each_image_gets_what_the_import_would_have_given_it(other: Ports, catalogue: MemoryCatalogue) -> None:
    done = embed(other)
    assert (done.added, done.given_up, done.interrupted) == (24, 0, False)
    ours, theirs = vectors(catalogue, "other"), vectors(catalogue, ToyEncoder.model_id)
    assert [image_id for image_id, _ in ours] == [image_id for image_id, _ in theirs]
    np.testing.assert_allclose([row for _, row in ours], [row for _, row in theirs], atol=1e-6)
    assert embed(other).added == 0


def test_an_original_that_is_gone_costs_no_other_image_its_embedding(
    other: Ports, catalogue: MemoryCatalogue, caplog: pytest.LogCaptureFixture
) -> None:
    del other.images._data[domain.original_key(catalogue.image(5).sha256)]  # type: ignore[attr-defined]
    done = embed(other)
    assert (done.added, done.given_up) == (23, 1)
    assert "image 5 is left without an embedding" in caplog.text
    assert "1 images left out" in done.lines()[0]


def test_an_interrupted_run_is_gone_on_with(other: Ports) -> None:
    class AfterTen(Interruption):
        asks = 0

        @property
        def asked(self) -> bool:
            self.asks += 1
            return self.asks > 10

    first = embed(other, interruption=AfterTen())
    assert first.interrupted and 0 < first.added < 24 and "run the same command again" in first.lines()[-1]
    assert first.added + embed(other).added == 24


def test_the_workers_embed_what_the_store_keeps(other: Ports, catalogue: MemoryCatalogue) -> None:
    broker = MemoryBroker()
    worker = IndexWorker(catalogue=other.catalogue, images=other.images, decoder=other.decoder, encoder=other.encoder)
    broker.consume_index(worker.handle, slots=1)
    try:
        assert embed(other, functools.partial(EmbeddingByWorkers, broker)).added == 24
    finally:
        assert broker.stop_consuming(30)


def test_an_operator_is_told_what_to_do_next(other: Ports, catalogue: MemoryCatalogue) -> None:
    def told() -> str:
        return "\n".join(report.status_lines("other", catalogue.counts("other"), None, None))

    assert "24, 0 embedded" in told() and "snapshot    none: run python -m indexer embed" in told()
    catalogue.add_embeddings("other", {1: np.ones(2, np.float32)})
    assert "the others wait for this model: run python -m indexer embed" in told()
    embed(other)
    assert "embed\n" not in told() and told().endswith("run python -m indexer build")
    empty = MemoryCatalogue().counts("other")
    assert report.status_lines("other", empty, None, None)[-1].endswith("run python -m indexer add SOURCE")
