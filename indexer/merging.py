"""Rows of one external id become one record: the first value of a field stays, later rows fill what is empty."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vitrine import errors
from vitrine.domain import RecordContent

_YEARS = ("year_from", "year_to")
_NO_DATING: Mapping[str, str] = {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Merged:
    """``conflicts``: fields in which the two differ, with the value that stays and the one that does not."""

    content: RecordContent
    conflicts: Mapping[str, tuple[Any, Any]]


def merged(first: RecordContent, second: RecordContent) -> Merged:
    """``first`` wins wherever it holds something."""
    values: dict[str, Any] = {}
    conflicts: dict[str, tuple[Any, Any]] = {}
    for field in dataclasses.fields(RecordContent):
        if field.name == "translations":
            continue
        kept, other = getattr(first, field.name), getattr(second, field.name)
        values[field.name] = other if kept in ("", (), None) else kept
        if values[field.name] != other and other not in ("", (), None):
            conflicts[field.name] = (kept, other)
    for field_name in _YEARS if _reversed(values) else ():
        # Half of one span and half of another are no span: that of the first stays as it is.
        kept, other = getattr(first, field_name), getattr(second, field_name)
        values[field_name] = kept
        if other is not None and kept != other:
            conflicts[field_name] = (kept, other)
    translations = {language: dict(texts) for language, texts in first.translations.items()}
    for language, texts in second.translations.items():
        for field_name, text in texts.items():
            kept = translations.setdefault(language, {}).setdefault(field_name, text)
            if kept != text:
                conflicts[f"{field_name} ({language})"] = (kept, text)
    return Merged(content=RecordContent(**values, translations=translations), conflicts=conflicts)


def _reversed(values: Mapping[str, Any]) -> bool:
    first, last = (values[field_name] for field_name in _YEARS)
    return first is not None and last is not None and bool(first > last)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    """What a source says of an object, as SHA-256.

    ``sha256``: with the years as they are written, so that a table says the same when they are understood better.
    ``as_understood``: with the years that were made of them, as earlier versions have it in the catalogue.
    """

    sha256: str
    as_understood: str


def said(content: RecordContent, dating: Mapping[str, str]) -> Said:
    values = vars(content)
    as_written = {name: value for name, value in values.items() if name not in _YEARS} | {"dating": dict(dating)}
    return Said(sha256=_digest(as_written), as_understood=_digest(values))


def _digest(values: Mapping[str, Any]) -> str:
    """The order of translations does not matter."""
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class _Row(NamedTuple):
    content: str
    dating: str
    conflicts: str
    record_id: int | None


class MergedRecords:
    """All records of a source, merged; on disk, because a source may hold fifty million.

    One thread uses it. The file has no name and ends with the process. Every method raises DependencyUnavailable
    where there is no room for it.
    """

    def __init__(self) -> None:
        # The empty name makes SQLite a private file that it deletes by itself.
        self._database = sqlite3.connect("", isolation_level=None)
        self._execute("PRAGMA journal_mode=OFF")
        self._execute("PRAGMA synchronous=OFF")
        self._execute(
            "CREATE TABLE merged (external_id TEXT PRIMARY KEY, content TEXT, dating TEXT, conflicts TEXT,"
            " record_id INTEGER) WITHOUT ROWID"
        )

    def add(self, content: RecordContent, dating: Mapping[str, str] = _NO_DATING) -> Mapping[str, tuple[Any, Any]]:
        """Returns the conflicts that this record did not have before. ``dating``: see MappedRow."""
        row = self._row(content.external_id)
        if row is None:
            self._execute(
                "INSERT INTO merged VALUES (?, ?, ?, '[]', NULL)",
                (content.external_id, _to_text(content), json.dumps(dating, ensure_ascii=False, sort_keys=True)),
            )
            return {}
        known = set(json.loads(row.conflicts))
        both = merged(_from_text(row.content), content)
        text = _to_text(both.content)
        dated = json.dumps({**dating, **json.loads(row.dating)}, ensure_ascii=False, sort_keys=True)
        new = {field: values for field, values in both.conflicts.items() if field not in known}
        if new or (text, dated) != (row.content, row.dating):
            self._execute(
                "UPDATE merged SET content = ?, dating = ?, conflicts = ? WHERE external_id = ?",
                (text, dated, json.dumps(sorted(known | set(new))), content.external_id),
            )
        return new

    def get(self, external_id: str) -> tuple[RecordContent, int | None]:
        """The merged content, and the number that was remembered. Raises KeyError."""
        row = self._known(external_id)
        return _from_text(row.content), row.record_id

    def said(self, external_id: str) -> Said:
        """Raises KeyError."""
        row = self._known(external_id)
        return said(_from_text(row.content), json.loads(row.dating))

    def remember(self, external_id: str, record_id: int) -> None:
        """The number of the record in the catalogue."""
        self._execute("UPDATE merged SET record_id = ? WHERE external_id = ?", (record_id, external_id))

    def __len__(self) -> int:
        return int(self._execute("SELECT count(*) FROM merged").fetchone()[0])

    def close(self) -> None:
        self._database.close()

    def _known(self, external_id: str) -> _Row:
        row = self._row(external_id)
        if row is None:
            raise KeyError(external_id)
        return row

    def _row(self, external_id: str) -> _Row | None:
        found = self._execute(
            "SELECT content, dating, conflicts, record_id FROM merged WHERE external_id = ?", (external_id,)
        ).fetchone()
        return found if found is None else _Row(*found)

    def _execute(self, statement: str, values: Sequence[str | int] = ()) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise errors.DependencyUnavailable(
                f"The records of the table cannot be put together ({error}): make room in the folder for temporary "
                "files, or name another folder with SQLITE_TMPDIR."
            ) from error


def _to_text(content: RecordContent) -> str:
    # Not `asdict`, which copies deeply: this is done for every row.
    return json.dumps(vars(content), ensure_ascii=False)


def _from_text(text: str) -> RecordContent:
    values = json.loads(text)
    return RecordContent(**{**values, "authors": tuple(values["authors"])})
