"""A Triton python-based backend that runs a version folder's dali.py by DALI itself, on processors.

It stands behind the name `dali`, so that a rendered decoder loads unchanged. DALI's operators are the real ones in
their CPU form: libjpeg-turbo in the place of nvJPEG. VITRINE_TEST_DALI names the folder of an environment's packages
that holds DALI.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any

import numpy as np
import triton_python_backend_utils as triton

sys.path.insert(0, os.environ["VITRINE_TEST_DALI"])

# What a card does, a processor can do when it is named. Nothing waits for a next batch.
_ON_PROCESSORS = {
    'device="mixed"': 'device="cpu"',
    "device_id=0": "device_id=None, prefetch_queue_depth=1, exec_pipelined=False, exec_async=False",
}


class TritonPythonModel:
    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        return config

    def initialize(self, arguments: dict[str, str]) -> None:
        config = json.loads(arguments["model_config"])
        self._input, self._output = config["input"][0]["name"], config["output"][0]["name"]
        path = pathlib.Path(arguments["model_repository"]) / arguments["model_version"] / "dali.py"
        text = path.read_text(encoding="utf-8")
        for on_card, on_processors in _ON_PROCESSORS.items():
            assert text.count(on_card) == 1, on_card
            text = text.replace(on_card, on_processors)
        module: dict[str, Any] = {}
        exec(compile(text, str(path), "exec"), module)
        self._made = module["decoded"]
        self._pipeline = self._made()

    def execute(self, requests: list[Any]) -> list[Any]:
        """One run for all requests of the batch, whatever the lengths of their files."""
        given = [triton.get_input_tensor_by_name(request, self._input).as_numpy() for request in requests]
        ends = np.cumsum([len(rows) for rows in given])
        try:
            (found,) = self._pipeline.run(**{self._input: [row for rows in given for row in rows]})
        except RuntimeError as error:
            # After an error the pipeline is of no more use.
            self._pipeline = self._made()
            refused = triton.InferenceResponse(error=triton.TritonError(str(error)[:400]))
            return [refused] * len(requests)
        squares = np.split(np.stack([np.asarray(found.at(number)) for number in range(ends[-1])]), ends[:-1])
        return [triton.InferenceResponse([triton.Tensor(self._output, np.ascontiguousarray(part))]) for part in squares]
