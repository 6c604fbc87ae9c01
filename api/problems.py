"""Errors as problem details (RFC 9457): what is wrong, and what to do about it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api import metrics
from vitrine import errors

_log = logging.getLogger(__name__)

_STATUS: list[tuple[type[errors.VitrineError], int, str]] = [
    (errors.TooLarge, 413, "Too large"),
    (errors.UnsupportedPicture, 415, "Not a supported picture"),
    (errors.AlreadyFinished, 409, "Already finished"),
    (errors.RejectedInput, 422, "Something in the request is wrong"),
    (errors.NotFound, 404, "Not found"),
    (errors.TooManyRequests, 429, "Too many requests"),
    (errors.DependencyUnavailable, 503, "Not available right now"),
    (errors.IndexNotReady, 503, "Nothing is indexed yet"),
    (errors.VitrineError, 500, "Vitrine failed"),
]
# Of a search that failed after it had been accepted, the ledger keeps the code alone; those that are not here are a
# RejectedInput's.
_STATUS_OF_FAILURE = {
    **{kind.code: status for kind, status, _ in _STATUS},
    "overloaded": 503,
    "misconfigured": 500,
    "damaged_snapshot": 500,
    "damaged_features": 500,
    "too_many_pixels": 413,
    "region_too_fine": 413,
}

_TEXTS = {name: {"type": "string"} for name in ("type", "title", "detail", "code")}
_WRONG = {"type": "object", "properties": {"field": {"type": "string"}, "code": {"type": "string"}}}
# In the place of FastAPI's own form of an error, which nobody is ever answered.
DESCRIBED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What is wrong, and what to do about it (RFC 9457). `code` is stable; with 429 and 503 comes "
        "Retry-After.",
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": [*_TEXTS, "status"],
                    "properties": {
                        **_TEXTS,
                        "status": {"type": "integer"},
                        "errors": {"type": "array", "items": _WRONG},
                    },
                }
            }
        },
    }
}

_SEND_AN_OBJECT = "send a JSON object in UTF-8, with the Content-Type application/json."
# Nobody knows when an operator indexes; who asks again in a minute burdens nobody.
_INDEXED_SOON_S = 60


def problem(
    status: int, title: str, detail: str, code: str, *, headers: dict[str, str] | None = None, **members: Any
) -> JSONResponse:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **members}
    return JSONResponse(document, status, headers=headers, media_type="application/problem+json")


def problem_document(code: str, detail: str) -> dict[str, Any]:
    """The same for a search that failed after it had been accepted."""
    status = _STATUS_OF_FAILURE.get(code, 422)
    return {"type": "about:blank", "title": "The search failed", "status": status, "detail": detail, "code": code}


def add_handlers(app: FastAPI) -> None:
    app.add_exception_handler(errors.VitrineError, _vitrine_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unforeseen)


async def _vitrine_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.VitrineError)
    return answer(error)


def answer(error: errors.VitrineError, *others: errors.RejectedInput) -> JSONResponse:
    """``others``: what else is wrong with the same request, where one answer names all of it."""
    status, title = next((status, title) for kind, status, title in _STATUS if isinstance(error, kind))
    headers = None
    if isinstance(error, errors.DependencyUnavailable):
        headers = {"Retry-After": str(math.ceil(error.retry_after_s))}
    if isinstance(error, errors.IndexNotReady):
        headers = {"Retry-After": str(_INDEXED_SOON_S)}
    if status == 500:
        _log.error("answering 500: %s", error)
    if error.code == errors.DependencyUnavailable.code:
        metrics.UNAVAILABLE.inc()
    members: dict[str, Any] = {}
    if isinstance(error, errors.RejectedInput) and error.field:
        members["errors"] = [_named(one) for one in (error, *others)]
    return problem(status, title, error.message, error.code, headers=headers, **members)


def _named(error: errors.RejectedInput) -> dict[str, Any]:
    place = {} if error.index is None else {"index": error.index}
    return {"field": error.field, **place, "code": error.code, "detail": error.message}


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [_invalid_field(found) for found in error.errors()]
    detail = "; ".join(f"{field['field']}: {field['detail']}" for field in fields)
    return problem(422, "Something in the request is wrong", detail, "rejected_input", errors=fields)


def _invalid_field(found: Mapping[str, Any]) -> dict[str, Any]:
    first, *rest = found["loc"]
    field, detail = ".".join(str(part) for part in rest) or str(first), found["msg"]
    if found["type"] == "json_invalid":
        field, detail = "body", f"{found['ctx']['error']} at character {rest[0] + 1}: {_SEND_AN_OBJECT}"
    elif field == "body":
        detail = _SEND_AN_OBJECT
    return {"field": field, "code": "rejected_input", "detail": detail}


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        # FastAPI's word for a body that cannot be read for any other reason than a mistake in its JSON.
        return answer(errors.RejectedInput(f"The body cannot be read: {_SEND_AN_OBJECT}", field="body"))
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status_code, "rejected_input")
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, str(error.detail), str(error.detail), code, headers=headers)


async def _gone(request: Request, _error: Exception) -> Response:
    _log.info("the client went away before it had sent all of %s %s", request.method, request.url.path)
    # Nobody reads it: the number that nginx writes into its log for this.
    return Response(status_code=499)


async def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
    _log.exception("answering 500", exc_info=error)
    return problem(500, "Vitrine failed", "The server failed for a reason of its own. It is in its log.", "internal")
