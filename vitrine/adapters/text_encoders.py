"""The text encoder of the configured model, where it has a text tower."""

from __future__ import annotations

from vitrine.adapters.model_files import ModelFiles
from vitrine.ports import TextEncoder


def of(model: ModelFiles) -> TextEncoder | None:
    """None where the model has no text tower. Raises Misconfigured where files of the tower are missing."""
    tower = model.description.text
    if tower is None:
        return None
    # Here and not above: who has no text tower does not load ONNX Runtime for it.
    from vitrine.adapters.onnx_text_encoder import OnnxTextEncoder

    return OnnxTextEncoder(model, tower)
