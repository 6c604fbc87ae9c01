"""Calls that come while one is under way are made as one, and each gets its own answer."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Sequence

import pytest

from api.together import Together

WAIT_S = 10


class Doubling:
    """Doubles numbers; waits in the first call until it is let go on."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.calls.append(list(numbers))
        self.begun.set()
        assert self.go_on.wait(WAIT_S)
        if 13 in numbers:
            raise ZeroDivisionError
        return [2 * number for number in numbers]


async def _begun(work: Doubling, together: Together[int, int], first: int) -> asyncio.Task[int]:
    task = asyncio.create_task(together(first))
    await asyncio.to_thread(work.begun.wait, WAIT_S)
    return task


def test_who_comes_alone_is_served_at_once_and_who_comes_meanwhile_together() -> None:
    work = Doubling()

    async def story() -> list[int]:
        together = Together(work, most=3)
        tasks = [await _begun(work, together, 1), *(asyncio.create_task(together(number)) for number in range(2, 7))]
        await asyncio.sleep(0)
        work.go_on.set()
        return await asyncio.gather(*tasks)

    assert asyncio.run(story()) == [2, 4, 6, 8, 10, 12]
    assert work.calls == [[1], [2, 3, 4], [5, 6]]


def test_an_error_is_the_answer_to_all_of_a_call_and_to_nobody_else() -> None:
    work = Doubling()

    async def story() -> list[int | BaseException]:
        together = Together(work)
        tasks = [await _begun(work, together, 1), *(asyncio.create_task(together(number)) for number in (2, 13))]
        await asyncio.sleep(0)
        work.go_on.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        return [*answers, await together(4)]

    first, second, third, last = asyncio.run(story())
    assert (first, last) == (2, 8)
    assert isinstance(second, ZeroDivisionError) and isinstance(third, ZeroDivisionError)


def test_who_stops_waiting_takes_nothing_from_the_others() -> None:
    work = Doubling()

    async def story() -> int:
        together = Together(work)
        first = await _begun(work, together, 1)
        second = asyncio.create_task(together(2))
        await asyncio.sleep(0)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        work.go_on.set()
        return await second

    assert asyncio.run(story()) == 4
    assert work.calls == [[1], [2]]


@pytest.mark.parametrize("count", [1, 200])
def test_all_are_answered(count: int) -> None:
    work = Doubling()
    work.go_on.set()

    async def story() -> list[int]:
        together = Together(work, most=7)
        return await asyncio.gather(*(together(number + 20) for number in range(count)))

    assert asyncio.run(story()) == [2 * (number + 20) for number in range(count)]
