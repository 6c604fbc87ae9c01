"""Encodes together what waits together: a batch costs less than its pictures one by one, and nobody waits for one."""

from __future__ import annotations

import collections
import threading

import numpy as np
import numpy.typing as npt

from vitrine.domain import Pixels
from vitrine.ports import Encoded, Encoder
from vitrine.preprocessing import Resize


class _Asked:
    """What one caller wants encoded. It is called once: because it is answered, or to run the batch that it is in."""

    def __init__(self, pictures: Pixels) -> None:
        self.pictures = pictures
        self.called = threading.Event()
        self.batch: list[_Asked] = []
        self.embeddings: npt.NDArray[np.float32] | None = None
        self.error: BaseException | None = None

    def answer(self) -> npt.NDArray[np.float32]:
        if self.error is not None:
            raise self.error
        assert self.embeddings is not None
        return self.embeddings


class BatchingEncoder:
    """At most ``runs`` batches at a time, each on the thread of one that asked; who comes meanwhile is taken together.

    A picture that comes alone is encoded at once, alone. Beside a batch that runs, another begins when ``worth``
    wait: on a processor a picture alone may cost half as much again as one of four, and the cores have other work.
    Only who has an answer or a batch to run is woken.
    """

    def __init__(self, encoder: Encoder, *, runs: int, most: int = 8, worth: int = 4) -> None:
        self._encoder = encoder
        self._most = most
        self._worth = worth
        self._runs = runs
        self._running = 0
        self._waiting: collections.deque[_Asked] = collections.deque()
        self._lock = threading.Lock()

    @property
    def model_id(self) -> str:
        return self._encoder.model_id

    @property
    def resize(self) -> Resize:
        return self._encoder.resize

    @property
    def dimension(self) -> int:
        return self._encoder.dimension

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        own = _Asked(batch)
        with self._lock:
            self._waiting.append(own)
            self._begin()
        own.called.wait()
        if own.batch:
            self._run(own)
        return own.answer()

    def encode_with_class(self, batch: Pixels) -> Encoded:
        """Without a class: a model in process has no head beside it."""
        return Encoded(embeddings=self.encode(batch))

    def check(self) -> None:
        self._encoder.check()

    def _run(self, own: _Asked) -> None:
        """Encode the caller's batch, answer to everybody in it, and call one of those that wait to run the next."""
        try:
            embeddings = self._encoder.encode(np.concatenate([asked.pictures for asked in own.batch]))
        # Whatever it is, it is the answer to each of them.
        except BaseException as error:  # noqa: BLE001
            for asked in own.batch:
                asked.error = error
        else:
            start = 0
            for asked in own.batch:
                asked.embeddings = embeddings[start : start + len(asked.pictures)]
                start += len(asked.pictures)
        # The next run begins before this one's answers wake their callers.
        self._hand_over()
        for asked in own.batch:
            if asked is not own:
                asked.called.set()

    def _hand_over(self) -> None:
        with self._lock:
            self._running -= 1
            self._begin()

    def _begin(self) -> None:
        """Under the lock: call one of those that wait to run the next batch, unless it is better to wait."""
        few = self._running > 0 and len(self._waiting) < self._worth
        if few or not self._waiting or self._running == self._runs:
            return
        self._running += 1
        first = self._waiting[0]
        first.batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        first.called.set()
