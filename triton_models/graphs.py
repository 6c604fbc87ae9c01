"""The graphs that Triton serves: a model behind a uint8 input, and a classifier head. Plain ONNX, no torch."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, compose, helper, numpy_helper

from vitrine import errors, triton_contract
from vitrine.classifier import Head, LinearHead
from vitrine.models import ModelDescription
from vitrine.neighbours_head import FLOOR, NeighboursHead

# From here on, Max and Gemm broadcast.
_OLDEST_OPSET = 8
_OLDEST_IR = 4
_HEAD_OPSET, _HEAD_IR = 17, 8
_SHORTEST = 1e-12
# Names of the model's own tensors begin with this, so that none is also one of ours.
_INNER = "model/"


def embedder(graph: pathlib.Path, description: ModelDescription, model_id: str) -> onnx.ModelProto:
    """uint8 RGB [n, size, size, 3] in; embeddings of unit length float32 [n, dimension] and the identity [n, 8] out.

    Raises Misconfigured where the graph cannot be wrapped.
    """
    try:
        inner = onnx.load(graph)
        wrapped = compose.add_prefix(inner, prefix=_INNER)
    except (OSError, ValueError, TypeError, DecodeError) as error:
        raise errors.Misconfigured(f"The graph {graph} cannot be read as ONNX: {error}") from error
    opset = next((entry.version for entry in wrapped.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if opset < _OLDEST_OPSET:
        raise errors.Misconfigured(f"The graph {graph} has opset {opset}; export it with {_OLDEST_OPSET} or newer.")
    with_free_weights(wrapped)
    parts = _Parts()
    source = _INNER + description.input_name
    _feed(wrapped, source, _shown(parts, description, casts=_casts(wrapped, source)))
    # What is fed may be of another type than what was: tensors in between are described anew by whoever reads this.
    del wrapped.graph.value_info[:]
    nodes = [*parts.nodes, *wrapped.graph.node]
    parts.nodes = []
    _unit_length(parts, _INNER + description.output_name, description.dimension)
    _identified(parts, triton_contract.digest_of(model_id), description.dimension, triton_contract.MODEL)
    del wrapped.graph.node[:], wrapped.graph.input[:], wrapped.graph.output[:]
    wrapped.graph.node.extend([*nodes, *parts.nodes])
    wrapped.graph.initializer.extend(parts.constants)
    side = description.resize.size
    wrapped.graph.input.append(_tensor(triton_contract.IMAGE, TensorProto.UINT8, side, side, 3))
    wrapped.graph.output.extend(
        [
            _tensor(triton_contract.EMBEDDING, TensorProto.FLOAT, description.dimension),
            _tensor(triton_contract.MODEL, TensorProto.FLOAT, triton_contract.IDENTITY),
        ]
    )
    return _told(wrapped, {triton_contract.MODEL_ID: model_id})


def with_free_weights(graph: onnx.ModelProto) -> None:
    """Brings an old graph to the form in which weights need not be inputs too: those that we add are none."""
    graph.ir_version = max(graph.ir_version, _OLDEST_IR)


def classifier(head: Head | None, dimension: int) -> onnx.ModelProto:
    """Embeddings float32 [n, dimension] in; probabilities [n, classes] and the head's identity [n, 8] out.

    Without a head it gives one meaningless class and the identity of no head, which clients know.
    """
    parts = _Parts()
    temperature = head.temperature if head else 1.0
    head_id = head.id if head else triton_contract.NO_HEAD
    if isinstance(head, NeighboursHead):
        logits = _voted(parts, head)
    elif isinstance(head, LinearHead):
        logits = _linear(parts, "linear", head.weights, head.bias)
    else:
        logits = _linear(parts, "nothing", np.zeros((1, dimension), np.float32), np.zeros(1, np.float32))
    parts.add("Div", [logits, parts.constant("temperature", np.array(temperature, np.float32))], "tempered")
    parts.add("Softmax", ["tempered"], triton_contract.PROBABILITIES, axis=1)
    _identified(parts, head_id, dimension, triton_contract.HEAD)
    graph = helper.make_graph(
        parts.nodes,
        triton_contract.CLASSIFIER,
        [_tensor(triton_contract.EMBEDDING, TensorProto.FLOAT, dimension)],
        [
            _tensor(triton_contract.PROBABILITIES, TensorProto.FLOAT, len(head.classes) if head else 1),
            _tensor(triton_contract.HEAD, TensorProto.FLOAT, triton_contract.IDENTITY),
        ],
        parts.constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _HEAD_OPSET)], ir_version=_HEAD_IR)
    classes = json.dumps(head.classes if head else [], ensure_ascii=False)
    return _told(made, {triton_contract.HEAD_ID: head_id, "classes": classes, "temperature": str(temperature)})


class _Parts:
    """Nodes and constants of ours, in the order of computation."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constant(self, name: str, values: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> str:
        self.constants.append(numpy_helper.from_array(values, name))
        return name


def _linear(parts: _Parts, name: str, weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> str:
    """[n, c] of weights [c, dimension] and bias [c]."""
    constants = [parts.constant(f"{name}/weights", weights), parts.constant(f"{name}/bias", bias)]
    return parts.add("Gemm", [triton_contract.EMBEDDING, *constants], f"{name}/logits", transB=1)


def _voted(parts: _Parts, head: NeighboursHead) -> str:
    """The votes of the nearest in the bank, and the logits of classes that were added later behind them."""
    similar = _linear(parts, "bank", head.bank, np.zeros(len(head.bank), np.float32))
    count = parts.constant("count", np.array([head.count], np.int64))
    parts.nodes.append(helper.make_node("TopK", [similar, count], ["near", "nearest"], axis=1))
    parts.add("ReduceMax", ["near"], "best", axes=[1], keepdims=1)
    parts.add("Sub", ["near", "best"], "behind")
    parts.add("Mul", ["behind", parts.constant("sharpness", np.array(head.sharpness, np.float32))], "sharpened")
    parts.add("Exp", ["sharpened"], "closeness")
    # What each picture of the bank says: its share, in the column of its class.
    ballots = np.zeros((len(head.bank), head.voting), np.float32)
    ballots[np.arange(len(head.bank)), head.members] = head.shares
    parts.add("Gather", [parts.constant("ballots", ballots), "nearest"], "cast", axis=0)
    parts.add("Unsqueeze", ["closeness", parts.constant("second", np.array([1], np.int64))], "row")
    parts.add("MatMul", ["row", "cast"], "counted")
    parts.add("Squeeze", ["counted", "second"], "votes")
    parts.add("ReduceSum", ["votes", "second"], "all", keepdims=1)
    parts.add("Div", ["votes", "all"], "turnout")
    parts.add("Add", ["turnout", parts.constant("floor", np.array(FLOOR, np.float32))], "possible")
    logits = parts.add("Log", ["possible"], "voted")
    if not len(head.row_bias):
        return logits
    return parts.add("Concat", [logits, _linear(parts, "added", head.rows, head.row_bias)], "logits", axis=1)


def _casts(graph: onnx.ModelProto, source: str) -> bool:
    """Whether ``source`` is cast to another type before anything is computed with it."""
    readers = [node for node in graph.graph.node if source in node.input]
    return bool(readers) and all(
        node.op_type == "Cast" or (node.op_type == "Transpose" and _casts(graph, node.output[0])) for node in readers
    )


def _shown(parts: _Parts, description: ModelDescription, *, casts: bool) -> str:
    """The picture as the model wants to see it.

    TensorRT can do nothing with uint8 but cast it. So the cast comes first, also for a model that takes uint8 and
    ``casts`` it later: to cast a second time changes nothing.
    """
    source = triton_contract.IMAGE
    if description.dtype == "float32" or casts:
        source = parts.add("Cast", [source], "pixels", to=TensorProto.FLOAT)
    if description.dtype == "float32":
        scale, shift = description.scale_and_shift()
        parts.add("Mul", [source, parts.constant("scale", scale)], "scaled")
        source = parts.add("Add", ["scaled", parts.constant("shift", shift)], "normalised")
    if description.layout == "NCHW":
        source = parts.add("Transpose", [source], "planes", perm=[0, 3, 1, 2])
    return source


def _feed(graph: onnx.ModelProto, source: str, renamed: str) -> None:
    """Have the graph read ``renamed`` where it read ``source``."""
    for node in graph.graph.node:
        for place, name in enumerate(node.input):
            if name == source:
                node.input[place] = renamed


def _unit_length(parts: _Parts, output: str, dimension: int) -> None:
    """By a product with ones instead of a reduction: the operators for that changed their form between opsets."""
    parts.add("Reshape", [output, parts.constant("shape", np.array([0, dimension], np.int64))], "given")
    # A graph in half precision gives half precision; of float32 this changes nothing.
    rows = parts.add("Cast", ["given"], "rows", to=TensorProto.FLOAT)
    parts.add("Mul", [rows, rows], "squares")
    parts.add("MatMul", ["squares", parts.constant("ones", np.ones((dimension, 1), np.float32))], "sums")
    parts.add("Sqrt", ["sums"], "lengths")
    parts.add("Max", ["lengths", parts.constant("shortest", np.array(_SHORTEST, np.float32))], "divisors")
    parts.add("Div", [rows, "divisors"], triton_contract.EMBEDDING)


def _identified(parts: _Parts, hex_digits: str, dimension: int, output: str) -> None:
    """A layer whose weights are zero: its bias is the answer, once for each embedding of the batch."""
    zeros = parts.constant(f"{output}/zeros", np.zeros((dimension, triton_contract.IDENTITY), np.float32))
    identity = parts.constant(f"{output}/identity", triton_contract.identity(hex_digits))
    parts.add("Gemm", [triton_contract.EMBEDDING, zeros, identity], output)


def _tensor(name: str, kind: int, *shape: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, ["n", *shape])


def _told(graph: onnx.ModelProto, properties: Mapping[str, str]) -> onnx.ModelProto:
    """With the properties in the file, for whoever finds it alone. Raises Misconfigured where it is not valid ONNX."""
    helper.set_model_props(graph, dict(properties))
    try:
        onnx.checker.check_model(graph)
    except onnx.checker.ValidationError as error:
        raise errors.Misconfigured(f"The graph to be served is not valid ONNX: {error}") from error
    return graph
