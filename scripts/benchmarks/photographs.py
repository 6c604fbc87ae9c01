"""Photographs for a benchmark: objects that are seen again, drawn from seeds, or the files of a folder."""

from __future__ import annotations

import concurrent.futures
import io
import itertools
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from PIL import Image, ImageEnhance

from vitrine.domain import Pixels

# About a megapixel, as catalogues hold them; phones send more, and decoding then weighs more.
_WIDTH, _HEIGHT = 1152, 864
_QUALITY = 88
# Sides of the random fields that make a picture, coarse to fine: light, shapes, texture.
_OCTAVES = (3, 9, 27, 81, 243)
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_START_OF_IMAGE, _COMMENT = b"\xff\xd8", b"\xff\xfe"


def of_objects(numbers: Iterable[int]) -> list[bytes]:
    """A JPEG of each object as the catalogue holds it."""
    return _drawn(_catalogue_view, numbers)


def seen_again(numbers: Iterable[int]) -> list[bytes]:
    """A JPEG of each object as a visitor takes it: turned a little, closer, in another light."""
    return _drawn(_visitor_view, numbers)


def of_folder(folder: pathlib.Path, count: int) -> list[bytes]:
    """The first ``count`` picture files in the order of their names."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    return [path.read_bytes() for path in paths[:count]]


def each_once(pictures: Sequence[bytes], *, first: int = 0) -> Iterator[bytes]:
    """For ever, never the same bytes twice: nobody is spared work because the file is known already.

    ``first``: the number of the first, so that two clients can have numbers of their own.
    """
    for number, picture in enumerate(itertools.cycle(pictures), first):
        yield _marked(picture, number)


def _marked(picture: bytes, number: int) -> bytes:
    """A number that decoders skip: a comment behind a JPEG's first marker, or bytes behind another picture's end."""
    mark = b"%016d" % number
    if not picture.startswith(_START_OF_IMAGE):
        return picture + mark
    return _START_OF_IMAGE + _COMMENT + (len(mark) + 2).to_bytes(2, "big") + mark + picture[2:]


def _drawn(view: Callable[[int], Image.Image], numbers: Iterable[int]) -> list[bytes]:
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda number: _jpeg(view(number)), numbers))


def _catalogue_view(number: int) -> Image.Image:
    return Image.fromarray(_pixels(number))


def _visitor_view(number: int) -> Image.Image:
    generator = np.random.default_rng([number, 1])
    degrees, closer, light = generator.uniform(-8, 8), generator.uniform(0.08, 0.18), generator.uniform(0.85, 1.15)
    turned = _catalogue_view(number).rotate(degrees, Image.Resampling.BILINEAR)
    left, top = round(_WIDTH * closer), round(_HEIGHT * closer)
    part = turned.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC, (left, top, _WIDTH - left, _HEIGHT - top))
    return ImageEnhance.Brightness(part).enhance(light)


def _pixels(number: int) -> Pixels:
    """uint8 [864, 1152, 3]: fields of random colours, each finer than the last and weaker."""
    generator = np.random.default_rng([number, 0])
    picture = np.zeros((_HEIGHT, _WIDTH, 3), np.float32)
    for rank, side in enumerate(_OCTAVES):
        field = Image.fromarray(generator.integers(0, 256, (side, side, 3), np.uint8))
        shown = np.asarray(field.resize((_WIDTH, _HEIGHT), Image.Resampling.BILINEAR), np.float32)
        picture += (shown - 127.5) * 0.72**rank
    return (127.5 + picture * 0.6).clip(0, 255).astype(np.uint8)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
