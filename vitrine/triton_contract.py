"""What the Triton model repository and its client agree upon: names, identities, and one known answer.

The repository is rendered by `triton_models`, the client is `vitrine.adapters.triton_encoder`. Every answer carries the
ids of the model and of the head that made it, so that no swap, restart or load balancer can mix two of them unseen.
"""

from __future__ import annotations

import base64
import binascii

import numpy as np
import numpy.typing as npt

from vitrine.domain import Embedding, Pixels

# Models of the repository. The ensemble is what clients call.
ENSEMBLE, EMBEDDER, CLASSIFIER = "vitrine", "embedder", "classifier"
# Only where it was rendered with a decoder: the same answers to JPEG files, for bulk work.
JPEG_ENSEMBLE, DECODER = "vitrine_jpeg", "decoder"

# Tensors: uint8 [n, size, size, 3] in; float32 [n, dimension], [n, 8], [n, classes] and [n, 8] out.
IMAGE = "image"
# In the place of the image: uint8 [n, bytes], each file with zeros behind its end up to the length of the longest.
JPEG = "jpeg"
EMBEDDING, MODEL = "embedding", "model"
PROBABILITIES, HEAD = "probabilities", "head"

# Parameters of the configurations.
MODEL_ID, HEAD_ID, KNOWN_ANSWER = "model_id", "head_id", "known_answer"

IDENTITY = 8
NO_HEAD = "00" * IDENTITY


def identity(hex_digits: str) -> npt.NDArray[np.float32]:
    """16 hex digits as float32 [8]: whole numbers below 256 are exact in every precision that a plan may have."""
    return np.frombuffer(bytes.fromhex(hex_digits), np.uint8).astype(np.float32)


def hex_digits(identity: npt.NDArray[np.float32]) -> str:
    """The inverse of `identity`; empty where these are not the numbers of an identity."""
    if identity.shape != (IDENTITY,) or not np.all((identity >= 0) & (identity < 256)):
        return ""
    return identity.round().astype(np.uint8).tobytes().hex()


def digest_of(model_id: str) -> str:
    """The hex digits of a full model id (NAME@DIGEST)."""
    return model_id.rpartition("@")[2]


def known_picture(size: int) -> Pixels:
    """uint8 [size, size, 3]: a picture that both sides can draw without a file."""
    rows, columns = np.indices((size, size))
    planes = [rows * 255 // size, columns * 255 // size, rows * columns % 256]
    return np.stack(planes, axis=2).astype(np.uint8)


def answer_to_text(embedding: Embedding) -> str:
    """An embedding as a parameter of a configuration."""
    return base64.b64encode(embedding.astype("<f4").tobytes()).decode()


def answer_from_text(text: str) -> Embedding | None:
    """None where the text is not what `answer_to_text` wrote."""
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
    except (binascii.Error, ValueError):
        return None
