"""HEAD is answered with the head of GET's answer, and costs no more than that."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope, Send

from api.middleware import HeadAsGet


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": scope["method"].encode(), "more_body": True})
        await asyncio.sleep(0)


def test_a_stream_ends_with_its_head() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    async def ask() -> None:
        async with asyncio.timeout(10):
            await HeadAsGet(endless)({"type": "http", "method": "HEAD"}, receive, send)

    asyncio.run(ask())
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert not sent[1].get("body") and not sent[1].get("more_body")
