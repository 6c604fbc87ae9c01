"""The two towers of a contrastive model as ONNX graphs, each checked against the torch model that it was made from."""

from __future__ import annotations

import pathlib
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

from vitrine import errors

OPSET = 17
LEAST_COSINE = 0.9999
# Protocol buffers end here; larger graphs would be several files.
_MOST_BYTES = 2**31 - 2**20

IMAGE, TOKENS, EMBEDDING = "image", "tokens", "embedding"


class ImageTower(nn.Module):
    """uint8 RGB [n, size, size, 3] → float32 [n, dimension] of unit length."""

    def __init__(self, model: Any, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor(mean).reshape(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).reshape(1, 3, 1, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        planes = image.float().permute(0, 3, 1, 2) / 255.0
        return functional.normalize(self.model.encode_image((planes - self.mean) / self.std), dim=-1)


class TextTower(nn.Module):
    """int64 [n, context] → float32 [n, dimension] of unit length."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.model.encode_text(tokens), dim=-1)


def write(tower: nn.Module, example: npt.NDArray[Any], name: str, graph: pathlib.Path) -> float:
    """Write the tower to ``graph`` and return the smallest cosine to torch over ``example``, [n, …].

    Raises Misconfigured where the two disagree or the tower cannot be one file.
    """
    if (size := sum(weights.nbytes for weights in _used(tower))) > _MOST_BYTES:
        raise errors.Misconfigured(f"{graph.name} would have {size >> 20} MiB, and one file of ONNX has 2047 at most.")
    # The exporter gives every module the mode of the tower that it was handed: a model in it would be training again.
    tower.eval()
    # Attention as one operator of torch's own has no counterpart in ONNX.
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.no_grad(), warnings.catch_warnings():
        # The tracing exporter is deprecated, but gives the plainest graph for a model without control flow.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            tower,
            (torch.from_numpy(example[:2]),),
            str(graph),
            dynamo=False,
            opset_version=OPSET,
            input_names=[name],
            output_names=[EMBEDDING],
            dynamic_axes={name: {0: "n"}, EMBEDDING: {0: "n"}},
        )
        expected = tower(torch.from_numpy(example)).numpy()
    onnx.checker.check_model(str(graph))
    cosine = agreement(graph, example, expected)
    if not cosine >= LEAST_COSINE:
        raise errors.Misconfigured(f"{graph.name} was refused: cosine to torch {cosine:.6f}, not {LEAST_COSINE}.")
    return cosine


def _used(tower: nn.Module) -> list[torch.Tensor]:
    """The weights of this tower; the model that it is made of holds the other tower's as well."""
    image = isinstance(tower, ImageTower)
    return [weights for name, weights in tower.named_parameters() if name.startswith("model.visual.") == image]


def agreement(graph: pathlib.Path, example: npt.NDArray[Any], expected: npt.NDArray[np.float32]) -> float:
    """The smallest cosine, asked one by one and all at once, so that a batch that was burnt in is noticed."""
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    together = session.run(None, {name: example})[0]
    apart = np.concatenate(
        [session.run(None, {name: example[number : number + 1]})[0] for number in range(len(example))]
    )
    return float(min((given * expected).sum(axis=1).min() for given in (together, apart)))
