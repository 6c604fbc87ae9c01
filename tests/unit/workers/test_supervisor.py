"""Worker processes: kept running, asked to stop, killed only when they do not listen."""

from __future__ import annotations

import functools
import pathlib
import signal
import threading
import time
from collections.abc import Callable

import pytest

from workers.supervisor import Supervisor

# Not the time that is tested: how long a busy machine may take for what comes at once on an idle one.
_PATIENCE_S = 60.0


def works_until_asked(number: int, *, folder: pathlib.Path) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    (folder / f"{number}-{time.monotonic_ns()}").touch()
    stop.wait()
    (folder / f"{number}.ended").touch()


def dies(number: int, *, folder: pathlib.Path) -> None:
    (folder / f"{number}-{time.monotonic_ns()}").touch()
    raise SystemExit(3)


def does_not_listen(number: int, *, folder: pathlib.Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / f"{number}-{time.monotonic_ns()}").touch()
    threading.Event().wait()


class Running:
    def __init__(self, supervisor: Supervisor) -> None:
        self.status: int | None = None
        self._supervisor = supervisor
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.status = self._supervisor.run()

    def stopped(self) -> int | None:
        self._supervisor.stop()
        self._thread.join()
        return self.status


def await_true(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def supervised(
    work: Callable[..., None],
    folder: pathlib.Path,
    *,
    processes: int,
    grace_s: float = 30.0,
    gone: Callable[[int, int], None] = print,
) -> Supervisor:
    return Supervisor(functools.partial(work, folder=folder), processes=processes, grace_s=grace_s, gone=gone)


def test_each_process_is_asked_to_stop_and_ends_by_itself(tmp_path: pathlib.Path) -> None:
    supervisor = supervised(works_until_asked, tmp_path, processes=2)
    running = Running(supervisor)
    await_true(lambda: len(list(tmp_path.glob("*-*"))) == 2)
    assert supervisor.alive == 2
    assert running.stopped() == 0
    assert {path.name for path in tmp_path.glob("*.ended")} == {"1.ended", "2.ended"}


def test_a_process_that_dies_is_started_again(tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    gone: list[tuple[int, int]] = []
    running = Running(supervised(dies, tmp_path, processes=1, gone=lambda number, pid: gone.append((number, pid))))
    await_true(lambda: len(list(tmp_path.glob("1-*"))) >= 2)
    running.stopped()
    assert "ended with status 3" in caplog.text
    assert gone and all(number == 1 and pid for number, pid in gone)


def test_a_process_that_does_not_listen_is_killed_after_its_grace(tmp_path: pathlib.Path) -> None:
    running = Running(supervised(does_not_listen, tmp_path, processes=1, grace_s=0.5))
    await_true(lambda: bool(list(tmp_path.glob("1-*"))))
    assert running.stopped() == 1
