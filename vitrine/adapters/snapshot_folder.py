"""Snapshots on a folder: written under a new name, made current by one rename, checked byte for byte when opened.

snapshots/MODEL ID/current              the name of the snapshot that is served
snapshots/MODEL ID/NAME/manifest.json   and the files that it lists with their SHA-256
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import pathlib
import secrets
import shutil
from collections.abc import Mapping
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.adapters import faiss_build
from vitrine.classifier import LinearHead
from vitrine.ports import SnapshotNotes
from vitrine.verdict import Calibration

FORMAT = 1
_INDEX, _IDS, _HEAD, _MANIFEST = "index.faiss", "ids.npy", "classifier.npz", "manifest.json"
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
    head: LinearHead | None
    class_missing: str | None


class SnapshotFolder:
    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def draft(self, model_id: str, image_ids: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32]) -> FolderDraft:
        return FolderDraft(self._root / model_id, model_id, image_ids, faiss_build.build(vectors))

    def current_name(self, model_id: str) -> str | None:
        try:
            return (self._root / model_id / "current").read_text().strip()
        except FileNotFoundError:
            return None

    def current(self, model_id: str) -> Mapping[str, Any] | None:
        name = self.current_name(model_id)
        return _manifest(self._root / model_id / name) if name else None

    def verify(self, model_id: str) -> Mapping[str, Any]:
        name = self.current_name(model_id)
        if name is None:
            raise errors.IndexNotReady(f"There is no snapshot for {model_id}. Run: python -m indexer build")
        return _verified(self._root / model_id / name)

    def open(self, model_id: str, name: str) -> OpenSnapshot:
        """Raises DamagedSnapshot."""
        folder = self._root / model_id / name
        manifest = _verified(folder)
        head = folder / _HEAD
        return OpenSnapshot(
            name=name,
            # This flag maps Flat indexes too; the processes of a host share one copy of the pages.
            index=faiss.read_index(str(folder / _INDEX), faiss.IO_FLAG_MMAP_IFC),
            image_ids=np.load(folder / _IDS, mmap_mode="r"),
            watermark=manifest["watermark"],
            calibration=Calibration.from_document(manifest["calibration"]),
            head=LinearHead.from_bytes(head.read_bytes()) if head.exists() else None,
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
        now = datetime.datetime.now(datetime.UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        folder = self._line / name
        folder.mkdir(parents=True)
        faiss.write_index(self._built.index, str(folder / _INDEX))
        np.save(folder / _IDS, self._image_ids)
        if notes.head is not None:
            (folder / _HEAD).write_bytes(notes.head.to_bytes())
        manifest = {
            "format": FORMAT,
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
            "files": {path.name: _described(path) for path in sorted(folder.iterdir())},
        }
        _write(folder / _MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
        for path in folder.iterdir():
            _sync(path)
        _write(self._line / "current", name)
        self._forget_old(name)
        return manifest

    def _forget_old(self, current: str) -> None:
        """Deleting mapped files is safe: their pages live as long as somebody maps them."""
        names = sorted(path.name for path in self._line.iterdir() if path.is_dir() and path.name != current)
        for name in names[: max(0, len(names) - _KEPT + 1)]:
            shutil.rmtree(self._line / name, ignore_errors=True)


def _manifest(folder: pathlib.Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / _MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise errors.DamagedSnapshot(f"The manifest of {folder.name} cannot be read: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise errors.DamagedSnapshot(f"{folder.name} is of another format. Run: python -m indexer build")
    return manifest


def _verified(folder: pathlib.Path) -> dict[str, Any]:
    manifest = _manifest(folder)
    for name, described in manifest["files"].items():
        try:
            found = _described(folder / name)
        except OSError as error:
            raise errors.DamagedSnapshot(f"{folder.name}/{name} cannot be read: {error.strerror}") from error
        if found != described:
            raise errors.DamagedSnapshot(
                f"{folder.name}/{name} is damaged: its SHA-256 is not the manifest's. Run: python -m indexer build"
            )
    return manifest


def _described(path: pathlib.Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _write(path: pathlib.Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text)
    _sync(temporary)
    temporary.replace(path)
    _sync(path.parent)


def _sync(path: pathlib.Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
