"""The migrations make exactly the schema that the code believes in, on every kind of database, by many at once."""

from __future__ import annotations

import contextlib
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic import autogenerate, migration

from tests.servers import databases
from vitrine import errors
from vitrine.adapters import sql_migrations
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_fulltext import SQLITE_TABLE
from vitrine.adapters.sql_schema import metadata, records
from vitrine.settings import ROOT

# What only one kind of database has for full-text search, and the code knows by these names.
_FULLTEXT = (SQLITE_TABLE, "ft_records_words")


@pytest.fixture(params=databases.KINDS)
def bare_url(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path, schemas_of: Callable[[str], databases.Schemas]
) -> Iterator[str]:
    """A database in which there is nothing yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.sqlite3'}"
        return
    schemas = schemas_of(request.param)
    yield schemas.create("vitrine_bare")
    schemas.drop("vitrine_bare")


def migrations(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "migrations"],
        cwd=ROOT,
        env={**os.environ, "VITRINE_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_migrated_database_has_the_schema_of_the_code(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        for _ in range(2):
            sql_migrations.migrate(database)
        with database.writing() as connection:
            ours = {"include_name": lambda name, *_: not str(name).startswith(_FULLTEXT)}
            context = migration.MigrationContext.configure(connection, opts=ours)
            assert autogenerate.compare_metadata(context, metadata) == []


def test_several_that_migrate_at_once_do_it_once(bare_url: str) -> None:
    started = [migrations(bare_url) for _ in range(3)]
    for process in started:
        said, complained = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "The database has the schema of this version.\n"), complained


def test_an_index_that_an_interrupted_migration_has_made_is_not_made_again(bare_url: str) -> None:
    with contextlib.closing(Database(bare_url)) as database:
        sql_migrations.migrate(database)
        with database.writing() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0003'"))
            sa.Index("ix_records_kp_no", records.c.kp_no).drop(connection)
        sql_migrations.migrate(database)
        with database.writing() as connection:
            made = {index["name"] for index in sa.inspect(connection).get_indexes("records")}
    assert {"ix_records_inventory_no", "ix_records_kp_no"} <= made


def test_a_database_that_is_away_or_none_is_told_apart(tmp_path: pathlib.Path) -> None:
    # The port of discard: nobody listens there.
    away, none = migrations("mysql://vitrine:secret@127.0.0.1:9/vitrine"), migrations("postgresql://127.0.0.1/vitrine")
    assert "did not answer" in away.communicate(timeout=60)[1]
    assert away.returncode == 75
    complained = none.communicate(timeout=60)[1]
    assert "mysql+pymysql://user:password@host:3306/vitrine" in complained and "Traceback" not in complained
    assert none.returncode == 78


@pytest.mark.parametrize("bare_url", databases.SERVERS, indirect=True)
def test_a_database_that_nobody_migrated_says_what_to_run(bare_url: str) -> None:
    with (
        contextlib.closing(Database(bare_url)) as database,
        pytest.raises(errors.DependencyUnavailable, match="python -m migrations"),
        database.reading() as connection,
    ):
        connection.execute(metadata.tables["records"].select())
