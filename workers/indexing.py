"""What a worker does with images that bulk indexing has put into the catalogue: local features, then embeddings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from vitrine import errors, preparation
from vitrine.domain import CatalogueImage, Embedding
from vitrine.messages import IndexRequested
from vitrine.ports import Catalogue, Decoder, Encoder, ImageStore
from workers import metrics

_log = logging.getLogger(__name__)

# Embeddings that are stored at a time, however many images a message names.
_STORED_TOGETHER = 8


class IndexWorker:
    """Handler of the index queue. An image that is embedded already is left alone, however often it is asked for.

    ``give_way`` is called before each picture, because a visitor may have come since the one before.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        images: ImageStore,
        decoder: Decoder,
        encoder: Encoder,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._catalogue = catalogue
        self._images = images
        self._decoder = decoder
        self._encoder = encoder
        self._give_way = give_way

    def handle(self, request: IndexRequested) -> None:
        """Returns when the message may be acknowledged.

        Raises DependencyUnavailable to have it delivered again, and RejectedInput for a model that is not served here.
        An image that cannot be embedded is told in the log and left out, for the sake of the others.
        """
        model_id = self._encoder.model_id
        if request.model_id != model_id:
            raise errors.RejectedInput(
                f"{request.subject} is asked for under {request.model_id}, and this worker embeds with {model_id}:"
                " give indexer and workers the same VITRINE_MODEL.",
                code="other_model",
            )
        missing = sorted(self._catalogue.images_without_embedding(model_id, request.image_ids))
        metrics.INDEXED.labels(outcome="known").inc(len(set(request.image_ids)) - len(missing))
        known = self._catalogue.images(missing)
        for some in _batches(missing):
            self._embed([known[image_id] for image_id in some if image_id in known])
        for image_id in set(missing) - known.keys():
            _left_out(image_id, "the catalogue has no such image")

    def _embed(self, images: Sequence[CatalogueImage]) -> None:
        vectors: dict[int, Embedding] = {}
        for image in images:
            self._give_way()
            try:
                square = preparation.stored(image, self._images, self._decoder, self._encoder.resize)
            except (errors.NotFound, errors.RejectedInput) as error:
                _left_out(image.id, error.message)
            else:
                # One at a time: a visitor who comes now would wait for a whole batch, and features cost far more.
                vectors[image.id] = self._encoder.encode(square[None])[0]
        if vectors:
            added = self._catalogue.add_embeddings(self._encoder.model_id, vectors)
            metrics.INDEXED.labels(outcome="embedded").inc(added)


def _batches(image_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(image_ids), _STORED_TOGETHER):
        yield image_ids[start : start + _STORED_TOGETHER]


def _left_out(image_id: int, reason: str) -> None:
    metrics.INDEXED.labels(outcome="left_out").inc()
    _log.error("image %d is left without an embedding: %s", image_id, reason)
