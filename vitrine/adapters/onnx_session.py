"""What both towers of a model need of ONNX Runtime: a session of one thread, checked names, rows of unit length."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from vitrine import errors


def opened(graph: pathlib.Path) -> onnxruntime.InferenceSession:
    """Raises Misconfigured where the graph cannot be loaded."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(graph), options, ["CPUExecutionProvider"])
    # ONNX Runtime's exceptions share no base class of their own.
    except Exception as error:
        raise errors.Misconfigured(f"The graph {graph} cannot be loaded: {error}") from error


def check(session: onnxruntime.InferenceSession, name: str, *, source: str, output: str, dimension: int) -> None:
    """Raises Misconfigured where the graph of the model ``name`` is not what its description says."""
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape for node in session.get_outputs()}
    if source not in inputs or output not in outputs:
        raise errors.Misconfigured(
            f"The graph of {name} has inputs {sorted(inputs)} and outputs {sorted(outputs)}; "
            f"its description names {source!r} and {output!r}."
        )
    given = outputs[output][-1]
    if isinstance(given, int) and given != dimension:
        raise errors.Misconfigured(f"The graph of {name} gives {given} numbers, not {dimension}.")


def unit_rows(output: Any, count: int) -> npt.NDArray[np.float32]:
    """Float32 [count, d] of unit length, of whatever shape the graph gave them; zeros stay zeros."""
    rows = np.asarray(output, np.float32).reshape(count, -1)
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)
