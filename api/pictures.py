"""Re-encoded derivatives of photographs: from the store, or made when they are asked for first."""

from __future__ import annotations

import contextlib

import anyio
import anyio.to_thread
from starlette.concurrency import run_in_threadpool

from vitrine import errors
from vitrine.domain import Search, derivative_key, original_key, upload_derivative_key, upload_key
from vitrine.ports import Decoder, DecodeRequest, ImageStore


class Pictures:
    """One for each API process; lives in its event loop."""

    def __init__(self, images: ImageStore, decoder: Decoder) -> None:
        self._images = images
        self._decoder = decoder
        # Who waits for the decoder waits for this, and so holds none of the threads that all other requests share.
        # One more than can be decoded: it reads or writes meanwhile.
        self._makers = anyio.CapacityLimiter(decoder.slots + 1)

    async def of_catalogue(self, sha256: str, size: int) -> bytes:
        """JPEG, the longer side at most ``size`` px. Raises NotFound, or what the decoder raises."""
        return await self._derivative(original_key(sha256), derivative_key(sha256, size), size)

    async def of_search(self, search: Search, size: int) -> bytes:
        """The same of what was searched for: a photograph that was sent, or one of the catalogue's."""
        try:
            return await self._derivative(upload_key(search.id), upload_derivative_key(search.id, size), size)
        except errors.NotFound:
            return await self.of_catalogue(search.image_sha256, size)

    async def _derivative(self, original: str, key: str, size: int) -> bytes:
        try:
            return await run_in_threadpool(self._images.read, key)
        except errors.NotFound:
            return await anyio.to_thread.run_sync(self._made, original, key, size, limiter=self._makers)

    def _made(self, original: str, key: str, size: int) -> bytes:
        # Others who asked for it may have been first.
        with contextlib.suppress(errors.NotFound):
            return self._images.read(key)
        data = self._decoder.decode(self._images.read(original), DecodeRequest(jpeg_size=size)).jpeg or b""
        # It can be shown, even where a full disk does not take it.
        with contextlib.suppress(errors.DependencyUnavailable):
            self._images.write(key, data)
            if not self._images.exists(original):
                # Forgotten meanwhile: nobody would find this one again.
                self._images.remove(key)
        return data
