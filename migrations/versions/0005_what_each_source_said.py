"""What each source said of a record last: two tables that tell of one object no longer drive each other out.

Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations import once

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_RECORDS = sa.table("records", sa.column("imported_sha256", sa.String), sa.column("imported", sa.String))


def upgrade() -> None:
    once.add_column("records", sa.Column("imported", sa.JSON(none_as_null=True), nullable=True))
    if once.has_column("records", "imported_sha256"):
        digest = _RECORDS.c.imported_sha256
        # Nobody knows which source it was: it has the name that no source has.
        document = sa.literal('{"": "') + digest + sa.literal('"}')
        op.execute(_RECORDS.update().where(digest != "", _RECORDS.c.imported.is_(None)).values(imported=document))
    once.drop_column("records", "imported_sha256")


def downgrade() -> None:
    op.add_column("records", sa.Column("imported_sha256", sa.String(length=64), nullable=False, server_default=""))
    op.drop_column("records", "imported")
