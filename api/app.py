"""The application: routes, limits, headers and, in the one-process size, the page."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import AsyncIterator

from fastapi import FastAPI, Request

from api import metrics, problems, uploads, web_page
from api.middleware import HeadAsGet, RequestLength, SecurityHeaders
from api.routes import catalogue, events, health, images, searches
from api.services import Services
from vitrine import errors


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
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestLength, most_bytes=most_bytes)
    app.add_middleware(SecurityHeaders)
    for module in (searches, events, images, catalogue, health):
        app.include_router(module.router, max_body_size=most_bytes, responses=problems.DESCRIBED)
    for room in ("api", "health"):
        app.add_api_route(f"/{room}/{{path:path}}", _nothing, include_in_schema=False)
    if page is not None:
        web_page.add(app, page)
    return app


async def _nothing(request: Request) -> None:
    """The page answers any other address; a wrong one in these rooms is an error that a script can read."""
    raise errors.NotFound(f"There is nothing at {request.url.path}. /docs lists what there is.")
