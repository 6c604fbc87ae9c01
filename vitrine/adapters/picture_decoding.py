"""Bytes of any picture that museums hold → upright 8-bit sRGB. Runs in the decoder's child process only.

Limits: the header is read first, and what would be decoded is refused before a pixel is allocated.
"""

from __future__ import annotations

import io
import math

import numpy as np
import pillow_heif
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from vitrine import errors, preprocessing
from vitrine.domain import Pixels
from vitrine.ports import Decoded, DecodeRequest

# Never the extension or the Content-Type: only these decoders are ever tried (no EPS, FITS, PSD, PDF, SVG …).
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF", "JPEG2000")

_SRGB = ImageCms.createProfile("sRGB")
_JPEG_QUALITY = 85
# libjpeg decodes at 1/8 without ever holding all pixels, so a scan of this many times the limit is still welcome.
_SCALED_DECODE_GAIN = 4

pillow_heif.register_heif_opener()
# Pillow's own bomb check only warns; the limit below is checked against the header instead.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes, request: DecodeRequest, *, max_pixels: int) -> Decoded:
    """Raises UnsupportedPicture, BrokenPicture, TooLarge or RejectedInput."""
    image = _open(data)
    # First: to find out how a PNG was held, Pillow decodes it.
    _check_size(image, max_pixels)
    width, height = (image.height, image.width) if _is_turned(image) else image.size
    _draft(image, request, max_pixels)
    upright = _load(image, request)
    region = preprocessing.crop(upright, request.region)
    preview = preprocessing.longest_side(region, request.preview_size) if request.preview_size else None
    return Decoded(
        width=width,
        height=height,
        model_input=preprocessing.fit(region, request.model_input) if request.model_input else None,
        preview=None if request.features else preview,
        features=_features(preview) if request.features and preview is not None else None,
        jpeg=_jpeg(preprocessing.longest_side(upright, request.jpeg_size)) if request.jpeg_size else None,
    )


def _features(preview: Pixels) -> bytes:
    # Imported where it is needed: the API decodes too, asks for no features, and has no OpenCV.
    from vitrine import local_features

    return local_features.pack(local_features.extract(preview))


def _open(data: bytes) -> Image.Image:
    if not data:
        raise errors.UnsupportedPicture("The file is empty. Choose the photograph again.")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise errors.UnsupportedPicture(
            "This is not a picture that Vitrine reads. Use JPEG, PNG, WebP, TIFF, HEIC, AVIF, JPEG 2000, GIF or BMP."
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise errors.BrokenPicture(f"The file's header is damaged ({error}). Export the photograph again.") from error


def _is_turned(image: Image.Image) -> bool:
    """Whether EXIF says that width and height change places. A damaged EXIF block is no reason to refuse a picture."""
    if image.format == "TIFF":
        # Pillow has changed them already.
        return False
    try:
        return image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError):
        return False


def _check_size(image: Image.Image, max_pixels: int) -> None:
    limit = max_pixels * _SCALED_DECODE_GAIN if image.format in ("JPEG", "MPO") else max_pixels
    if image.width * image.height > limit:
        raise errors.TooLarge(
            f"The picture has {image.width * image.height / 1e6:.0f} megapixels; "
            f"at most {limit / 1e6:.0f} are read. Save a smaller copy.",
            code="too_many_pixels",
        )


def _draft(image: Image.Image, request: DecodeRequest, max_pixels: int) -> None:
    """Let libjpeg decode at 1/2, 1/4 or 1/8 where that leaves twice the pixels that the model needs.

    Embeddings then stay within cosine .9999 of a full decode.
    """
    image.draft(None, _needed(image.width, image.height, request))
    if image.width * image.height > max_pixels:
        if request.region:
            raise errors.TooLarge(
                "The selected region of this picture is too fine to decode. Select a larger region.",
                code="region_too_fine",
            )
        raise errors.TooLarge(
            f"The picture has {image.width * image.height / 1e6:.0f} megapixels that are all needed; "
            f"at most {max_pixels / 1e6:.0f} are read. Save a smaller copy.",
            code="too_many_pixels",
        )


def _needed(width: int, height: int, request: DecodeRequest) -> tuple[int, int]:
    """Width and height, in px, below which decoding would lose what the request wants."""
    region = request.region
    fraction = min(region.width, region.height) if region else 1.0
    scale = 0.0
    if request.model_input:
        side = request.model_input.shorter_side or request.model_input.size
        scale = max(scale, 2 * side / (min(width, height) * fraction))
    if request.preview_size:
        scale = max(scale, request.preview_size / (max(width, height) * fraction))
    if request.jpeg_size:
        scale = max(scale, request.jpeg_size / max(width, height))
    scale = min(scale, 1.0)
    return math.ceil(width * scale), math.ceil(height * scale)


def _load(image: Image.Image, request: DecodeRequest) -> Image.Image:
    try:
        image.load()
        # Whatever comes next is done on fewer pixels: reduce by a whole factor as soon as there are pixels.
        needed_width, needed_height = _needed(image.width, image.height, request)
        factor = max(1, min(image.width // needed_width, image.height // needed_height))
        icc_profile = image.info.get("icc_profile")
        has_alpha = image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info
        ImageOps.exif_transpose(image, in_place=True)
        upright = image
        if has_alpha:
            upright = upright.convert("RGBA")
        elif upright.mode in ("P", "1"):
            upright = upright.convert("RGB")
        upright = _eight_bit(upright)
        if factor > 1:
            upright = upright.reduce(factor)
        return _srgb(upright, icc_profile)
    except errors.VitrineError:
        raise
    except MemoryError as error:
        raise errors.TooLarge(
            "Decoding this picture takes too much memory. Save a smaller copy.", code="too_many_pixels"
        ) from error
    # A decoder meets hostile bytes here, and each plugin fails in its own way.
    except Exception as error:
        raise errors.BrokenPicture(
            f"The picture is damaged or incomplete ({error}). Export or copy the file again."
        ) from error


def _eight_bit(image: Image.Image) -> Image.Image:
    """`convert("RGB")` turns 99 % of 16-bit grey white: scale by the bits that are in use first."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = float(values.max(initial=0))
    if image.mode == "F":
        # Floats have no agreed range: 0..1, 0..255 or a sensor's own.
        scale = 255.0 if top <= 1.0 else min(1.0, 255.0 / top)
    else:
        scale = 255.0 / (2.0 ** max(8, math.ceil(math.log2(top + 1))) - 1)
    return Image.fromarray((values * scale).clip(0, 255).astype(np.uint8))


def _srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image:
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image).convert("RGB")
    if icc_profile and image.mode in ("RGB", "CMYK", "LAB"):
        image = _through_profile(image, icc_profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _through_profile(image: Image.Image, icc_profile: bytes) -> Image.Image:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if image.mode == "RGB" and "sRGB" in (ImageCms.getProfileDescription(profile) or ""):
            return image
        converted = ImageCms.profileToProfile(image, profile, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        # A profile that does not fit its picture: colours without it are better than no picture.
        return image
    return converted if converted is not None else image


def _jpeg(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return out.getvalue()
