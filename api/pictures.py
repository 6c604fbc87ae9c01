"""Re-encoded derivatives of photographs: from the store, or made when they are asked for first."""

from __future__ import annotations

import contextlib

import anyio
import anyio.to_thread
from starlette.concurrency import run_in_threadpool

from vitrine import errors
from vitrine.domain import derivative_key, original_key
from vitrine.ports import Decoder, DecodeRequest, ImageStore


class Pictures:
    """One for each API process; lives in its event loop."""

    def __init__(self, images: ImageStore, decoder: Decoder) -> None:
        self._images = images
        self._decoder = decoder
        # Who waits for the decoder waits for this, and so holds none of the threads that all other requests share.
        # One more than can be decoded: it reads or writes meanwhile.
        self._makers = anyio.CapacityLimiter(decoder.slots + 1)

    async def derivative(self, sha256: str, size: int) -> bytes:
        """JPEG, the longer side at most ``size`` px. Raises NotFound, or what the decoder raises."""
        try:
            return await run_in_threadpool(self._images.read, derivative_key(sha256, size))
        except errors.NotFound:
            return await anyio.to_thread.run_sync(self._made, sha256, size, limiter=self._makers)

    def _made(self, sha256: str, size: int) -> bytes:
        key = derivative_key(sha256, size)
        # Others who asked for it may have been first.
        with contextlib.suppress(errors.NotFound):
            return self._images.read(key)
        original = self._images.read(original_key(sha256))
        data = self._decoder.decode(original, DecodeRequest(jpeg_size=size)).jpeg or b""
        self._images.write(key, data)
        return data
