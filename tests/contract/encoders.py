"""A graph small enough to make in a test: the mean colours of nine cells of the picture."""

from __future__ import annotations

import pathlib
from typing import Any

import onnx
import yaml
from onnx import TensorProto, helper

SIZE = 48


def write_model(folder: pathlib.Path) -> pathlib.Path:
    """Description and graph; returns the description's path."""
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("AveragePool", ["planes"], ["cells"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Flatten", ["cells"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 27])],
    )
    return _written(
        folder,
        graph,
        "cells",
        {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": SIZE},
    )


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


def _written(folder: pathlib.Path, graph: onnx.GraphProto, name: str, source: dict[str, Any]) -> pathlib.Path:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
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
