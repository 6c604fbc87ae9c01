"""The manifests of snapshots on a folder: for who wants to know what is served without opening it.

snapshots/MODEL ID/current              the name of the snapshot that is served
snapshots/MODEL ID/NAME/manifest.json   and the files that it lists with their SHA-256
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import types
from collections.abc import Iterator, Mapping
from typing import Any

from vitrine import errors

Shape = Mapping[str, "type | types.UnionType | Shape"]
"""What there must be under which key."""

FORMAT = 1
MANIFEST = "manifest.json"
# What is read of them somewhere. One that lacks it was written by nobody of ours, or by half.
SNAPSHOT: Shape = {
    "name": str,
    "count": int,
    "index": {"kind": str, "recall_at_10": float | int},
    "watermark": int,
    "class_missing": str | None,
    "classifier": dict,
    "calibration": dict,
    "files": dict,
}


class SnapshotManifests:
    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def current_name(self, model_id: str) -> str | None:
        """None before the first snapshot. Raises DependencyUnavailable."""
        path = self._root / model_id / "current"
        try:
            # Bytes that are no text name no snapshot that there is: opening it says so.
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise errors.DependencyUnavailable(
                f"{path} cannot be read: {error.strerror}. See to the disk, and to the rights of who runs this."
            ) from error

    def current(self, model_id: str) -> Mapping[str, Any] | None:
        """None before the first snapshot. Raises DamagedSnapshot or DependencyUnavailable."""
        name = self.current_name(model_id)
        return read(self._root / model_id / name, SNAPSHOT) if name else None

    def verify(self, model_id: str) -> Mapping[str, Any]:
        """Read every byte of the current snapshot. Raises DamagedSnapshot, IndexNotReady or DependencyUnavailable."""
        name = self.current_name(model_id)
        if name is None:
            raise errors.IndexNotReady(f"There is no snapshot for {model_id}. Run: python -m indexer build")
        return verified(self._root / model_id / name, SNAPSHOT)


def read(folder: pathlib.Path, shape: Shape) -> dict[str, Any]:
    """The manifest of one snapshot. Raises DamagedSnapshot."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise errors.DamagedSnapshot(
            f"The manifest of {folder.name} cannot be read: {error}. Run: python -m indexer build"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise errors.DamagedSnapshot(f"{folder.name} is of another format. Run: python -m indexer build")
    if wrong := list(_wrong(manifest, shape)):
        raise errors.DamagedSnapshot(
            f"The manifest of {folder.name} is damaged: no {', '.join(wrong)}. Run: python -m indexer build"
        )
    return manifest


def _wrong(document: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    for key, expected in shape.items():
        found = document.get(key, ...)
        if not isinstance(expected, Mapping):
            if not isinstance(found, expected):
                yield key
        elif isinstance(found, Mapping):
            yield from (f"{key}.{inner}" for inner in _wrong(found, expected))
        else:
            yield key


def verified(folder: pathlib.Path, shape: Shape) -> dict[str, Any]:
    """The manifest, once every file is found to be what it says. Raises DamagedSnapshot."""
    manifest = read(folder, shape)
    for name, expected in manifest["files"].items():
        try:
            found = described(folder / name)
        except OSError as error:
            raise errors.DamagedSnapshot(
                f"{folder.name}/{name} cannot be read: {error.strerror}. Run: python -m indexer build"
            ) from error
        if found != expected:
            raise errors.DamagedSnapshot(
                f"{folder.name}/{name} is damaged: its SHA-256 is not the manifest's. Run: python -m indexer build"
            )
    return manifest


def described(path: pathlib.Path) -> dict[str, Any]:
    """A file as a manifest lists it."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
