"""What operators' machines ask the API."""

from __future__ import annotations

import asyncio

import anyio.to_thread
import httpx2

from api.app import create_app
from api.services import Services


def test_the_api_lives_while_all_its_threads_wait_for_a_database(given: Services) -> None:
    async def ask() -> int:
        threads = anyio.to_thread.current_default_thread_limiter()
        for number in range(int(threads.total_tokens)):
            threads.acquire_on_behalf_of_nowait(number)
        transport = httpx2.ASGITransport(create_app(given))
        async with asyncio.timeout(30), httpx2.AsyncClient(transport=transport, base_url="http://api") as client:
            return (await client.get("/health/live")).status_code

    assert asyncio.run(ask()) == 200
