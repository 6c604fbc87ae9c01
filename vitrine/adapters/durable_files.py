"""Files that are there as a whole or not at all, and still there after a power cut."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Iterator

from vitrine import errors


def write(path: pathlib.Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


@contextlib.contextmanager
def written(what: str, path: pathlib.Path, meanwhile: str) -> Iterator[None]:
    """What the system refuses inside is DependencyUnavailable. ``meanwhile``: what stays as it is."""
    try:
        yield
    except OSError as error:
        raise errors.DependencyUnavailable(
            f"{what} cannot be written to {path}: {error.strerror}. Make room there, or see to the rights of who runs "
            f"this; {meanwhile} stays meanwhile."
        ) from error


def sync(path: pathlib.Path) -> None:
    """A file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
