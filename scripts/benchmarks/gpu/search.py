"""An exact search of fp16 vectors on the device, beside the time that reading them once must take."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn import functional

from scripts.benchmarks.gpu import report
from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import Deadline, NotHere, Row, rows_of
from scripts.benchmarks.gpu.timing import timed

Search = Callable[[torch.Tensor], torch.Tensor]

TOP = 10
QUERIES = (1, 32)
# Vectors whose best score is looked at first: the ten best lie in the ten groups of the best scores.
_GROUP = 1000
_DRAWN, _ADDED = 250_000, 250_000
# What a search needs beside the vectors, scores above all.
_ROOM = 1.2


def rows(
    device: Device, count: int, dimension: int, seconds: float, bandwidth: float | None, deadline: Deadline
) -> Iterator[Row]:
    """``bandwidth``: bytes a second of a copy, as measured; None: not known."""
    name = f"flat search, {count:,} x {dimension} fp16"
    deadline.check()
    needed = int(count * dimension * 2 * _ROOM) + (1 << 29 if device.is_card else 0)
    if needed > device.free_bytes():
        raise NotHere(
            f"{needed / 2**30:.0f} GiB are needed, {device.free_bytes() / 2**30:.0f} GiB of the card are free"
        )
    vectors = _drawn(device, count, dimension)
    asked = functional.normalize(torch.randn(max(QUERIES), dimension, device=device.torch_device), dim=1)
    for kind, make in (
        ("torch matmul + topk", _in_torch),
        ("torch.compile + topk", _compiled),
        ("FAISS GPU", _in_faiss),
    ):
        told = f"{name}, {kind}"
        part = functools.partial(_measured, told, device, make, vectors, asked, seconds, bandwidth)
        yield from rows_of(told, part)
        device.release()


def _measured(
    name: str,
    device: Device,
    make: Callable[[Device, torch.Tensor], Search],
    vectors: torch.Tensor,
    asked: torch.Tensor,
    seconds: float,
    bandwidth: float | None,
) -> Iterator[Row]:
    search = make(device, vectors)
    recall = _recall(search, vectors, asked)
    size = vectors.numel() * 2
    for count in QUERIES:
        queries = asked[:count].contiguous()
        found = timed(functools.partial(_asked, search, queries), device.wait, seconds)
        read_per_s = size / found.best_s
        share = read_per_s / bandwidth if bandwidth else None
        yield Row(
            measured=f"{name}, {count} at a time",
            figure=f"{count / found.best_s:,.0f} searches/s; {read_per_s / 1e9:,.0f} GB/s read; recall {recall:.3f}",
            latency=f"{found.median_ms:.2f} / {found.p99_ms:.2f} ms",
            ceiling=f"{share:.2f} of the copy" if share is not None else "",
            goal=f"≥ {report.BANDWIDTH_GOAL}" if count == 1 else "",
            data={
                "search": name,
                "at_a_time": count,
                "per_s": count / found.best_s,
                "of_bandwidth": share,
                "recall_at_10": recall,
                "p50_ms": found.median_ms,
                "p99_ms": found.p99_ms,
            },
        )


def _asked(search: Search, queries: torch.Tensor, _number: int) -> None:
    search(queries)


def _drawn(device: Device, count: int, dimension: int) -> torch.Tensor:
    """fp16 [count, dimension] of unit length, drawn part by part: float32 of all of them would be twice the memory."""
    vectors = torch.empty(count, dimension, dtype=torch.float16, device=device.torch_device)
    for part in vectors.split(_DRAWN):
        part.copy_(functional.normalize(torch.randn(part.shape, device=device.torch_device), dim=1))
    return vectors


def _in_torch(device: Device, vectors: torch.Tensor) -> Search:
    return lambda queries: _best(queries.half() @ vectors.T)


def _compiled(device: Device, vectors: torch.Tensor) -> Search:
    """One query: a product of two numbers at a time and their sums, fused, so that the vectors are read once."""

    def scores(queries: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
        return (vectors.float() * queries).sum(1)[None]

    fused: Any = torch.compile(scores, dynamic=False)

    def search(queries: torch.Tensor) -> torch.Tensor:
        return _best(fused(queries, vectors) if len(queries) == 1 else queries.half() @ vectors.T)

    return _Replayed(search) if device.is_card else search


class _Replayed:
    """All launches of a search as one graph of CUDA: without it, small kernels wait for Python."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._graphs: dict[int, tuple[Any, torch.Tensor, torch.Tensor]] = {}

    def __call__(self, queries: torch.Tensor) -> torch.Tensor:
        if len(queries) not in self._graphs:
            self._graphs[len(queries)] = self._captured(queries)
        graph, given, found = self._graphs[len(queries)]
        given.copy_(queries)
        graph.replay()
        # The next replay writes to the same place.
        return found.clone()

    def _captured(self, queries: torch.Tensor) -> tuple[Any, torch.Tensor, torch.Tensor]:
        given, stream = queries.clone(), torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._search(given)
        torch.cuda.current_stream().wait_stream(stream)
        graph: Any = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            found = self._search(given)
        return graph, given, found


def _best(scores: torch.Tensor) -> torch.Tensor:
    """int64 [n, 10] of [n, count]: exact, for the ten best are in the ten groups with the best, or in the rest."""
    count = scores.shape[1]
    whole = count - count % _GROUP
    grouped = scores[:, :whole].unflatten(1, (-1, _GROUP))
    groups = grouped.amax(dim=2).topk(min(TOP, grouped.shape[1]), dim=1).indices
    places = (groups[:, :, None] * _GROUP + torch.arange(_GROUP, device=scores.device)).flatten(1)
    if whole < count:
        rest = torch.arange(whole, count, device=scores.device)
        places = torch.cat([places, rest.expand(len(scores), -1)], dim=1)
    best = scores.gather(1, places).topk(TOP, dim=1).indices
    return places.gather(1, best)


def _in_faiss(device: Device, vectors: torch.Tensor) -> Search:
    device.needs_card("FAISS GPU")
    import faiss

    if not hasattr(faiss, "StandardGpuResources"):
        raise NotHere("this faiss is built for processors (faiss-gpu has the card's index)")
    # With it, FAISS takes and gives tensors.
    with contextlib.suppress(ImportError):
        import faiss.contrib.torch_utils
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    config.device = device.torch_device.index or 0
    resources = faiss.StandardGpuResources()
    if len(vectors) * vectors.shape[1] * 2 * _ROOM > device.free_bytes():
        raise NotHere("the card's memory does not hold the vectors twice, once for torch and once for FAISS")
    index: Any = faiss.GpuIndexFlatIP(resources, vectors.shape[1], config)
    for part in vectors.split(_ADDED):
        index.add(part.float())

    # The index knows its resources only by their address: what searches keeps them alive.
    return functools.partial(_by_faiss, index, resources)


def _by_faiss(index: Any, _resources: Any, queries: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = index.search(queries, TOP)[1]
    return found


def _recall(search: Search, vectors: torch.Tensor, asked: torch.Tensor) -> float:
    """Of the ten best by float32 products of the same vectors, the share that was found."""
    expected = _in_float32(vectors, asked)
    given = torch.cat([search(row[None]) for row in asked])
    return float((given[:, :, None] == expected[:, None, :]).any(dim=2).float().mean())


def _in_float32(vectors: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
    scores, places, start = [], [], 0
    for part in vectors.split(_DRAWN):
        found = (asked @ part.float().T).topk(min(TOP, len(part)), dim=1)
        scores.append(found.values)
        places.append(found.indices + start)
        start += len(part)
    best = torch.cat(scores, dim=1).topk(TOP, dim=1).indices
    return torch.cat(places, dim=1).gather(1, best)
