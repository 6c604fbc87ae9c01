"""A graph small enough to make in a test: the mean colours of nine cells of the picture."""

from __future__ import annotations

import pathlib

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
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    (folder / "cells.onnx").write_bytes(model.SerializeToString())
    description = {
        "id": "cells",
        "file": "cells.onnx",
        "licence": "Apache-2.0",
        "input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": SIZE},
        "resize": {"mode": "letterbox", "interpolation": "bilinear"},
        "output": {"name": "embedding", "dimension": 27},
    }
    path = folder / "cells.yaml"
    path.write_text(yaml.safe_dump(description))
    return path
