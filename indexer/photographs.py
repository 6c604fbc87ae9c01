"""Photographs on their way into the catalogue: read, decoded and described on several threads, applied in order.

At every moment: an original and its local features are in the store before the catalogue names the image, and an
embedding comes last. A run that ends anywhere leaves nothing half; the next one finds what is missing.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from collections.abc import Callable
from concurrent import futures

import numpy as np
import numpy.typing as npt

from indexer import image_paths
from indexer.image_paths import ImageFile
from indexer.sources.source import SourceRow
from vitrine import domain, errors, geometry
from vitrine.domain import Pixels
from vitrine.ports import Catalogue, Decoder, DecodeRequest, Encoder, ImageStore

BATCH = 8
PREVIEW_SIZE = 384
# Prepared squares and previews are under a megabyte each; this many hide a slow file behind the others.
_AHEAD = 2 * BATCH
_MAX_IMAGE_BYTES = 512 << 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Photograph:
    """A file that belongs to a record, and the row that said so."""

    row: SourceRow
    record_id: int
    file: ImageFile


@dataclasses.dataclass(frozen=True, kw_only=True)
class Applied:
    """What became of a photograph (``new``: the catalogue did not have it), or of a row as a whole."""

    row: SourceRow
    is_image: bool = True
    new: bool = False
    refusal: errors.RejectedInput | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Prepared:
    photograph: Photograph
    sha256: str
    width: int
    height: int
    model_input: Pixels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ports:
    """What an import works on."""

    catalogue: Catalogue
    images: ImageStore
    encoder: Encoder
    decoder: Decoder


class PhotographLine:
    """One thread feeds it; ``applied`` is called on that thread, in the order of feeding.

    As many threads as the decoder has slots do the work, the encoder's included, so that no core waits for another.
    Every method raises DependencyUnavailable as soon as a port does.
    """

    def __init__(self, ports: Ports, applied: Callable[[Applied], None]) -> None:
        self._ports = ports
        self._applied = applied
        self._threads = futures.ThreadPoolExecutor(ports.decoder.slots, thread_name_prefix="photographs")
        self._preparing: collections.deque[tuple[Applied, futures.Future[_Prepared]]] = collections.deque()
        self._batch: dict[int, Pixels] = {}
        self._encoding: collections.deque[tuple[list[int], futures.Future[npt.NDArray[np.float32]]]] = (
            collections.deque()
        )
        self.embeddings_added = 0

    def feed(self, photograph: Photograph) -> None:
        """Waits while the line is full."""
        self._append(Applied(row=photograph.row), self._threads.submit(self._prepare, photograph))

    def refuse(self, row: SourceRow, error: errors.RejectedInput, *, is_image: bool) -> None:
        """A refusal takes its place in the line, so that rows are reported in order."""
        refused: futures.Future[_Prepared] = futures.Future()
        refused.set_exception(error)
        self._append(Applied(row=row, is_image=is_image), refused)

    def drain(self) -> None:
        """All that was fed is in the catalogue when it returns."""
        while self._preparing:
            self._apply_next()
        self._start_encoding()
        while self._encoding:
            self._store_next()
        self._threads.shutdown()

    def abandon(self) -> None:
        """Start nothing more and wait for nothing."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # On the feeding thread

    def _append(self, item: Applied, future: futures.Future[_Prepared]) -> None:
        self._preparing.append((item, future))
        while len(self._preparing) >= _AHEAD + self._ports.decoder.slots:
            self._apply_next()

    def _apply_next(self) -> None:
        item, future = self._preparing.popleft()
        try:
            prepared = future.result()
        except errors.RejectedInput as error:
            self._applied(dataclasses.replace(item, refusal=error))
            return
        image_id, new = self._add_image(prepared)
        self._batch[image_id] = prepared.model_input
        if len(self._batch) >= BATCH:
            self._start_encoding()
        self._applied(dataclasses.replace(item, new=new))

    def _add_image(self, prepared: _Prepared) -> tuple[int, bool]:
        return self._ports.catalogue.add_image(
            prepared.photograph.record_id,
            sha256=prepared.sha256,
            width=prepared.width,
            height=prepared.height,
            source=prepared.photograph.file.source,
        )

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
        self.embeddings_added += self._ports.catalogue.add_embeddings(self._ports.encoder.model_id, vectors)

    # On the line's own threads

    def _prepare(self, photograph: Photograph) -> _Prepared:
        data = image_paths.read(photograph.file, at_most=_MAX_IMAGE_BYTES)
        request = DecodeRequest(model_input=self._ports.encoder.resize, preview_size=PREVIEW_SIZE)
        decoded = self._ports.decoder.decode(data, request)
        assert decoded.model_input is not None and decoded.preview is not None
        sha256 = hashlib.sha256(data).hexdigest()
        self._ports.images.write(domain.original_key(sha256), data)
        features_key = domain.features_key(sha256)
        if not self._ports.images.exists(features_key):
            self._ports.images.write(features_key, geometry.pack(geometry.extract(decoded.preview)))
        return _Prepared(
            photograph=photograph,
            sha256=sha256,
            width=decoded.width,
            height=decoded.height,
            model_input=decoded.model_input,
        )
