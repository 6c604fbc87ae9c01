"""Applies a profile to the rows of a source."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from indexer import years
from indexer.profile import Choice, Column, Constant, Profile, Rule, Several, Template
from indexer.sources.source import SourceRow
from vitrine import errors, record_limits
from vitrine.domain import RecordContent

_Values = Mapping[str, str]
_Reader = Callable[[_Values], str]
_YEAR_FIELDS = ("year_from", "year_to")


@dataclasses.dataclass(frozen=True, kw_only=True)
class MappedRow:
    """What a row says of its object, and the paths of its photographs as they are written there.

    ``dating``: the cells that the years were read from, by field; those that hold something.
    """

    content: RecordContent
    images: tuple[str, ...]
    dating: Mapping[str, str] = dataclasses.field(default_factory=dict)


class RecordMapping:
    """A profile, bound to the columns of one source. Case and outer spaces of column names do not matter."""

    def __init__(self, profile: Profile, columns: Sequence[str], where: Iterable[tuple[str, str]] = ()) -> None:
        """``where``: further conditions; several values of one column are alternatives.

        Raises Misconfigured, and RejectedInput ``bad_source`` for columns that cannot be told apart.
        """
        self._profile = profile
        self._columns = _by_folded_name(columns)
        self._used: set[str] = set()
        self._identity = self._of_one_numbering(profile.record["external_id"])
        texts = {name: rule for name, rule in profile.record.items() if name not in _YEAR_FIELDS}
        self._texts = self._readers({**texts, "external_id": self._identity})
        if "external_id" not in self._texts:
            raise self._missing(_columns_of(self._identity))
        self._years = self._readers({name: profile.record[name] for name in _YEAR_FIELDS if name in profile.record})
        self._span = self._first(profile.years) if profile.years else None
        self._authors = self._all(profile.authors)
        self._images = self._all(profile.images)
        self._translations = {language: self._readers(fields) for language, fields in profile.translations.items()}
        self._where = self._conditions(where)

    @property
    def unused(self) -> tuple[str, ...]:
        """Columns of the source that nothing is made of."""
        return tuple(column for column in self._columns.values() if column not in self._used)

    def keeps(self, row: SourceRow) -> bool:
        """Whether the row fulfils the conditions."""
        return all(row.values.get(column, "").strip() in allowed for column, allowed in self._where.items())

    def apply(self, row: SourceRow) -> MappedRow:
        """Raises RejectedInput with the field that is wrong."""
        if row.defect is not None:
            raise row.defect
        first, last = self._first_and_last_year(row.values)
        texts = {field: read(row.values) for field, read in self._texts.items()}
        # Systems write "й" differently, and tables go through several.
        texts["external_id"] = unicodedata.normalize("NFC", texts["external_id"])
        if not texts["external_id"]:
            raise self._unidentified()
        content = RecordContent(
            **texts,
            authors=_unique(self._authors(row.values)),
            year_from=first,
            year_to=last,
            translations=self._translated(row.values),
        )
        record_limits.check(content)
        return MappedRow(content=content, images=_unique(self._images(row.values)), dating=self._dating(row.values))

    def _dating(self, values: _Values) -> dict[str, str]:
        readers = {**self._years, "years": self._span or _nothing}
        return {field: text for field, read in readers.items() if (text := read(values))}

    def _first_and_last_year(self, values: _Values) -> years.Span:
        first, last = (self._year(field, values) for field in _YEAR_FIELDS)
        if first is None and last is None and self._span is not None:
            return years.span(self._span(values))
        return first, last

    def _year(self, field: str, values: _Values) -> int | None:
        if field not in self._years:
            return None
        try:
            return years.exact(self._years[field](values))
        except ValueError as error:
            raise errors.RejectedInput(
                f"{field}: {error}: write a number, negative before Christ, or map the column to 'period'.",
                code="bad_year",
            ) from error

    def _translated(self, values: _Values) -> dict[str, dict[str, str]]:
        found = {
            language: {field: text for field, read in fields.items() if (text := read(values))}
            for language, fields in self._translations.items()
        }
        return {language: texts for language, texts in found.items() if texts}

    def _unidentified(self) -> errors.RejectedInput:
        found = {column: None for rule in _columns_of(self._identity) if (column := self._column(rule.name))}
        where = " or ".join(map(repr, found))
        return errors.RejectedInput(
            f"The object has no external id in {where}: fill it in, or name with --mapping PROFILE a column that tells "
            "all objects apart.",
            code="no_external_id",
            field="external_id",
        )

    # Binding

    def _of_one_numbering(self, choice: Choice) -> Choice:
        """Of bare columns only the first that is there: 501 in another is another object. A template can say whose."""
        columns = (rule for rule in dict.fromkeys(choice) if isinstance(rule, Column))
        there = [column for column in columns if column.name.strip().casefold() in self._columns]
        return tuple(rule for rule in choice if rule not in there[1:])

    def _readers(self, choices: Mapping[str, Choice]) -> dict[str, _Reader]:
        """Only of what the source can have: a table lacks most of what a general profile looks for."""
        found = {field: self._first(choice) for field, choice in choices.items()}
        return {field: reader for field, reader in found.items() if reader is not _nothing}

    def _first(self, choice: Choice) -> _Reader:
        readers = [reader for rule in choice if (reader := self._reader(rule)) is not None]
        if not readers and not self._profile.ignore_missing:
            raise self._missing(_columns_of(choice))
        if len(readers) <= 1:
            return readers[0] if readers else _nothing
        return lambda values: next((text for read in readers if (text := read(values))), "")

    def _all(self, several: Several) -> Callable[[_Values], list[str]]:
        readers = [self._first(choice) for choice in several.choices]
        split = re.compile("|".join(map(re.escape, several.separators))).split if several.separators else None

        def read(values: _Values) -> list[str]:
            texts = [reader(values) for reader in readers]
            parts = [part for text in texts for part in (split(text) if split else [text])]
            return [part.strip() for part in parts if part.strip()]

        return read

    def _reader(self, rule: Rule) -> _Reader | None:
        if isinstance(rule, Constant):
            return lambda _: rule.text
        if isinstance(rule, Template):
            return self._template_reader(rule)
        column = self._column(rule.name)
        return (lambda values: self._cell(values, column)) if column else None

    def _template_reader(self, template: Template) -> _Reader | None:
        columns = [self._column(column.name) for column in template.columns]
        found = [column for column in columns if column]
        if len(found) < len(columns):
            return None
        pieces = re.split(r"\{[^{}]*\}", template.text)

        def read(values: _Values) -> str:
            cells = [self._cell(values, column) for column in found]
            if not all(cells):
                return ""
            return pieces[0] + "".join(cell + piece for cell, piece in zip(cells, pieces[1:], strict=True))

        return read

    def _cell(self, values: _Values, column: str) -> str:
        text = values.get(column, "").strip().replace("\r\n", "\n")
        return "" if text in self._profile.empty_values else text

    def _column(self, name: str) -> str | None:
        column = self._columns.get(name.strip().casefold())
        if column is not None:
            self._used.add(column)
        return column

    def _conditions(self, where: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
        wanted: dict[str, set[str]] = {}
        for column, allowed in self._profile.where.items():
            wanted[self._present(column)] = set(allowed)
        asked: dict[str, set[str]] = {}
        for name, value in where:
            column = Column(name=name, place=f"--where {name}={value}")
            asked.setdefault(self._present(column), set()).add(value.strip())
        return wanted | asked

    def _present(self, column: Column) -> str:
        found = self._column(column.name)
        if found is None:
            raise self._missing([column])
        return found

    def _missing(self, columns: Sequence[Column]) -> errors.Misconfigured:
        names = " or ".join(repr(column.name) for column in columns)
        doubt = " Is the separator right? Comma, semicolon and tab are known." if len(self._columns) == 1 else ""
        return errors.Misconfigured(
            f"{columns[0].place}: the source has no column {names}. "
            f"It has: {', '.join(self._columns.values())}.{doubt} "
            "Correct the profile, or choose another with --mapping.",
            code="bad_profile",
        )


def _by_folded_name(columns: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns:
        if (other := found.setdefault(column.strip().casefold(), column)) != column:
            raise errors.RejectedInput(
                f"The source has the columns {other!r} and {column!r}, and case does not matter: rename one.",
                code="bad_source",
            )
    return found


def _nothing(_: _Values) -> str:
    return ""


def _columns_of(choice: Choice) -> list[Column]:
    return [
        column
        for rule in choice
        for column in (rule.columns if isinstance(rule, Template) else [rule] if isinstance(rule, Column) else [])
    ]


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
