"""An encoder of the size of CLIP's ViT-B-32 with weights of no meaning: it costs what the real one costs.

Written without torch. Weights come from a fixed seed; layer for layer they are as many as those of the original.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

ID = "vit-b-32-random"
_GRAPH, _DESCRIPTION = "vit-b-32-int8.onnx", "vit-b-32.yaml"
_OPSET, _IR_VERSION = 17, 9
# CLIP's own normalisation, of pixels 0..255.
_MEAN = (122.771, 116.746, 104.094)
_STD = (68.5, 66.632, 70.323)

_DESCRIPTION_TEXT = f"""\
# Random weights, for benchmarks: as large and as fast as CLIP ViT-B-32 in int8, and it knows nothing.
id: {ID}
file: {_GRAPH}
licence: Apache-2.0
input: {{name: pixels, layout: NHWC, dtype: uint8, size: 224}}
resize: {{mode: center_crop, shorter_side: 224, interpolation: bicubic}}
output: {{name: embedding, dimension: 512}}
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape:
    """The defaults are ViT-B-32's image tower: 87.8 million parameters."""

    size: int = 224
    patch: int = 32
    width: int = 768
    layers: int = 12
    heads: int = 12
    hidden: int = 3072
    output: int = 512

    @property
    def grid(self) -> int:
        return self.size // self.patch

    @property
    def tokens(self) -> int:
        return self.grid**2 + 1


def description(folder: pathlib.Path) -> pathlib.Path:
    """The int8 encoder's description; written into ``folder`` where it is not there yet (half a minute)."""
    path = folder / _DESCRIPTION
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / "fp32.onnx"
        onnx.save(graph(Shape()), whole)
        quantize(whole, folder / _GRAPH)
        whole.unlink()
        # Last: where there is a description, its graph is whole.
        path.write_text(_DESCRIPTION_TEXT)
    return path


def graph(shape: Shape) -> onnx.ModelProto:
    """float32: uint8 [n, size, size, 3] ``pixels`` in, float32 [n, output] ``embedding`` out."""
    return _Writer(shape).written()


def quantize(source: pathlib.Path, target: pathlib.Path) -> None:
    """Matrices of weights become int8, one scale a column; activations are quantised as they come."""
    quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )


def parameters(model: onnx.ModelProto) -> int:
    """How many learnt numbers the float32 graph holds."""
    floats = [tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT]
    return sum(int(np.prod(tensor.dims)) for tensor in floats if not tensor.name.startswith("constant."))


class _Writer:
    """Writes a graph node by node; each method returns the name of what it gives."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._random = np.random.default_rng(32)
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, onnx.TensorProto] = {}

    def written(self) -> onnx.ModelProto:
        shape = self._shape
        self._project(self._layers(self._tokens()))
        pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", shape.size, shape.size, 3])
        embedding = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", shape.output])
        body = helper.make_graph(self._nodes, ID, [pixels], [embedding], list(self._tensors.values()))
        opsets = [helper.make_opsetid("", _OPSET)]
        model: onnx.ModelProto = helper.make_model(body, opset_imports=opsets, ir_version=_IR_VERSION)
        return model

    def _tokens(self) -> str:
        """float32 [n, tokens, width]: the class token and a token a patch, with their positions."""
        shape, side, patch = self._shape, self._shape.grid, self._shape.patch
        scale = self._constant("scale", np.array([1 / value for value in _STD], np.float32))
        shift = self._constant("shift", np.array([-m / s for m, s in zip(_MEAN, _STD, strict=True)], np.float32))
        normal = self._add(self._node("Mul", self._node("Cast", "pixels", to=TensorProto.FLOAT), scale), shift)
        cells = self._reshape(normal, (-1, side, patch, side, patch, 3))
        rows = self._node("Transpose", cells, perm=[0, 1, 3, 2, 4, 5])
        flat = self._reshape(rows, (-1, side * side, patch * patch * 3))
        patches = self._linear("patch", flat, shape.width, bias=False)
        count = self._node("Gather", self._node("Shape", patches), self._integers([0]), axis=0)
        target = self._node("Concat", count, self._integers([1, shape.width]), axis=0)
        first = self._node("Expand", self._weight("class_token", (1, 1, shape.width)), target)
        tokens = self._node("Concat", first, patches, axis=1)
        return self._norm("before", self._add(tokens, self._weight("positions", (shape.tokens, shape.width))))

    def _layers(self, tokens: str) -> str:
        for number in range(self._shape.layers):
            name = f"layer.{number}"
            tokens = self._add(tokens, self._attention(f"{name}.attention", self._norm(f"{name}.norm.1", tokens)))
            tokens = self._add(tokens, self._mlp(f"{name}.mlp", self._norm(f"{name}.norm.2", tokens)))
        return tokens

    def _attention(self, name: str, tokens: str) -> str:
        shape = self._shape
        size = shape.width // shape.heads
        mixed = self._linear(f"{name}.in", tokens, 3 * shape.width)
        split = self._reshape(mixed, (-1, shape.tokens, 3, shape.heads, size))
        stacked = self._node("Transpose", split, perm=[2, 0, 3, 1, 4])
        query, key, value = (
            self._node("Gather", stacked, self._constant(f"part.{part}", np.array(part, np.int64)), axis=0)
            for part in range(3)
        )
        turned = self._node("Transpose", key, perm=[0, 1, 3, 2])
        root = self._constant("root", np.array(size**-0.5, np.float32))
        weights = self._node("Softmax", self._node("Mul", self._node("MatMul", query, turned), root), axis=-1)
        heads = self._node("Transpose", self._node("MatMul", weights, value), perm=[0, 2, 1, 3])
        return self._linear(f"{name}.out", self._reshape(heads, (-1, shape.tokens, shape.width)), shape.width)

    def _mlp(self, name: str, tokens: str) -> str:
        inner = self._linear(f"{name}.in", tokens, self._shape.hidden, source=self._shape.width)
        slope = self._constant("slope", np.array(1.702, np.float32))
        # CLIP's QuickGELU.
        active = self._node("Mul", inner, self._node("Sigmoid", self._node("Mul", inner, slope)))
        return self._linear(f"{name}.out", active, self._shape.width, source=self._shape.hidden)

    def _project(self, tokens: str) -> None:
        first = self._node("Gather", tokens, self._constant("part.0", np.array(0, np.int64)), axis=1)
        projection = self._weight("projection", (self._shape.width, self._shape.output), fan_in=self._shape.width)
        self._nodes.append(helper.make_node("MatMul", [self._norm("after", first), projection], ["embedding"]))

    def _linear(self, name: str, tokens: str, width: int, *, source: int | None = None, bias: bool = True) -> str:
        fan_in = source or (3 * self._shape.patch**2 if name == "patch" else self._shape.width)
        product = self._node("MatMul", tokens, self._weight(f"{name}.weight", (fan_in, width), fan_in=fan_in))
        return self._add(product, self._weight(f"{name}.bias", (width,))) if bias else product

    def _norm(self, name: str, tokens: str) -> str:
        width = self._shape.width
        scale = self._tensor(f"{name}.scale", np.ones(width, np.float32))
        shift = self._tensor(f"{name}.shift", np.zeros(width, np.float32))
        return self._node("LayerNormalization", tokens, scale, shift, axis=-1, epsilon=1e-5)

    def _add(self, left: str, right: str) -> str:
        return self._node("Add", left, right)

    def _reshape(self, value: str, sides: Sequence[int]) -> str:
        return self._node("Reshape", value, self._integers(sides))

    def _integers(self, values: Sequence[int]) -> str:
        return self._constant("x".join(map(str, values)), np.array(values, np.int64))

    def _weight(self, name: str, sides: tuple[int, ...], *, fan_in: int | None = None) -> str:
        """Normal numbers; of a matrix so large that what goes through it keeps its size."""
        deviation = fan_in**-0.5 if fan_in else 0.02
        values = self._random.standard_normal(sides, np.float32) * np.float32(deviation)
        return self._tensor(name, values)

    def _constant(self, name: str, value: npt.NDArray[Any]) -> str:
        return self._tensor(f"constant.{name}", value)

    def _tensor(self, name: str, value: npt.NDArray[Any]) -> str:
        self._tensors.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind.lower()}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output
