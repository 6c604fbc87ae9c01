"""Full-text search over the words of a record: FTS5 on SQLite, FULLTEXT on MySQL and MariaDB."""

from __future__ import annotations

import re
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from vitrine import errors
from vitrine.adapters.sql_schema import records

# The virtual table that the SQLite migration makes; its rowid is the record's id.
SQLITE_TABLE = "record_words"

_WORD = re.compile(r"\w+")
# Russian and English endings are one or two letters: a word is looked for by what stays when it is inflected.
_ENDING = 2
_SHORTEST_STEM = 3


# InnoDB leaves out words of one or two letters and English stop words: with this before it, no word is one of those.
_MYSQL_PREFIX = "vv"
# InnoDB leaves out words of more than 84 characters.
_LONGEST = 60


class Fulltext(Protocol):
    def words(self, text: str) -> str:
        """What is kept in `records.words`."""
        ...

    def put(self, connection: sa.Connection, record_id: int, words: str) -> None: ...
    def matches(self, text: str) -> sa.ColumnElement[bool]: ...


def for_dialect(dialect: str) -> Fulltext:
    return _Fts5() if dialect == "sqlite" else _MysqlFulltext()


def folded(text: str) -> str:
    """Case and ё/е do not matter."""
    return text.casefold().replace("ё", "е")


def stems(text: str) -> list[str]:
    """Raises RejectedInput where there is no word at all."""
    found = [word[: max(_SHORTEST_STEM, len(word) - _ENDING)] for word in _WORD.findall(folded(text))]
    if not found:
        raise errors.RejectedInput("Type at least one letter or digit to search for.")
    return found


class _Fts5:
    def words(self, text: str) -> str:
        return folded(text)

    def put(self, connection: sa.Connection, record_id: int, words: str) -> None:
        table = sa.table(SQLITE_TABLE, sa.column("rowid"), sa.column("words"))
        connection.execute(table.delete().where(table.c.rowid == record_id))
        connection.execute(table.insert(), {"rowid": record_id, "words": words})

    def matches(self, text: str) -> sa.ColumnElement[bool]:
        query = " ".join(f'"{stem}"*' for stem in stems(text))
        found = sa.text(f"SELECT rowid FROM {SQLITE_TABLE} WHERE {SQLITE_TABLE} MATCH :query").bindparams(query=query)
        return records.c.id.in_(found.columns(sa.column("rowid")).scalar_subquery())


class _MysqlFulltext:
    def words(self, text: str) -> str:
        return " ".join(_MYSQL_PREFIX + word[:_LONGEST] for word in _WORD.findall(folded(text)))

    def put(self, connection: sa.Connection, record_id: int, words: str) -> None:
        """The index is on `records.words` itself."""

    def matches(self, text: str) -> sa.ColumnElement[bool]:
        query = " ".join(f"+{_MYSQL_PREFIX}{stem[:_LONGEST]}*" for stem in stems(text))
        return mysql.match(records.c.words, against=query).in_boolean_mode()
