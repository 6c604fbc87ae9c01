"""From linear light to the file: exposure curve, colour cast, softness, grain, JPEG."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .noise import grain
from .planes import blur, floats, pixels
from .values import Floats, Pixels, Random

# Linear light to sRGB by table: a power of every pixel would cost more than the shading does.
_GAMMA = floats((np.arange(8192) / 8191.0) ** (1 / 2.2))


@dataclass(frozen=True, kw_only=True)
class Development:
    """What camera and hand add. Sigmas are in pixels, noise in shares of full scale.

    `metered` is where the exposure meter puts the brightest parts, in linear light.
    """

    metered: float = 0.74
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    softness: float = 0.0
    shake: float = 0.0
    noise: float = 0.0
    vignette: float = 0.0
    sharpening: float = 0.0
    quality: int = 88


def developed(light: Floats, development: Development, rng: Random) -> Pixels:
    """sRGB bytes [h, w, 3]."""
    bright = float(np.quantile(light[::8, ::8].max(axis=2), 0.97))
    gain = min(max(development.metered / bright, 0.45), 1.7)
    shown: Floats = light * floats(np.asarray(development.cast) * gain)
    if development.vignette:
        height, width = shown.shape[:2]
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        shown = shown * floats(1 - development.vignette * (x**2 + y**2) / 2)[..., None]
    if development.softness or development.shake:
        shown = blur(floats(shown), max(development.softness, 0.1) + development.shake, max(development.softness, 0.1))
    # Straight up to seven tenths, then a shoulder, so that paper stays white and glints do not clip.
    knee = np.float32(0.70)
    over = np.maximum(shown - knee, 0)
    shown = np.minimum(shown, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee)))
    shown = np.take(_GAMMA, (np.clip(shown, 0, 1) * np.float32(len(_GAMMA) - 1)).astype(np.int32))
    if development.sharpening:
        shown = shown + (shown - blur(floats(shown), 1.4)) * np.float32(development.sharpening)
    if development.noise:
        height, width = shown.shape[:2]
        luma = grain(rng, height, width, 0.5)[..., None]
        chroma = np.stack([grain(rng, height // 2 + 1, width // 2 + 1, 1.0) for _ in range(3)], axis=2)
        chroma = np.repeat(np.repeat(chroma, 2, axis=0), 2, axis=1)[:height, :width]
        shown = shown + (luma * 0.8 + chroma * 0.6) * np.float32(development.noise) * (np.float32(1.15) - shown)
    return pixels(floats(shown))


def encoded(picture: Pixels, quality: int) -> bytes:
    """JPEG bytes."""
    done, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("OpenCV cannot encode this picture as JPEG")
    return bytes(data)
