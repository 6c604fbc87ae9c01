"""An application behind uvicorn, until it is asked to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI

from vitrine import listening
from vitrine.settings import Settings

_GRACE_S = 5


def serve(app: FastAPI, settings: Settings, sockets: Sequence[socket.socket], ready: Callable[[], None]) -> None:
    """Returns after SIGINT or SIGTERM, when requests in hand are answered. ``ready`` is called when it listens.

    ``sockets``: those of `listening.bound`.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
        # Who stands between a visitor and this server says whose request it is: limits are kept for each visitor.
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )
    with listening.explained(settings.host, settings.port, listening.HTTP):
        for one in sockets:
            # Of two servers that start together, both have a port until one of them listens.
            one.listen(config.backlog)
    _end_in_order()
    asyncio.run(_serve(uvicorn.Server(config), sockets, ready, app.state.services.feed.close))


def _end_in_order() -> None:
    """uvicorn ends by itself on these signals and then raises them anew: by default that would kill us half-way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


async def _serve(
    server: uvicorn.Server,
    sockets: Sequence[socket.socket],
    ready: Callable[[], None],
    end_streams: Callable[[], None],
) -> None:
    serving = asyncio.create_task(server.serve(list(sockets)))
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        # What was imported and wired is here for good: the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        ready()
    # Streams would keep the server from ending: they end as soon as it is asked to.
    while not server.should_exit and not serving.done():
        await asyncio.sleep(0.1)
    end_streams()
    await serving
