"""Reads the parts of an upload and says exactly what is wrong with them."""

from __future__ import annotations

import json
import pathlib
import re
import uuid
from typing import Any

from starlette.datastructures import UploadFile

from vitrine import errors
from vitrine.domain import Filters, NewSearch, Region
from vitrine.settings import Settings

# First bytes of every format that the decoder reads. The worker's decoder has the last word; this one is quick.
_MAGIC: tuple[tuple[int, bytes], ...] = (
    (0, b"\xff\xd8\xff"),
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"GIF8"),
    (0, b"BM"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"II+\x00"),
    (0, b"MM\x00+"),
    (8, b"WEBP"),
    (4, b"ftyp"),
    (4, b"jP  \r\n\x87\n"),
    (0, b"\xff\x4f\xff\x51"),
)
_MOST_RESULTS = 100
# One upload of many files is held in memory and on disk while it is read.
_MOST_BYTES = 512 * 2**20
# Room for the form's other fields and boundaries beside the pictures.
_FORM_BYTES = 2**20


def most_bytes(settings: Settings) -> int:
    """All photographs of one upload together; one of the largest always fits."""
    return max(min(settings.max_files * settings.max_upload_bytes, _MOST_BYTES), settings.max_upload_bytes)


def most_request_bytes(settings: Settings) -> int:
    return most_bytes(settings) + _FORM_BYTES


def too_long(most: int) -> errors.TooLarge:
    return errors.TooLarge(
        f"All photographs of one upload may have {(most - _FORM_BYTES) / 2**20:.0f} MiB together. "
        "Send them in several uploads.",
        code="request_too_large",
    )


def check_count(count: int, most: int) -> None:
    if count == 0:
        raise errors.RejectedInput("Send at least one photograph, as the form field image.", field="image")
    if count > most:
        raise too_many(most)


def too_many(most: int) -> errors.TooLarge:
    return errors.TooLarge(
        f"At most {most} photographs are taken at a time; send the rest afterwards.", code="too_many", field="image"
    )


def check_picture(data: bytes, filename: str, number: int, max_bytes: int) -> None:
    """``number``: its place among the photographs, from 0. Raises TooLarge or UnsupportedPicture."""
    if len(data) > max_bytes:
        raise errors.TooLarge(
            f"{filename} has {len(data) / 2**20:.0f} MiB; at most {max_bytes / 2**20:.0f} are taken. Save it smaller.",
            field="image",
            index=number,
        )
    if not data:
        raise errors.UnsupportedPicture(
            f"{filename} is empty. Choose the photograph again.", field="image", index=number
        )
    if not any(data[start : start + len(magic)] == magic for start, magic in _MAGIC):
        raise errors.UnsupportedPicture(
            f"{filename} is not a picture that Vitrine reads. "
            "Use JPEG, PNG, WebP, TIFF, HEIC, AVIF, JPEG 2000, GIF or BMP.",
            field="image",
            index=number,
        )


def new_search(part: UploadFile, options: dict[str, Any]) -> NewSearch:
    """Of a photograph that is not kept yet. ``options``: region, top_k, filters and geometric_check, already read."""
    return NewSearch(
        id=uuid.uuid4().hex,
        image_sha256="",
        filename=pathlib.PurePath((part.filename or "photograph").replace("\\", "/")).name[:255],
        **options,
    )


def read_options(form: dict[str, str], *, model_id: str, geometric_check: bool) -> dict[str, Any]:
    """Raises RejectedInput that names the field."""
    _check_model(form.get("model", ""), model_id)
    return {
        "region": _region(form.get("region", "")),
        "top_k": _top_k(form.get("top_k", "")),
        "filters": _filters(form.get("filters", "")),
        "geometric_check": _flag("geometric_check", form.get("geometric_check", ""), geometric_check),
    }


def _check_model(model: str, model_id: str) -> None:
    if model and model not in (model_id, model_id.split("@")[0]):
        raise errors.RejectedInput(f"The model {model!r} is not served here; {model_id} is.", field="model")


def _region(text: str) -> Region | None:
    if not text.strip():
        return None
    document = _document("region", text)
    try:
        region = Region(**{side: float(document[side]) for side in ("x", "y", "width", "height")})
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _bad_region("it needs the numbers x, y, width and height") from error
    inside = 0 <= region.x < 1 and 0 <= region.y < 1 and region.width > 0 and region.height > 0
    # A hundredth beyond the border is a pointer's rounding, not a mistake.
    if not inside or region.x + region.width > 1.01 or region.y + region.height > 1.01:
        raise _bad_region("all four are fractions of the picture, 0 to 1, and it must lie inside")
    return region


def _bad_region(reason: str) -> errors.RejectedInput:
    return errors.RejectedInput(f"The region is wrong: {reason}.", code="bad_region", field="region")


def _top_k(text: str) -> int:
    if not text.strip():
        return 10
    # Three digits are enough: Python refuses to read thousands of them.
    if not re.fullmatch(r"\d{1,3}", text.strip(), re.ASCII) or not 1 <= int(text) <= _MOST_RESULTS:
        raise errors.RejectedInput(f"top_k must be a whole number from 1 to {_MOST_RESULTS}.", field="top_k")
    return int(text)


def _filters(text: str) -> Filters:
    if not text.strip():
        return Filters()
    document = _document("filters", text)
    if unknown := set(document) - {"typology", "museum"}:
        raise errors.RejectedInput(
            f"Unknown filter: {', '.join(sorted(unknown))}. Known: typology, museum.", field="filters"
        )
    if not all(isinstance(value, str) for value in document.values()):
        raise errors.RejectedInput("A filter's value must be a text.", field="filters")
    return Filters(typology=document.get("typology") or None, museum=document.get("museum") or None)


def _flag(field: str, text: str, default: bool) -> bool:
    known = {"": default, "true": True, "1": True, "false": False, "0": False}
    if text.strip().lower() not in known:
        raise errors.RejectedInput(f"{field} must be true or false.", field=field)
    return known[text.strip().lower()]


def _document(field: str, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
        # JSON can escape half a character, which no database stores and no answer can tell.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise errors.RejectedInput(f"{field} is not JSON: {error}.", field=field) from error
    if not isinstance(document, dict):
        raise errors.RejectedInput(f"{field} must be a JSON object.", field=field)
    return document
