"""Where the photographs of a source lie. Relative paths never lead out of the folders that the operator named."""

from __future__ import annotations

import dataclasses
import errno
import os
import pathlib
import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence

from vitrine import errors, record_limits

_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_WINDOWS_DRIVE = re.compile(r"[a-z]:[\\/]|\\\\", re.IGNORECASE)
# The file's own fault. Anything else that the system says (a network share gone away) passes, and is not the row's.
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL, errno.EISDIR})
_NOT_OURS = frozenset({errno.EACCES, errno.EPERM})


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageFile:
    """A file that was there a moment ago.

    ``source`` is what the catalogue remembers: the path as the source has it, with size and time of the last change,
    so that the next run knows without reading whether it is the same file.
    """

    path: pathlib.Path
    source: str
    size: int


def locate(text: str, roots: Sequence[pathlib.Path]) -> ImageFile:
    """The first of ``roots`` that has the file; an absolute path is taken as it is.

    Raises RejectedInput with what to do, and DependencyUnavailable where a disk does not answer.
    """
    _refuse_foreign(text)
    tried: list[pathlib.Path] = []
    for path in _candidates(text, roots):
        tried.append(path)
        if (status := _status(path)) is None:
            continue
        if not stat.S_ISREG(status.st_mode):
            raise errors.RejectedInput(f"{text} is not a file.", code="image_missing")
        source = f"{text} ({status.st_size} bytes, changed {int(status.st_mtime)})"
        if len(source) > record_limits.LONGEST_SOURCE:
            raise errors.RejectedInput("The path of the photograph is too long: shorten it.", code="too_long")
        return ImageFile(path=path, source=source, size=status.st_size)
    folders = ", ".join(dict.fromkeys(str(path.parent) for path in tried))
    advice = f"There is no photograph {text}. Looked in: {folders}. Correct the path, or give --images."
    raise errors.RejectedInput(advice, code="image_missing")


def read(file: ImageFile, *, at_most: int) -> bytes:
    """Raises RejectedInput and DependencyUnavailable."""
    if file.size > at_most:
        raise errors.TooLarge(
            f"The file has {file.size / 2**20:.0f} MiB; at most {at_most / 2**20:.0f} are read. Save a smaller copy."
        )
    try:
        return file.path.read_bytes()
    except OSError as error:
        raise _refusal(file.path, error) from error


def _refuse_foreign(text: str) -> None:
    if _URL.match(text):
        raise errors.RejectedInput(
            "The photograph is a web address: download it and write the file's path.", code="image_is_url"
        )
    if _WINDOWS_DRIVE.match(text):
        raise errors.RejectedInput(
            "The photograph's path names a Windows drive: write it relative to the folder that --images names.",
            code="image_missing",
        )
    if any(ord(character) < 32 for character in text):
        raise errors.RejectedInput(
            "The photograph's path holds control characters: type it anew.", code="image_missing"
        )


def _candidates(text: str, roots: Sequence[pathlib.Path]) -> Iterator[pathlib.Path]:
    spellings = [text]
    if "\\" in text:
        spellings.append(text.replace("\\", "/"))
    # macOS writes "й" as two characters, others as one; the table and the folder may come from different machines.
    spellings += [unicodedata.normalize(form, spelling) for form in ("NFC", "NFD") for spelling in spellings]
    for spelling in dict.fromkeys(spellings):
        if pathlib.Path(spelling).is_absolute():
            yield pathlib.Path(spelling)
            continue
        # By text alone: a folder that is a link to another disk is the operator's wish, ".." in a table is not.
        inner = os.path.normpath(spelling)
        if os.pardir in pathlib.PurePath(inner).parts:
            raise errors.RejectedInput(
                f"The path {text} leads out of the folder of photographs: give that folder with --images.",
                code="image_outside",
            )
        for root in roots:
            yield root / inner


def _status(path: pathlib.Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise _refusal(path, error) from error


def _refusal(path: pathlib.Path, error: OSError) -> errors.VitrineError:
    if error.errno in _NOT_THERE:
        return errors.RejectedInput(f"{path.name} is gone since the run began.", code="image_missing")
    if error.errno in _NOT_OURS:
        return errors.RejectedInput(f"{path} may not be read: change its permissions.", code="image_missing")
    return errors.DependencyUnavailable(f"The folder of photographs does not answer ({path}: {error.strerror}).")
