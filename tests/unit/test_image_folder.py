"""What a failed or killed write leaves on the disk."""

from __future__ import annotations

import errno
import os
import pathlib
import time

import pytest

from vitrine import errors
from vitrine.adapters.image_folder import ImageFolder
from vitrine.domain import original_key

KEY, OTHER = original_key("ab" * 32), original_key("cd" * 32)


def files(folder: pathlib.Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_fails_leaves_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = ImageFolder(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(*{"fsync": (os, "fsync"), "replace": (pathlib.Path, "replace")}[failing], full)
        with pytest.raises(errors.DependencyUnavailable, match="No space left"):
            store.write(KEY, b"picture")
    assert files(tmp_path) == set()
    store.write(KEY, b"picture")
    assert store.read(KEY) == b"picture"


def test_what_a_killed_process_left_is_removed_and_what_another_writes_now_stays(tmp_path: pathlib.Path) -> None:
    ImageFolder(tmp_path).write(KEY, b"picture")
    unfinished = tmp_path / "originals" / ".new"
    (unfinished / "left").write_bytes(b"pict")
    (unfinished / "written now").write_bytes(b"pict")
    hours_ago = time.time() - 7200
    os.utime(unfinished / "left", (hours_ago, hours_ago))
    ImageFolder(tmp_path).write(OTHER, b"other")
    assert files(tmp_path) == {"ab" * 32, "cd" * 32, "written now"}
