"""The work of an ONNX graph, counted from the shapes that it has for one picture: two operations a multiplication."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx

Shapes = Mapping[str, Sequence[int]]

_PRODUCTS = ("MatMul", "Gemm", "Conv")


def of_file(path: pathlib.Path) -> int:
    """Of one picture. Raises ImportError without onnxruntime, which is asked for the shapes."""
    return of_graph(onnx.load(path))


def of_graph(model: onnx.ModelProto) -> int:
    """The graph is run once: what is folded or chosen by shapes cannot always be told without."""
    products = [node for node in model.graph.node if node.op_type in _PRODUCTS]
    shapes = _shapes(model, {name for node in products for name in (*node.input[:2], node.output[0])})
    return sum(2 * _multiplications(node, shapes) for node in products)


def _multiplications(node: onnx.NodeProto, shapes: Shapes) -> int:
    left, right, out = shapes[node.input[0]], shapes[node.input[1]], shapes[node.output[0]]
    if node.op_type == "Conv":
        # Weights are [out, in / groups, height, width]: each number of the output sums up one filter.
        return math.prod(out) * math.prod(right[1:])
    turned = {attribute.name: attribute.i for attribute in node.attribute}.get("transA", 0)
    return math.prod(out) * (left[0] if turned else left[-1])


def _shapes(model: onnx.ModelProto, wanted: set[str]) -> Shapes:
    import onnxruntime

    weights = {weight.name: tuple(weight.dims) for weight in model.graph.initializer}
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    told = sorted(wanted - set(weights) - {given.name for given in shown.graph.input})
    del shown.graph.output[:]
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in told)
    options: Any = onnxruntime.SessionOptions()
    # What is fused or folded would have no shape of its own.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session: Any = onnxruntime.InferenceSession(shown.SerializeToString(), options, ["CPUExecutionProvider"])
    (given,) = model.graph.input
    sides = [side.dim_value for side in given.type.tensor_type.shape.dim]
    picture = np.zeros([1, *sides[1:]], onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type))
    found = session.run(told, {given.name: picture})
    return {
        **weights,
        given.name: picture.shape,
        **{name: value.shape for name, value in zip(told, found, strict=True)},
    }
