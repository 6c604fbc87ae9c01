"""A folder of models, and what is read there for the registry: every file of one, its checksums, its card."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from vitrine import errors
from vitrine.adapters import model_files
from vitrine.adapters.model_files import ModelFiles
from vitrine.models import RegisteredModel


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelFolder:
    """``own`` is written to, ``others`` are only read; models are found in both by name."""

    own: pathlib.Path
    others: Sequence[pathlib.Path]

    def add(self, model: str) -> RegisteredModel:
        """A name or the path of a description; what lies elsewhere is copied here, the description last.

        Raises Misconfigured, and RejectedInput where another model has its name here.
        """
        files = model_files.find(model, [*self.others, self.own])
        described = _description(model, files, [*self.others, self.own])
        read = _read(described, files)
        if described.parent.resolve() not in {folder.resolve() for folder in (self.own, *self.others)}:
            self._copy(described, files, read)
        return read

    def differences(self, model: RegisteredModel) -> list[str]:
        """What is missing or has another checksum than was registered; empty: all is as it was."""
        folder = self._of(model)
        if folder is None:
            return [f"{model.name}.yaml is missing"]
        wrong = []
        for name, sha256 in model.sha256.items():
            path = folder / name
            if not path.is_file():
                wrong.append(f"{path} is missing")
            elif _sha256(path) != sha256:
                wrong.append(f"{path} has changed")
        return wrong

    def remove(self, model: RegisteredModel) -> list[pathlib.Path]:
        """Delete its files where this folder is their place, the description first. Returns what was deleted."""
        if self._of(model) != self.own:
            return []
        names = sorted(model.sha256, key=lambda name: name != f"{model.name}.yaml")
        gone = [self.own / name for name in names if (self.own / name).is_file()]
        for path in gone:
            path.unlink()
        return gone

    def _of(self, model: RegisteredModel) -> pathlib.Path | None:
        folders = [*self.others, self.own]
        return next((folder for folder in folders if (folder / f"{model.name}.yaml").is_file()), None)

    def _copy(self, described: pathlib.Path, files: ModelFiles, read: RegisteredModel) -> None:
        target = self.own / f"{files.description.id}.yaml"
        with contextlib.suppress(errors.Misconfigured):
            there = model_files.find(files.description.id, [*self.others, self.own])
            if there.model_id != files.model_id:
                raise errors.RejectedInput(
                    f"{there.graph.parent} has another model of this name, {there.model_id}: remove that one first."
                )
        self.own.mkdir(parents=True, exist_ok=True)
        for name in sorted(read.sha256, key=lambda name: name == described.name):
            goal = target if name == described.name else self.own / name
            temporary = goal.with_name(f".{goal.name}.{os.getpid()}")
            shutil.copyfile(described.parent / name, temporary)
            temporary.replace(goal)


def _description(model: str, files: ModelFiles, folders: Sequence[pathlib.Path]) -> pathlib.Path:
    if model.endswith((".yaml", ".yml")):
        return pathlib.Path(model)
    return next(path for folder in folders if (path := folder / f"{model}.yaml").is_file())


def _read(described: pathlib.Path, files: ModelFiles) -> RegisteredModel:
    if described.name != f"{files.description.id}.yaml":
        raise errors.Misconfigured(f"{described} must be called {files.description.id}.yaml: models are found by name.")
    document: Mapping[str, Any] = yaml.safe_load(described.read_text(encoding="utf-8"))
    card = described.with_suffix(".md")
    return RegisteredModel(
        id=files.model_id,
        sha256={path.name: _sha256(path) for path in _all(described, files)},
        licence=files.description.licence,
        provenance=document.get("provenance") or {},
        metrics=document.get("metrics") or {},
        card=card.read_text(encoding="utf-8", errors="replace") if card.is_file() else "",
        registered_at=time.time(),
    )


def _all(described: pathlib.Path, files: ModelFiles) -> Iterator[pathlib.Path]:
    """Raises Misconfigured where the text tower is incomplete."""
    yield described
    yield files.graph
    text = files.description.text
    for name in (text.file, text.tokenizer) if text else ():
        path = described.parent / name
        if path.parent.resolve() != described.parent.resolve() or not path.is_file():
            raise errors.Misconfigured(f"{name} must lie beside {described}.")
        yield path
    if (card := described.with_suffix(".md")).is_file():
        yield card


def _sha256(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
