"""What travels through the broker: references and news, never pixels. Every message is idempotent and versioned."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from vitrine import errors
from vitrine.domain import Stage

VERSION = 1


class Lane(enum.StrEnum):
    """The two queues. A search has somebody waiting for it; indexing yields to searches."""

    SEARCH = "search"
    INDEX = "index"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """What a worker shall do; each kind has a lane. ``attempt`` is 1 at first and grows with every delayed delivery."""

    lane: ClassVar[Lane]
    attempt: int = 1

    @property
    def subject(self) -> str:
        """What an operator reads in the logs."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """Id of the search that log lines are about; empty where it is none."""
        return ""

    def again(self) -> Self:
        """The message as it is delivered after an attempt that did not succeed."""
        return dataclasses.replace(self, attempt=self.attempt + 1)

    def to_json(self) -> bytes:
        return _document(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchRequested(Command):
    """Command: run the search whose row has this id. All else is in the row."""

    lane: ClassVar[Lane] = Lane.SEARCH
    search_id: str

    @property
    def subject(self) -> str:
        return f"search {self.search_id}"

    @property
    def about(self) -> str:
        return self.search_id

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises RejectedInput for anything that is not this message in this version."""
        with _reading(body) as fields:
            return cls(search_id=str(fields["search_id"]), attempt=int(fields["attempt"]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class IndexRequested(Command):
    """Command: embed these images of the catalogue, by number, under the model with this full id."""

    lane: ClassVar[Lane] = Lane.INDEX
    model_id: str
    image_ids: tuple[int, ...]

    @property
    def subject(self) -> str:
        return f"indexing of {len(self.image_ids)} images from number {min(self.image_ids, default=0)}"

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises RejectedInput for anything that is not this message in this version."""
        with _reading(body) as fields:
            numbers = tuple(int(number) for number in fields["image_ids"])
            return cls(model_id=str(fields["model_id"]), image_ids=numbers, attempt=int(fields["attempt"]))


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
        return _document(self)

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Raises RejectedInput for anything that is not this message in this version."""
        with _reading(body) as fields:
            return cls(
                batch_id=fields["batch_id"],
                sequence=int(fields["sequence"]),
                search_id=fields["search_id"],
                kind=EventKind(fields["kind"]),
                stage=Stage(fields["stage"]),
                at=float(fields["at"]),
                problem=fields.get("problem"),
            )


def _document(message: Command | SearchEvent) -> bytes:
    return json.dumps({"version": VERSION, **dataclasses.asdict(message)}).encode()


@contextlib.contextmanager
def _reading(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        fields = json.loads(body)
        if not isinstance(fields, dict) or fields.get("version") != VERSION:
            raise errors.RejectedInput("not a message of this version", code="bad_message")
        yield fields
    except (KeyError, TypeError, ValueError) as error:
        raise errors.RejectedInput(f"not a message of this kind: {error!r}", code="bad_message") from error
