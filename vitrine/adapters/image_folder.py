"""Image store on a folder. A write is a temporary file, an fsync and a rename: whole or not at all."""

from __future__ import annotations

import io
import os
import pathlib
import uuid

from vitrine import errors


class ImageFolder:
    def __init__(self, root: pathlib.Path) -> None:
        self._root = root

    def write(self, key: str, data: bytes) -> None:
        """Idempotent: the bytes under a key never change, so what is there already stays."""
        path = self._path(key)
        if path.exists():
            return
        try:
            temporary = path.with_name(f".new-{uuid.uuid4().hex}")
            with _opened(temporary) as file:
                _write(file, data)
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise errors.DependencyUnavailable(f"The image store cannot be written: {error.strerror}") from error

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise errors.NotFound(f"The image store has no {key}.") from error
        except OSError as error:
            raise errors.DependencyUnavailable(f"The image store cannot be read: {error.strerror}") from error

    def exists(self, key: str) -> bool:
        return self._path(key).exists()

    def _path(self, key: str) -> pathlib.Path:
        path = self._root / key
        if ".." in pathlib.PurePosixPath(key).parts or (path.is_absolute() and not path.is_relative_to(self._root)):
            raise errors.NotFound(f"{key!r} is not a key.")
        return path


def _write(file: io.FileIO, data: bytes) -> None:
    """All of it: a disk that is nearly full takes a part first, and refuses the rest."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _opened(path: pathlib.Path) -> io.FileIO:
    """A new file; its folder is made where it is missing, which it seldom is."""
    try:
        return path.open("xb", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb", buffering=0)


def _sync_folder(folder: pathlib.Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
