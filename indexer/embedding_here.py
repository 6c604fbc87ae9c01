"""Images are embedded by the process that imports them, in batches, on the threads of its line of photographs."""

from __future__ import annotations

import collections
import logging
from concurrent import futures

import numpy as np
import numpy.typing as npt

from indexer.interruption import Interruption
from indexer.photographs import Ports
from indexer.progress import Progress
from vitrine import errors, preparation
from vitrine.domain import CatalogueImage, Pixels

_log = logging.getLogger(__name__)

BATCH = 8


class EmbeddingHere:
    """The encoder works on the threads that decode, so that no core waits for another."""

    def __init__(
        self, ports: Ports, *, threads: futures.Executor, progress: Progress, interruption: Interruption
    ) -> None:
        self._ports = ports
        self._threads = threads
        self._decoding: collections.deque[tuple[int, futures.Future[Pixels]]] = collections.deque()
        self._batch: dict[int, Pixels] = {}
        self._encoding: collections.deque[tuple[list[int], futures.Future[npt.NDArray[np.float32]]]] = (
            collections.deque()
        )
        self.added = 0
        self.given_up = 0

    def wants_features(self, sha256: str) -> bool:
        return preparation.lacks_features(sha256, self._ports.images)

    def take(self, image_id: int, model_input: Pixels) -> None:
        self._batch[image_id] = model_input
        if len(self._batch) >= BATCH:
            self._start_encoding()

    def take_stored(self, image: CatalogueImage) -> None:
        ports = self._ports
        prepared = self._threads.submit(preparation.stored, image, ports.images, ports.decoder, ports.encoder.resize)
        self._decoding.append((image.id, prepared))
        while len(self._decoding) > 2 * ports.decoder.slots:
            self._take_decoded()

    def finish(self) -> None:
        while self._decoding:
            self._take_decoded()
        self._start_encoding()
        while self._encoding:
            self._store_next()

    def _take_decoded(self) -> None:
        image_id, prepared = self._decoding.popleft()
        try:
            square = prepared.result()
        except (errors.NotFound, errors.RejectedInput) as error:
            _log.error("image %d is left without an embedding: %s", image_id, error.message)
            self.given_up += 1
        else:
            self.take(image_id, square)

    def _start_encoding(self) -> None:
        missing = self._ports.catalogue.images_without_embedding(self._ports.encoder.model_id, list(self._batch))
        squares = {image_id: square for image_id, square in self._batch.items() if image_id in missing}
        self._batch = {}
        if squares:
            batch = np.stack(list(squares.values()))
            self._encoding.append((list(squares), self._threads.submit(self._ports.encoder.encode, batch)))
        while len(self._encoding) > self._ports.decoder.slots:
            self._store_next()

    def _store_next(self) -> None:
        image_ids, future = self._encoding.popleft()
        vectors = dict(zip(image_ids, future.result(), strict=True))
        self.added += self._ports.catalogue.add_embeddings(self._ports.encoder.model_id, vectors)
