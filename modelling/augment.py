"""What a visitor's phone does to an object: another background, another angle, another light."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from vitrine.domain import Pixels

Floats = npt.NDArray[np.float32]

PLAIN_BORDER = 14.0
"""Standard deviation of the border, in grey levels, below which a picture counts as an object before a plain ground."""


def foreground(picture: Pixels, rng: np.random.Generator) -> Floats:
    """A mask [h, w] in 0..1 of what belongs to the object: cut out where the ground is plain, else a soft blob."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(np.float32)
    if float(border.std(axis=0).mean()) < PLAIN_BORDER:
        mask = _off_the_ground(picture, np.median(border, axis=0))
        if 0.08 < float(mask.mean()) < 0.95:
            return mask
    return _blob(picture.shape[0], picture.shape[1], rng)


def phone_view(picture: Pixels, other: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """uint8 [size, size, 3]: the object of ``picture`` photographed again, before ``other`` or a plain ground."""
    keep_ground = rng.random() < 0.35
    mask = np.ones(picture.shape[:2], np.float32) if keep_ground else foreground(picture, rng)
    matrix = _view(picture, size, rng)
    border = cv2.BORDER_REPLICATE if keep_ground else cv2.BORDER_CONSTANT
    seen = cv2.warpPerspective(picture, matrix, (size, size), borderMode=border).astype(np.float32)
    if not keep_ground:
        alpha = cv2.warpPerspective(mask, matrix, (size, size)).astype(np.float32)[:, :, None]
        seen = seen * alpha + _ground(other, size, rng) * (1.0 - alpha)
    return camera(seen, rng)


def camera(seen: Floats, rng: np.random.Generator) -> Pixels:
    """Light, lens and sensor: float [h, w, 3] in 0..255 in, uint8 out."""
    height, width = seen.shape[:2]
    light = rng.normal(0.0, 1.0, 3) * (0.10, 0.03, 0.12) + rng.normal(0.0, 0.18)
    towards = rng.normal(0.0, 0.12, 2)
    slope = np.linspace(-1, 1, height)[:, None] * towards[0] + np.linspace(-1, 1, width)[None, :] * towards[1]
    exposed = seen / 255.0 * np.exp(light + slope[:, :, None])
    tone = np.clip(exposed, 0.0, 1.0) ** np.exp(rng.normal(0.0, 0.15))
    grey = tone.mean(axis=2, keepdims=True)
    coloured = (grey + (tone - grey) * np.exp(rng.normal(0.0, 0.2))).astype(np.float32)
    if rng.random() < 0.5:
        coloured = cv2.GaussianBlur(coloured, (0, 0), float(rng.uniform(0.3, 1.6))).astype(np.float32)
    coloured = coloured + rng.normal(0.0, rng.uniform(0.0, 0.03), (height, width, 1)).astype(np.float32)
    pixels = (np.clip(coloured, 0.0, 1.0) * 255.0).astype(np.uint8)
    return _jpeg(pixels, int(rng.integers(35, 95))) if rng.random() < 0.4 else pixels


def _view(picture: Pixels, size: int, rng: np.random.Generator) -> Floats:
    """A perspective that puts the picture somewhere near the middle of the square, a bit turned and tilted."""
    height, width = picture.shape[:2]
    scale = size / min(height, width) * float(np.exp(rng.uniform(np.log(0.6), np.log(1.25))))
    angle = float(rng.normal(0.0, 0.2))
    corners = np.array([[-width, -height], [width, -height], [width, height], [-width, height]], np.float64) / 2
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(rng.normal(0.0, 0.08, 2))
    middle = size / 2 + rng.normal(0.0, 0.07 * size, 2)
    placed = (corners * stretch * scale) @ turn.T + middle
    placed += rng.normal(0.0, 0.05, (4, 2)) * (width * scale, height * scale)
    source = corners + np.array([width / 2, height / 2])
    return np.asarray(cv2.getPerspectiveTransform(source.astype(np.float32), placed.astype(np.float32)), np.float32)


def _ground(other: Pixels, size: int, rng: np.random.Generator) -> Floats:
    if rng.random() < 0.3:
        top, bottom = rng.uniform(20, 245, (2, 3))
        mix = np.linspace(0.0, 1.0, size)[:, None, None]
        return np.broadcast_to(top * (1 - mix) + bottom * mix, (size, size, 3)).astype(np.float32)
    height, width = other.shape[:2]
    side = int(min(height, width) * rng.uniform(0.5, 1.0))
    y, x = int(rng.integers(0, height - side + 1)), int(rng.integers(0, width - side + 1))
    ground = cv2.resize(other[y : y + side, x : x + side], (size, size)).astype(np.float32)
    if rng.random() < 0.5:
        ground = cv2.GaussianBlur(ground, (0, 0), float(rng.uniform(1.0, 5.0))).astype(np.float32)
    return ground


def _off_the_ground(picture: Pixels, ground: Floats) -> Floats:
    distance = np.abs(picture.astype(np.float32) - ground).max(axis=2)
    raised = (distance > 24.0).astype(np.uint8)
    closed = cv2.morphologyEx(raised, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    # Holes that the ground does not reach from the border belong to the object.
    padded = cv2.copyMakeBorder(closed, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(padded, None, (0, 0), 2)
    solid = (padded[1:-1, 1:-1] != 2).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(solid, (0, 0), 1.0), np.float32)


def _blob(height: int, width: int, rng: np.random.Generator) -> Floats:
    y = np.linspace(-1, 1, height)[:, None] / rng.uniform(0.65, 1.0) - rng.normal(0.0, 0.08)
    x = np.linspace(-1, 1, width)[None, :] / rng.uniform(0.65, 1.0) - rng.normal(0.0, 0.08)
    power = rng.uniform(2.0, 6.0)
    radius = (np.abs(x) ** power + np.abs(y) ** power) ** (1.0 / power)
    return np.clip((1.0 - radius) * 12.0, 0.0, 1.0).astype(np.float32)


def _jpeg(pixels: Pixels, quality: int) -> Pixels:
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]
