"""Texts are embedded off the event loop, one at a time, and not more than may wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from api.text_queries import TextQueries
from vitrine import errors


class SlowTower:
    """Holds each text until it is let go, and remembers how many it held at a time."""

    model_id = "slow@0000000000000000"

    def __init__(self) -> None:
        self.go = threading.Event()
        self.at_a_time: list[int] = []
        self._inside = 0

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self._inside += 1
        self.at_a_time.append(self._inside)
        assert self.go.wait(30)
        self._inside -= 1
        return np.eye(1, 3, dtype=np.float32).repeat(len(texts), axis=0)


def test_the_loop_goes_on_while_one_text_is_embedded_and_others_wait_their_turn() -> None:
    tower = SlowTower()

    async def ask() -> None:
        queries = TextQueries(tower)
        asked = [asyncio.create_task(queries.embedding(f"text {number}", 30)) for number in range(20)]
        # The loop turns though nothing has been embedded yet: those who came too late are told at once.
        await asyncio.wait(asked, return_when=asyncio.FIRST_EXCEPTION)
        refused = [task for task in asked if task.done()]
        assert {type(task.exception()) for task in refused} == {errors.Overloaded}
        tower.go.set()
        answered = [await task for task in asked if task not in refused]
        assert len(answered) == 16 and {found.model_id for found in answered} == {tower.model_id}
        # What failed or ended makes room.
        assert (await queries.embedding("later", 30)).vector.tolist() == [1, 0, 0]

    asyncio.run(ask())
    assert set(tower.at_a_time) == {1}


def test_who_waits_no_longer_is_told_so_and_the_tower_goes_on_for_the_next() -> None:
    tower = SlowTower()

    async def ask() -> None:
        queries = TextQueries(tower)
        with pytest.raises(errors.Overloaded, match="longer than usual"):
            await queries.embedding("text", 0.01)
        tower.go.set()
        await queries.embedding("another", 30)
        # The first text was embedded meanwhile, and is not embedded again.
        assert (await queries.embedding("text", 30)).vector.tolist() == [1, 0, 0]

    asyncio.run(ask())
    assert len(tower.at_a_time) == 2


def test_a_tower_that_fails_keeps_nobody_out_afterwards() -> None:
    class Broken(SlowTower):
        def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            raise errors.Misconfigured("no tower")

    async def ask() -> None:
        queries = TextQueries(Broken())
        for _ in range(40):
            with pytest.raises(errors.Misconfigured):
                await queries.embedding("text", 30)

    asyncio.run(ask())


def test_a_text_that_many_ask_for_is_embedded_once() -> None:
    tower = SlowTower()

    async def ask() -> None:
        queries = TextQueries(tower)
        asked = [asyncio.create_task(queries.embedding("ваза", 30)) for _ in range(20)]
        await asyncio.sleep(0.1)
        tower.go.set()
        assert {tuple((await task).vector) for task in asked} == {(1, 0, 0)}

    asyncio.run(ask())
    assert tower.at_a_time == [1]
