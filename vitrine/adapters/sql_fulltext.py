"""Full-text search over the words of a record: FTS5 on SQLite, FULLTEXT on MySQL and MariaDB."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from vitrine import words
from vitrine.adapters.sql_schema import records

# The virtual table that the SQLite migration makes; its rowid is the record's id.
SQLITE_TABLE = "record_words"

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


class _Fts5:
    def words(self, text: str) -> str:
        return words.folded(text)

    def put(self, connection: sa.Connection, record_id: int, words: str) -> None:
        table = sa.table(SQLITE_TABLE, sa.column("rowid"), sa.column("words"))
        connection.execute(table.delete().where(table.c.rowid == record_id))
        connection.execute(table.insert(), {"rowid": record_id, "words": words})

    def matches(self, text: str) -> sa.ColumnElement[bool]:
        phrases = map(" ".join, words.wanted(text))
        query = " ".join(f'"{phrase}"*' for phrase in phrases)
        found = sa.text(f"SELECT rowid FROM {SQLITE_TABLE} WHERE {SQLITE_TABLE} MATCH :query").bindparams(query=query)
        return records.c.id.in_(found.columns(sa.column("rowid")).scalar_subquery())


class _MysqlFulltext:
    def words(self, text: str) -> str:
        return " ".join(_MYSQL_PREFIX + word[:_LONGEST] for word in words.words(text))

    def put(self, connection: sa.Connection, record_id: int, words: str) -> None:
        """The index is on `records.words` itself."""

    def matches(self, text: str) -> sa.ColumnElement[bool]:
        sequences = [[_MYSQL_PREFIX + word[:_LONGEST] for word in sequence] for sequence in words.wanted(text)]
        query = " ".join(f"+{word}" for *whole, last in sequences for word in [*whole, f"{last}*"])
        # A phrase in a boolean query ends with a whole word: the index finds the words, and their text has the order.
        in_order = [
            records.c.words.contains(" ".join(sequence), autoescape=True) for sequence in sequences if len(sequence) > 1
        ]
        return sa.and_(mysql.match(records.c.words, against=query).in_boolean_mode(), *in_order)
