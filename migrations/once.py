"""Changes of the schema that may be made already, and are not made again.

MySQL commits each of them by itself: what an interrupted migration has made is there when it runs again.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op


def create_table(name: str, *columns: sa.schema.SchemaItem, **options: Any) -> None:
    if not _schema().has_table(name):
        op.create_table(name, *columns, **options)


def create_index(name: str, table: str, columns: list[str], **options: Any) -> None:
    if not has_index(table, name):
        op.create_index(name, table, columns, **options)


def add_column(table: str, column: sa.Column[Any]) -> None:
    if not has_column(table, column.name):
        op.add_column(table, column)


def drop_column(table: str, name: str) -> None:
    if has_column(table, name):
        op.drop_column(table, name)


def has_index(table: str, name: str) -> bool:
    return name in {index["name"] for index in _schema().get_indexes(table)}


def has_column(table: str, name: str) -> bool:
    return name in {column["name"] for column in _schema().get_columns(table)}


def _schema() -> sa.Inspector:
    # A new one for each question: an inspector remembers its answers.
    return sa.inspect(op.get_bind())
