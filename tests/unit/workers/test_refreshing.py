"""The thread that keeps a worker's index new."""

from __future__ import annotations

import threading

import pytest

from vitrine import errors
from workers import process


class FailingAtFirst:
    """An index that is refreshed in vain, each time for another reason, and then for good."""

    def __init__(self, *reasons: Exception) -> None:
        self._reasons = list(reasons)
        self.refreshed = threading.Event()

    def refresh(self) -> None:
        if self._reasons:
            raise self._reasons.pop(0)
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

    end = process._refreshing(index, 0.001, then=take)  # type: ignore[arg-type]
    assert taken.wait(10)
    end()
    assert caplog.text.count("refreshing the index broke") == 2
    assert "Input/output error" in caplog.text
    assert "the index was not refreshed: Away." in caplog.text
