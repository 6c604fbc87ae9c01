"""A folder of models, and what is read there for the registry: every file of one, its checksums, its card."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vitrine import errors
from vitrine.adapters import known_answer, model_files
from vitrine.adapters.model_files import ModelFiles
from vitrine.models import RegisteredModel


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelFolder:
    """``own`` is written to, ``others`` are only read; models are found in both by name."""

    own: pathlib.Path
    others: Sequence[pathlib.Path]

    @contextlib.contextmanager
    def taken(self, model: str) -> Iterator[RegisteredModel]:
        """A name or the path of a description; what lies elsewhere is copied here, the description last.

        The copy is found when the block has ended; where the block raises, nothing stays of it.
        Raises Misconfigured where it cannot be served, and RejectedInput where another model has its name or one of
        its files here.
        """
        files = model_files.find(model, self._folders)
        described = _description(model, files, self._folders)
        read = _read(described, files)
        self._refuse_namesake(files)
        if described.parent.resolve() in {folder.resolve() for folder in self._folders}:
            _try_out(files)
            yield read
            return
        self._refuse_files_of_others(read)
        with self._copied(described, read):
            yield read

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

    def superseded(self, model: RegisteredModel) -> bool:
        """Whether another model lies in its place, as after an export into this folder."""
        lying = self._lying(model.name)
        return lying is not None and lying.model_id != model.id

    def redescribed(self, model: RegisteredModel) -> bool:
        """Whether its description here, which stays because it changed, still names its files."""
        path = self.own / f"{model.name}.yaml"
        return not self.superseded(model) and path.is_file() and _sha256(path) != model.sha256.get(path.name)

    def remove(self, model: RegisteredModel) -> list[pathlib.Path]:
        """Delete its files where this folder is their place, the description first. Returns what was deleted.

        What has changed since, or what another model uses too, stays.
        """
        if self._of(model) not in (self.own, None):
            return []
        names = sorted(model.sha256, key=lambda name: name != f"{model.name}.yaml")
        kept = self._used_by_others("" if self.superseded(model) else model.name)
        unchanged = [path for name in names if name not in kept and (path := self.own / name).is_file()]
        gone = [path for path in unchanged if _sha256(path) == model.sha256[path.name]]
        for path in gone:
            path.unlink()
        return gone

    @property
    def _folders(self) -> list[pathlib.Path]:
        return [*self.others, self.own]

    def _of(self, model: RegisteredModel) -> pathlib.Path | None:
        return next((folder for folder in self._folders if (folder / f"{model.name}.yaml").is_file()), None)

    def _lying(self, name: str) -> ModelFiles | None:
        with contextlib.suppress(errors.Misconfigured):
            return model_files.find(name, self._folders)
        return None

    def _refuse_namesake(self, files: ModelFiles) -> None:
        there = self._lying(files.description.id)
        if there is None or there.model_id == files.model_id:
            return
        if there.graph.parent in self.others:
            raise errors.RejectedInput(
                f"{there.model_id} comes with Vitrine and keeps its name: give this one another id, which is"
                " also its description's file name."
            )
        name = there.description.id
        raise errors.RejectedInput(
            f"{there.graph.parent} has another model of this name, {there.model_id}: remove that one first"
            f" (python -m registry add {name}, where it is not registered; then remove {name}), or give this one"
            " another id."
        )

    def _refuse_files_of_others(self, read: RegisteredModel) -> None:
        for name in self._used_by_others(read.name) & read.sha256.keys():
            there = self.own / name
            if there.is_file() and _sha256(there) != read.sha256[name]:
                raise errors.RejectedInput(
                    f"{there} is of another model: rename the file of {read.name}, such as to {read.name}.{name}, and"
                    " say so in its description."
                )

    def _used_by_others(self, name: str) -> set[str]:
        """Files that the descriptions in `own` name, but for that of the model ``name``."""
        paths = [path for path in self.own.glob("*.yaml") if path.stem != name]
        return {used for path in paths for used in _named(path)}

    @contextlib.contextmanager
    def _copied(self, described: pathlib.Path, read: RegisteredModel) -> Iterator[None]:
        self.own.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.own, prefix=".taking-") as folder:
            names = sorted(read.sha256, key=lambda name: name == described.name)
            copies = [pathlib.Path(folder) / name for name in names]
            for copy in copies:
                shutil.copyfile(described.parent / copy.name, copy)
            # The copy and not the original: a graph may need files that nobody named.
            _try_out(model_files.find(str(copies[-1]), []))
            yield
            for copy in copies:
                copy.replace(self.own / copy.name)


def _try_out(files: ModelFiles) -> None:
    known_answer.of(files)
    known_answer.check_texts(files)


def _description(model: str, files: ModelFiles, folders: Sequence[pathlib.Path]) -> pathlib.Path:
    if model.endswith((".yaml", ".yml")):
        return pathlib.Path(model)
    return next(path for folder in folders if (path := folder / f"{model}.yaml").is_file())


def _named(described: pathlib.Path) -> Iterator[str]:
    """The files of a model that may not be whole. Raises Misconfigured where nobody can say which they are."""
    document = model_files.document(described)
    text = document.get("text")
    yield from (described.name, described.with_suffix(".md").name, str(document.get("file")))
    if isinstance(text, dict):
        yield from (str(text.get("file")), str(text.get("tokenizer")))


def _read(described: pathlib.Path, files: ModelFiles) -> RegisteredModel:
    if described.name != f"{files.description.id}.yaml":
        raise errors.Misconfigured(f"{described} must be called {files.description.id}.yaml: models are found by name.")
    document = model_files.document(described)
    card = described.with_suffix(".md")
    return RegisteredModel(
        id=files.model_id,
        sha256={path.name: _sha256(path) for path in _all(described, files)},
        licence=files.description.licence,
        provenance=_told(described, document, "provenance"),
        metrics=_told(described, document, "metrics"),
        card=card.read_text(encoding="utf-8", errors="replace") if card.is_file() else "",
        registered_at=time.time(),
    )


def _told(described: pathlib.Path, document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """As JSON says it: a date is a text. Raises Misconfigured."""
    try:
        told = json.loads(json.dumps(document.get(key) or {}, default=str, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise errors.Misconfigured(f"{described}: `{key}` cannot be kept: {error}.") from error
    if not isinstance(told, dict):
        raise errors.Misconfigured(f"{described}: `{key}` must be a mapping of names to what is told of them.")
    return told


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
