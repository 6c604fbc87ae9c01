"""Image store on a folder. A write is a temporary file, an fsync and a rename: whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import pathlib
import time
import uuid
from collections.abc import Iterator

from vitrine import errors

# Beside the folders of pictures, so that what a killed process left unfinished is found without looking through them.
_UNFINISHED = ".new"
# No write takes so long: whoever began this one is gone.
_ABANDONED_S = 3600.0


class ImageFolder:
    def __init__(self, root: pathlib.Path) -> None:
        self._root = root
        # When each folder of unfinished files was looked through (monotonic).
        self._swept: dict[pathlib.Path, float] = {}

    def write(self, key: str, data: bytes) -> None:
        """Idempotent: the bytes under a key never change, so what is there already stays."""
        path = self._path(key)
        if path.exists():
            return
        unfinished = path.parent.parent / _UNFINISHED
        self._sweep(unfinished)
        temporary = unfinished / uuid.uuid4().hex
        try:
            with _removed_unless_moved(temporary) as file:
                _write(file, data)
                os.fsync(file.fileno())
                _move(temporary, path)
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

    def remove(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise errors.DependencyUnavailable(f"The image store cannot be written: {error.strerror}") from error

    def _sweep(self, unfinished: pathlib.Path) -> None:
        """Now and then: a process that runs for months outlives many that are killed."""
        now = time.monotonic()
        if now - self._swept.get(unfinished, float("-inf")) < _ABANDONED_S:
            return
        self._swept[unfinished] = now
        for path in unfinished.glob("*"):
            # Others write and sweep there too.
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _ABANDONED_S:
                    path.unlink()

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


@contextlib.contextmanager
def _removed_unless_moved(path: pathlib.Path) -> Iterator[io.FileIO]:
    """A new file. On a disk that is full, the part of it that was written would stay for ever."""
    try:
        with _opened(path) as file:
            yield file
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _opened(path: pathlib.Path) -> io.FileIO:
    """A new file; its folder is made where it is missing, which it seldom is."""
    try:
        return path.open("xb", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb", buffering=0)


def _move(path: pathlib.Path, to: pathlib.Path) -> None:
    """Its folder, too, is made where it is missing."""
    try:
        path.replace(to)
    except FileNotFoundError:
        to.parent.mkdir(parents=True, exist_ok=True)
        path.replace(to)


def _sync_folder(folder: pathlib.Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
