"""Snapshots on a folder: written under a new name, made current by one rename, checked byte for byte when opened.

`snapshot_manifests` says how the folder is laid out.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
import secrets
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.adapters import durable_files, faiss_build, snapshot_manifests
from vitrine.adapters.snapshot_manifests import SnapshotManifests
from vitrine.classifier import Head
from vitrine.neighbours_head import read_head
from vitrine.ports import SnapshotNotes
from vitrine.verdict import Calibration

_INDEX, _IDS, _HEAD = "index.faiss", "ids.npy", "classifier.npz"
_UNFINISHED = ".new-"
# The one before the current is kept: a worker may still be opening it.
_KEPT = 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class OpenSnapshot:
    """A verified snapshot, memory-mapped. Row n of the index is image ``image_ids[n]``."""

    name: str
    index: faiss.Index
    image_ids: npt.NDArray[np.int64]
    watermark: int
    calibration: Calibration
    head: Head | None
    class_missing: str | None


class SnapshotFolder(SnapshotManifests):
    def draft(self, model_id: str, image_ids: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> FolderDraft:
        return FolderDraft(self._root / model_id, model_id, image_ids, faiss_build.build(vectors))

    def others(self, model_id: str, name: str) -> Sequence[str]:
        """The others that are kept, the latest first."""
        folders = [path.name for path in (self._root / model_id).iterdir() if path.is_dir()]
        return sorted((kept for kept in folders if not kept.startswith(_UNFINISHED) and kept != name), reverse=True)

    def open(self, model_id: str, name: str) -> OpenSnapshot:
        """Raises DamagedSnapshot."""
        folder = self._root / model_id / name
        manifest = snapshot_manifests.verified(folder, snapshot_manifests.SNAPSHOT)
        head = folder / _HEAD
        try:
            # This flag maps Flat indexes too; the processes of a host share one copy of the pages.
            index = faiss.read_index(str(folder / _INDEX), faiss.IO_FLAG_MMAP_IFC)
            image_ids = np.load(folder / _IDS, mmap_mode="r")
            head_bytes = head.read_bytes() if head.exists() else None
        except (OSError, RuntimeError, ValueError) as error:
            raise errors.DamagedSnapshot(f"{name} cannot be opened: {error}. Run: python -m indexer build") from error
        return OpenSnapshot(
            name=name,
            index=index,
            image_ids=image_ids,
            watermark=manifest["watermark"],
            calibration=Calibration.from_document(manifest["calibration"]),
            head=read_head(head_bytes) if head_bytes is not None else None,
            class_missing=manifest["class_missing"],
        )


class FolderDraft:
    def __init__(
        self, line: pathlib.Path, model_id: str, image_ids: npt.NDArray[np.int64], built: faiss_build.BuiltIndex
    ) -> None:
        self._line = line
        self._model_id = model_id
        self._image_ids = image_ids
        self._built = built

    def neighbours(
        self, queries: npt.NDArray[np.float32], k: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        index = self._built.index
        similarities, rows = index.search(queries, k, params=faiss_build.search_parameters(index))
        return similarities, rows

    def publish(self, notes: SnapshotNotes) -> Mapping[str, Any]:
        """One process at a time: hold a lease. Raises DependencyUnavailable, and leaves nothing of it then."""
        with durable_files.written("The snapshot", self._line, "what is served"):
            return self._published(notes)

    def _published(self, notes: SnapshotNotes) -> Mapping[str, Any]:
        now = datetime.datetime.now(datetime.UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        # Whoever was killed while it wrote holds the lease no longer.
        for abandoned in self._line.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(abandoned)
        folder = self._line / f"{_UNFINISHED}{name}"
        try:
            folder.mkdir(parents=True)
            manifest = self._written(folder, name, now, notes)
            folder.rename(self._line / name)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        durable_files.sync(self._line)
        durable_files.write(self._line / "current", name)
        self._forget_old(name)
        return manifest

    def _written(
        self, folder: pathlib.Path, name: str, now: datetime.datetime, notes: SnapshotNotes
    ) -> Mapping[str, Any]:
        with (folder / _INDEX).open("wb") as file:
            # FAISS itself takes a file that could not be closed, because the disk was full, for written.
            faiss.write_index(self._built.index, faiss.PyCallbackIOWriter(file.write))  # type: ignore[attr-defined]
        np.save(folder / _IDS, self._image_ids)
        if notes.head is not None:
            (folder / _HEAD).write_bytes(notes.head.to_bytes())
        manifest = {
            "format": snapshot_manifests.FORMAT,
            "name": name,
            "model_id": self._model_id,
            "created_at": now.isoformat(timespec="seconds"),
            "count": len(self._image_ids),
            "dimension": self._built.index.d,
            "index": {"kind": self._built.kind, "recall_at_10": self._built.recall_at_10},
            "watermark": notes.watermark,
            "class_missing": notes.class_missing,
            "classifier": dict(notes.class_report),
            "calibration": notes.calibration.to_document(),
            "files": {path.name: snapshot_manifests.described(path) for path in sorted(folder.iterdir())},
        }
        durable_files.write(folder / snapshot_manifests.MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        for path in folder.iterdir():
            durable_files.sync(path)
        return manifest

    def _forget_old(self, current: str) -> None:
        """Deleting mapped files is safe: their pages live as long as somebody maps them."""
        names = sorted(path.name for path in self._line.iterdir() if path.is_dir() and path.name != current)
        for name in names[: max(0, len(names) - _KEPT + 1)]:
            shutil.rmtree(self._line / name, ignore_errors=True)
