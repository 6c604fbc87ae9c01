"""What every encoder must do."""

from __future__ import annotations

import numpy as np

from tests.contract import side_by_side
from vitrine.domain import Pixels
from vitrine.ports import Encoder


def pictures(encoder: Encoder, count: int) -> Pixels:
    side = encoder.resize.size
    return np.random.default_rng(7).integers(0, 256, (count, side, side, 3), np.uint8)


def test_embeddings_are_float32_of_unit_length_and_the_dimension_said(encoder: Encoder) -> None:
    embeddings = encoder.encode(pictures(encoder, 5))
    assert embeddings.shape == (5, encoder.dimension)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_a_picture_has_the_same_embedding_alone_and_in_any_batch(encoder: Encoder) -> None:
    batch = pictures(encoder, 6)
    together = encoder.encode(batch)
    alone = np.concatenate([encoder.encode(batch[number : number + 1]) for number in range(6)])
    np.testing.assert_allclose(together, alone, atol=1e-4)


def test_different_pictures_have_different_embeddings(encoder: Encoder) -> None:
    embeddings = encoder.encode(pictures(encoder, 4))
    similarities = embeddings @ embeddings.T
    assert similarities[~np.eye(4, dtype=bool)].max() < 0.99999


def test_a_black_picture_is_no_reason_to_divide_by_zero(encoder: Encoder) -> None:
    black = np.zeros((1, encoder.resize.size, encoder.resize.size, 3), np.uint8)
    assert np.isfinite(encoder.encode(black)).all()


def test_threads_encode_side_by_side(encoder: Encoder) -> None:
    batch = pictures(encoder, 8)
    assert side_by_side.agreeing(lambda: encoder.encode(batch), within=1e-4) == [True] * 4


def test_the_model_id_names_the_model_and_its_graph(encoder: Encoder) -> None:
    name, _, digest = encoder.model_id.partition("@")
    assert name and len(digest) == 16


def test_the_class_comes_with_the_same_embedding_and_with_the_id_of_its_head_or_not_at_all(encoder: Encoder) -> None:
    batch = pictures(encoder, 3)
    encoded = encoder.encode_with_class(batch)
    np.testing.assert_allclose(encoded.embeddings, encoder.encode(batch), atol=1e-4)
    assert (encoded.head_id is None) == (encoded.probabilities is None)
    if encoded.probabilities is not None:
        np.testing.assert_allclose(encoded.probabilities.sum(axis=1), np.ones(3), atol=1e-5)
