"""Photographs on their way into the catalogue: read and decoded on several threads, applied in order.

At every moment: an original is in the store before the catalogue names the image, local features are there before the
image can be found, and an embedding comes last. A run that ends anywhere leaves nothing half; the next one finds what
is missing.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
from collections.abc import Callable
from concurrent import futures
from typing import Protocol

from indexer import image_paths
from indexer.image_paths import ImageFile
from indexer.interruption import Interruption
from indexer.progress import Progress
from indexer.sources.source import SourceRow
from vitrine import domain, errors, preparation
from vitrine.domain import CatalogueImage, Pixels
from vitrine.ports import Catalogue, Decoder, Encoder, ImageStore

# Prepared squares and previews are under a megabyte each; this many hide a slow file behind the others.
_AHEAD = 16
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


class Embedder(Protocol):
    """Sees to it that images get their embeddings: in this process, or elsewhere. Raises DependencyUnavailable.

    added: embeddings that the catalogue did not have. given_up: images that will have none before another run.
    """

    added: int
    given_up: int

    def wants_features(self, sha256: str) -> bool:
        """Whether this process extracts the image's local features. On any thread."""
        ...

    def take(self, image_id: int, model_input: Pixels) -> None:
        """On the feeding thread, once it is in the catalogue; waits while too many are under way."""
        ...

    def take_stored(self, image: CatalogueImage) -> None:
        """The same for one that was in the catalogue before, from its original in the store."""
        ...

    def finish(self) -> None:
        """On the feeding thread: what was taken is embedded or given up when it returns."""
        ...


class StartEmbedding(Protocol):
    """How a run embeds. ``threads``: the line's own, for whoever embeds in this process."""

    def __call__(
        self, ports: Ports, *, threads: futures.Executor, progress: Progress, interruption: Interruption
    ) -> Embedder: ...


class PhotographLine:
    """One thread feeds it; ``applied`` is called on that thread, in the order of feeding.

    As many threads as the decoder has slots do the work. Every method raises DependencyUnavailable as soon as a port
    does.
    """

    def __init__(
        self, ports: Ports, embedder: Embedder, applied: Callable[[Applied], None], *, threads: futures.Executor
    ) -> None:
        self._ports = ports
        self._embedder = embedder
        self._applied = applied
        self._threads = threads
        self._preparing: collections.deque[tuple[Applied, futures.Future[_Prepared]]] = collections.deque()

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
        self._embedder.take(image_id, prepared.model_input)
        self._applied(dataclasses.replace(item, new=new))

    def _add_image(self, prepared: _Prepared) -> tuple[int, bool]:
        return self._ports.catalogue.add_image(
            prepared.photograph.record_id,
            sha256=prepared.sha256,
            width=prepared.width,
            height=prepared.height,
            source=prepared.photograph.file.source,
        )

    # On the line's own threads

    def _prepare(self, photograph: Photograph) -> _Prepared:
        data = image_paths.read(photograph.file, at_most=_MAX_IMAGE_BYTES)
        sha256 = hashlib.sha256(data).hexdigest()
        features = self._embedder.wants_features(sha256)
        picture = preparation.decoded(data, self._ports.decoder, self._ports.encoder.resize, features=features)
        assert picture.model_input is not None
        self._ports.images.write(domain.original_key(sha256), data)
        preparation.keep_features(sha256, picture, self._ports.images)
        return _Prepared(
            photograph=photograph,
            sha256=sha256,
            width=picture.width,
            height=picture.height,
            model_input=picture.model_input,
        )
