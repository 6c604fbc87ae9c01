"""The web page of the one-process size, as nginx serves it in the others (deploy/nginx/nginx.conf)."""

from __future__ import annotations

import pathlib

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

# Names of files in it change with their content: one that is missing is no address of the page.
_ASSETS = "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"


def add(app: FastAPI, folder: pathlib.Path) -> None:
    """After all other routes: whatever address they do not know is the page's, whose own script knows which it has."""
    files = StaticFiles(directory=folder)

    async def page(address: str, request: Request) -> Response:
        try:
            found = await files.get_response(address or "index.html", request.scope)
        except HTTPException as missing:
            if missing.status_code != 404 or address.startswith(_ASSETS):
                raise
            found = await files.get_response("index.html", request.scope)
        found.headers["Cache-Control"] = _FOR_EVER if address.startswith(_ASSETS) else "no-cache"
        return found

    async def docs() -> Response:
        return FileResponse(folder / "docs.html")

    app.add_api_route("/docs", docs, include_in_schema=False)
    app.add_api_route("/{address:path}", page, include_in_schema=False)
