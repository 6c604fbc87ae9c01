"""Encodes together what waits together: a batch costs less than its pictures one by one, and nobody waits for one."""

from __future__ import annotations

import collections
import threading
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

from vitrine.domain import Pixels
from vitrine.ports import Encoder
from vitrine.preprocessing import Resize


class _Asked:
    """What one caller wants encoded; the future is set by whoever runs the batch that it is in."""

    def __init__(self, pictures: Pixels) -> None:
        self.pictures = pictures
        self.answer: Future[npt.NDArray[np.float32]] = Future()
        self.taken = False


class BatchingEncoder:
    """At most ``runs`` batches at a time, each on the thread of one that asked; who comes meanwhile is taken together.

    A picture that comes alone is encoded at once, alone.
    """

    def __init__(self, encoder: Encoder, *, runs: int, most: int = 8) -> None:
        self._encoder = encoder
        self._most = most
        self._idle_runs = runs
        self._waiting: collections.deque[_Asked] = collections.deque()
        self._changed = threading.Condition()

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
        with self._changed:
            self._waiting.append(own)
        while taken := self._take(own):
            self._run(taken)
            with self._changed:
                self._idle_runs += 1
                self._changed.notify_all()
        return own.answer.result()

    def _take(self, own: _Asked) -> list[_Asked]:
        """The next batch for the caller to run; empty once the caller's own answer is there."""
        with self._changed:
            self._changed.wait_for(lambda: own.answer.done() or (self._idle_runs and not own.taken))
            if own.answer.done():
                return []
            self._idle_runs -= 1
            taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            for asked in taken:
                asked.taken = True
            return taken

    def _run(self, taken: list[_Asked]) -> None:
        try:
            embeddings = self._encoder.encode(np.concatenate([asked.pictures for asked in taken]))
        # Whatever it is, it is the answer to each of them.
        except BaseException as error:  # noqa: BLE001
            for asked in taken:
                asked.answer.set_exception(error)
            return
        start = 0
        for asked in taken:
            asked.answer.set_result(embeddings[start : start + len(asked.pictures)])
            start += len(asked.pictures)
