"""Documents that clients send. Lengths are those of the database's columns."""

from __future__ import annotations

from typing import Annotated, Any

import pydantic

from vitrine.domain import TEXT_FIELDS, RecordContent

_Key = Annotated[str, pydantic.Field(max_length=191)]
_Line = Annotated[str, pydantic.Field(max_length=1000)]
_Text = Annotated[str, pydantic.Field(max_length=4000)]
_Year = Annotated[int, pydantic.Field(ge=-9999, le=9999)]


class RecordChange(pydantic.BaseModel):
    """Any of a record's fields."""

    model_config = pydantic.ConfigDict(extra="forbid", str_strip_whitespace=True)

    inventory_no: _Key = ""
    kp_no: _Key = ""
    name: _Line = ""
    description: Annotated[str, pydantic.Field(max_length=65_000)] = ""
    typology: _Line = ""
    authors: tuple[_Line, ...] = ()
    period: _Line = ""
    year_from: _Year | None = None
    year_to: _Year | None = None
    materials: _Text = ""
    technique: _Text = ""
    dimensions: _Line = ""
    place: _Line = ""
    museum: _Line = ""
    translations: dict[Annotated[str, pydantic.Field(pattern="^[a-z]{2,3}$")], dict[str, str]] = {}

    @pydantic.field_validator("translations")
    @classmethod
    def _known_fields(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for texts in value.values():
            if unknown := set(texts) - set(TEXT_FIELDS):
                raise ValueError(f"unknown field {', '.join(sorted(unknown))}; known: {', '.join(TEXT_FIELDS)}")
        return value

    @pydantic.field_validator("authors")
    @classmethod
    def _without_blanks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(author for author in value if author)

    def given(self) -> dict[str, Any]:
        """The fields that were sent."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class RecordDocument(RecordChange):
    """A new record."""

    external_id: Annotated[str, pydantic.Field(min_length=1, max_length=191)]

    def content(self) -> RecordContent:
        return RecordContent(**self.given())
