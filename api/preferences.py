"""What a client would like, by the header Prefer (RFC 7240)."""

from __future__ import annotations

import re
import urllib.request
from typing import Annotated

from fastapi import Depends, Header

_LONGEST_WAIT_S = 30.0
# A preference may have parameters of its own, which say nothing to us.
_WAIT = re.compile(r'wait\s*=\s*("?)(?P<seconds>\d+)\1\s*(;.*)?', re.ASCII | re.IGNORECASE)


async def _wait_s(prefer: Annotated[list[str] | None, Header(description="RFC 7240: wait=SECONDS")] = None) -> float:
    # Lines of one name are one list. Of a preference that is given twice the first counts.
    preferences = urllib.request.parse_http_list(", ".join(prefer or []))
    waits = [float(found["seconds"]) for found in map(_WAIT.fullmatch, preferences) if found]
    return min(waits[0], _LONGEST_WAIT_S) if waits else 0.0


PreferredWait = Annotated[float, Depends(_wait_s)]
"""Seconds that the client would wait for the end of a search; 0 where it says nothing."""
