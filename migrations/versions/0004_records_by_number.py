"""Records by their own number: whoever types one finds that object first.

Revises: 0003
"""

from __future__ import annotations

from alembic import op

from migrations import once

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEXES = {"ix_records_inventory_no": "inventory_no", "ix_records_kp_no": "kp_no"}


def upgrade() -> None:
    for name, column in _INDEXES.items():
        once.create_index(name, "records", [column])


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="records")
