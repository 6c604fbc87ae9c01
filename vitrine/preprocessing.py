"""The one preprocessing of indexing and searching: an upright picture in, exactly what a model wants to see out."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
from PIL import Image

from vitrine import errors
from vitrine.domain import Pixels, Region

_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resize:
    """How a picture becomes a square of ``size`` px.

    ``center_crop`` brings the shorter side to ``shorter_side`` and cuts the central square out;
    ``letterbox`` brings the longer side to ``size`` and pads with the mean colour of the picture's border;
    ``squash`` brings both sides to ``size``, whatever the picture's proportions were.
    """

    mode: Literal["center_crop", "letterbox", "squash"]
    size: int
    shorter_side: int | None = None
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"


def crop(image: Image.Image, region: Region | None) -> Image.Image:
    """The region of an upright picture. Raises RejectedInput where it holds less than 8 px a side."""
    if region is None:
        return image
    width, height = image.size
    left, top = round(region.x * width), round(region.y * height)
    right, bottom = round((region.x + region.width) * width), round((region.y + region.height) * height)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if min(right - left, bottom - top) < 8:
        raise errors.RejectedInput(
            "The selected region is too small: select at least 8 by 8 pixels.", code="region_too_small"
        )
    return image.crop((left, top, right, bottom))


def fit(picture: Image.Image | Pixels, resize: Resize) -> Pixels:
    """An RGB image or uint8 [h, w, 3] in, uint8 [size, size, 3] out, antialiased."""
    image = _image(picture)
    if resize.mode == "letterbox":
        return _letterbox(image, resize)
    if resize.mode == "squash":
        return _resized(image, resize.size, resize.size, _FILTERS[resize.interpolation])
    return _center_crop(image, resize)


def longest_side(picture: Image.Image | Pixels, size: int) -> Pixels:
    """The picture shrunk so that its longer side is at most ``size`` px; never enlarged."""
    image = _image(picture)
    if max(image.size) <= size:
        return np.asarray(picture)
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    return _resized(image, width, height, Image.Resampling.BILINEAR)


def _image(picture: Image.Image | Pixels) -> Image.Image:
    """What is decoded stays Pillow's until it is small: every change of hands copies all of it."""
    return picture if isinstance(picture, Image.Image) else Image.fromarray(picture)


def _center_crop(image: Image.Image, resize: Resize) -> Pixels:
    width, height = image.size
    shorter_side = resize.shorter_side or resize.size
    scale = shorter_side / min(height, width)
    new_width, new_height = max(resize.size, round(width * scale)), max(resize.size, round(height * scale))
    # Only what the crop shows is resampled: a panorama costs no more than a square.
    left, top = (new_width - resize.size) // 2, (new_height - resize.size) // 2
    box = (
        left * width / new_width,
        top * height / new_height,
        (left + resize.size) * width / new_width,
        (top + resize.size) * height / new_height,
    )
    return np.asarray(image.resize((resize.size, resize.size), _FILTERS[resize.interpolation], box=box))


def _letterbox(image: Image.Image, resize: Resize) -> Pixels:
    width, height = image.size
    scale = resize.size / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    inner = _resized(image, new_width, new_height, _FILTERS[resize.interpolation])
    square = np.empty((resize.size, resize.size, 3), np.uint8)
    square[:] = _border_colour(inner)
    top, left = (resize.size - new_height) // 2, (resize.size - new_width) // 2
    square[top : top + new_height, left : left + new_width] = inner
    return square


def _border_colour(pixels: Pixels) -> Pixels:
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return np.asarray(border.mean(axis=0).round(), np.uint8)


def _resized(image: Image.Image, width: int, height: int, resampling: Image.Resampling) -> Pixels:
    return np.asarray(image.resize((width, height), resampling))
