"""What is made of a catalogue's photograph before it can be found: a square for the model, and local features."""

from __future__ import annotations

from vitrine import domain, local_features
from vitrine.domain import CatalogueImage, Pixels
from vitrine.ports import Decoded, Decoder, DecodeRequest, ImageStore
from vitrine.preprocessing import Resize


def decoded(data: bytes, decoder: Decoder, resize: Resize, *, features: bool = False) -> Decoded:
    """With ``model_input``, and ``features`` where they are asked for; either way a picture is judged alike.

    Raises RejectedInput and what descends from it.
    """
    return decoder.decode(
        data, DecodeRequest(model_input=resize, preview_size=local_features.PREVIEW_SIZE, features=features)
    )


def stored(image: CatalogueImage, images: ImageStore, decoder: Decoder, resize: Resize) -> Pixels:
    """The model's square of an image of the catalogue; its local features are in the store when it returns.

    Raises NotFound where the original is gone, RejectedInput, and DependencyUnavailable.
    """
    original = images.read(domain.original_key(image.sha256))
    picture = decoded(original, decoder, resize, features=lacks_features(image.sha256, images))
    keep_features(image.sha256, picture, images)
    assert picture.model_input is not None
    return picture.model_input


def lacks_features(sha256: str, images: ImageStore) -> bool:
    return not images.exists(domain.features_key(sha256))


def keep_features(sha256: str, picture: Decoded, images: ImageStore) -> None:
    """Store them where they were asked for. Raises DependencyUnavailable."""
    if picture.features is not None:
        images.write(domain.features_key(sha256), picture.features)
