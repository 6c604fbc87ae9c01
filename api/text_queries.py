"""Texts of visitors become embeddings, off the event loop and one at a time."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool

from vitrine import errors
from vitrine.domain import QueryEmbedding
from vitrine.ports import TextEncoder

# A text is some tenths of a second of one core: who came after so many would wait longer than anybody does.
_MOST_WAITING = 16


class TextQueries:
    """One for each API process; lives in its event loop."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder = encoder
        self._turn = asyncio.Lock()
        self._asking = 0

    async def embedding(self, text: str) -> QueryEmbedding:
        """Raises Overloaded, Misconfigured or DependencyUnavailable."""
        if self._asking >= _MOST_WAITING:
            raise errors.Overloaded("Many ask in words at this moment. Ask again shortly.", retry_after_s=2)
        self._asking += 1
        try:
            async with self._turn:
                (vector,) = await run_in_threadpool(self._encoder.encode, [text])
        finally:
            self._asking -= 1
        return QueryEmbedding(model_id=self._encoder.model_id, vector=vector)
