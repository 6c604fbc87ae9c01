"""A graph small enough to make in a test: the mean colours of nine cells of the picture."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

SIZE = 48
_BYTES = {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": SIZE}


def write_model(folder: pathlib.Path) -> pathlib.Path:
    """Description and graph; returns the description's path."""
    return _of_bytes(folder, "cells", TensorProto.FLOAT)


def write_half_model(folder: pathlib.Path) -> pathlib.Path:
    """The same in half precision to the end."""
    return _of_bytes(folder, "half", TensorProto.FLOAT16)


def write_bare_model(folder: pathlib.Path) -> pathlib.Path:
    """The same, as others export it: planes of normalised float32 in."""
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "bare cells",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 27])],
    )
    source = {"name": "image", "layout": "NCHW", "dtype": "float32", "size": SIZE}
    normalisation = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    return _written(folder, graph, "bare", {**source, **normalisation})


def write_old_model(folder: pathlib.Path) -> pathlib.Path:
    """As exporters of long ago wrote it: its weights are inputs too (IR 3)."""
    weights = numpy_helper.from_array(np.eye(27, dtype=np.float32), "weights")
    nodes = [
        helper.make_node("AveragePool", ["image"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["rows"]),
        helper.make_node("MatMul", ["rows", "weights"], ["embedding"]),
    ]
    inputs = [
        helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIZE, SIZE]),
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, [27, 27]),
    ]
    output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 27])
    graph = helper.make_graph(nodes, "old cells", inputs, [output], [weights])
    source = {"name": "image", "layout": "NCHW", "dtype": "float32", "size": SIZE}
    return _written(folder, graph, "old", source, opset=9, ir_version=3)


def write_single_model(folder: pathlib.Path, **source: int) -> pathlib.Path:
    """The first one, exported without a free first dimension: it takes one picture at a time."""
    whole = write_model(folder)
    graph = onnx.load(whole.with_suffix(".onnx")).graph
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 1
    return _written(folder, graph, "single", {**_BYTES, **source})


def _of_bytes(folder: pathlib.Path, name: str, number: int) -> pathlib.Path:
    """``number``: the type that it computes in, and gives."""
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=number),
        helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["embedding"]),
    ]
    source = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIZE, SIZE, 3])
    embedding = helper.make_tensor_value_info("embedding", number, ["n", 27])
    return _written(folder, helper.make_graph(nodes, name, [source], [embedding]), name, _BYTES)


def _written(
    folder: pathlib.Path,
    graph: onnx.GraphProto,
    name: str,
    source: dict[str, Any],
    *,
    opset: int = 17,
    ir_version: int = 9,
) -> pathlib.Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
    onnx.checker.check_model(model)
    (folder / f"{name}.onnx").write_bytes(model.SerializeToString())
    description = {
        "id": name,
        "file": f"{name}.onnx",
        "licence": "Apache-2.0",
        "input": source,
        "resize": {"mode": "letterbox", "interpolation": "bilinear"},
        "output": {"name": "embedding", "dimension": 27},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(description))
    return path
