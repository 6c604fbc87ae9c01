"""Finds a model by id or path: its description, its graph's file and its full id."""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from collections.abc import Sequence
from typing import Any

import yaml

from vitrine import errors
from vitrine.models import ModelDescription


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelFiles:
    description: ModelDescription
    graph: pathlib.Path
    model_id: str


def find(model: str, folders: Sequence[pathlib.Path]) -> ModelFiles:
    """``model``: the path of a description, or an id that one of ``folders`` holds as ID.yaml. Raises Misconfigured."""
    path = _description_path(model, folders)
    description = ModelDescription.from_document(document(path))
    graph = path.parent / description.file
    if graph.parent.resolve() != path.parent.resolve() or not graph.is_file():
        raise errors.Misconfigured(f"The graph {description.file} must lie beside {path}.")
    try:
        sha256 = hashlib.sha256(graph.read_bytes()).hexdigest()
    except OSError as error:
        raise errors.Misconfigured(
            f"The graph {graph} cannot be read: {error.strerror}. Whoever runs this must be allowed to read it."
        ) from error
    return ModelFiles(description=description, graph=graph, model_id=description.full_id(sha256))


def document(path: pathlib.Path) -> dict[str, Any]:
    """What a description says, not yet checked. Raises Misconfigured."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise errors.Misconfigured(f"The model description {path} is nested too deeply to be one.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise errors.Misconfigured(
            f"The model description {path} cannot be read: {error}. It must be YAML in UTF-8."
        ) from error
    if not isinstance(told, dict):
        raise errors.Misconfigured(f"{path} is not a model description: it must be a YAML mapping.")
    return told


def _description_path(model: str, folders: Sequence[pathlib.Path]) -> pathlib.Path:
    if model.endswith((".yaml", ".yml")):
        return pathlib.Path(model)
    for folder in folders:
        if (path := folder / f"{model}.yaml").is_file():
            return path
    known = sorted({path.stem for folder in folders for path in folder.glob("*.yaml")})
    raise errors.Misconfigured(
        f"There is no model {model!r}. Known: {', '.join(known) or 'none'}; or give the path of a description (YAML)."
    )
