"""What a record may hold at most: the widths of the columns in the database, so that no database decides by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vitrine import errors
from vitrine.domain import RecordContent

LONGEST_SOURCE = 2000
"""Characters of the text that says where an image came from."""

_LONGEST = {
    "external_id": 191,
    "inventory_no": 191,
    "kp_no": 191,
    "name": 1000,
    "typology": 1000,
    "period": 1000,
    "place": 1000,
    "museum": 1000,
    "dimensions": 1000,
    "materials": 4000,
    "technique": 4000,
    "description": 65_000,
}
_LONGEST_AUTHORS = 4000
_YEARS = range(-9999, 10_000)


def check(content: RecordContent) -> None:
    """Raises RejectedInput that names the field and what to do."""
    if not content.external_id:
        raise errors.RejectedInput(
            "The object has no external id: fill it in.", code="no_external_id", field="external_id"
        )
    for name, field, text in _texts(content):
        if len(text) > _LONGEST[field]:
            raise errors.RejectedInput(
                f"{name} has {len(text)} characters; at most {_LONGEST[field]} fit: shorten it.",
                code="too_long",
                field=field,
            )
        # The file that held it is no text file, and databases do not agree on what follows it.
        if "\0" in text:
            raise errors.RejectedInput(f"{name} holds a NUL character: remove it.", code="nul_byte", field=field)
    _check_authors(content.authors)
    _check_years(content.year_from, content.year_to)


def _texts(content: RecordContent) -> Iterator[tuple[str, str, str]]:
    for field in _LONGEST:
        yield field, field, getattr(content, field)
    for language, fields in content.translations.items():
        for field, text in fields.items():
            yield f"{field} ({language})", field, text


def _check_authors(authors: Sequence[str]) -> None:
    if sum(map(len, authors)) > _LONGEST_AUTHORS:
        raise errors.RejectedInput(
            f"authors: more than {_LONGEST_AUTHORS} characters: shorten them.", code="too_long", field="authors"
        )
    if any("\0" in author for author in authors):
        raise errors.RejectedInput("authors: a NUL character: remove it.", code="nul_byte", field="authors")


def _check_years(first: int | None, last: int | None) -> None:
    for name, year in (("year_from", first), ("year_to", last)):
        if year is not None and year not in _YEARS:
            raise errors.RejectedInput(
                f"{name} is {year}, which is no year of ours: correct it.", code="bad_year", field=name
            )
    if first is not None and last is not None and first > last:
        raise errors.RejectedInput(
            f"year_from ({first}) is after year_to ({last}): correct them.", code="bad_year", field="year_from"
        )
