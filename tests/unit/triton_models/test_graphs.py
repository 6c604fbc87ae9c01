"""What is served gives what the model gives in process, whatever form the model was exported in."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest

from tests.contract import encoders
from tests.servers.triton_repository import head
from tests.unit.test_neighbours_head import head as neighbours_head
from triton_models import graphs
from vitrine import errors, triton_contract
from vitrine.adapters import model_files
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.settings import MODELS


def run(graph: onnx.ModelProto, batch: npt.NDArray[np.generic]) -> list[npt.NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    answers: list[npt.NDArray[np.float32]] = session.run(None, {session.get_inputs()[0].name: batch})
    return answers


@pytest.mark.parametrize(
    "described",
    [
        encoders.write_model,
        encoders.write_bare_model,
        encoders.write_half_model,
        encoders.write_old_model,
        lambda _folder: MODELS / "vitrine-s.yaml",
    ],
    ids=["uint8", "float32 planes", "half precision", "IR 3", "vitrine-s"],
)
def test_pixels_in_give_the_embedding_of_the_model_in_process(
    described: Callable[[pathlib.Path], pathlib.Path], tmp_path: pathlib.Path
) -> None:
    model = model_files.find(str(described(tmp_path)), [])
    side = model.description.resize.size
    batch = np.random.default_rng(3).integers(0, 256, (5, side, side, 3), np.uint8)
    batch[4] = triton_contract.known_picture(side)
    embeddings, identities = run(graphs.embedder(model.graph, model.description, model.model_id), batch)
    wanted = OnnxEncoder(model).encode(batch)
    assert (embeddings * wanted).sum(axis=1).min() >= 0.9999
    np.testing.assert_allclose(embeddings, wanted, atol=1e-4)
    assert [f"{model.description.id}@{triton_contract.hex_digits(row)}" for row in identities] == [model.model_id] * 5


def test_pixels_are_cast_before_all_else_as_tensorrt_wants_it(tmp_path: pathlib.Path) -> None:
    """A graph that turns planes first and casts then is one that TensorRT refuses."""
    for described in (MODELS / "vitrine-s.yaml", encoders.write_model(tmp_path), encoders.write_bare_model(tmp_path)):
        model = model_files.find(str(described), [])
        graph = graphs.embedder(model.graph, model.description, model.model_id)
        assert [node.op_type for node in graph.graph.node if "image" in node.input] == ["Cast"]


def test_a_black_picture_is_no_reason_to_divide_by_zero(tmp_path: pathlib.Path) -> None:
    model = model_files.find(str(encoders.write_model(tmp_path)), [])
    black = np.zeros((1, encoders.SIZE, encoders.SIZE, 3), np.uint8)
    embeddings, identities = run(graphs.embedder(model.graph, model.description, model.model_id), black)
    assert not embeddings.any()
    assert triton_contract.hex_digits(identities[0]) == triton_contract.digest_of(model.model_id)


def test_the_head_that_is_served_gives_the_probabilities_of_the_head() -> None:
    made = head(32, classes=5)
    vectors = np.random.default_rng(5).normal(size=(7, 32)).astype(np.float32)
    graph = graphs.classifier(made, 32)
    probabilities, identities = run(graph, vectors)
    np.testing.assert_allclose(probabilities, made.probabilities(vectors), atol=1e-5)
    assert {triton_contract.hex_digits(row) for row in identities} == {made.id}
    told = {entry.key: entry.value for entry in graph.metadata_props}
    assert "класс 4" in told["classes"] and told["temperature"] == "1.7"


def test_without_a_head_the_identity_says_so() -> None:
    _, identities = run(graphs.classifier(None, 32), np.ones((2, 32), np.float32))
    assert {triton_contract.hex_digits(row) for row in identities} == {triton_contract.NO_HEAD}


def test_a_file_that_is_no_graph_is_named(tmp_path: pathlib.Path) -> None:
    model = model_files.find(str(encoders.write_model(tmp_path)), [])
    model.graph.write_text("no graph")
    with pytest.raises(errors.Misconfigured, match=r"cells\.onnx"):
        graphs.embedder(model.graph, model.description, model.model_id)


def test_what_is_no_identity_has_no_digits() -> None:
    for numbers in (np.full(8, np.nan), np.full(8, 256.0), np.full(8, -1.0), np.zeros(3)):
        assert triton_contract.hex_digits(numbers.astype(np.float32)) == ""
    assert triton_contract.hex_digits(triton_contract.identity("00ff17e0a1b2c3d4")) == "00ff17e0a1b2c3d4"


def test_a_known_answer_survives_its_configuration() -> None:
    vector = np.random.default_rng(1).normal(size=256).astype(np.float32)
    read = triton_contract.answer_from_text(triton_contract.answer_to_text(vector))
    assert read is not None and np.array_equal(read, vector)
    assert triton_contract.answer_from_text("not base64!") is None


@pytest.mark.parametrize("added", [False, True])
def test_a_head_of_neighbours_answers_as_in_process(added: bool) -> None:
    made = neighbours_head()
    if added:
        made = made.extended("маска", made.bank[0] * 9, -6.0)
    embeddings = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    probabilities, identity = run(graphs.classifier(made, 8), embeddings)
    np.testing.assert_allclose(probabilities, made.probabilities(embeddings), atol=1e-5)
    assert triton_contract.hex_digits(identity[0]) == made.id
