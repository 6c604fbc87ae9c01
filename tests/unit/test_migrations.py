"""The migrations make exactly the schema that the code believes in."""

from __future__ import annotations

import pathlib

from alembic import autogenerate, migration

from vitrine.adapters import sql_migrations
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_fulltext import SQLITE_TABLE
from vitrine.adapters.sql_schema import metadata


def test_a_migrated_database_has_the_schema_of_the_code(tmp_path: pathlib.Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    sql_migrations.migrate(database)
    with database.writing() as connection:
        context = migration.MigrationContext.configure(
            connection, opts={"include_object": lambda _object, name, *_: not str(name).startswith(SQLITE_TABLE)}
        )
        assert autogenerate.compare_metadata(context, metadata) == []
    database.close()


def test_migrating_again_changes_nothing(tmp_path: pathlib.Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    for _ in range(2):
        sql_migrations.migrate(database)
    database.close()
