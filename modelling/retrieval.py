"""The measures: what share of queries finds another picture of its object, and how early. numpy only."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figures:
    """Shares of queries, 0..1; a query counts only where the gallery holds another picture of its object."""

    queries: int
    recall_at_1: float
    recall_at_5: float
    recall_at_20: float
    map_at_10: float
    check_ms: float | None = None
    """CPU time of a query's geometric check, in the mean; None where there was none."""


def figures(
    queries: Vectors,
    gallery: Vectors,
    query_objects: Sequence[str],
    gallery_objects: Sequence[str],
    same_picture: npt.NDArray[np.bool_] | None = None,
) -> Figures:
    """Rank the gallery for each query by dot product.

    queries [q, d] and gallery [g, d] are of unit length. ``same_picture`` [q, g] marks the pairs that are left out
    of both the ranking and the truth (a picture is no neighbour of itself).
    """
    if len(queries) == 0:
        return no_figures()
    similarity = queries @ gallery.T
    left_out = np.zeros(similarity.shape, np.bool_) if same_picture is None else same_picture
    similarity = np.where(left_out, -np.inf, similarity)
    relevant = (np.asarray(query_objects)[:, None] == np.asarray(gallery_objects)[None, :]) & ~left_out
    answerable = relevant.any(axis=1)
    if not answerable.any():
        return no_figures()
    similarity, relevant = similarity[answerable], relevant[answerable]
    order = np.argsort(-similarity, axis=1, kind="stable")
    hits = np.take_along_axis(relevant, order, axis=1)
    return Figures(
        queries=int(answerable.sum()),
        recall_at_1=_recall(hits, 1),
        recall_at_5=_recall(hits, 5),
        recall_at_20=_recall(hits, 20),
        map_at_10=_mean_average_precision(hits, relevant.sum(axis=1), 10),
    )


def leave_one_out(vectors: Vectors, objects: Sequence[str]) -> Figures:
    """Every picture asks all the others; pictures of objects seen once are distractors only."""
    return figures(vectors, vectors, objects, objects, np.eye(len(vectors), dtype=np.bool_))


def _recall(hits: npt.NDArray[np.bool_], k: int) -> float:
    return float(hits[:, :k].any(axis=1).mean())


def _mean_average_precision(hits: npt.NDArray[np.bool_], relevant: npt.NDArray[np.int_], k: int) -> float:
    """Normalised by what could be found in the first ``k``: min(relevant, k)."""
    top = hits[:, :k]
    precision = np.cumsum(top, axis=1) / np.arange(1, top.shape[1] + 1)
    return float(((precision * top).sum(axis=1) / np.minimum(relevant, k)).mean())


def no_figures() -> Figures:
    nothing = float("nan")
    return Figures(queries=0, recall_at_1=nothing, recall_at_5=nothing, recall_at_20=nothing, map_at_10=nothing)
