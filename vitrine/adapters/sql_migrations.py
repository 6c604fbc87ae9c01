"""Brings a database to the schema of this version, with Alembic; a no-op where it is there already."""

from __future__ import annotations

from alembic import command, config, migration, script

from vitrine.adapters.sql_engine import Database
from vitrine.settings import ROOT


def migrate(database: Database) -> None:
    """Raises DependencyUnavailable. Safe to call at every start."""
    configuration = config.Config()
    configuration.set_main_option("script_location", str(ROOT / "migrations"))
    configuration.set_main_option("path_separator", "os")
    with database.writing() as connection:
        known = migration.MigrationContext.configure(connection).get_current_revision()
        if known == script.ScriptDirectory.from_config(configuration).get_current_head():
            return
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")
