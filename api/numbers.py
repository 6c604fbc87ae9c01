"""Numbers of records and images in addresses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator

from vitrine import errors

# What comes after is no number to a database.
_MOST = 2**63 - 1


def _existing(number: int) -> int:
    if not 0 < number <= _MOST:
        raise errors.NotFound(f"Nothing has the number {number}.")
    return number


Number = Annotated[int, Path(), AfterValidator(_existing)]
