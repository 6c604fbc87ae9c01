"""Reads the parts of an upload and says exactly what is wrong with them."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterable

from starlette.datastructures import FormData, UploadFile

from api import search_options
from vitrine import errors
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
# One upload of many files is held in memory and on disk while it is read.
_MOST_BYTES = 512 * 2**20
# Room for the form's other fields and boundaries beside the pictures.
_FORM_BYTES = 2**20
# Characters that steer a line instead of standing in it: control characters, and what turns the direction of writing,
# with which `gpj.exe` is shown as `exe.jpg`. Half characters no database stores.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LONGEST_NAME = 255


def most_files(settings: Settings) -> int:
    """In one upload: more than a client's share of a minute would be refused at any time."""
    return min(settings.max_files, settings.searches_per_minute or settings.max_files)


def most_bytes(settings: Settings) -> int:
    """All photographs of one upload together; one of the largest always fits."""
    return max(min(most_files(settings) * settings.max_upload_bytes, _MOST_BYTES), settings.max_upload_bytes)


def most_request_bytes(settings: Settings) -> int:
    return most_bytes(settings) + _FORM_BYTES


def too_long(most: int) -> errors.TooLarge:
    return errors.TooLarge(
        f"All photographs of one upload may have {_mib(most - _FORM_BYTES)} together. Send them in several uploads.",
        code="request_too_large",
    )


def too_many(most: int) -> errors.TooLarge:
    return errors.TooLarge(
        f"At most {most} photographs are taken at a time; send the rest afterwards.", code="too_many", field="image"
    )


def check_count(count: int, most: int) -> None:
    if count == 0:
        raise errors.RejectedInput("Send at least one photograph, as the form field image.", field="image")
    if count > most:
        raise too_many(most)


def parts(form: FormData) -> tuple[list[UploadFile], dict[str, str]]:
    """The photographs and the options. Raises RejectedInput where a part would be left out, and names it."""
    photographs: list[UploadFile] = []
    options: dict[str, str] = {}
    for name, value in form.multi_items():
        if name == "image" and isinstance(value, UploadFile):
            photographs.append(value)
        elif name in search_options.FIELDS and isinstance(value, str) and name not in options:
            options[name] = value
        else:
            # Of a charset of their own choice, and of any length: only whole characters can be told back.
            told = name[:80].encode(errors="replace").decode()
            raise errors.RejectedInput(_complaint(told, given_twice=name in options), field=told)
    return photographs, options


def _complaint(name: str, *, given_twice: bool) -> str:
    if name == "image":
        return "An image was sent as text: send every photograph as a file (with curl: -F image=@photograph.jpg)."
    if name not in search_options.FIELDS:
        taken = ", ".join(["image", *search_options.FIELDS])
        return f"There is no field {name!r}: correct its name or leave it out. Taken are: {taken}."
    if given_twice:
        return f"{name} was sent more than once: send it once."
    return f"{name} was sent as a file: send it as text (with curl: -F '{name}=<FILE')."


def filename(part: UploadFile) -> str:
    """The file's name without its folders, as it can be shown."""
    name = pathlib.PurePosixPath(_STEERING.sub("", part.filename or "").replace("\\", "/")).name.strip()
    return name[:_LONGEST_NAME] if name.strip(".") else "photograph"


def refusals(photographs: Iterable[tuple[str, bytes]], max_bytes: int) -> list[errors.RejectedInput]:
    """Of those that cannot be taken, in order: TooLarge or UnsupportedPicture. ``photographs``: names and bytes."""
    refused = (_refusal(number, name, data, max_bytes) for number, (name, data) in enumerate(photographs))
    return [refusal for refusal in refused if refusal]


def _refusal(number: int, name: str, data: bytes, max_bytes: int) -> errors.RejectedInput | None:
    """``number``: its place among the photographs, from 0."""
    if len(data) > max_bytes:
        return errors.TooLarge(
            f"{name} has more than {_mib(max_bytes)}, the most that is taken. Save it smaller.",
            field="image",
            index=number,
        )
    if not data:
        return errors.UnsupportedPicture(
            f"{name} is empty. Choose the photograph again.", code="empty_file", field="image", index=number
        )
    if not any(data[start : start + len(magic)] == magic for start, magic in _MAGIC):
        return errors.UnsupportedPicture(
            f"{name} is not a picture that Vitrine reads. "
            "Use JPEG, PNG, WebP, TIFF, HEIC, AVIF, JPEG 2000, GIF or BMP.",
            field="image",
            index=number,
        )
    return None


def _mib(count: int) -> str:
    mib = count / 2**20
    return f"{mib:.0f} MiB" if mib >= 100 else f"{mib:.3g} MiB"
