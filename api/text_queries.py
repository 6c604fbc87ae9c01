"""Texts of visitors become embeddings, off the event loop and one at a time."""

from __future__ import annotations

import asyncio
import functools

from starlette.concurrency import run_in_threadpool

from vitrine import errors
from vitrine.domain import Embedding, QueryEmbedding
from vitrine.ports import TextEncoder

# A text is some tenths of a second of one core: who came after so many would wait longer than anybody does.
_MOST_WAITING = 16
# Whoever goes from page to page asks the same again.
_KEPT = 200


class TextQueries:
    """One for each API process; lives in its event loop."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._turn = asyncio.Lock()
        self._under_way: dict[str, asyncio.Task[Embedding]] = {}
        self._kept: dict[str, Embedding] = {}

    async def embedding(self, text: str, wait_s: float) -> QueryEmbedding:
        """Raises Overloaded where it takes longer, Misconfigured or DependencyUnavailable."""
        vector = self._kept.get(text)
        if vector is None:
            try:
                async with asyncio.timeout(wait_s):
                    vector = await asyncio.shield(self._started(text))
            except TimeoutError as error:
                raise errors.Overloaded("Texts take longer than usual. Ask again shortly.", retry_after_s=5) from error
        return QueryEmbedding(model_id=self._encoder.model_id, vector=vector)

    def _started(self, text: str) -> asyncio.Task[Embedding]:
        """It goes on when whoever asked has gone: loading a large tower takes longer than the first one waits."""
        if (task := self._under_way.get(text)) is not None:
            return task
        if len(self._under_way) >= _MOST_WAITING:
            raise errors.Overloaded("Many ask in words at this moment. Ask again shortly.", retry_after_s=2)
        task = asyncio.create_task(self._embedded(text))
        self._under_way[text] = task
        task.add_done_callback(functools.partial(self._ended, text))
        return task

    def _ended(self, text: str, task: asyncio.Task[Embedding]) -> None:
        del self._under_way[text]
        if not task.cancelled():
            # Taken note of here, because nobody may be left to hear of it.
            task.exception()

    async def _embedded(self, text: str) -> Embedding:
        async with self._turn:
            vector: Embedding = (await run_in_threadpool(self._encoder.encode, [text]))[0]
        self._kept[text] = vector
        if len(self._kept) > _KEPT:
            del self._kept[next(iter(self._kept))]
        return vector
