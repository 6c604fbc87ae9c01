"""Which encoder a benchmark runs with."""

from __future__ import annotations

import pathlib

from scripts.benchmarks import vit
from vitrine.settings import MODELS, ROOT

VIT = "vit-b-32"
_CACHE = ROOT / "build" / "benchmarks"


def description(name: str) -> pathlib.Path:
    """``name``: vit-b-32 (random weights, written at its first use), the id of a model under models/, or a path."""
    if name == VIT:
        return vit.description(_CACHE / VIT)
    if name.endswith((".yaml", ".yml")):
        return pathlib.Path(name).resolve()
    return MODELS / f"{name}.yaml"
