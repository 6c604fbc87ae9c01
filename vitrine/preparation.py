"""What is made of a catalogue's photograph before it can be found: a square for the model, and local features."""

from __future__ import annotations

from vitrine import domain, geometry
from vitrine.ports import Decoded, Decoder, DecodeRequest, ImageStore
from vitrine.preprocessing import Resize


def decoded(data: bytes, decoder: Decoder, resize: Resize) -> Decoded:
    """With ``model_input`` and ``preview``: whoever asks, the judgement of a picture is the same.

    Raises RejectedInput and what descends from it.
    """
    return decoder.decode(data, DecodeRequest(model_input=resize, preview_size=geometry.PREVIEW_SIZE))


def keep_features(sha256: str, picture: Decoded, images: ImageStore) -> None:
    """Extract and store them where the store has none yet. Raises DependencyUnavailable."""
    key = domain.features_key(sha256)
    if not images.exists(key):
        assert picture.preview is not None
        images.write(key, geometry.pack(geometry.extract(picture.preview)))
