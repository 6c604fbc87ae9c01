"""The baseline that any learned embedding must beat: an HSV histogram, 8x4x4 bins, square-rooted."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PIL import Image

from modelling import pictures
from vitrine import preprocessing
from vitrine.domain import Pixels

BINS = (8, 4, 4)
"""Hue, saturation, value."""

RESIZE = preprocessing.Resize(mode="center_crop", size=224, shorter_side=256)


def histogram(pixels: Pixels) -> npt.NDArray[np.float32]:
    """uint8 RGB [h, w, 3] in, 128 numbers of unit length out."""
    hsv = np.asarray(Image.fromarray(pixels).convert("HSV")).reshape(-1, 3).astype(np.int64)
    hue, saturation, value = (hsv[:, channel] * bins // 256 for channel, bins in enumerate(BINS))
    cell = (hue * BINS[1] + saturation) * BINS[2] + value
    counts = np.bincount(cell, minlength=int(np.prod(BINS))).astype(np.float32)
    shares: npt.NDArray[np.float32] = counts / counts.sum()
    return np.sqrt(shares)


def embed(paths: Iterable[pathlib.Path]) -> npt.NDArray[np.float32]:
    return np.stack([histogram(preprocessing.fit(pictures.read_picture(path), RESIZE)) for path in paths])
