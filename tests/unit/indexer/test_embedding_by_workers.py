"""`add --via queue` over the broker and the catalogue in memory, with the real worker's handler at the other end."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from indexer import embedding_by_workers
from indexer.embedding_by_workers import EmbeddingByWorkers, Patience
from indexer.interruption import Interruption
from indexer.photographs import Ports
from indexer.progress import SilentProgress
from tests.unit.indexer.conftest import Add, Museum, picture
from vitrine import domain, errors
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.messages import IndexRequested, Lane, SearchRequested
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder
from workers.indexing import IndexWorker

IMPATIENT = Patience(silent_s=0.2, lost_s=0.6, away_s=0.3, look_s=0.02, complain_s=0.1)
_STOP_S = 30


class HeardBroker(MemoryBroker):
    """Keeps what was published; ``lose`` says which messages never arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[IndexRequested] = []
        self.lose: Callable[[int], bool] = lambda _number: False

    def publish(self, *commands: SearchRequested | IndexRequested) -> None:
        for command in commands:
            assert isinstance(command, IndexRequested)
            self.heard.append(command)
            if not self.lose(len(self.heard)):
                super().publish(command)


@pytest.fixture
def broker() -> Iterator[HeardBroker]:
    opened = HeardBroker()
    yield opened
    opened.close()


@pytest.fixture
def worker(ports: Ports) -> IndexWorker:
    return IndexWorker(catalogue=ports.catalogue, images=ports.images, decoder=ports.decoder, encoder=ports.encoder)


@contextlib.contextmanager
def working(broker: MemoryBroker, handler: Callable[[IndexRequested], None]) -> Iterator[None]:
    broker.consume_index(handler, slots=2)
    try:
        yield
    finally:
        assert broker.stop_consuming(_STOP_S)


def through(broker: MemoryBroker) -> functools.partial[EmbeddingByWorkers]:
    return functools.partial(EmbeddingByWorkers, broker, patience=IMPATIENT)


def embedded(catalogue: MemoryCatalogue) -> int:
    return catalogue.counts(ToyEncoder.model_id).embeddings


def test_workers_make_what_the_indexer_would_have_made(
    museum: Museum, add: Add, ports: Ports, broker: HeardBroker, worker: IndexWorker
) -> None:
    table = museum.write(museum.objects(12))
    here = Ports(catalogue=MemoryCatalogue(), images=MemoryImageStore(), encoder=ports.encoder, decoder=ports.decoder)
    add(table, ports=here)
    with working(broker, worker.handle):
        summary = add(table, embedding=through(broker))
    assert (summary.tally.images_added, summary.tally.embeddings_added, summary.tally.embeddings_given_up) == (
        24,
        24,
        0,
    )
    ours = {row.image_id: row.vector for row in ports.catalogue.embeddings_after(ToyEncoder.model_id, 0, 100)}
    theirs = {row.image_id: row.vector for row in here.catalogue.embeddings_after(ToyEncoder.model_id, 0, 100)}
    assert ours.keys() == theirs.keys() == set(range(1, 25))
    for image_id, vector in ours.items():
        np.testing.assert_allclose(vector, theirs[image_id], atol=1e-6)
        key = domain.features_key(ports.catalogue.image(image_id).sha256)
        assert ports.images.read(key) == here.images.read(key)


def test_a_second_run_publishes_nothing(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, broker: HeardBroker, worker: IndexWorker
) -> None:
    table = museum.write(museum.objects(6))
    with working(broker, worker.handle):
        add(table, embedding=through(broker))
        published = len(broker.heard)
        tally = add(table, embedding=through(broker)).tally
    assert (tally.images_known, tally.images_added, tally.embeddings_added) == (12, 0, 0)
    assert len(broker.heard) == published and embedded(catalogue) == 12


def test_local_features_that_were_lost_are_kept_anew_though_no_worker_is_asked(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore, broker: HeardBroker
) -> None:
    table = museum.write(museum.objects(3))
    add(table)
    keys = [domain.features_key(image.sha256) for image in catalogue.images(range(1, 7)).values()]
    lost = {key: images.read(key) for key in keys[:4]}
    for key in lost:
        images.remove(key)
    for photograph in museum.folder.glob("*.jpg"):
        os.utime(photograph, (1, 1))
    add(table, embedding=through(broker))
    assert {key: images.read(key) for key in lost} == lost
    assert not broker.heard


def test_a_broken_photograph_is_rejected_with_its_line_and_never_published(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, broker: HeardBroker, worker: IndexWorker
) -> None:
    (museum.folder / "broken.jpg").write_bytes(picture(1)[:300])
    rows = [*museum.objects(2, views=1), {"external_id": "b", "name": "Битый", "image": "broken.jpg"}]
    with working(broker, worker.handle):
        summary = add(museum.write(rows), embedding=through(broker))
    assert summary.rejected.by_code == {"broken_picture": 1}
    assert catalogue.counts(ToyEncoder.model_id).images == embedded(catalogue) == 2


def test_lost_messages_are_published_again(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, broker: HeardBroker, worker: IndexWorker
) -> None:
    broker.lose = lambda number: number <= 2
    with working(broker, worker.handle):
        summary = add(museum.write(museum.objects(30)), embedding=through(broker))
    assert summary.tally.embeddings_added == embedded(catalogue) == 60
    assert len(broker.heard) > 60 / embedding_by_workers.GROUP


def test_others_make_room_while_the_oldest_messages_are_lost(
    museum: Museum,
    add: Add,
    catalogue: MemoryCatalogue,
    broker: HeardBroker,
    worker: IndexWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding_by_workers, "MOST_OUTSTANDING", 2 * embedding_by_workers.GROUP)
    monkeypatch.setattr(embedding_by_workers, "_OLDEST", embedding_by_workers.GROUP)
    monkeypatch.setattr(embedding_by_workers, "_ALL_ASKED_EVERY_S", 0.1)
    broker.lose = lambda number: number == 1
    patient = Patience(silent_s=3, lost_s=3, look_s=0.02)
    with working(broker, worker.handle):
        add(museum.write(museum.objects(30)), embedding=functools.partial(EmbeddingByWorkers, broker, patience=patient))
    assert embedded(catalogue) == 60
    first, *others, last = [set(message.image_ids) for message in broker.heard]
    assert last == first and first not in others


def test_never_more_images_are_outstanding_than_allowed(
    museum: Museum,
    add: Add,
    catalogue: MemoryCatalogue,
    broker: HeardBroker,
    worker: IndexWorker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedding_by_workers, "MOST_OUTSTANDING", 20)
    monkeypatch.setattr(embedding_by_workers, "GROUP", 4)
    most = 0

    def handle(request: IndexRequested) -> None:
        nonlocal most
        published = {image_id for message in broker.heard for image_id in message.image_ids}
        most = max(most, len(catalogue.images_without_embedding(ToyEncoder.model_id, list(published))))
        worker.handle(request)

    with working(broker, handle):
        summary = add(museum.write(museum.objects(30)), embedding=through(broker))
    assert summary.tally.embeddings_added == embedded(catalogue) == 60
    assert 4 < most <= 20


def test_an_interrupted_run_waits_for_nothing_and_the_next_one_resumes(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, broker: HeardBroker, worker: IndexWorker
) -> None:
    """No worker runs: without the interruption it would wait for one."""
    table = museum.write(museum.objects(20))
    asked = Interruption()
    timer = threading.Timer(0.5, asked.ask)
    timer.start()
    first = add(table, interruption=asked, embedding=through(broker))
    timer.join()
    assert first.interrupted and embedded(catalogue) == 0 and broker.depth(Lane.INDEX) == len(broker.heard)
    with working(broker, worker.handle):
        second = add(table, embedding=through(broker))
    assert not second.interrupted and embedded(catalogue) == 40
    # Of what the first run had published, workers may have embedded some before the second looked.
    assert second.tally.embeddings_added <= 40


def test_workers_of_another_model_end_the_run_with_a_hint_and_their_messages_are_put_aside(
    museum: Museum, add: Add, ports: Ports, broker: HeardBroker
) -> None:
    class OtherEncoder(ToyEncoder):
        model_id = "other@0000000000000000"

    other = IndexWorker(catalogue=ports.catalogue, images=ports.images, decoder=ports.decoder, encoder=OtherEncoder())
    with working(broker, other.handle), pytest.raises(errors.DependencyUnavailable, match="VITRINE_MODEL"):
        add(museum.write(museum.objects(2)), embedding=through(broker))
    assert broker.depth(Lane.INDEX) == 0
    assert len(broker.heard) == IMPATIENT.tries


def test_an_image_that_no_worker_can_read_is_given_up_and_told(
    museum: Museum, add: Add, catalogue: MemoryCatalogue, images: MemoryImageStore, ports: Ports, broker: HeardBroker
) -> None:
    class LossyStore(MemoryImageStore):
        def read(self, key: str) -> bytes:
            if key == domain.original_key(catalogue.image(3).sha256):
                raise errors.NotFound(f"The image store has no {key}.")
            return images.read(key)

    worker = IndexWorker(catalogue=catalogue, images=LossyStore(), decoder=ports.decoder, encoder=ports.encoder)
    with working(broker, worker.handle):
        summary = add(museum.write(museum.objects(4)), embedding=through(broker))
    assert (summary.tally.embeddings_added, summary.tally.embeddings_given_up) == (7, 1)
    assert any("1 images were left out" in line for line in summary.lines())


def test_however_many_cannot_be_embedded_a_run_that_finds_nothing_else_ends_well(
    museum: Museum, add: Add, broker: HeardBroker, worker: IndexWorker
) -> None:
    some = museum.objects(1 + embedding_by_workers.GROUP)
    with working(broker, worker.handle):
        add(museum.write(some[:1]), embedding=through(broker))
    # As if their originals were gone: workers take the messages, and embed nothing.
    with working(broker, lambda _request: None):
        tally = add(museum.write(some), embedding=through(broker)).tally
    assert (tally.embeddings_added, tally.embeddings_given_up) == (0, len(some) - 1)


def test_messages_that_nobody_takes_end_the_run_with_a_hint_though_the_model_has_embeddings(
    museum: Museum, add: Add, broker: HeardBroker, worker: IndexWorker
) -> None:
    some = museum.objects(2)
    with working(broker, worker.handle):
        add(museum.write(some[:1]), embedding=through(broker))
    with pytest.raises(errors.DependencyUnavailable, match="No worker embeds anything"):
        add(museum.write(some), embedding=through(broker))


def test_a_broker_that_stays_away_ends_the_run_to_be_resumed(museum: Museum, add: Add) -> None:
    class AwayBroker(MemoryBroker):
        def publish(self, *commands: SearchRequested | IndexRequested) -> None:
            raise errors.DependencyUnavailable("RabbitMQ is away")

        def depth(self, lane: Lane = Lane.SEARCH) -> int:
            raise errors.DependencyUnavailable("RabbitMQ is away")

    with pytest.raises(errors.DependencyUnavailable):
        add(museum.write(museum.objects(1)), embedding=through(AwayBroker()))


def test_a_queue_that_nobody_serves_is_told_and_waited_for(
    ports: Ports, broker: HeardBroker, museum: Museum, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Interruption()
    ended: list[bool] = []

    def run() -> None:
        ended.append(add(table, interruption=asked, embedding=through(broker)).interrupted)

    table = museum.write(museum.objects(1))
    thread = threading.Thread(target=run)
    thread.start()
    while "does python -m workers run?" not in caplog.text:
        thread.join(0.05)
    asked.ask()
    thread.join()
    assert ended == [True]


def test_an_image_that_is_taken_twice_is_published_once(ports: Ports, broker: HeardBroker) -> None:
    record_id, _ = ports.catalogue.put_record(domain.RecordContent(external_id="1"))
    image_id, _ = ports.catalogue.add_image(record_id, sha256="a" * 64, width=9, height=9, source="a")
    asked = Interruption()
    embedder = EmbeddingByWorkers(broker, ports, progress=SilentProgress(), interruption=asked, patience=IMPATIENT)
    square = np.zeros((64, 64, 3), np.uint8)
    for _ in range(3 * embedding_by_workers.GROUP):
        embedder.take(image_id, square)
    assert [message.image_ids for message in broker.heard] == [(image_id,)]
