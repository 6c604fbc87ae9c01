"""Searches by text: the embedding that they bring along.

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from migrations import once

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_VECTOR = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")


def upgrade() -> None:
    once.add_column("searches", sa.Column("query_model_id", sa.String(length=191), nullable=True))
    once.add_column("searches", sa.Column("query_vector", _VECTOR, nullable=True))


def downgrade() -> None:
    op.drop_column("searches", "query_vector")
    op.drop_column("searches", "query_model_id")
