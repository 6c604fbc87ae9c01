"""`python -m local`: the whole of Vitrine in one process, on the catalogue that lies in VITRINE_HOME."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import pydantic
import uvicorn

from local import process
from vitrine import errors
from vitrine.adapters import threads
from vitrine.settings import Settings

_GRACE_S = 5


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    threads.one_thread_each()
    try:
        settings = Settings()
        with process.running(settings) as app:
            config = uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=_GRACE_S,
            )
            _end_in_order()
            asyncio.run(_serve(uvicorn.Server(config), settings, app.state.services.feed.close))
    except pydantic.ValidationError as error:
        for wrong in error.errors():
            name = "_".join(str(part) for part in wrong["loc"])
            print(f"vitrine: the setting VITRINE_{name.upper()} is wrong: {wrong['msg']}", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        print(f"vitrine: {error.message}", file=sys.stderr)
        return 1
    return 0


def _end_in_order() -> None:
    """uvicorn ends by itself on these signals and then raises them anew: by default that would kill us half-way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


async def _serve(server: uvicorn.Server, settings: Settings, end_streams: Callable[[], None]) -> None:
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.02)
    if server.started:
        print(f"Vitrine is ready: http://{settings.host}:{settings.port}", flush=True)
    # Streams would keep the server from ending: they end as soon as it is asked to.
    while not server.should_exit and not serving.done():
        await asyncio.sleep(0.1)
    end_streams()
    await serving


if __name__ == "__main__":
    sys.exit(main())
