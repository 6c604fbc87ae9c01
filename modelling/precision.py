"""A graph in half precision, for a strongly typed network: TensorRT 11 computes in the types that its ONNX has.

The middle of the graph, from the first product with weights to the last, computes in the lower type. Its ends, what
sums up many numbers, and what cannot be said in the lower type stay as they were, between casts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import ml_dtypes
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper, shape_inference

from triton_models import graphs
from vitrine import errors

Precision = Literal["fp16", "bf16", "fp8"]
PRECISIONS: tuple[Precision, ...] = ("fp16", "bf16", "fp8")

_TYPES: dict[str, tuple[int, Any, str]] = {
    "fp16": (TensorProto.FLOAT16, np.float16, "tensor(float16)"),
    "bf16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16, "tensor(bfloat16)"),
}
_HEAVY = {"MatMul", "Gemm", "Conv", "ConvTranspose"}
# Sums of squares and of many numbers leave the range of fp16; these also are the operators that want float32 inputs.
_KEPT = {
    *("LayerNormalization", "InstanceNormalization", "GroupNormalization", "BatchNormalization", "LpNormalization"),
    *("ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceProd", "ReduceLogSumExp", "CumSum"),
    *("Pow", "Exp", "Log", "Reciprocal", "Resize", "Range", "ConstantOfShape", "Cast", "CastLike", "EyeLike"),
    *("QuantizeLinear", "DequantizeLinear"),
}
# BFLOAT16 is known to most operators from here on, and to convolutions from 22 on.
_BF16_OPSET = 13
_SCALAR = 16
_FP8 = {TensorProto.FLOAT8E4M3FN}


def converted(graph: onnx.ModelProto, precision: Precision) -> onnx.ModelProto:
    """The same inputs and outputs, computed in ``precision``. Raises Misconfigured where that cannot be done."""
    if precision == "fp8":
        return _quantised_already(graph)
    opset = next((entry.version for entry in graph.opset_import if entry.domain in ("", "ai.onnx")), 0)
    if precision == "bf16" and opset < _BF16_OPSET:
        raise errors.Misconfigured(f"bf16 needs opset {_BF16_OPSET} or newer, and the graph has {opset}: use fp16.")
    if any(attribute.type == onnx.AttributeProto.GRAPH for node in graph.graph.node for attribute in node.attribute):
        raise errors.Misconfigured("A graph with branches or loops cannot be converted: export it without them.")
    return _Conversion(graph, opset, *_TYPES[precision]).run()


def _quantised_already(graph: onnx.ModelProto) -> onnx.ModelProto:
    """fp8 needs scales measured on pictures; they are in the graph as Q/DQ pairs, or it cannot be done here."""
    kinds = {weight.name: weight.data_type for weight in graph.graph.initializer}
    for node in graph.graph.node:
        saturating = {attribute.name: attribute.i for attribute in node.attribute}.get("output_dtype")
        zero = kinds.get(node.input[2]) if len(node.input) > 2 else None
        if node.op_type == "QuantizeLinear" and {saturating, zero} & _FP8:
            return graph
    raise errors.Misconfigured(
        "fp8 is taken from pairs of QuantizeLinear and DequantizeLinear to FLOAT8E4M3FN, and this graph has none."
        " Put them in with nvidia-modelopt (python -m modelopt.onnx.quantization --quantize_mode=fp8) on your own"
        " pictures, or build fp16 or bf16, which need no calibration."
    )


class _Conversion:
    """``low``: the number of the lower type in ONNX; ``numpy_type`` and ``type_name``: the same in other words."""

    def __init__(self, graph: onnx.ModelProto, opset: int, low: int, numpy_type: Any, type_name: str) -> None:
        self._opset = opset
        self._low = low
        self._numpy_type = numpy_type
        self._type_name = type_name
        self._model = onnx.ModelProto()
        self._model.CopyFrom(graph)
        graphs.with_free_weights(self._model)
        _constants_become_weights(self._model)
        self._weights = {weight.name: weight for weight in self._model.graph.initializer}
        self._floats = _floats(self._model)
        self._is_low: set[str] = set()
        self._casts: dict[tuple[str, int], str] = {}
        self._made: list[onnx.TensorProto] = []
        self._nodes: list[onnx.NodeProto] = []

    def run(self) -> onnx.ModelProto:
        graph = self._model.graph
        middle = set(_middle(graph.node, set(self._weights)))
        if not middle:
            raise errors.Misconfigured("The graph has no products with weights: there is nothing to convert.")
        for number, node in enumerate(graph.node):
            self._add(node, lower=number in middle and self._can_be_low(node))
        for output in graph.output:
            if output.name in self._is_low:
                self._cast_back(output.name)
        nodes, read = self._nodes, {name for node in self._nodes for name in node.input}
        weights = [weight for weight in [*graph.initializer, *self._made] if weight.name in read]
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(nodes)
        graph.initializer.extend(weights)
        try:
            onnx.checker.check_model(self._model)
            shape_inference.infer_shapes(self._model, check_type=True, strict_mode=True)
        except (onnx.checker.ValidationError, shape_inference.InferenceError) as error:
            raise errors.Misconfigured(f"The converted graph is not valid ONNX: {error}") from error
        return self._model

    def _can_be_low(self, node: onnx.NodeProto) -> bool:
        if node.op_type in _KEPT or not any(name in self._floats for name in node.output):
            return False
        weights = [self._weights[name] for name in node.input if name in self._weights]
        return self._is_defined(node) and all(self._fits(weight) for weight in weights)

    def _is_defined(self, node: onnx.NodeProto) -> bool:
        """Whether this opset has the operator in the lower type."""
        if node.domain not in ("", "ai.onnx"):
            return False
        schema = onnx.defs.get_schema(node.op_type, self._opset)
        allowed = {entry.type_param_str: entry.allowed_type_strs for entry in schema.type_constraints}
        return self._type_name in allowed.get(schema.outputs[0].type_str, ())

    def _fits(self, weight: onnx.TensorProto) -> bool:
        """Whether no number becomes infinite, and none of a few, as the smallest divisor is one, becomes zero."""
        if weight.data_type != TensorProto.FLOAT:
            return True
        values = numpy_helper.to_array(weight)
        lower = self._lowered(values).astype(np.float32)
        lost = values.size < _SCALAR and bool(np.any((lower == 0) != (values == 0)))
        return bool(np.isfinite(lower).all()) and not lost

    def _lowered(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        with np.errstate(over="ignore"):
            return values.astype(self._numpy_type)

    def _add(self, node: onnx.NodeProto, *, lower: bool) -> None:
        made = onnx.NodeProto()
        made.CopyFrom(node)
        for place, name in enumerate(node.input):
            if name in self._floats:
                made.input[place] = self._as_low(name) if lower else self._as_float(name)
        self._nodes.append(made)
        if lower:
            self._is_low.update(name for name in node.output if name in self._floats)

    def _as_low(self, name: str) -> str:
        if name in self._is_low:
            return name
        if name in self._weights:
            key = name, self._low
            if key not in self._casts:
                self._casts[key] = f"{name}/low"
                values = self._lowered(numpy_helper.to_array(self._weights[name]))
                self._made.append(numpy_helper.from_array(values, f"{name}/low"))
            return self._casts[key]
        return self._cast(name, self._low)

    def _as_float(self, name: str) -> str:
        return self._cast(name, TensorProto.FLOAT) if name in self._is_low else name

    def _cast(self, name: str, to: int) -> str:
        if (name, to) not in self._casts:
            self._casts[name, to] = f"{name}/{'float' if to == TensorProto.FLOAT else 'low'}"
            self._nodes.append(helper.make_node("Cast", [name], [self._casts[name, to]], to=to))
        return self._casts[name, to]

    def _cast_back(self, name: str) -> None:
        """An output keeps its name and type; what computed it in the lower type gets another name."""
        inner = f"{name}/low"
        for node in self._nodes:
            for names in (node.input, node.output):
                for place, other in enumerate(names):
                    if other == name:
                        names[place] = inner
        self._nodes.append(helper.make_node("Cast", [inner], [name], to=TensorProto.FLOAT))


def _constants_become_weights(model: onnx.ModelProto) -> None:
    kept = []
    for node in model.graph.node:
        value = next((entry.t for entry in node.attribute if entry.name == "value"), None)
        if node.op_type == "Constant" and value is not None:
            weight = model.graph.initializer.add()
            weight.CopyFrom(value)
            weight.name = node.output[0]
        else:
            kept.append(node)
    del model.graph.node[:]
    model.graph.node.extend(kept)


def _floats(model: onnx.ModelProto) -> set[str]:
    """Names of all tensors that are float32. Raises Misconfigured where the types cannot be told."""
    try:
        inferred = shape_inference.infer_shapes(model, check_type=True).graph
    except shape_inference.InferenceError as error:
        raise errors.Misconfigured(f"The types in the graph cannot be told: {error}") from error
    told = [*inferred.input, *inferred.output, *inferred.value_info]
    types = {value.name: value.type.tensor_type.elem_type for value in told}
    types |= {weight.name: weight.data_type for weight in inferred.initializer}
    if unknown := {name for node in inferred.node for name in node.output if name and not types.get(name)}:
        raise errors.Misconfigured(f"The types of {', '.join(sorted(unknown)[:3])} in the graph cannot be told.")
    return {name for name, kind in types.items() if kind == TensorProto.FLOAT}


def _middle(nodes: Iterable[onnx.NodeProto], weights: set[str]) -> Iterator[int]:
    """Numbers of the nodes on a way from a product with weights to another one, both included."""
    listed = list(nodes)
    heavy = [node.op_type in _HEAVY and any(name in weights for name in node.input[1:2]) for node in listed]
    after, before = list(heavy), list(heavy)
    reached = {name for node, is_heavy in zip(listed, heavy, strict=True) if is_heavy for name in node.output}
    for number, node in enumerate(listed):
        if not reached.isdisjoint(node.input):
            after[number] = True
            reached.update(node.output)
    wanted = {name for node, is_heavy in zip(listed, heavy, strict=True) if is_heavy for name in node.input}
    for number in range(len(listed) - 1, -1, -1):
        if not wanted.isdisjoint(listed[number].output):
            before[number] = True
            wanted.update(listed[number].input)
    return (number for number in range(len(listed)) if after[number] and before[number])
