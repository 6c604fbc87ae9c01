"""What a model answers when it is asked what everybody can ask: who cannot answer is refused before it is used."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vitrine import errors, triton_contract
from vitrine.adapters import text_encoders
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.domain import Embedding

_TEXT = "red carpet"


def of(model: ModelFiles) -> Embedding:
    """To the known picture, float32 [dimension] of unit length.

    Raises Misconfigured where the graph is damaged or is not what the description says.
    """
    picture = triton_contract.known_picture(model.description.resize.size)
    encoder = OnnxEncoder(model)
    try:
        answer = _checked(encoder.encode(picture[None]), model, "picture")
    except errors.DependencyUnavailable as error:
        raise errors.Misconfigured(f"{model.graph} cannot be served: {error.message}") from error
    try:
        encoder.encode(np.stack([picture, picture]))
    except errors.DependencyUnavailable as error:
        raise errors.Misconfigured(
            f"{model.graph} takes one picture at a time ({error.message}). Export it with a free first dimension; or "
            "write batch: 1 beside the description's input.size, for processors without Triton."
        ) from error
    return answer


def check_texts(model: ModelFiles) -> None:
    """Raises Misconfigured where the model has a text tower and that does not embed a text."""
    try:
        if (encoder := text_encoders.of(model)) is not None:
            _checked(encoder.encode([_TEXT]), model, "text")
    except errors.DependencyUnavailable as error:
        raise errors.Misconfigured(f"Texts of {model.description.id} cannot be served: {error.message}") from error


def _checked(answer: npt.NDArray[np.float32], model: ModelFiles, asked: str) -> Embedding:
    embedding: Embedding = answer[0]
    if len(embedding) != model.description.dimension:
        raise errors.Misconfigured(
            f"{model.description.id} gives {len(embedding)} numbers for a {asked}, and its description says"
            f" {model.description.dimension}: correct output.dimension, or export it again."
        )
    if not np.isclose(np.linalg.norm(embedding), 1, atol=1e-3):
        raise errors.Misconfigured(f"{model.description.id} gives no direction for a {asked}. Export it again.")
    return embedding
