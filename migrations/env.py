"""Alembic's entry: `vitrine.adapters.sql_migrations` hands the connection over."""

from __future__ import annotations

from alembic import context

from vitrine.adapters.sql_schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
