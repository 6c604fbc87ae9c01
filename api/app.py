"""The application: routes, limits, headers and, in the one-process size, the page."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import metrics, problems, uploads
from api.routes import catalogue, events, health, images, searches
from api.services import Services
from vitrine import errors

# As they go over the wire: every answer has them.
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
    ),
]


def create_app(services: Services, *, page: pathlib.Path | None = None) -> FastAPI:
    """``page``: the built web page to serve; None where a web server of its own does."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        unsubscribe = services.broker.subscribe(metrics.count)
        async with services.feed.running():
            yield
        unsubscribe()

    app = FastAPI(
        title="Vitrine",
        description="A photograph of a museum object in; the most similar catalogue records, a class and a draft out.",
        lifespan=lifespan,
        # FastAPI's own page loads its scripts from elsewhere; ours is a part of the web page.
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    problems.add_handlers(app)
    most_bytes = uploads.most_request_bytes(services.settings)
    app.add_middleware(_RequestLength, most_bytes=most_bytes)
    app.add_middleware(_SecurityHeaders)
    for module in (searches, events, images, catalogue, health):
        app.include_router(module.router, max_body_size=most_bytes)
    app.add_api_route("/api/{path:path}", _nothing, include_in_schema=False)
    if page is not None:
        app.add_api_route("/docs", lambda: FileResponse(page / "docs.html"), include_in_schema=False)
        app.frontend("/", directory=page, fallback="index.html")
    return app


async def _nothing(path: str) -> None:
    """The page answers any other address; under /api a wrong one is an error that a script can read."""
    raise errors.NotFound(f"There is nothing at /api/{path}. /docs lists what there is.")


class _RequestLength:
    """Refuses what says that it is too long, before it is read; what does not say so, FastAPI breaks off."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        # Twenty digits are more than any limit.
        if length.isdigit() and int(length[:20]) > self._most_bytes:
            await problems.answer(uploads.too_long(self._most_bytes))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in _HEADERS if pair[0] not in given)]
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
