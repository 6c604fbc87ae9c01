"""Brings a database to the schema of this version, with Alembic; a no-op where it is there already."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command, config, migration, script, util

from vitrine import errors
from vitrine.adapters import sql_failures
from vitrine.adapters.sql_engine import Database
from vitrine.settings import ROOT

# A large table may take this long to get a new index.
_LONGEST_CHANGE_S = 6 * 3600
_PATIENCE_S = 600.0
_POLL_S = 5


def migrate_at(url: str) -> None:
    """`migrate`, waiting for the database as long as a change may take. Raises Misconfigured for no URL, too."""
    with contextlib.closing(Database(url, answer_timeout_s=_LONGEST_CHANGE_S)) as database:
        migrate(database)


def migrate(database: Database) -> None:
    """Safe to call at every start, and by several processes at once.

    Raises DependencyUnavailable, or Misconfigured where it would be in vain to try again.
    """
    configuration = config.Config()
    configuration.set_main_option("script_location", str(ROOT / "migrations"))
    configuration.set_main_option("path_separator", "os")
    with _at_start(), database.writing() as connection, _alone(connection):
        known = migration.MigrationContext.configure(connection).get_current_revision()
        if known == script.ScriptDirectory.from_config(configuration).get_current_head():
            return
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


@contextlib.contextmanager
def _at_start() -> Iterator[None]:
    try:
        yield
    except sql_failures.Unusable as error:
        raise errors.Misconfigured(error.message) from error
    except util.CommandError as error:
        raise errors.Misconfigured(
            f"The database has the schema of another version of Vitrine, probably a newer one ({error}). "
            "Update this one, or have VITRINE_HOME or VITRINE_DATABASE_URL name another database."
        ) from error


@contextlib.contextmanager
def _alone(connection: sa.Connection) -> Iterator[None]:
    """SQLite's write lock is held already; servers commit at every change of a table, so they need a named lock."""
    if connection.dialect.name == "sqlite":
        yield
        return
    schema = str(connection.execute(sa.select(sa.func.database())).scalar_one())
    # Names are the whole server's, and at most 64 characters long.
    name = f"vitrine-migration-{hashlib.sha256(schema.encode()).hexdigest()[:32]}"
    deadline = time.monotonic() + _PATIENCE_S
    while not connection.execute(sa.select(sa.func.get_lock(name, _POLL_S))).scalar():
        if time.monotonic() > deadline:
            raise errors.DependencyUnavailable("Another process has been migrating the database for ten minutes.")
    try:
        yield
    finally:
        if not connection.invalidated:
            connection.execute(sa.select(sa.func.release_lock(name)))
