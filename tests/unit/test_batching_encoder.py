"""Pictures that wait together are encoded together, and each caller gets the answer to its own."""

from __future__ import annotations

import concurrent.futures
import threading
import time

import numpy as np
import numpy.typing as npt
import pytest

from vitrine import errors
from vitrine.adapters.batching_encoder import BatchingEncoder
from vitrine.domain import Pixels
from vitrine.ports import Encoded
from vitrine.preprocessing import Resize


class Slow:
    """Gives back the first number of each picture; refuses 255."""

    model_id = "slow"
    resize = Resize(mode="center_crop", size=2)
    dimension = 1

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.most_at_once = 0
        self._running = 0
        self._lock = threading.Lock()

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        with self._lock:
            self.batches.append(len(batch))
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
        time.sleep(0.02)
        with self._lock:
            self._running -= 1
        if (batch == 255).any():
            raise errors.DependencyUnavailable("refused")
        return batch[:, 0, 0, :1].astype(np.float32)

    def check(self) -> None:
        pass

    def encode_with_class(self, batch: Pixels) -> Encoded:
        return Encoded(embeddings=self.encode(batch))


def picture(number: int) -> Pixels:
    return np.full((1, 2, 2, 3), number, np.uint8)


def test_each_gets_its_own_answer_and_what_waits_is_encoded_together() -> None:
    slow = Slow()
    encoder = BatchingEncoder(slow, runs=2, most=4)
    with concurrent.futures.ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda number: encoder.encode(picture(number)), range(48)))
    assert [answer.tolist() for answer in answers] == [[[float(number)]] for number in range(48)]
    assert sum(slow.batches) == 48
    assert max(slow.batches) == 4
    assert slow.most_at_once == 2


def test_a_failure_is_told_to_everyone_in_the_batch_and_nobody_after() -> None:
    encoder = BatchingEncoder(Slow(), runs=1)
    with pytest.raises(errors.DependencyUnavailable):
        encoder.encode(picture(255))
    assert encoder.encode(picture(7)).tolist() == [[7.0]]


def test_who_waits_behind_a_failure_is_answered() -> None:
    encoder = BatchingEncoder(Slow(), runs=1, most=2)

    def outcome(number: int) -> float | None:
        try:
            return float(encoder.encode(picture(number))[0, 0])
        except errors.DependencyUnavailable:
            return None

    with concurrent.futures.ThreadPoolExecutor(16) as callers:
        numbers = [255 if number % 5 == 0 else number for number in range(32)]
        outcomes = list(callers.map(outcome, numbers))
    assert len(outcomes) == 32
    assert all(told in (None, float(number)) for told, number in zip(outcomes, numbers, strict=True))
    assert all(told is None for told, number in zip(outcomes, numbers, strict=True) if number == 255)


def test_several_pictures_of_one_caller_stay_together() -> None:
    encoder = BatchingEncoder(Slow(), runs=1)
    assert encoder.encode(np.concatenate([picture(3), picture(4)])).tolist() == [[3.0], [4.0]]
