"""A Triton python-based backend that runs a version folder's model.onnx in ONNX Runtime.

The server that tests can have carries the python backend alone. Under the names `onnxruntime` and `tensorrt`, this one
lets production configurations load unchanged: it proves protocol, configuration, batching and ensembles, and says
nothing of TensorRT's numerics or speed. Runs in an environment of its own, with numpy 1.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        return config

    def initialize(self, arguments: dict[str, str]) -> None:
        config = json.loads(arguments["model_config"])
        self._inputs = [tensor["name"] for tensor in config["input"]]
        self._outputs = [tensor["name"] for tensor in config["output"]]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        graph = pathlib.Path(arguments["model_repository"]) / arguments["model_version"] / "model.onnx"
        self._session = onnxruntime.InferenceSession(str(graph), options, ["CPUExecutionProvider"])

    def execute(self, requests: list[Any]) -> list[Any]:
        """One run for all requests of the batch, and to each its own rows."""
        given = {name: [_array(request, name) for request in requests] for name in self._inputs}
        ends = np.cumsum([len(array) for array in given[self._inputs[0]]])
        results = self._session.run(self._outputs, {name: np.concatenate(arrays) for name, arrays in given.items()})
        parts = [np.split(result, ends[:-1]) for result in results]
        return [
            triton.InferenceResponse(
                [
                    triton.Tensor(name, np.ascontiguousarray(rows))
                    for name, rows in zip(self._outputs, of_request, strict=True)
                ]
            )
            for of_request in zip(*parts, strict=True)
        ]


def _array(request: Any, name: str) -> Any:
    return triton.get_input_tensor_by_name(request, name).as_numpy()
