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
    told: int = 0,
    teaching: float = 0.0,
) -> Projection:
    """Rows of ``first`` and ``second`` [n, d] show the same object.

    The last ``told`` columns are no features but what a network tells of them: they are not whitened, but put beside
    the whitened features, ``teaching`` times as long, before the last directions are chosen.
    Raises ValueError where there are fewer pairs than directions are asked for.
    """
    if len(first) <= dimension:
        raise ValueError(f"{len(first)} pairs of views cannot tell {dimension} directions apart: more pictures.")
    mean = first.mean(axis=0)
    centred, features = first - mean, first.shape[1] - told
    axes = _principal(centred[:, :features], DIRECTIONS)
    left, right = centred[:, :features] @ axes, (second - mean)[:, :features] @ axes
    apart = left - right
    within = (apart.T @ apart / len(apart)).astype(np.float64)
    within += shrinkage * np.trace(within) / len(within) * np.eye(len(within))
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T.astype(np.float32)
    whitened, beside = left @ whiten, centred[:, features:]
    longer = teaching * float(np.linalg.norm(whitened)) / (float(np.linalg.norm(beside)) or 1.0)
    chosen = _principal(np.hstack([whitened, longer * beside]), dimension)
    from_features, from_told = np.split(chosen, [whitened.shape[1]])
    weight = np.vstack([axes @ whiten @ from_features, longer * from_told]).T
    # Scaled so that the embeddings are near unit length before they are normalised: half precision has room for them.
    weight /= np.linalg.norm(centred @ weight.T, axis=1).mean()
    return Projection(weight=weight.astype(np.float32), bias=(-weight @ mean).astype(np.float32))


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
