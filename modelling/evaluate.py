"""How well embeddings find other pictures of the same object: the reference photographs and the demo museum."""

from __future__ import annotations

import csv
import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from modelling import checked_search, retrieval
from modelling.checked_search import Rows
from vitrine import errors, local_features, ranking


@dataclasses.dataclass(frozen=True, kw_only=True)
class Photograph:
    path: pathlib.Path
    object_id: str
    kind: str
    view: str


def read_objects(folder: pathlib.Path) -> list[Photograph]:
    """The rows of ``manifest.csv``, near-duplicates of another row left out. Raises Misconfigured."""
    return [
        Photograph(path=folder / row["path"], object_id=row["object_id"], kind=row["class"], view=row["view"])
        for row in _rows(folder / "manifest.csv", ("path", "object_id", "class", "view", "near_dup_of"))
        if not row["near_dup_of"]
    ]


def read_museum(folder: pathlib.Path) -> list[Photograph]:
    """The rows of ``museum.csv`` that the demo museum's generator writes; an object's first view is the catalogue's.

    Raises Misconfigured.
    """
    return [
        Photograph(
            path=folder / row["image"],
            object_id=row["external_id"],
            kind=row["kind"],
            view="catalogue" if row["view_no"] == "1" else row["view"],
        )
        for row in _rows(folder / "museum.csv", ("image", "external_id", "kind", "view", "view_no"))
    ]


def _rows(path: pathlib.Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            # A row that ends early has nothing in its last columns.
            reader = csv.DictReader(file, restval="")
            known, rows = reader.fieldnames or (), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise errors.Misconfigured(f"{path} cannot be read as a table: {error}") from error
    if missing := [name for name in columns if name not in known]:
        raise errors.Misconfigured(f"{path} has no column {', '.join(missing)}.")
    if not rows:
        raise errors.Misconfigured(f"{path} has no rows.")
    return rows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """Which photographs are searched for among which, by row number."""

    asking: Rows
    gallery: Rows


def of_objects(photographs: Sequence[Photograph]) -> dict[str, Question]:
    """Questions by name. Photographs of one session share their light, so leave-one-out flatters colour;

    ``phone -> catalogue`` is the honest one: a visitor's photograph against the packages' catalogue pictures.
    """
    package = np.array([photograph.kind == "package" for photograph in photographs])
    catalogue = np.array([photograph.view == "catalogue" for photograph in photographs])
    every = np.arange(len(photographs))
    return {
        "multi-view": Question(asking=every, gallery=every),
        "multi-view, packages": Question(asking=every[package], gallery=every),
        "multi-view, museum objects": Question(asking=every[~package], gallery=every),
        "phone -> catalogue": Question(asking=every[package & ~catalogue], gallery=every[package & catalogue]),
    }


def of_museum(photographs: Sequence[Photograph]) -> dict[str, Question]:
    """Each catalogue view asks the other views of all objects, and the other way round."""
    catalogue = np.array([photograph.view == "catalogue" for photograph in photographs])
    every = np.arange(len(photographs))
    return {
        "catalogue -> other views": Question(asking=every[catalogue], gallery=every[~catalogue]),
        "other views -> catalogue": Question(asking=every[~catalogue], gallery=every[catalogue]),
        "all views": Question(asking=every, gallery=every),
    }


def answered(
    photographs: Sequence[Photograph],
    questions: Mapping[str, Question],
    vectors: retrieval.Vectors,
    features: Sequence[local_features.LocalFeatures] | None = None,
) -> dict[str, retrieval.Figures]:
    """Figures of each question: of the nearest photographs, or of the whole search where there are ``features``."""
    objects = [photograph.object_id for photograph in photographs]
    if features is None:
        figures: Answer = _ByEmbedding(vectors=vectors, objects=objects).figures
    else:
        figures = checked_search.CheckedSearch(vectors=vectors, objects=objects, features=features).figures
    return {name: figures(question.asking, question.gallery) for name, question in questions.items()}


Answer = Callable[[Rows, Rows], retrieval.Figures]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _ByEmbedding:
    vectors: retrieval.Vectors
    objects: Sequence[str]

    def figures(self, asking: Rows, gallery: Rows) -> retrieval.Figures:
        named = np.asarray(self.objects)
        return retrieval.figures(
            self.vectors[asking],
            self.vectors[gallery],
            named[asking].tolist(),
            named[gallery].tolist(),
            asking[:, None] == gallery[None, :],
        )


def table(name: str, parts: Mapping[str, retrieval.Figures]) -> str:
    """A Markdown table, one row a part."""
    lines = [f"{name}", "", "| | queries | R@1 | R@5 | R@20 | mAP@10 |", "|---|---|---|---|---|---|"]
    if checked := any(found.check_ms is not None for found in parts.values()):
        lines[2] += f" match + verify, {ranking.CHECKED_IMAGES} candidates |"
        lines[3] += "---|"
    for part, found in parts.items():
        shares = (found.recall_at_1, found.recall_at_5, found.recall_at_20, found.map_at_10)
        cells = [part, str(found.queries), *(f"{share:.3f}" for share in shares)]
        if checked:
            cells.append("" if found.check_ms is None else f"{found.check_ms:.1f} ms")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
