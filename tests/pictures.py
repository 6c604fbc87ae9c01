"""Pictures that tests send."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def photograph(seed: int) -> bytes:
    """A JPEG of blocks of colour, 320 x 240 px, another one for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(blocks).resize((320, 240), Image.Resampling.NEAREST).save(buffer, "JPEG")
    return buffer.getvalue()
