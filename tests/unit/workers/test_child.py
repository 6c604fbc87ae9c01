"""What a worker process says of itself."""

from __future__ import annotations

import errno
import pathlib
import threading

import pytest

from workers import child
from workers.operations import Heartbeats


class FullAtFirst(Heartbeats):
    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__(folder)
        self.full = True
        self.told = threading.Event()

    def tell(self, number: int, problem: str) -> None:
        if self.full:
            self.full = False
            raise OSError(errno.ENOSPC, "No space left on device")
        super().tell(number, problem)
        self.told.set()


def test_a_process_speaks_again_when_a_full_disk_has_room(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    heartbeats = FullAtFirst(tmp_path)
    ended = child._telling(heartbeats, 1, lambda: "MySQL is away")
    assert heartbeats.told.wait(30)
    ended.set()
    assert heartbeats.problems(1) == ["process 1: MySQL is away"]
    assert "No space left on device" in caplog.text
