"""Pages of records: first those whose own number was asked for, then the others in the order of the catalogue.

Numbers begin alike: without this, whoever types 1005 goes through 10050 to 10059 and all that follows to find it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from vitrine import errors
from vitrine.domain import Record
from vitrine.ports import Page

MOST_OF_ONE_NUMBER = 200
"""Museums number alike, and "no number" is one, too: so many come first, any further ones among the others."""

# `n12`: after record 12 among those whose number was asked for; `12`: after record 12 among the others. No number of a
# record has more digits, and no database compares with one that has.
_CURSOR = re.compile(r"(n?)(\d{1,18})", re.ASCII)


def spellings(text: str) -> list[str]:
    """A number as it was typed, in capitals and in small letters: databases compare letters in their own ways."""
    typed = unicodedata.normalize("NFC", text.strip())
    return sorted({typed, typed.upper(), typed.lower()} - {""})


def page(
    cursor: str | None,
    limit: int,
    *,
    numbered: Sequence[int] | None,
    read: Callable[[Sequence[int]], Sequence[Record]],
    others: Callable[[int, int], Sequence[Record]],
) -> Page:
    """``numbered``: the records whose number was asked for, None where none was; ``read(them)``: what they are.

    ``others(after, count)``: of the others those that follow. All by record number, ascending.
    Raises RejectedInput where the cursor is none of this list.
    """
    among_numbered, after = _place(cursor, numbered)
    named = [number for number in numbered or () if among_numbered and number > after][: limit + 1]
    found = [(record, f"n{record.id}") for record in read(named)]
    if len(named) <= limit:
        following = others(0 if among_numbered else after, limit + 1 - len(found))
        found += [(record, str(record.id)) for record in following]
    shown = found[:limit]
    # A record that was withdrawn since its number was found is not among them, and ends no list.
    more = max(len(named), len(found)) > limit
    return Page(records=[record for record, _ in shown], next_cursor=shown[-1][1] if more and shown else None)


def _place(cursor: str | None, numbered: Sequence[int] | None) -> tuple[bool, int]:
    if not cursor:
        return True, 0
    read = _CURSOR.fullmatch(cursor)
    if read is None or (read[1] and numbered is None):
        raise errors.RejectedInput(f"{cursor[:40]!r} is not a cursor of this list.", field="cursor")
    return bool(read[1]), int(read[2])
