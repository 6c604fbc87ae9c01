"""A database of this version, in a file of the test's own."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from vitrine.adapters import sql_migrations
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger


@pytest.fixture
def database(tmp_path: pathlib.Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'catalogue.sqlite3'}")
    sql_migrations.migrate(opened)
    yield opened
    opened.close()


@pytest.fixture
def ledger(database: Database) -> SqlLedger:
    return SqlLedger(database)
