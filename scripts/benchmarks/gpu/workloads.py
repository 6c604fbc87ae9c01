"""The models that are measured: in torch, as ONNX, and how much work a picture is."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from scripts.benchmarks.gpu import graph_flops, torch_towers
from scripts.benchmarks.gpu.towers import Tower

_ROOT = pathlib.Path(__file__).resolve().parents[3]
_OPSET = 17
IMAGE, EMBEDDING = "image", "embedding"
# Pictures that each engine's embeddings are compared on: a batch that is measured, so that none is compiled for this.
CHECKED = 8


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Workload:
    """``low``: whether the weights themselves become bf16, or only the products of the graph (autocast).

    ``described``: the description beside the graph, where it is one that Vitrine serves.
    """

    name: str
    size: int
    flops: int
    module: nn.Module
    make: str
    graph_file: pathlib.Path
    low: bool
    described: pathlib.Path | None = None

    def graph(self) -> pathlib.Path:
        """The file in ONNX; of a tower it is written when it is asked for first."""
        if not self.graph_file.exists():
            _write(self.module, self.size, self.graph_file)
        return self.graph_file

    def pictures(self, count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
        return np.random.default_rng(seed).integers(0, 256, (count, self.size, self.size, 3), np.uint8)

    @functools.cached_property
    def expected(self) -> npt.NDArray[np.float32]:
        """Embeddings of ``pictures(CHECKED)`` by torch in float32 on the processor."""
        with torch.no_grad():
            return np.asarray(self.module(torch.from_numpy(self.pictures(CHECKED))).numpy(), np.float32)

    @functools.cached_property
    def expected_of_graph(self) -> npt.NDArray[np.float32]:
        """The same by the graph, whose weights may be others. Raises ImportError."""
        import onnxruntime

        session: Any = onnxruntime.InferenceSession(str(self.graph()), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {session.get_inputs()[0].name: self.pictures(CHECKED)})
        return np.asarray(found, np.float32)


def of_tower(tower: Tower, folder: pathlib.Path) -> Workload:
    """Its graph will be in ``folder``."""
    module, make = torch_towers.made(tower)
    graph = folder / f"{tower.name.replace(' ', '-').replace('/', '-')}.onnx"
    return Workload(
        name=tower.name, size=tower.size, flops=tower.flops, module=module, make=make, graph_file=graph, low=True
    )


def vitrine_s() -> Workload:
    """In torch with weights of no meaning, as ONNX the shipped file. Raises ImportError."""
    from modelling.model import Shape, VitrineS

    torch.manual_seed(0)
    graph = _ROOT / "models" / "vitrine-s.onnx"
    return Workload(
        name="vitrine-s",
        size=Shape().size,
        flops=graph_flops.of_file(graph),
        module=VitrineS(Shape()).eval(),
        make="modelling/model.py; as ONNX the shipped file",
        graph_file=graph,
        low=False,
        described=graph.with_suffix(".yaml"),
    )


def _write(module: nn.Module, size: int, graph: pathlib.Path) -> None:
    # Attention as one operator of torch's own has no counterpart in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    example = torch.zeros(2, size, size, 3, dtype=torch.uint8)
    partial = graph.with_suffix(".part")
    with torch.no_grad(), warnings.catch_warnings():
        # The tracing exporter is deprecated, but gives the plainest graph for a model without control flow.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,),
            str(partial),
            dynamo=False,
            opset_version=_OPSET,
            input_names=[IMAGE],
            output_names=[EMBEDDING],
            dynamic_axes={IMAGE: {0: "n"}, EMBEDDING: {0: "n"}},
        )
    partial.replace(graph)
