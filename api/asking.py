"""A search that a route asks a worker for and waits for, as it would for any other dependency."""

from __future__ import annotations

import uuid

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api import admission
from api.acceptance import Upload
from api.services import Services
from vitrine import errors
from vitrine.domain import NewSearch


async def result(given: Services, request: Request, search: NewSearch, wait_s: float) -> str:
    """The result's JSON document, on account of whoever sent ``request``.

    Raises Overloaded where it takes longer, TooManyRequests, IndexNotReady, or VitrineError.
    """
    admission.refuse_when_overloaded(given)
    admission.take_share(given, request, 1)
    await given.accept(Upload(batch_id=uuid.uuid4().hex, searches=[search]))
    found = await given.feed.search(search.id, wait_s)
    if not found.status.terminal:
        # Nobody waits for it any longer.
        events = await run_in_threadpool(given.ledger.cancel, search.id)
        await run_in_threadpool(given.broker.publish_events, events)
        raise errors.Overloaded("The search takes longer than usual. Try again.", retry_after_s=10)
    if found.result is None:
        reason = found.problem.message if found.problem else found.status.value
        code = found.problem.code if found.problem else errors.VitrineError.code
        empty = code == errors.IndexNotReady.code
        kind = errors.IndexNotReady if empty else errors.VitrineError
        raise kind(f"The search did not complete: {reason}", code=code)
    return found.result
