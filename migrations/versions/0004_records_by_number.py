"""Records by their own number: whoever types one finds that object first.

Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEXES = {"ix_records_inventory_no": "inventory_no", "ix_records_kp_no": "kp_no"}


def upgrade() -> None:
    # MySQL commits each change of a table by itself: what an interrupted run has made is there when it runs again.
    there = {index["name"] for index in sa.inspect(op.get_bind()).get_indexes("records")}
    for name, column in _INDEXES.items():
        if name not in there:
            op.create_index(name, "records", [column])


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, table_name="records")
