"""What a process for decoding does: JPEG files in, squares out. It imports no torch, so that it begins at once."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from vitrine import preprocessing
from vitrine.domain import Pixels


def of_files(files: Sequence[bytes], size: int) -> Pixels:
    """uint8 [n, size, size, 3], by the preprocessing of searches; libjpeg decodes at a fraction where that will do."""
    resize = preprocessing.Resize(mode="center_crop", size=size)
    return np.stack([preprocessing.fit(_decoded(file, size), resize) for file in files])


def megapixels(file: bytes) -> float:
    with Image.open(io.BytesIO(file)) as opened:
        return opened.width * opened.height / 1e6


def _decoded(file: bytes, size: int) -> Pixels:
    with Image.open(io.BytesIO(file)) as opened:
        opened.draft("RGB", (2 * size, 2 * size))
        return np.asarray(opened.convert("RGB"))
