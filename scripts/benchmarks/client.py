"""A visitor's client, as light as can be: HTTP/1.1 on kept connections, so that its own CPU spoils no figure."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

_HOST = "127.0.0.1"
BOUNDARY = b"vitrine-benchmark"
_TERMINAL = ("completed", "failed", "cancelled")


class SearchNotCompleted(Exception):
    """The server refused a photograph, or its search ended otherwise than completed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Load:
    """What a run of searches gave: latencies from the first byte sent to the result read, and the wall time of all."""

    latencies_s: tuple[float, ...]
    wall_s: float
    client_cpu_s: float

    @property
    def count(self) -> int:
        return len(self.latencies_s)


def searched(
    port: int,
    pictures: Iterator[bytes],
    *,
    in_flight: int,
    seconds: float,
    geometric_check: bool,
    at_least: int = 0,
) -> Load:
    """Keep ``in_flight`` searches going for so long and until so many are done, then wait for those that run.

    Raises SearchNotCompleted.
    """
    return asyncio.run(_searched(port, pictures, in_flight, seconds, geometric_check, at_least))


def searched_at_a_pace(
    port: int, pictures: Iterator[bytes], *, per_s: float, seconds: float, geometric_check: bool
) -> Load:
    """Begin ``per_s`` searches a second, however long the earlier ones take, and see all of them to their end.

    A latency counts from the time at which the search was due. Raises SearchNotCompleted.
    """
    return asyncio.run(_paced(port, pictures, per_s, seconds, geometric_check))


async def _paced(port: int, pictures: Iterator[bytes], per_s: float, seconds: float, geometric_check: bool) -> Load:
    latencies: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()

    async def visitor(due: float) -> None:
        async with _connected(port) as connection:
            await connection.search(next(pictures), geometric_check=geometric_check)
        latencies.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as visitors:
        for number in range(max(1, round(per_s * seconds))):
            due = started + number / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            visitors.create_task(visitor(due))
    return _load(latencies, started, cpu)


async def _searched(
    port: int, pictures: Iterator[bytes], in_flight: int, seconds: float, geometric_check: bool, at_least: int
) -> Load:
    latencies: list[float] = []
    started, cpu = time.perf_counter(), time.process_time()
    until = started + seconds

    async def visitor() -> None:
        async with _connected(port) as connection:
            while True:
                latencies.append(await connection.search(next(pictures), geometric_check=geometric_check))
                if time.perf_counter() >= until and len(latencies) + in_flight > at_least:
                    return

    async with asyncio.TaskGroup() as visitors:
        for _ in range(in_flight):
            visitors.create_task(visitor())
    return _load(latencies, started, cpu)


def _load(latencies: Sequence[float], started: float, cpu: float) -> Load:
    return Load(
        latencies_s=tuple(latencies),
        wall_s=time.perf_counter() - started,
        client_cpu_s=time.process_time() - cpu,
    )


@contextlib.asynccontextmanager
async def _connected(port: int) -> AsyncIterator[_Connection]:
    reader, writer = await asyncio.open_connection(_HOST, port)
    try:
        yield _Connection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def search(self, picture: bytes, *, geometric_check: bool) -> float:
        """Seconds from sending the photograph to holding its result. Raises SearchNotCompleted."""
        started = time.perf_counter()
        document = await self._post(picture, geometric_check=geometric_check)
        url = document["url"]
        while document.get("status") not in _TERMINAL:
            document = await self._get(url)
        if document["status"] != "completed":
            raise SearchNotCompleted(f"search {document['id']} {document['status']}: {document['error']}")
        return time.perf_counter() - started

    async def _post(self, picture: bytes, *, geometric_check: bool) -> dict[str, Any]:
        body = form([picture], geometric_check=geometric_check)
        head = (
            f"POST /api/searches HTTP/1.1\r\nHost: {_HOST}\r\nPrefer: wait=10\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY.decode()}\r\n\r\n"
        )
        return await self._exchange(head.encode() + body)

    async def _get(self, url: str) -> dict[str, Any]:
        return await self._exchange(f"GET {url} HTTP/1.1\r\nHost: {_HOST}\r\nPrefer: wait=10\r\n\r\n".encode())

    async def _exchange(self, request: bytes) -> dict[str, Any]:
        self._writer.write(request)
        await self._writer.drain()
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        body = await self._reader.readexactly(length)
        if not head.startswith("http/1.1 2"):
            raise SearchNotCompleted(f"the server answered {head.splitlines()[0]}: {body.decode()}")
        document: dict[str, Any] = json.loads(body)
        return document


def form(pictures: Sequence[bytes], *, geometric_check: bool) -> bytes:
    """The body of an upload, with ``BOUNDARY`` between its parts."""
    flag = b"true" if geometric_check else b"false"
    image = (
        b'--%b\r\nContent-Disposition: form-data; name="image"; filename="photograph.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" % BOUNDARY
    )
    return b"".join(
        [
            b'--%b\r\nContent-Disposition: form-data; name="geometric_check"\r\n\r\n%b\r\n' % (BOUNDARY, flag),
            *(part for picture in pictures for part in (image, picture, b"\r\n")),
            b"--%b--\r\n" % BOUNDARY,
        ]
    )
