"""Writes a model repository that Triton can serve: configurations from the templates beside this file, and weights."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
import string
from collections.abc import Mapping
from typing import Any

import onnx

from triton_models import graphs
from vitrine import errors, triton_contract
from vitrine.classifier import Head
from vitrine.domain import Embedding
from vitrine.models import ModelDescription

_TEMPLATES = pathlib.Path(__file__).parent
# What the templates were filled in with: `add_head` fills in one of them again.
_VALUES = "rendered.json"
_UNFINISHED = ".vitrine-rendering"
_KINDS = {
    "model_id": str,
    "size": int,
    "dimension": int,
    "max_batch": int,
    "preferred": str,
    "instances": int,
    "known_answer": str,
}
_ALL = (
    triton_contract.ENSEMBLE,
    triton_contract.EMBEDDER,
    triton_contract.CLASSIFIER,
    triton_contract.JPEG_ENSEMBLE,
    triton_contract.DECODER,
)
# In every configuration of ours.
_MARK = 'key: "model_id"'
# The version before the newest stays, for the way back.
_KEPT_HEADS = 2
_PIPELINE = "dali.py.template"
_DALI_FILTERS = {"bilinear": "INTERP_LINEAR", "bicubic": "INTERP_CUBIC"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Target:
    """Batches as the hardware likes them: beyond eight, processors gain nothing and everybody waits longer."""

    template: str
    max_batch: int
    preferred: str
    instances: int


def cpu(cores: int) -> Target:
    return Target(template="config.cpu.pbtxt", max_batch=8, preferred="4, 8", instances=cores)


GPU = Target(template="config.gpu.pbtxt", max_batch=32, preferred="8, 16, 32", instances=2)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Repository:
    """What is to be served. ``known_answer``: the model's unit embedding of `triton_contract.known_picture`.

    ``plan``: a TensorRT plan of the graph that `graphs.embedder` makes; None: that graph itself is served.
    ``decodes``: JPEG files are taken too, by an ensemble of its own, and decoded on the graphics card.
    """

    description: ModelDescription
    graph: pathlib.Path
    model_id: str
    known_answer: Embedding
    head: Head | None
    target: Target
    plan: pathlib.Path | None = None
    decodes: bool = False

    def render(self, out: pathlib.Path) -> None:
        """Write the repository to the folder ``out``, in the place of what was rendered there before.

        Raises Misconfigured, before anything is written, where a folder would be replaced that was not rendered.
        """
        _refuse_foreign(out)
        # Beside what it replaces: a rename is enough. Of one name: a killed rendering leaves one at most.
        fresh = out / _UNFINISHED
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            self._write(fresh)
            # First: what was interrupted after it is known to be rendered.
            (fresh / _VALUES).replace(out / _VALUES)
            _settle(fresh, out)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _write(self, out: pathlib.Path) -> None:
        values = self._values()
        (out / _VALUES).write_text(json.dumps(values, indent=1), encoding="utf-8")
        if self.decodes:
            self._write_decoder(out, values)
        embedder = _model(out, triton_contract.EMBEDDER)
        if self.plan is None:
            onnx.save(graphs.embedder(self.graph, self.description, self.model_id), embedder / "1" / "model.onnx")
        else:
            shutil.copyfile(self.plan, embedder / "1" / "model.plan")
        _write_config(embedder, self.target.template, values)
        _write_ensemble(out, triton_contract.ENSEMBLE, values)
        (classifier := out / triton_contract.CLASSIFIER).mkdir()
        _write_head(classifier, 1, self.head, values)

    def _write_decoder(self, out: pathlib.Path, values: Mapping[str, Any]) -> None:
        resize = self.description.resize
        if resize.mode == "letterbox":
            raise errors.Misconfigured(
                f"{self.description.id} is shown whole pictures on a ground of their border's colour (letterbox), and"
                " the decoder on the graphics card cannot draw that: render without --decode gpu."
            )
        shorter_side = None if resize.mode == "squash" else resize.shorter_side or resize.size
        decoder = _model(out, triton_contract.DECODER)
        pipeline = string.Template((_TEMPLATES / triton_contract.DECODER / _PIPELINE).read_text(encoding="utf-8"))
        filled = {**values, "shorter_side": shorter_side, "interpolation": _DALI_FILTERS[resize.interpolation]}
        (decoder / "1" / "dali.py").write_text(pipeline.substitute(filled), encoding="utf-8")
        _write_config(decoder, "config.pbtxt", values)
        _write_ensemble(out, triton_contract.JPEG_ENSEMBLE, values)

    def _values(self) -> dict[str, Any]:
        return {
            "model_id": self.model_id,
            "size": self.description.resize.size,
            "dimension": self.description.dimension,
            "max_batch": self.target.max_batch,
            "preferred": self.target.preferred,
            "instances": self.target.instances,
            "known_answer": triton_contract.answer_to_text(self.known_answer),
        }


def add_head(out: pathlib.Path, model_id: str, head: Head | None) -> int:
    """Add a version of the classifier to a rendered repository; returns its number. Triton takes it up when it is told.

    Raises Misconfigured where the repository is of another model.
    """
    values = _read_values(out)
    if values["model_id"] != model_id:
        raise errors.Misconfigured(f"{out} serves {values['model_id']}, but the head is of {model_id}. Render it anew.")
    classifier = out / triton_contract.CLASSIFIER
    versions = sorted(int(path.name) for path in classifier.iterdir() if path.name.isdecimal())
    version = versions[-1] + 1 if versions else 1
    _write_head(classifier, version, head, values)
    for old in versions[: max(0, len(versions) - _KEPT_HEADS + 1)]:
        shutil.rmtree(classifier / str(old))
    return version


def _read_values(out: pathlib.Path) -> dict[str, Any]:
    """Of the rendered repository, as `Repository` wrote them. Raises Misconfigured."""
    try:
        values = json.loads((out / _VALUES).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise errors.Misconfigured(f"{out} is not a rendered model repository: {error}. Render it first.") from error
    if not isinstance(values, dict) or {key: type(value) for key, value in values.items()} != _KINDS:
        raise errors.Misconfigured(f"{out / _VALUES} is damaged or of another version of Vitrine. Render it anew.")
    return values


def _write_head(classifier: pathlib.Path, version: int, head: Head | None, values: Mapping[str, Any]) -> None:
    """The version appears whole. Labels and configuration are one for all versions, so they follow it."""
    dimension = values["dimension"]
    if head is not None and head.dimension != dimension:
        raise errors.Misconfigured(f"The head is of {head.dimension} dimensions, the model of {dimension}.")
    # Inside the model's folder Triton looks at numbers only; beside it, everything would be a model.
    fresh = classifier / f".new-{version}"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        onnx.save(graphs.classifier(head, dimension), fresh / "model.onnx")
        fresh.rename(classifier / str(version))
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    # Labels are lines: a class whose name has several is told by its words.
    labels = [" ".join(name.split()) for name in head.classes] if head else ["no classifier"]
    _replace(classifier / "labels.txt", "\n".join(labels) + "\n")
    head_id = head.id if head else triton_contract.NO_HEAD
    _write_config(classifier, "config.pbtxt", {**values, "classes": len(labels), "head_id": head_id})


def _write_config(folder: pathlib.Path, template: str, values: Mapping[str, Any]) -> None:
    text = (_TEMPLATES / folder.name / template).read_text(encoding="utf-8")
    _replace(folder / "config.pbtxt", string.Template(text).substitute(values))


def _model(out: pathlib.Path, name: str) -> pathlib.Path:
    """An empty model of one version. Triton wants the version's folder of an ensemble too, with nothing in it."""
    (out / name / "1").mkdir(parents=True)
    return out / name


def _write_ensemble(out: pathlib.Path, name: str, values: Mapping[str, Any]) -> None:
    _write_config(_model(out, name), "config.pbtxt", values)


def _refuse_foreign(out: pathlib.Path) -> None:
    rendered = (out / _VALUES).is_file()
    for folder in (out / name for name in _ALL):
        config = folder / "config.pbtxt"
        ours = rendered and config.is_file() and _MARK in config.read_text(encoding="utf-8", errors="replace")
        if folder.exists() and not ours:
            raise errors.Misconfigured(
                f"{folder} was not rendered by this command and would be replaced. Name another folder by --out, an"
                " empty one at best; or move this one away, if it is of no use any more."
            )


def _settle(fresh: pathlib.Path, out: pathlib.Path) -> None:
    """All parts were written: put each in the place of its predecessor; what is not served any more goes."""
    for name in _ALL:
        shutil.rmtree(out / name, ignore_errors=True)
        if (fresh / name).is_dir():
            (fresh / name).rename(out / name)


def _replace(path: pathlib.Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
