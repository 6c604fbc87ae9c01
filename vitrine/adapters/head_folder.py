"""Versions of the classifier on a folder: written once, numbered, activated by one rename.

heads/MODEL ID/activations.json   every activation and rollback, oldest first; the last one says what is served
heads/MODEL ID/NUMBER/            head.npz, exam.npz and a manifest.json that lists them with their SHA-256
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import logging
import pathlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vitrine import errors
from vitrine.adapters import durable_files, snapshot_manifests
from vitrine.adapters.snapshot_manifests import Shape
from vitrine.classifier import Head
from vitrine.exam import Exam
from vitrine.neighbours_head import read_head
from vitrine.ports import Activation, StoredHead

_HEAD, _EXAM, _ACTIVATIONS = "head.npz", "exam.npz", "activations.json"
_REPORT = {"kind": str, "classes": dict, "balanced_accuracy": float | int | None, "recall": dict}
_MANIFEST: Shape = {
    "version": int,
    "created_at": str,
    "origin": str,
    "parent": int | None,
    "added": dict,
    "report": _REPORT,
    "files": dict,
}
# Each build adds a version of some megabytes; what may be rolled back to is kept besides.
_KEPT, _KEPT_ACTIVATED = 10, 3

_log = logging.getLogger(__name__)


class HeadFolder:
    """One process at a time may activate or roll back: hold a lease."""

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def add(self, model_id: str, head: Head, exam: Exam, notes: Mapping[str, Any]) -> int:
        line = self._root / model_id
        with _written(line):
            line.mkdir(parents=True, exist_ok=True)
            folder = pathlib.Path(tempfile.mkdtemp(prefix=".new-", dir=line))
            try:
                version = self._publish(folder, model_id, head, exam, notes)
            finally:
                # Nothing lies there any more, unless it broke off.
                shutil.rmtree(folder, ignore_errors=True)
            durable_files.sync(line)
            self._forget_old(model_id)
            return version

    def _publish(self, folder: pathlib.Path, model_id: str, head: Head, exam: Exam, notes: Mapping[str, Any]) -> int:
        # A worker may run as another user than the indexer.
        folder.chmod(0o755)
        (folder / _HEAD).write_bytes(head.to_bytes())
        (folder / _EXAM).write_bytes(exam.to_bytes())
        files = {path.name: snapshot_manifests.described(path) for path in sorted(folder.iterdir())}
        while True:
            version = max([*self._versions(model_id), *self._activated(model_id), 0]) + 1
            manifest = {
                "format": snapshot_manifests.FORMAT,
                "version": version,
                "model_id": model_id,
                "created_at": _now(),
                "head_id": head.id,
                **notes,
                "files": files,
            }
            durable_files.write(
                folder / snapshot_manifests.MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1)
            )
            for path in folder.iterdir():
                durable_files.sync(path)
            place = folder.with_name(str(version))
            try:
                # A folder that is not empty is never replaced: whoever took the number first has it.
                folder.rename(place)
            except OSError:
                if not place.exists():
                    raise
                continue
            return version

    def manifests(self, model_id: str) -> Sequence[Mapping[str, Any]]:
        found = []
        for version in self._versions(model_id):
            try:
                found.append(self._manifest(model_id, version))
            except errors.DamagedSnapshot as error:
                _log.warning("version %d of the classifier is left out: %s", version, error.message)
        return found

    def open(self, model_id: str, version: int) -> StoredHead:
        folder = self._folder(model_id, version)
        with self._advised(model_id, version):
            return StoredHead(
                version=version,
                manifest=snapshot_manifests.verified(folder, _MANIFEST),
                head=read_head((folder / _HEAD).read_bytes()),
                exam=Exam.from_bytes((folder / _EXAM).read_bytes()),
            )

    def active_version(self, model_id: str) -> int | None:
        stack = _stack(self.activations(model_id))
        return stack[-1] if stack else None

    def active(self, model_id: str) -> Mapping[str, Any] | None:
        version = self.active_version(model_id)
        return self._manifest(model_id, version) if version else None

    def activate(self, model_id: str, version: int, *, how: str, reason: str = "") -> None:
        self._folder(model_id, version)
        self._append(model_id, Activation(version=version, at=_now(), how=how, reason=reason))

    def roll_back(self, model_id: str, *, reason: str = "") -> int:
        stack = _stack(self.activations(model_id))
        if len(stack) < 2:
            raise errors.NotFound("No version of the classifier was active before: there is nothing to roll back to.")
        # One that cannot be served is not announced as active.
        self.open(model_id, stack[-2])
        self._append(model_id, Activation(version=stack[-2], at=_now(), how="rollback", reason=reason))
        return stack[-2]

    def activations(self, model_id: str) -> Sequence[Activation]:
        path = self._root / model_id / _ACTIVATIONS
        try:
            return [Activation(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise errors.DamagedSnapshot(
                f"{path} cannot be read: {error}. Put it right, or remove it and activate a version anew."
            ) from error

    def _manifest(self, model_id: str, version: int) -> Mapping[str, Any]:
        with self._advised(model_id, version):
            return snapshot_manifests.read(self._folder(model_id, version), _MANIFEST)

    @contextlib.contextmanager
    def _advised(self, model_id: str, version: int) -> Iterator[None]:
        try:
            yield
        except errors.DamagedSnapshot as error:
            another = "python -m indexer classifier activate N --force REASON"
            advice = (
                f"To have another version served: python -m indexer classifier rollback, or {another}."
                if version == self.active_version(model_id)
                else f"Choose another version (python -m indexer classifier list): {another}."
            )
            raise errors.DamagedSnapshot(f"{error.message}. {advice}") from error

    def _append(self, model_id: str, activation: Activation) -> None:
        entries = [dataclasses.asdict(entry) for entry in [*self.activations(model_id), activation]]
        path = self._root / model_id / _ACTIVATIONS
        with _written(path):
            durable_files.write(path, json.dumps(entries, ensure_ascii=False, indent=1) + "\n")

    def _folder(self, model_id: str, version: int) -> pathlib.Path:
        folder = self._root / model_id / str(version)
        if not folder.is_dir():
            raise errors.NotFound(
                f"There is no version {version} of the classifier for {model_id}. "
                "python -m indexer classifier list says which there are."
            )
        return folder

    def _versions(self, model_id: str) -> list[int]:
        line = self._root / model_id
        return sorted(int(path.name) for path in line.iterdir() if path.name.isdecimal()) if line.is_dir() else []

    def _activated(self, model_id: str) -> list[int]:
        return [activation.version for activation in self.activations(model_id)]

    def _forget_old(self, model_id: str) -> None:
        kept = {*self._versions(model_id)[-_KEPT:], *_stack(self.activations(model_id))[-_KEPT_ACTIVATED:]}
        for version in set(self._versions(model_id)) - kept:
            shutil.rmtree(self._root / model_id / str(version), ignore_errors=True)


def _written(path: pathlib.Path) -> contextlib.AbstractContextManager[None]:
    return durable_files.written("The classifier", path, "the version that is active")


def _stack(activations: Sequence[Activation]) -> list[int]:
    """Versions that were active and not rolled back, the active one last; none stands beside itself."""
    stack: list[int] = []
    for activation in activations:
        if activation.how == "rollback":
            while stack and stack[-1] != activation.version:
                stack.pop()
        elif stack[-1:] != [activation.version]:
            stack.append(activation.version)
    return stack


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
