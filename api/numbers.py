"""Numbers of records and images in addresses."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Path
from pydantic import BeforeValidator

from vitrine import errors

# What comes after is no number to a database.
_MOST = 2**63 - 1


def _existing(text: str) -> int:
    # Each record has one address: `1_0`, `1.0` or ` 1` are other ones, though Python reads them as numbers.
    number = int(text) if re.fullmatch(r"[1-9]\d{0,18}", text, re.ASCII) else 0
    if not 0 < number <= _MOST:
        raise errors.NotFound(f"Nothing has the number {text[:40]!r}.")
    return number


Number = Annotated[int, Path(), BeforeValidator(_existing)]
