"""The limits that models/vitrine-s keeps: what the rest of the system relies on."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from modelling import evaluate, pictures
from vitrine.adapters import model_files, onnx_encoder
from vitrine.domain import Pixels

ROOT = pathlib.Path(__file__).parents[3]
DESCRIPTION = ROOT / "models" / "vitrine-s.yaml"
OBJECTS = ROOT.parent / "shared" / "data" / "objects"

LARGEST_BYTES = 10_000_000


@pytest.fixture(scope="module")
def encoder() -> onnx_encoder.OnnxEncoder:
    return onnx_encoder.OnnxEncoder(model_files.find(str(DESCRIPTION), []))


def _noise(count: int, size: int) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (count, size, size, 3), np.uint8)


def _drawing(size: int, *, brightness: float = 1.0, shift: int = 0) -> Pixels:
    """A red square with a blue bar on a light ground."""
    picture = np.full((size, size, 3), 225, np.uint8)
    picture[60 + shift : 160 + shift, 60:160] = (190, 40, 30)
    picture[100 + shift : 115 + shift, 40:180] = (30, 40, 160)
    return (picture * brightness).astype(np.uint8)


def test_the_graph_is_small_enough_for_the_repository() -> None:
    assert (DESCRIPTION.parent / "vitrine-s.onnx").stat().st_size <= LARGEST_BYTES


def test_embeddings_have_256_numbers_and_unit_length(encoder: onnx_encoder.OnnxEncoder) -> None:
    found = encoder.encode(_noise(3, encoder.resize.size))
    assert found.shape == (3, 256)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-5)


def test_an_embedding_does_not_depend_on_its_batch(encoder: onnx_encoder.OnnxEncoder) -> None:
    noise = _noise(5, encoder.resize.size)
    alone = np.concatenate([encoder.encode(noise[index : index + 1]) for index in range(5)])
    np.testing.assert_allclose(encoder.encode(noise), alone, atol=1e-4)


def test_an_empty_picture_has_an_embedding(encoder: onnx_encoder.OnnxEncoder) -> None:
    size = encoder.resize.size
    for grey in (0, 128, 255):
        assert np.isfinite(encoder.encode(np.full((1, size, size, 3), grey, np.uint8))).all()


def test_less_light_and_a_small_shift_matter_less_than_another_picture(encoder: onnx_encoder.OnnxEncoder) -> None:
    size = encoder.resize.size
    turned = np.ascontiguousarray(_drawing(size)[:, :, ::-1])
    first, darker, moved, other = encoder.encode(
        np.stack([_drawing(size), _drawing(size, brightness=0.8), _drawing(size, shift=6), turned])
    )
    assert min(first @ darker, first @ moved) > first @ other


@pytest.mark.skipif(not OBJECTS.is_dir(), reason="the reference photographs are not on this machine")
@pytest.mark.timeout(120)
def test_packages_are_found_again_better_than_by_colour_alone() -> None:
    photographs = [photograph for photograph in evaluate.read_objects(OBJECTS) if photograph.kind == "package"]
    vectors = pictures.open_model(DESCRIPTION)([photograph.path for photograph in photographs])
    found = evaluate.answered(photographs, evaluate.of_objects(photographs), vectors)["phone -> catalogue"]
    assert found.queries == 248
    # The HSV histogram finds .07; chance is .03.
    assert found.recall_at_1 > 0.2
