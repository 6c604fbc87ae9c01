"""Calls that come while one is under way are made as one: one thread, one transaction, one fsync for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """``work`` answers to each of what it is asked, in order, or raises for all of it. Nobody waits for company.

    One for each event loop. Who stops waiting (a visitor who closes the page) takes nothing back.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]], *, most: int = 64) -> None:
        self._work = work
        self._most = most
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, asked: Asked) -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._work_off())
        return await answer

    async def _work_off(self) -> None:
        try:
            while self._waiting:
                together, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._answer(together)
        finally:
            self._working = None

    async def _answer(self, together: Sequence[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            loop = asyncio.get_running_loop()
            answers = await loop.run_in_executor(None, self._work, [asked for asked, _ in together])
        # Whatever it is, it is the answer to each of them.
        except BaseException as error:
            for _, waiting in together:
                if not waiting.done():
                    waiting.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, waiting), answer in zip(together, answers, strict=True):
            if not waiting.done():
                waiting.set_result(answer)
