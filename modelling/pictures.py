"""Embeddings of picture files by any model description, with the product's own encoder and preprocessing."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from vitrine import errors, preprocessing
from vitrine.adapters import model_files, onnx_encoder
from vitrine.domain import Pixels

BATCH = 16
"""Pictures a run: enough to amortise the call, little enough that activations stay small."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileEmbedder:
    """Paths in, unit embeddings [n, dimension] in their order out."""

    encoder: onnx_encoder.OnnxEncoder

    def __call__(self, paths: Sequence[pathlib.Path]) -> npt.NDArray[np.float32]:
        return np.concatenate([self.encoder.encode(squares) for squares in self._batches(paths)])

    def _batches(self, paths: Sequence[pathlib.Path]) -> Iterator[Pixels]:
        for start in range(0, len(paths), BATCH):
            part = paths[start : start + BATCH]
            yield np.stack([preprocessing.fit(read_picture(path), self.encoder.resize) for path in part])


Embed = Callable[[Sequence[pathlib.Path]], npt.NDArray[np.float32]]


def open_model(path: pathlib.Path) -> FileEmbedder:
    """Raises Misconfigured where the description or its graph is wrong."""
    return FileEmbedder(encoder=onnx_encoder.OnnxEncoder(model_files.find(str(path), [])))


def read_picture(path: pathlib.Path) -> Pixels:
    """Upright uint8 RGB [h, w, 3]. Raises BrokenPicture with the file's name."""
    try:
        with Image.open(path) as image:
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    # Each decoder fails in its own way.
    except Exception as error:
        raise errors.BrokenPicture(f"{path} is not there or is no whole picture: {error}. Replace it.") from error
