"""The vector index: the current snapshot, memory-mapped, and a small exact delta of what was embedded since.

Views are immutable, so a search never waits for a refresh and never sees half of one.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.adapters import faiss_build
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.snapshot_folder import OpenSnapshot, SnapshotFolder
from vitrine.classifier import Head
from vitrine.domain import Embedding, Neighbour, StoredEmbedding
from vitrine.ports import Catalogue, StoredHead
from vitrine.verdict import Calibration

_log = logging.getLogger(__name__)
_DELTA_PAGE = 5_000
_Number = TypeVar("_Number", bound=np.generic)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Delta:
    """image_ids int64 [n], vectors float32 [n, d]; ``sequence`` is the last embedding that was looked at.

    They lie at the beginning of ``id_room`` and ``vector_room``. What follows is filled by whoever is grown from here,
    and nobody's view reaches there.
    """

    size: int
    id_room: npt.NDArray[np.int64]
    vector_room: npt.NDArray[np.float32]
    sequence: int

    @property
    def image_ids(self) -> npt.NDArray[np.int64]:
        return self.id_room[: self.size]

    @property
    def vectors(self) -> npt.NDArray[np.float32]:
        return self.vector_room[: self.size]

    def grown(self, page: Sequence[StoredEmbedding]) -> _Delta:
        """Only of the newest that is served: two that are grown from one would write over each other."""
        size = self.size + len(page)
        id_room, vector_room = _with_room(self.id_room, size), _with_room(self.vector_room, size)
        id_room[self.size : size] = [row.image_id for row in page]
        vector_room[self.size : size] = [row.vector for row in page]
        return _Delta(size=size, id_room=id_room, vector_room=vector_room, sequence=page[-1].sequence)


def _with_room(rows: npt.NDArray[_Number], size: int) -> npt.NDArray[_Number]:
    """The same array where it is long enough, else a copy of twice the length: each row is copied about once in all."""
    if size <= len(rows):
        return rows
    longer = np.empty((max(size, 2 * len(rows)), *rows.shape[1:]), rows.dtype)
    longer[: len(rows)] = rows
    return longer


class FaissView:
    def __init__(self, snapshot: OpenSnapshot | None, delta: _Delta, activated: StoredHead | None = None) -> None:
        self._open = snapshot
        self.activated = activated
        self.delta = delta
        self._parameters = faiss_build.search_parameters(snapshot.index) if snapshot else None

    @property
    def snapshot(self) -> str:
        return self._open.name if self._open else ""

    @property
    def calibration(self) -> Calibration:
        """Careful guesses where nothing was measured yet, or where it was by another way of counting inliers."""
        if self._open is None:
            return Calibration.default()
        measured = self._open.calibration
        return measured if measured.up_to_date else Calibration.default(measured.records)

    @property
    def head(self) -> Head | None:
        if self.activated:
            return self.activated.head
        return self._open.head if self._open else None

    @property
    def head_version(self) -> int | None:
        return self.activated.version if self.activated else None

    @property
    def class_missing(self) -> str | None:
        if self.activated:
            return None
        return self._open.class_missing if self._open else "no_classifier"

    @property
    def size(self) -> int:
        return (self._open.index.ntotal if self._open else 0) + self.delta.size

    def search(self, embedding: Embedding, k: int) -> Sequence[Neighbour]:
        found = [*self._in_snapshot(embedding, k), *self._in_delta(embedding, k)]
        found.sort(key=lambda neighbour: -neighbour.similarity)
        # An image whose record was withdrawn and is shown again is in snapshot and delta, or in the delta twice.
        once = {neighbour.image_id: neighbour for neighbour in reversed(found)}
        return sorted(once.values(), key=lambda neighbour: -neighbour.similarity)[:k]

    def _in_snapshot(self, embedding: Embedding, k: int) -> list[Neighbour]:
        if self._open is None:
            return []
        k = min(k, self._open.index.ntotal)
        faiss_build.one_thread_here()
        similarities, rows = self._open.index.search(embedding[None], k, params=self._parameters)
        image_ids = self._open.image_ids
        return [
            Neighbour(image_id=int(image_ids[row]), similarity=float(similarity))
            for similarity, row in zip(similarities[0], rows[0], strict=True)
            if row >= 0
        ]

    def _in_delta(self, embedding: Embedding, k: int) -> list[Neighbour]:
        if not self.delta.size:
            return []
        similarities, image_ids = self.delta.vectors @ embedding, self.delta.image_ids
        return [
            Neighbour(image_id=int(image_ids[row]), similarity=float(similarities[row]))
            for row in _best(similarities, k)
        ]


def _best(similarities: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.int64]:
    """Rows of the k highest, best first; of equals the one that came first, here as on any other worker."""
    rows = np.arange(len(similarities))
    if k < len(rows):
        # Only so many are sorted, and whatever equals the last of them.
        rows = np.flatnonzero(similarities >= np.partition(similarities, -k)[-k])
    return rows[np.argsort(-similarities[rows], kind="stable")[:k]]


class FaissIndex:
    """Call `refresh` now and then, from one thread; `view` from any."""

    def __init__(
        self, *, model_id: str, dimension: int, snapshots: SnapshotFolder, heads: HeadFolder, catalogue: Catalogue
    ) -> None:
        self._model_id = model_id
        self._dimension = dimension
        self._snapshots = snapshots
        self._heads = heads
        self._catalogue = catalogue
        self._refused: str | None = None
        self._refused_head = ""
        self._refreshing = threading.Lock()
        self._view = FaissView(None, self._empty_delta(0))

    def view(self) -> FaissView:
        if not self._view.size:
            raise errors.IndexNotReady(
                f"Nothing is indexed for the model {self._model_id} yet. Run: python -m indexer add SOURCE, "
                "or python -m indexer embed where another model has indexed the catalogue"
            )
        return self._view

    def refresh(self) -> None:
        """Take up a new snapshot, another active head and new embeddings. What is damaged is logged, what was stays.

        Raises DependencyUnavailable.
        """
        with self._refreshing:
            snapshot = self._newest_snapshot()
            delta = self._view.delta if snapshot is self._view._open else self._empty_delta(self._watermark(snapshot))
            grown = self._grown(delta)
            activated = self._activated_head()
            old = self._view
            if snapshot is not old._open or grown is not old.delta or activated is not old.activated:
                self._view = FaissView(snapshot, grown, activated)

    def _newest_snapshot(self) -> OpenSnapshot | None:
        name, served = self._snapshots.current_name(self._model_id), self._view._open
        if name is None or name in (self._view.snapshot, self._refused):
            return served
        if opened := self._opened(name):
            return opened
        self._refused = name
        # A process that was started after the damage has none: without the one before, it would take every embedding
        # that there is for news.
        return served or next(filter(None, map(self._opened, self._snapshots.others(self._model_id, name))), None)

    def _opened(self, name: str) -> OpenSnapshot | None:
        """None where it is damaged; the log tells."""
        try:
            opened = self._snapshots.open(self._model_id, name)
        except errors.DamagedSnapshot as error:
            _log.error("snapshot %s is not served: %s", name, error.message)
            return None
        _log.info("serving snapshot %s with %d images", name, opened.index.ntotal)
        if not opened.calibration.up_to_date:
            _log.warning(
                "snapshot %s was calibrated with another geometric check: verdicts are careful guesses until a new one "
                "is built. Run: python -m indexer build",
                name,
            )
        return opened

    def _activated_head(self) -> StoredHead | None:
        served = self._view.activated
        try:
            version = self._heads.active_version(self._model_id)
            if version is None or (served is not None and version == served.version):
                return served
            opened = self._heads.open(self._model_id, version)
        except (errors.DamagedSnapshot, errors.NotFound) as error:
            if self._refused_head != error.message:
                _log.error("the active version of the classifier is not served: %s", error.message)
            self._refused_head = error.message
            return served
        self._refused_head = ""
        _log.info("serving version %d of the classifier with %d classes", version, len(opened.head.classes))
        return opened

    def _grown(self, delta: _Delta) -> _Delta:
        while page := self._catalogue.embeddings_after(self._model_id, delta.sequence, _DELTA_PAGE):
            delta = delta.grown(page)
        return delta

    def _empty_delta(self, sequence: int) -> _Delta:
        vector_room = np.empty((0, self._dimension), np.float32)
        return _Delta(size=0, id_room=np.empty(0, np.int64), vector_room=vector_room, sequence=sequence)

    @staticmethod
    def _watermark(snapshot: OpenSnapshot | None) -> int:
        return snapshot.watermark if snapshot else 0
