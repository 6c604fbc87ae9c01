"""Ways to run a model: each gives a function from uint8 pictures on the device to embeddings on the device."""

from __future__ import annotations

import copy
import dataclasses
import functools
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from scripts.benchmarks.gpu import graph_engines
from scripts.benchmarks.gpu.ceilings import float32_products
from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import Deadline, NotHere, Row, rows_of
from scripts.benchmarks.gpu.timing import timed
from scripts.benchmarks.gpu.workloads import CHECKED, Workload

Run = Callable[[torch.Tensor], torch.Tensor]

# Half precision stays far above; a graph that is broken, or answers in no numbers, far below.
LEAST_COSINE = 0.99


@dataclasses.dataclass(frozen=True, kw_only=True)
class Engine:
    """``peak``: the ceiling of its products. ``of_graph``: it runs the file in ONNX, with that file's weights."""

    name: str
    peak: str
    make: Callable[[Workload, Device, int], Run]
    of_graph: bool = False
    tf32: bool = False


def all_engines(folder: pathlib.Path) -> tuple[Engine, ...]:
    """``folder``: where converted graphs are written."""
    graphs = graph_engines.Graphs(folder)
    return (
        Engine(name="torch eager float32", peak="float32", make=_eager),
        Engine(name="torch eager TF32", peak="TF32", make=_eager_on_card, tf32=True),
        Engine(name="torch eager bf16", peak="bf16", make=_low),
        Engine(name="torch.compile bf16", peak="bf16", make=_compiled),
        Engine(name="ONNX Runtime CUDA fp16", peak="fp16", make=graphs.onnxruntime_cuda, of_graph=True),
        Engine(name="ONNX Runtime on processors", peak="float32", make=graphs.onnxruntime_cpu, of_graph=True),
        Engine(name="TensorRT fp16", peak="fp16", make=graphs.tensorrt, of_graph=True),
        Engine(name="TensorRT-RTX fp16", peak="fp16", make=graphs.tensorrt_rtx, of_graph=True),
    )


@dataclasses.dataclass(eq=False, kw_only=True)
class Measuring:
    """``peaks``: operations a second by name, as they were measured. ``fastest``: of each model, for what follows."""

    device: Device
    batches: tuple[int, ...]
    seconds: float
    deadline: Deadline
    peaks: dict[str, float]
    fastest: dict[str, tuple[float, str, Run]] = dataclasses.field(default_factory=dict)

    def rows(self, workload: Workload, engine: Engine) -> Iterator[Row]:
        name = f"{workload.name}, {engine.name}"
        yield from rows_of(name, functools.partial(self._measured, name, workload, engine))
        self.device.release()

    def _measured(self, name: str, workload: Workload, engine: Engine) -> Iterator[Row]:
        self.deadline.check()
        with float32_products(tf32=engine.tf32), torch.no_grad():
            run = engine.make(workload, self.device, max(self.batches))
            cosine = self._agreement(workload, engine, run)
            for batch in self.batches:
                told = f"{name}, batch {batch}"
                yield from rows_of(told, functools.partial(self._batch, told, workload, engine, run, batch, cosine))

    def _batch(
        self, name: str, workload: Workload, engine: Engine, run: Run, batch: int, cosine: float
    ) -> Iterator[Row]:
        self.deadline.check()
        # Two by turns, so that no run finds its pictures where the last one left them.
        pictures = [torch.from_numpy(workload.pictures(batch, seed)).to(self.device.torch_device) for seed in (1, 2)]
        found = timed(lambda number: run(pictures[number % 2]), self.device.wait, self.seconds)
        per_s = batch / found.best_s
        self._keep(workload, engine, run, batch, per_s)
        share = per_s * workload.flops / self.peaks[engine.peak] if engine.peak in self.peaks else None
        yield Row(
            measured=name,
            figure=f"{per_s:,.0f} pictures/s",
            latency=f"{found.median_ms:.2f} / {found.p99_ms:.2f} ms",
            ceiling=f"{share:.2f} of the {engine.peak} product" if share is not None else "",
            data={
                "model": workload.name,
                "engine": engine.name,
                "batch": batch,
                "per_s": per_s,
                "p50_ms": found.median_ms,
                "p99_ms": found.p99_ms,
                "of_peak": share,
                "cosine": cosine,
                "flops_per_picture": workload.flops,
                "make": workload.make,
            },
        )

    def _agreement(self, workload: Workload, engine: Engine, run: Run) -> float:
        """The smallest cosine to float32 on the processor. Raises NotHere where the embeddings are wrong."""
        count = min(CHECKED, max(self.batches))
        pictures = torch.from_numpy(workload.pictures(CHECKED)[:count]).to(self.device.torch_device)
        given = run(pictures).float().cpu().numpy()
        expected = (workload.expected_of_graph if engine.of_graph else workload.expected)[:count]
        lengths = np.linalg.norm(given, axis=1) * np.linalg.norm(expected, axis=1)
        cosine = float(((given * expected).sum(axis=1) / lengths).min())
        if not cosine >= LEAST_COSINE:
            raise NotHere(f"its embeddings are wrong, cosine {cosine:.4f} to float32: speed means nothing")
        return cosine

    def _keep(self, workload: Workload, engine: Engine, run: Run, batch: int, per_s: float) -> None:
        """The fastest at the batch that decoding feeds."""
        if batch == decoded_batch(self.batches) and per_s > self.fastest.get(workload.name, (0.0, "", run))[0]:
            self.fastest[workload.name] = per_s, engine.name, run


def decoded_batch(batches: tuple[int, ...]) -> int:
    return 64 if 64 in batches else max(batches)


def _eager(workload: Workload, device: Device, _most: int) -> Run:
    return _on(workload, device)


def _eager_on_card(workload: Workload, device: Device, most: int) -> Run:
    device.needs_card("TF32")
    return _eager(workload, device, most)


def _low(workload: Workload, device: Device, _most: int) -> Run:
    if workload.low:
        return _on(workload, device, torch.bfloat16)
    module = _on(workload, device)

    def run(pictures: torch.Tensor) -> torch.Tensor:
        with torch.autocast(device.torch_device.type, torch.bfloat16):
            embeddings: torch.Tensor = module(pictures)
        return embeddings

    return run


def _compiled(workload: Workload, device: Device, most: int) -> Run:
    # Each batch of each model is compiled for itself.
    torch._dynamo.config.recompile_limit = 64
    # On a card launches are replayed as one graph: small batches wait for nothing else.
    mode = "reduce-overhead" if device.is_card else "default"
    made: Any = torch.compile(_low(workload, device, most), mode=mode, dynamic=False)

    def run(pictures: torch.Tensor) -> torch.Tensor:
        torch.compiler.cudagraph_mark_step_begin()
        embeddings: torch.Tensor = made(pictures)
        return embeddings

    return run


def _on(workload: Workload, device: Device, kind: torch.dtype = torch.float32) -> Run:
    """A copy of the module, so that the one that answers for it stays as it is."""
    moved: Run = copy.deepcopy(workload.module).to(device.torch_device, kind)
    return moved
