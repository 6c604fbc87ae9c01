"""Records by a visitor's words: by the words themselves and, where the model has a text tower, by what they mean.

Words come first. Whoever types an inventory number or a name finds it where it always was; what looks like the
meaning follows, and every record says how it was found.
"""

from __future__ import annotations

import dataclasses
import enum
import json
import logging
import re
import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from api import asking
from api.services import Services
from vitrine import errors
from vitrine.domain import Filters, NewSearch
from vitrine.ports import Page
from vitrine.result_document import record_document

_log = logging.getLogger(__name__)

# Nearest are all records to some degree: what comes after so many is of no use to anybody.
MOST_BY_MEANING = 100
# Who asked for words does not wait long for what may be shown beside them.
_WAIT_BESIDE_WORDS_S, _WAIT_S = 3.0, 20.0
_NO_TOWER = "no_text_tower"
# Cursors of this list: those of the catalogue while words are gone through, then how many were shown by meaning.
_BY_MEANING = re.compile(r"m(\d{1,3})", re.ASCII)


class Mode(enum.StrEnum):
    """``auto``: words, then meaning; a text with a digit in it asks for a number, a year or a size: words alone."""

    AUTO = "auto"
    WORDS = "words"
    MEANING = "meaning"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RecordSearch:
    """One page of an answer; ``text`` is not blank."""

    given: Services
    request: Request
    text: str
    typology: str
    museum: str
    cursor: str | None
    limit: int
    mode: Mode

    async def page(self) -> dict[str, Any]:
        """Raises RejectedInput; and what `asking.result` raises, where meaning alone was asked for."""
        if self.mode is Mode.MEANING:
            if self.given.texts is None:
                raise errors.RejectedInput(
                    f"The model {self.given.model_id} has no text tower: it cannot search by meaning. Ask with "
                    "mode=words, or have the operator serve a model that has one (siglip2-b16; docs/models.md).",
                    code=_NO_TOWER,
                    field="mode",
                )
            return await self._by_meaning([], self._offset() if self.cursor else 0, self.limit)
        if self._both and self._offset_or_none() is not None:
            return await self._by_meaning([], self._offset(), self.limit)
        found = await self._by_words()
        words = [_document(record_document(record), "words", None) for record in found.records]
        if not self._both or found.next_cursor:
            missing = _NO_TOWER if self.mode is Mode.AUTO and self.given.texts is None else None
            return _page(words, found.next_cursor, missing)
        if len(words) == self.limit:
            return _page(words, "m0")
        try:
            return await self._by_meaning(words, 0, self.limit - len(words))
        except errors.VitrineError as error:
            _log.warning("records are searched by words alone: %s", error.message)
            return _page(words, None, error.code)

    @property
    def _both(self) -> bool:
        has_digit = any(letter.isdigit() for letter in self.text)
        return self.mode is Mode.AUTO and self.given.texts is not None and not has_digit

    async def _by_words(self, among: Sequence[int] | None = None) -> Page:
        return await run_in_threadpool(
            self.given.catalogue.browse,
            text=self.text,
            typology=self.typology,
            museum=self.museum,
            among=among,
            cursor=self.cursor if among is None else None,
            limit=self.limit if among is None else MOST_BY_MEANING,
        )

    async def _by_meaning(self, before: list[dict[str, Any]], offset: int, room: int) -> dict[str, Any]:
        """``room`` records from the ``offset``-th nearest on, after those that fill the page ``before`` them."""
        nearest = await self._nearest()
        shown = [*before, *nearest[offset : offset + room]]
        return _page(shown, f"m{offset + room}" if offset + room < len(nearest) else None)

    async def _nearest(self) -> list[dict[str, Any]]:
        assert self.given.texts is not None
        wait_s = _WAIT_S if self.mode is Mode.MEANING else _WAIT_BESIDE_WORDS_S
        search = NewSearch(
            id=uuid.uuid4().hex,
            image_sha256="",
            filename=self.text[:255],
            region=None,
            top_k=MOST_BY_MEANING,
            filters=Filters(typology=self.typology or None, museum=self.museum or None),
            geometric_check=False,
            embedded=await self.given.texts.embedding(self.text, wait_s),
        )
        matches = json.loads(await asking.result(self.given, self.request, search, wait_s))["matches"]
        nearest = [_document(match["record"], "meaning", match["similarity"]) for match in matches]
        if self.mode is Mode.MEANING:
            return nearest
        told = {record.id for record in (await self._by_words([one["id"] for one in nearest])).records}
        return [one for one in nearest if one["id"] not in told]

    def _offset_or_none(self) -> int | None:
        found = _BY_MEANING.fullmatch(self.cursor or "")
        return int(found.group(1)) if found else None

    def _offset(self) -> int:
        offset = self._offset_or_none()
        if offset is None:
            raise errors.RejectedInput(f"{self.cursor!r} is not a cursor of this list.", field="cursor")
        return offset


def _document(record: dict[str, Any], found_by: str, similarity: float | None) -> dict[str, Any]:
    return {**record, "found_by": found_by, "similarity": similarity}


def _page(records: list[dict[str, Any]], next_cursor: str | None, missing: str | None = None) -> dict[str, Any]:
    return {"records": records, "next_cursor": next_cursor, "meaning_missing": missing}
