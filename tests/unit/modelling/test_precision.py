"""Graphs in lower precision: the same answers within what the type allows, the same inputs and outputs."""

from __future__ import annotations

import pathlib
import sys
import types

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelling import precision, tensorrt_build, tensorrt_command
from modelling.__main__ import main
from modelling.tensorrt_build import Batches
from tests import colour_model
from vitrine import errors, triton_contract
from vitrine.adapters import model_files
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.domain import Pixels
from vitrine.settings import MODELS

SHIPPED = str(MODELS / "vitrine-s.yaml")


def small_graph(*, divisor: float = 1e-12) -> onnx.ModelProto:
    """uint8 [n, 4] → two layers with a division by what may be almost nothing in between → float32 [n, 3]."""
    rng = np.random.default_rng(0)
    weights = {
        "first": rng.normal(size=(4, 8)).astype(np.float32),
        "second": rng.normal(size=(8, 3)).astype(np.float32),
        "least": np.array(divisor, np.float32),
        "scale": np.array(255.0, np.float32),
    }
    nodes = [
        helper.make_node("Cast", ["image"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "scale"], ["scaled"]),
        helper.make_node("MatMul", ["scaled", "first"], ["hidden"]),
        helper.make_node("Relu", ["hidden"], ["positive"]),
        helper.make_node("Max", ["positive", "least"], ["bounded"]),
        helper.make_node("Div", ["positive", "bounded"], ["steps"]),
        helper.make_node("MatMul", ["steps", "second"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", 4])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def answers(graph: onnx.ModelProto, given: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"image": given})[0], np.float32)


def inputs_and_outputs(graph: onnx.ModelProto) -> list[tuple[str, int]]:
    return [(value.name, value.type.tensor_type.elem_type) for value in [*graph.graph.input, *graph.graph.output]]


def test_the_shipped_model_in_fp16_answers_as_in_full_precision() -> None:
    model = model_files.find(SHIPPED, [])
    graph = tensorrt_command.served(model, "fp16")
    size = model.description.resize.size
    pictures = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    cosines = (answers(graph, pictures) * OnnxEncoder(model).encode(pictures)).sum(axis=1)
    assert cosines.min() >= tensorrt_command.LEAST_COSINE
    assert inputs_and_outputs(graph)[0] == (triton_contract.IMAGE, TensorProto.UINT8)
    halves = [weight for weight in graph.graph.initializer if weight.data_type == TensorProto.FLOAT16]
    assert sum(numpy_helper.to_array(weight).size for weight in halves) > 1_000_000


@pytest.mark.parametrize("wanted", ["fp16", "bf16"])
def test_products_are_in_the_lower_type_and_the_ends_are_as_they_were(wanted: precision.Precision) -> None:
    graph = small_graph()
    made = precision.converted(graph, wanted)
    assert inputs_and_outputs(made) == inputs_and_outputs(graph)
    low = {"fp16": TensorProto.FLOAT16, "bf16": TensorProto.BFLOAT16}[wanted]
    kinds = {weight.name: weight.data_type for weight in made.graph.initializer}
    assert kinds["first/low"] == kinds["second/low"] == low
    assert kinds["scale"] == TensorProto.FLOAT


def test_a_divisor_that_would_become_zero_stays_in_full_precision() -> None:
    graph = small_graph()
    given = np.array([[0, 0, 0, 0], [1, 200, 30, 255]], np.uint8)
    made = precision.converted(graph, "fp16")
    assert np.isfinite(answers(made, given)).all()
    np.testing.assert_allclose(answers(made, given), answers(graph, given), atol=0.01)


def test_fp8_is_taken_from_a_graph_that_has_it_and_refused_otherwise() -> None:
    with pytest.raises(errors.Misconfigured, match="nvidia-modelopt"):
        precision.converted(small_graph(), "fp8")
    graph = small_graph()
    graph.graph.initializer.extend(
        [
            numpy_helper.from_array(np.array(0.1, np.float32), "step"),
            helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, [], [0.0]),
        ]
    )
    graph.opset_import[0].version = 19
    graph.graph.node.insert(2, helper.make_node("QuantizeLinear", ["scaled", "step", "zero"], ["quantised"]))
    graph.graph.node.insert(3, helper.make_node("DequantizeLinear", ["quantised", "step", "zero"], ["restored"]))
    graph.graph.node[4].input[0] = "restored"
    assert precision.converted(graph, "fp8") is graph


def test_what_cannot_be_converted_is_told() -> None:
    old = small_graph()
    old.opset_import[0].version = 12
    with pytest.raises(errors.Misconfigured, match="use fp16"):
        precision.converted(old, "bf16")
    weightless = helper.make_model(
        helper.make_graph(
            [helper.make_node("Relu", ["image"], ["embedding"])],
            "weightless",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    with pytest.raises(errors.Misconfigured, match="nothing to convert"):
        precision.converted(weightless, "fp16")


def test_a_batch_is_a_range() -> None:
    assert Batches.parsed("1..64") == Batches(least=1, usual=32, most=64)
    assert Batches.parsed("1").shapes(224) == [(1, 224, 224, 3)] * 3
    for wrong in ("0..4", "8..2", "many"):
        with pytest.raises(errors.Misconfigured, match="--batch"):
            Batches.parsed(wrong)


@pytest.mark.parametrize("wrong", [1, 4])
def test_a_plan_that_is_wrong_in_one_batch_size_is_refused(wrong: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_files.find(SHIPPED, [])
    encoder = OnnxEncoder(model)

    def answers(_plan: bytes, pictures: Pixels, _dimension: int) -> npt.NDArray[np.float32]:
        return encoder.encode(pictures) * (-1 if len(pictures) == wrong else 1)

    monkeypatch.setattr(tensorrt_build, "answers", answers)
    with pytest.raises(errors.Misconfigured, match="refused"):
        tensorrt_command.checked(model, b"plan", Batches.parsed("1..4"))
    assert tensorrt_command.checked(model, b"plan", Batches.parsed("2..3")) > 0.999


def test_without_tensorrt_the_converted_graph_and_the_command_are_what_one_gets(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["tensorrt", "--model", SHIPPED, "--batch", "1..48", "--out", str(tmp_path / "model.plan")]
    assert main([*arguments, "--onnx-only"]) == 0
    said = capsys.readouterr().out
    assert "--maxShapes=image:48x224x224x3" in said and "--stronglyTyped" in said
    onnx.checker.check_model(str(tmp_path / "model.fp16.onnx"))
    assert main([*arguments, "--precision", "fp8"]) == 78
    assert "QuantizeLinear" in capsys.readouterr().err


@pytest.mark.parametrize("batch", ["64", "1..16", "2..64"])
def test_a_plan_that_could_not_be_rendered_is_not_built(batch: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tensorrt", "--model", SHIPPED, "--batch", batch, "--onnx-only"]) == 78
    assert "--batch 1..32" in capsys.readouterr().err


def test_a_model_of_ones_own_is_found_by_its_id_and_a_path_with_spaces_is_quoted(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path))
    colour_model.write(tmp_path / "models", text=False)
    plan = tmp_path / "my plans" / "model.plan"
    assert main(["tensorrt", "--model", "colours", "--out", str(plan), "--onnx-only"]) == 0
    assert f"'--saveEngine={plan}'" in capsys.readouterr().out


def test_a_graph_that_could_not_be_served_is_not_converted(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described = colour_model.write(tmp_path, text=False)
    graph = described.with_suffix(".onnx")
    graph.write_bytes(graph.read_bytes()[:100])
    assert main(["tensorrt", "--model", str(described), "--out", str(tmp_path / "a.plan"), "--onnx-only"]) == 78
    assert "cannot be loaded" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["tensorrt", "--model", SHIPPED, "--out", str(tmp_path / "file" / "a.plan"), "--onnx-only"]) == 78
    assert "Name another place by --out" in capsys.readouterr().err


def test_what_is_missing_is_named_in_the_order_of_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(errors.Misconfigured, match="no package `tensorrt`"):
        tensorrt_build.machine()
    monkeypatch.setitem(sys.modules, "tensorrt", types.ModuleType("tensorrt"))
    with pytest.raises(errors.Misconfigured, match=r"requirements/modelling\.txt"):
        tensorrt_build.machine()
