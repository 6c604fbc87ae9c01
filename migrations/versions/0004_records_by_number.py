"""Records by their own number: whoever types one finds that object first.

Revises: 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_records_inventory_no", "records", ["inventory_no"])
    op.create_index("ix_records_kp_no", "records", ["kp_no"])


def downgrade() -> None:
    op.drop_index("ix_records_kp_no", table_name="records")
    op.drop_index("ix_records_inventory_no", table_name="records")
