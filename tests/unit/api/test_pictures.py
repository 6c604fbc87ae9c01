"""Pictures that are yet to be made keep nobody waiting but those who asked for them."""

from __future__ import annotations

import asyncio
import threading

from starlette.concurrency import run_in_threadpool

from api.pictures import Pictures
from tests import searches
from vitrine import errors
from vitrine.domain import derivative_key, original_key, upload_key
from vitrine.ports import Decoded, DecodeRequest
from vitrine.testing import MemoryImageStore

ASKED = 60


class HeldDecoder:
    """Holds each picture until it is let go, and counts them."""

    slots = 1

    def __init__(self) -> None:
        self.go = threading.Event()
        self.decoded: list[bytes] = []

    def decode(self, data: bytes, request: DecodeRequest, *, patience_s: float | None = None) -> Decoded:
        assert self.go.wait(30)
        self.decoded.append(data)
        return Decoded(width=1, height=1, jpeg=b"smaller " + data)

    def close(self) -> None:
        pass


class FullStore(MemoryImageStore):
    """Has what it was given before its disk was full."""

    full = False

    def write(self, key: str, data: bytes) -> None:
        if self.full:
            raise errors.DependencyUnavailable("The image store cannot be written: No space left on device")
        super().write(key, data)


def test_sixty_that_wait_for_the_decoder_leave_everything_else_its_threads() -> None:
    images, decoder = MemoryImageStore(), HeldDecoder()
    for number in range(ASKED):
        images.write(original_key(f"{number:02}"), f"{number:02}".encode())
    images.write(derivative_key("made", 160), b"made before")

    async def page() -> None:
        pictures = Pictures(images, decoder)
        waiting = [asyncio.create_task(pictures.of_catalogue(f"{number:02}", 160)) for number in range(ASKED)]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(10):
            assert await run_in_threadpool(lambda: "ready") == "ready"
            assert await pictures.of_catalogue("made", 160) == b"made before"
        assert not any(task.done() for task in waiting)
        decoder.go.set()
        assert await asyncio.gather(*waiting) == [f"smaller {number:02}".encode() for number in range(ASKED)]

    asyncio.run(page())


def test_what_several_ask_for_at_once_is_made_once() -> None:
    images, decoder = MemoryImageStore(), HeldDecoder()
    images.write(original_key("vase"), b"vase")

    async def page() -> None:
        pictures = Pictures(images, decoder)
        waiting = [asyncio.create_task(pictures.of_catalogue("vase", 160)) for _ in range(ASKED)]
        await asyncio.sleep(0.2)
        decoder.go.set()
        assert set(await asyncio.gather(*waiting)) == {b"smaller vase"}

    asyncio.run(page())
    # As many as may make pictures at a time had begun before the first was there.
    assert len(decoder.decoded) <= decoder.slots + 1


def test_a_search_shows_what_was_sent_with_it_or_the_catalogue_s_photograph_that_it_names() -> None:
    images, decoder = MemoryImageStore(), HeldDecoder()
    decoder.go.set()
    images.write(original_key("vase"), b"the catalogue's")
    images.write(upload_key("sent"), b"a visitor's")
    pictures = Pictures(images, decoder)
    shown = [
        asyncio.run(pictures.of_search(searches.running(id=name, image_sha256="vase"), 160))
        for name in ("sent", "named")
    ]
    assert shown == [b"smaller a visitor's", b"smaller the catalogue's"]


def test_a_picture_of_what_is_forgotten_meanwhile_is_not_kept() -> None:
    images, decoder = MemoryImageStore(), HeldDecoder()
    images.write(upload_key("vase"), b"vase")

    async def page() -> None:
        asked = asyncio.create_task(Pictures(images, decoder).of_search(searches.running(id="vase"), 160))
        await asyncio.sleep(0.2)
        images.remove(upload_key("vase"))
        decoder.go.set()
        assert await asked == b"smaller vase"

    asyncio.run(page())
    assert not images._data


def test_a_picture_that_a_full_disk_does_not_take_is_shown_all_the_same() -> None:
    images, decoder = FullStore(), HeldDecoder()
    decoder.go.set()
    images.write(original_key("vase"), b"vase")
    images.full = True
    assert asyncio.run(Pictures(images, decoder).of_catalogue("vase", 160)) == b"smaller vase"
