"""What every text encoder must do."""

from __future__ import annotations

import pathlib

import numpy as np

from tests import colour_model
from tests.contract import side_by_side
from vitrine.adapters import model_files
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.ports import TextEncoder

TEXTS = ["red", "a scarlet vase", "Зеленый ковер", "", "unheard of", "синий " * 90]


def test_embeddings_are_float32_of_unit_length(text_encoder: TextEncoder) -> None:
    embeddings = text_encoder.encode(["red", "a green plate", "синий"])
    assert embeddings.shape == (3, 3)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_a_text_has_the_same_embedding_alone_and_among_others(text_encoder: TextEncoder) -> None:
    many = TEXTS * 7
    alone = np.concatenate([text_encoder.encode([text]) for text in many])
    np.testing.assert_allclose(text_encoder.encode(many), alone, atol=1e-5)


def test_no_text_at_all_is_no_embedding(text_encoder: TextEncoder) -> None:
    assert text_encoder.encode([]).shape == (0, 3)


def test_what_is_empty_unknown_or_too_long_is_no_reason_to_fail(text_encoder: TextEncoder) -> None:
    assert np.isfinite(text_encoder.encode(["", "\x00", "🏺" * 500, "red " * 10_000])).all()


def test_a_word_is_nearest_to_pictures_of_what_it_means_in_both_languages(
    text_encoder: TextEncoder, tmp_path: pathlib.Path
) -> None:
    pictures = OnnxEncoder(model_files.find(str(colour_model.write(tmp_path / "again")), []))
    side = pictures.resize.size
    squares = np.stack([np.full((side, side, 3), colour, np.uint8) for colour in colour_model.COLOURS.values()])
    similarities = text_encoder.encode(["red", "green", "синий", "Красный"]) @ pictures.encode(squares).T
    assert similarities.argmax(axis=1).tolist() == [0, 1, 2, 0]


def test_the_model_id_is_that_of_the_pictures_encoder(text_encoder: TextEncoder, tmp_path: pathlib.Path) -> None:
    assert text_encoder.model_id == colour_model.written(tmp_path / "again").model_id


def test_threads_encode_side_by_side(text_encoder: TextEncoder) -> None:
    assert side_by_side.agreeing(lambda: text_encoder.encode(TEXTS), within=1e-5) == [True] * 4
