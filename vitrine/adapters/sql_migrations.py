"""Brings a database to the schema of this version, with Alembic; a no-op where it is there already."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command, config, migration, script

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.settings import ROOT

# A large table may take this long to get a new index.
_LONGEST_CHANGE_S = 6 * 3600
_PATIENCE_S = 600.0
_POLL_S = 5


def migrate_at(url: str) -> None:
    """`migrate`, waiting for the database as long as a change may take. Raises Misconfigured for no URL of one, too."""
    with contextlib.closing(Database(url, answer_timeout_s=_LONGEST_CHANGE_S)) as database:
        migrate(database)


def migrate(database: Database) -> None:
    """Raises DependencyUnavailable. Safe to call at every start, and by several processes at once."""
    configuration = config.Config()
    configuration.set_main_option("script_location", str(ROOT / "migrations"))
    configuration.set_main_option("path_separator", "os")
    with database.writing() as connection, _alone(connection):
        known = migration.MigrationContext.configure(connection).get_current_revision()
        if known == script.ScriptDirectory.from_config(configuration).get_current_head():
            return
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


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
