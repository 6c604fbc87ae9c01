"""A worker that takes one search, says so, and is killed with it in hand."""

from __future__ import annotations

import sys
import threading

from vitrine.adapters.brokers import open_broker
from vitrine.adapters.slots import one_by_one
from vitrine.messages import SearchRequested


def handle(request: SearchRequested) -> None:
    print(request.search_id, flush=True)
    threading.Event().wait()


open_broker(sys.argv[1], name="dying").consume(one_by_one(handle), slots=1)
threading.Event().wait()
