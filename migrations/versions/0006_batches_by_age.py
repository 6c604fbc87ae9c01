"""Batches by their age: searches that were made long ago are found to be forgotten.

Revises: 0005
"""

from __future__ import annotations

from alembic import op

from migrations import once

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEX = "ix_batches_created_at"


def upgrade() -> None:
    once.create_index(_INDEX, "batches", ["created_at"])


def downgrade() -> None:
    op.drop_index(_INDEX, table_name="batches")
