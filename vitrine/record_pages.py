"""Pages of records: first those whose own number was asked for, then the others in the order of the catalogue.

Numbers begin alike: without this, whoever types 1005 goes through 10050 to 10059 and all that follows to find it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from vitrine import errors
from vitrine.domain import Record
from vitrine.ports import Page

# `n12`: after record 12 among those whose number was asked for; `12`: after record 12 among the others.
_CURSOR = re.compile(r"(n?)(\d{1,18})", re.ASCII)


def spellings(text: str) -> list[str]:
    """How a number that was typed may stand in the catalogue: databases compare letters in their own ways."""
    typed = text.strip()
    return sorted({typed, typed.upper(), typed.lower()} - {""})


def page(
    cursor: str | None,
    limit: int,
    *,
    numbered: Sequence[Record],
    others: Callable[[int, int], Sequence[Record]],
) -> Page:
    """``numbered``: all whose number was asked for; ``others(after, count)``: of the others those that follow.

    Both by record number. Raises RejectedInput where the cursor is none of this list.
    """
    among_numbered, after = _place(cursor)
    found = [(record, f"n{record.id}") for record in numbered if record.id > after] if among_numbered else []
    if len(found) <= limit:
        following = others(0 if among_numbered else after, limit + 1 - len(found))
        found += [(record, str(record.id)) for record in following]
    shown = found[:limit]
    return Page(records=[record for record, _ in shown], next_cursor=shown[-1][1] if len(found) > limit else None)


def _place(cursor: str | None) -> tuple[bool, int]:
    if not cursor:
        return True, 0
    read = _CURSOR.fullmatch(cursor)
    if read is None:
        raise errors.RejectedInput(f"{cursor[:40]!r} is not a cursor of this list.", field="cursor")
    return bool(read[1]), int(read[2])
