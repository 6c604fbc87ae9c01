"""The thread that keeps a worker's index new."""

from __future__ import annotations

import threading
import time

import pytest

from tests.refusals import refusal
from vitrine import errors
from workers.refreshing import Refreshing


class FailingAtFirst:
    """An index that is refreshed in vain, each time for another reason, and then for good."""

    def __init__(self, *reasons: Exception) -> None:
        self.reasons = list(reasons)
        self.refreshed = threading.Event()

    def refresh(self) -> None:
        if self.reasons:
            raise self.reasons.pop(0)
        self.refreshed.set()


def test_whatever_ends_a_refresh_there_is_another_one_and_searches_are_taken_then(
    caplog: pytest.LogCaptureFixture,
) -> None:
    index = FailingAtFirst(
        OSError(5, "Input/output error"), errors.DependencyUnavailable("Away."), RuntimeError("faiss")
    )
    taken = threading.Event()

    def take() -> None:
        assert index.refreshed.is_set()
        taken.set()

    refreshing = Refreshing(index, 0.001, then=take)  # type: ignore[arg-type]
    assert taken.wait(10)
    refreshing.stop()
    refreshing.join()
    assert caplog.text.count("refreshing the index broke") == 2
    assert "Input/output error" in caplog.text
    assert "the index was not refreshed: Away." in caplog.text


class Blocked:
    """An index that takes long to be read."""

    def __init__(self) -> None:
        self.reading, self.read = threading.Event(), threading.Event()

    def refresh(self) -> None:
        self.reading.set()
        assert self.read.wait(10)


def test_a_stop_does_not_wait_for_an_index_that_is_being_read_and_nothing_is_taken_after_it() -> None:
    index, taken = Blocked(), threading.Event()
    refreshing = Refreshing(index, 0.001, then=taken.set)  # type: ignore[arg-type]
    assert index.reading.wait(10)
    refreshing.stop()
    index.read.set()
    refreshing.join()
    assert not taken.is_set()


def test_it_says_why_nothing_is_found_yet_and_when_nothing_new_is(monkeypatch: pytest.MonkeyPatch) -> None:
    away = errors.DependencyUnavailable("The volume is away.")
    index, taken = FailingAtFirst(*[away] * 10_000), threading.Event()
    refreshing = Refreshing(index, 0.001, then=taken.set)  # type: ignore[arg-type]
    deadline = time.monotonic() + 10
    while "volume" not in refusal(refreshing.check) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert "The index is not open" in refusal(refreshing.check) and "The volume is away." in refusal(refreshing.check)
    assert not taken.is_set()
    index.reasons.clear()
    assert taken.wait(10)
    refreshing.check()
    index.reasons += [away] * 10_000
    later = time.monotonic() + 100
    monkeypatch.setattr(time, "monotonic", lambda: later)
    while "was not refreshed" not in refusal(refreshing.check):
        time.sleep(0.001)
    refreshing.stop()
    refreshing.join()
