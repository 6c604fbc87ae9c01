"""The encoder without a model keeps the encoder's promises."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from tests.unit.indexer.conftest import picture
from vitrine import preprocessing
from vitrine.domain import Pixels
from vitrine.ports import Encoder
from vitrine.testing import ToyEncoder


def square(data: bytes, brightness: float = 1.0) -> Pixels:
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) * brightness
    return preprocessing.fit(pixels.astype(np.uint8), ToyEncoder.resize)


def test_embeddings_are_of_unit_length_and_always_the_same() -> None:
    encoder: Encoder = ToyEncoder()
    batch = np.stack([square(picture(1)), np.zeros((64, 64, 3), np.uint8)])
    embeddings = encoder.encode(batch)
    assert embeddings.shape == (2, encoder.dimension) and embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(embeddings[:1], ToyEncoder().encode(batch[:1]))


def test_a_darker_copy_is_nearer_than_another_picture() -> None:
    original, darker, other = ToyEncoder().encode(
        np.stack([square(picture(1)), square(picture(1), brightness=0.95), square(picture(2))])
    )
    assert original @ darker > original @ other
