"""Which FAISS index for how many vectors, and what it loses against exact search."""

from __future__ import annotations

import dataclasses

import faiss
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

# Measured with 512 dimensions: exact search is fast enough below the first limit; below the second an exhaustive
# fast-scan over 4-bit codes, re-ranked by the vectors themselves, gives recall@10 of .99 and more.
_FLAT_BELOW = 10_000
_FAST_SCAN_BELOW = 3_000_000
_REFINE_FACTOR = 8
_TRAINING_SAMPLE = 200_000
_RECALL_QUERIES = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class BuiltIndex:
    """``kind`` is the FAISS factory string; recall_at_10 is against exact search over the same vectors."""

    index: faiss.Index
    kind: str
    recall_at_10: float


def build(vectors: Vectors) -> BuiltIndex:
    """float32 [n, d] of unit length in; deterministic."""
    kind = index_kind(len(vectors), vectors.shape[1])
    index = faiss.index_factory(vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        rows = np.random.default_rng(0).permutation(len(vectors))[:_TRAINING_SAMPLE]
        index.train(vectors[np.sort(rows)])
    index.add(vectors)
    return BuiltIndex(index=index, kind=kind, recall_at_10=_recall_at_10(index, vectors))


def index_kind(count: int, dimension: int) -> str:
    if count < _FLAT_BELOW:
        return "Flat"
    codes = _codes(dimension)
    if count < _FAST_SCAN_BELOW:
        return f"PQ{codes}x4fs,RFlat"
    return f"IVF{int(4 * count**0.5)},PQ{codes}x4fs,Refine(SQ8)"


def search_parameters(index: faiss.Index) -> faiss.SearchParameters | None:
    """Passed with each call: an index's own settings are shared state."""
    if not isinstance(index, faiss.IndexRefine):
        return None
    base = faiss.downcast_index(index.base_index)
    if isinstance(base, faiss.IndexIVF):
        inner = faiss.SearchParametersIVF(nprobe=max(16, base.nlist // 64))  # type: ignore[call-arg]
        return faiss.IndexRefineSearchParameters(k_factor=_REFINE_FACTOR, base_index_params=inner)  # type: ignore[call-arg]
    return faiss.IndexRefineSearchParameters(k_factor=_REFINE_FACTOR)  # type: ignore[call-arg]


def one_thread_here() -> None:
    """One search is one core's work. OpenMP keeps the number for each calling thread, so each search says it anew."""
    faiss.omp_set_num_threads(1)


def _codes(dimension: int) -> int:
    """Two dimensions a code, or the nearest number of codes that divides the dimension."""
    return next(codes for codes in range(dimension // 2, 0, -1) if dimension % codes == 0)


def _recall_at_10(index: faiss.Index, vectors: Vectors) -> float:
    if isinstance(index, faiss.IndexFlat):
        return 1.0
    queries = vectors[np.random.default_rng(1).permutation(len(vectors))[:_RECALL_QUERIES]]
    # Over the array itself: an exact index would hold all vectors once more.
    _, wanted = faiss.knn(queries, vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)
    _, found = index.search(queries, 10, params=search_parameters(index))
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(wanted, found, strict=True)]))
