"""What travels through the broker: references and news, never pixels. Every message is idempotent and versioned."""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping
from typing import Any, Self

from vitrine import errors
from vitrine.domain import Stage

VERSION = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchRequested:
    """Command: run the search whose row has this id. All else is in the row."""

    search_id: str
    attempt: int = 1

    def to_json(self) -> bytes:
        return json.dumps({"version": VERSION, "search_id": self.search_id, "attempt": self.attempt}).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises RejectedInput for anything that is not this message in this version."""
        fields = _fields(body)
        return cls(search_id=str(fields["search_id"]), attempt=int(fields["attempt"]))


class EventKind(enum.StrEnum):
    """Past tense: what happened to a search."""

    STAGE_REACHED = "StageReached"
    SEARCH_COMPLETED = "SearchCompleted"
    SEARCH_FAILED = "SearchFailed"
    SEARCH_CANCELLED = "SearchCancelled"

    @property
    def terminal(self) -> bool:
        return self is not EventKind.STAGE_REACHED


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchEvent:
    """Event ``sequence`` of a batch; the sequence of a batch starts at 1 and has no gaps. ``at`` is Unix seconds."""

    batch_id: str
    sequence: int
    search_id: str
    kind: EventKind
    stage: Stage
    at: float
    problem: Mapping[str, str] | None = None

    def to_json(self) -> bytes:
        return json.dumps({"version": VERSION, **dataclasses.asdict(self)}).encode()

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises RejectedInput for anything that is not this message in this version."""
        fields = _fields(body)
        return cls(
            batch_id=fields["batch_id"],
            sequence=int(fields["sequence"]),
            search_id=fields["search_id"],
            kind=EventKind(fields["kind"]),
            stage=Stage(fields["stage"]),
            at=float(fields["at"]),
            problem=fields.get("problem"),
        )


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise errors.RejectedInput(f"not a message: {error}", code="bad_message") from error
    if not isinstance(fields, dict) or fields.get("version") != VERSION:
        raise errors.RejectedInput("not a message of this version", code="bad_message")
    return fields
