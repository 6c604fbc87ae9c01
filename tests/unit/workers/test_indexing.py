"""What a worker makes of messages of the index lane."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from tests import pictures
from vitrine import domain, errors
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import Pixels, RecordContent
from vitrine.messages import IndexRequested, Lane
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder
from workers.indexing import IndexWorker


class CountingEncoder(ToyEncoder):
    def __init__(self) -> None:
        self.pictures = 0
        self.away = False

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        if self.away:
            raise errors.DependencyUnavailable("Triton is away")
        self.pictures += len(batch)
        return super().encode(batch)


class Bench:
    """A worker, and a catalogue with originals and without embeddings."""

    def __init__(self, decoder: SubprocessDecoder) -> None:
        self.catalogue, self.images, self.encoder = MemoryCatalogue(), MemoryImageStore(), CountingEncoder()
        self.worker = IndexWorker(catalogue=self.catalogue, images=self.images, decoder=decoder, encoder=self.encoder)

    def add(self, data: bytes) -> int:
        number = str(self.catalogue.counts("").images)
        record_id, _ = self.catalogue.put_record(RecordContent(external_id=number))
        sha256 = hashlib.sha256(data).hexdigest()
        self.images.write(domain.original_key(sha256), data)
        image_id, _ = self.catalogue.add_image(record_id, sha256=sha256, width=1, height=1, source=number)
        return image_id

    def photograph(self) -> int:
        seed = self.catalogue.counts("").images
        return self.add(pictures.photograph(seed))

    @property
    def embedded(self) -> set[int]:
        return {row.image_id for row in self.catalogue.embeddings_after(ToyEncoder.model_id, 0, 1000)}


@pytest.fixture
def bench() -> Iterator[Bench]:
    decoder = SubprocessDecoder(slots=1)
    yield Bench(decoder)
    decoder.close()


def request(*image_ids: int, model_id: str = ToyEncoder.model_id) -> IndexRequested:
    return IndexRequested(model_id=model_id, image_ids=image_ids)


def test_images_get_local_features_and_one_embedding_however_often_they_are_asked_for(bench: Bench) -> None:
    image_ids = [bench.photograph() for _ in range(20)]
    bench.worker.handle(request(*image_ids))
    bench.worker.handle(request(*image_ids[:3], *image_ids))
    assert bench.embedded == set(image_ids) and bench.encoder.pictures == 20
    for image_id in image_ids:
        assert bench.images.exists(domain.features_key(bench.catalogue.image(image_id).sha256))


def test_what_cannot_be_embedded_is_left_out_for_the_sake_of_the_others(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    first, broken, last = bench.photograph(), bench.add(b"\xff\xd8\xff no picture"), bench.photograph()
    bench.worker.handle(request(first, broken, 777, last))
    assert bench.embedded == {first, last}
    assert f"image {broken} is left without an embedding" in caplog.text
    assert "image 777 is left without an embedding: the catalogue has no such image" in caplog.text


def test_an_encoder_that_is_away_leaves_the_message_to_be_delivered_again(bench: Bench) -> None:
    image_id = bench.photograph()
    bench.encoder.away = True
    with pytest.raises(errors.DependencyUnavailable):
        bench.worker.handle(request(image_id))
    bench.encoder.away = False
    bench.worker.handle(request(image_id))
    assert bench.embedded == {image_id}


def test_a_message_for_another_model_is_refused_once_and_not_delivered_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    good = bench.photograph()
    broker = MemoryBroker()
    broker.publish(request(good, model_id="other@0"))
    broker.publish(request(good))
    broker.consume_index(bench.worker.handle, slots=1)
    while not bench.embedded:
        time.sleep(0.01)
    assert broker.stop_consuming(30) and broker.depth(Lane.INDEX) == 0
    assert caplog.text.count("the same VITRINE_MODEL") == 1
