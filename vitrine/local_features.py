"""The corners of a picture: where they are, what is about them, and which colour they have; how they are kept.

RootSIFT (Arandjelović and Zisserman, CVPR 2012): nothing is learned. What agrees between two pictures: `geometry`.
"""

from __future__ import annotations

import dataclasses
import struct
import zlib

import cv2
import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.domain import Pixels

PREVIEW_SIZE = 384
"""Longer side in px of the picture that features are extracted from."""

FEATURES = 500
"""At most so many features a picture, the strongest: 68 kB packed. Twice as many cost twice the time for +1 point."""

# SIFT's own .04 leaves a faint photograph without a point; so much fainter, photographs that had 283 points have 457
# (made phone views of real ones). Half of this costs time and finds no more.
_CONTRAST = 0.01

# The colour of a point is the mean of a square about it: of 1, 2, 4, 8 or 16 times these px, as the point is large.
_COLOUR_PX, _COLOUR_STEPS = 4, 5

# RootSIFT has unit length: the quantised descriptors have length 512, to a tenth of a percent.
UNIT = 512.0
_HEADER = struct.Struct("<4sBxHHHI")
_MAGIC = b"VLF1"
# Kinds of packed features. Catalogues of before hold some without colours, which are compared without them.
_ROOT_SIFT, _COLOURED_ROOT_SIFT = 1, 2
_POINT_STEPS = 65535
_DIMENSION = 128

Points = npt.NDArray[np.float32]
Colours = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LocalFeatures:
    """The strongest corners of a picture, strongest first.

    points: float32 [n, 2], x and y in fractions 0..1 of the picture; descriptors: uint8 [n, 128], RootSIFT times 512;
    colours: uint8 RGB [n, 3], or None where they were not kept; width and height: of the preview they were found on,
    in px.
    """

    width: int
    height: int
    points: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.uint8]
    colours: Colours | None = None

    def __len__(self) -> int:
        return len(self.points)

    # A picture without a single corner is still a picture whose features were extracted.
    def __bool__(self) -> bool:
        return True


def extract(preview: Pixels) -> LocalFeatures:
    """uint8 RGB [h, w, 3] of at most PREVIEW_SIZE px in. A faint or flat picture gives few features or none."""
    height, width = preview.shape[:2]
    grey = cv2.cvtColor(np.ascontiguousarray(preview), cv2.COLOR_RGB2GRAY)
    keypoints, raw = cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=_CONTRAST).detectAndCompute(grey, None)
    if not keypoints:
        return _no_features(width, height)
    # OpenCV keeps more than it was asked for where responses are equal, and in an order of its own.
    order = np.argsort([-keypoint.response for keypoint in keypoints], kind="stable")[:FEATURES]
    positions_px = np.array([keypoints[number].pt for number in order], np.float32)
    positions = np.divide(positions_px, np.array([width, height], np.float32), dtype=np.float32)
    return LocalFeatures(
        width=width,
        height=height,
        points=_unquantised(_quantised(positions)),
        descriptors=_root_sift(np.asarray(raw, np.float32)[order]),
        colours=_colours(preview, positions_px, np.array([keypoints[number].size for number in order])),
    )


def pack(features: LocalFeatures) -> bytes:
    """Header, points as uint16 steps of 1/65535, descriptors and colours as uint8; a checksum covers all of it."""
    parts = [_quantised(features.points).astype("<u2"), np.ascontiguousarray(features.descriptors)]
    kind = _ROOT_SIFT
    if features.colours is not None:
        parts.append(features.colours)
        kind = _COLOURED_ROOT_SIFT
    body = b"".join(part.tobytes() for part in parts)
    sizes = (kind, features.width, features.height, len(features))
    checksum = zlib.crc32(body, zlib.crc32(repr(sizes).encode()))
    return _HEADER.pack(_MAGIC, *sizes, checksum) + body


def unpack(data: bytes) -> LocalFeatures:
    """Raises RejectedInput (code ``damaged_features``) where the bytes are not, or no longer, what `pack` wrote."""
    if len(data) < _HEADER.size:
        raise _damaged("they are cut off")
    magic, kind, width, height, count, checksum = _HEADER.unpack_from(data)
    if magic != _MAGIC or kind not in (_ROOT_SIFT, _COLOURED_ROOT_SIFT):
        raise _damaged("they are of an unknown format")
    coloured = kind == _COLOURED_ROOT_SIFT
    body = memoryview(data)[_HEADER.size :]
    if len(body) != count * (4 + _DIMENSION + 3 * coloured):
        raise _damaged("their length is wrong")
    if zlib.crc32(body, zlib.crc32(repr((kind, width, height, count)).encode())) != checksum:
        raise _damaged("their checksum is wrong")
    steps = np.frombuffer(body, "<u2", count * 2).reshape(count, 2)
    descriptors = np.frombuffer(body, np.uint8, count * _DIMENSION, offset=count * 4).reshape(count, _DIMENSION)
    colours = np.frombuffer(body, np.uint8, offset=count * (4 + _DIMENSION)).reshape(count, 3) if coloured else None
    return LocalFeatures(
        width=width, height=height, points=_unquantised(steps), descriptors=descriptors, colours=colours
    )


def _colours(preview: Pixels, positions_px: Points, diameters_px: npt.NDArray[np.float64]) -> Colours:
    """Of each point, the mean of a square of about twice its diameter."""
    height, width = preview.shape[:2]
    columns, rows = np.clip(np.rint(positions_px).astype(np.intp), 0, [width - 1, height - 1]).T
    steps = np.clip(np.rint(np.log2(diameters_px / 2)), 0, _COLOUR_STEPS - 1)
    colours = np.empty((len(positions_px), 3), np.uint8)
    for step in np.unique(steps):
        side = int(2**step) * _COLOUR_PX + 3
        these = steps == step
        colours[these] = cv2.blur(preview, (side, side))[rows[these], columns[these]]
    return colours


def _root_sift(raw: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Hellinger's kernel as a dot product: shares of the L1 norm, square-rooted, have unit length."""
    shares = raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6)
    return np.asarray(np.minimum(np.rint(np.sqrt(shares) * UNIT), 255), np.uint8)


def _quantised(points: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    return np.rint(np.clip(points, 0, 1) * _POINT_STEPS).astype(np.uint16)


def _unquantised(steps: npt.NDArray[np.uint16]) -> npt.NDArray[np.float32]:
    return steps.astype(np.float32) / np.float32(_POINT_STEPS)


def _no_features(width: int, height: int) -> LocalFeatures:
    return LocalFeatures(
        width=width,
        height=height,
        points=np.empty((0, 2), np.float32),
        descriptors=np.empty((0, _DIMENSION), np.uint8),
        colours=np.empty((0, 3), np.uint8),
    )


def _damaged(why: str) -> errors.RejectedInput:
    return errors.RejectedInput(f"The local features cannot be read: {why}. Index again.", code="damaged_features")
