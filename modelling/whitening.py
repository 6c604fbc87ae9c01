"""A projection from pairs of views, in closed form: what differs between views of one object is turned down.

Mikolajczyk and Matas 2007, as in Radenovic et al. 2018, with shrinkage because there are fewer pairs than directions.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

DIRECTIONS = 1024
"""Principal directions that are looked at: with some thousand pairs, more cannot be told from noise."""

RIDGE = 0.1
"""Of the mean variance of a direction."""

OVERSAMPLING = 64
SUBSPACE_ITERATIONS = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class Projection:
    """x → weight @ x + bias."""

    weight: Floats
    bias: Floats


def fit(
    first: Floats,
    second: Floats,
    dimension: int,
    *,
    shrinkage: float = 0.1,
    teacher: Floats | None = None,
    teaching: float = 0.0,
) -> Projection:
    """Rows of ``first`` and ``second`` [n, d] show the same object.

    ``teacher`` [n, t] holds another model's unit embeddings of the same objects. What of them a linear map can tell
    is put beside the whitened features, ``teaching`` times as long, before the last directions are chosen.
    Raises ValueError where there are fewer pairs than directions are asked for.
    """
    if len(first) <= dimension:
        raise ValueError(f"{len(first)} pairs of views cannot tell {dimension} directions apart: more pictures.")
    mean = first.mean(axis=0)
    axes = _principal(first - mean, DIRECTIONS)
    left, right = (first - mean) @ axes, (second - mean) @ axes
    apart = left - right
    within = (apart.T @ apart / len(apart)).astype(np.float64)
    within += shrinkage * np.trace(within) / len(within) * np.eye(len(within))
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T.astype(np.float32)
    left, right = left @ whiten, right @ whiten
    beside = np.eye(left.shape[1], dtype=np.float32)
    if teacher is not None and teaching > 0.0:
        beside = np.hstack([beside, teaching * _lesson(left, right, teacher)])
    weight = (axes @ whiten @ beside @ _principal(left @ beside, dimension)).T
    # Scaled so that the embeddings are near unit length before they are normalised: half precision has room for them.
    weight /= np.linalg.norm((first - mean) @ weight.T, axis=1).mean()
    return Projection(weight=weight.astype(np.float32), bias=(-weight @ mean).astype(np.float32))


def _lesson(left: Floats, right: Floats, teacher: Floats) -> Floats:
    """Ridge regression [d, t] from both views to the teacher's embedding, scaled so that what it tells is as long as
    what it is told from."""
    views = np.vstack([left, right]).astype(np.float64)
    told = np.vstack([teacher, teacher]).astype(np.float64) - teacher.mean(axis=0)
    penalty = RIDGE * np.trace(views.T @ views) / views.shape[1] * np.eye(views.shape[1])
    found = np.linalg.solve(views.T @ views + penalty, views.T @ told)
    return np.asarray(found * np.linalg.norm(left) / np.linalg.norm(left @ found), np.float32)


def _principal(centred: npt.NDArray[np.floating], count: int) -> Floats:
    """Orthonormal directions [d, count] of most variance, largest first: exact, or by subspace iteration if large."""
    width = centred.shape[1]
    if width <= 2 * count:
        _, axes = np.linalg.eigh(np.cov(centred.T.astype(np.float64)))
        return np.asarray(axes[:, ::-1][:, :count], np.float32)
    # An exact decomposition of 5,000 directions takes minutes; these agree with it to what the pairs can tell.
    basis = np.random.default_rng(0).normal(size=(width, count + OVERSAMPLING)).astype(np.float32)
    for _ in range(SUBSPACE_ITERATIONS):
        basis, _ = np.linalg.qr(centred.T @ (centred @ basis))
    _, _, turned = np.linalg.svd(centred @ basis, full_matrices=False)
    return np.asarray(basis @ turned[:count].T, np.float32)
