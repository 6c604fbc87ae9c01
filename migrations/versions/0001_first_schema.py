"""The first schema.

Revises: nothing
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from migrations import once

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LONG_TEXT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
_WORDS = sa.Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_unicode_ci"), "mysql")
_VECTOR = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}


def upgrade() -> None:
    once.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("last_sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        **_MYSQL,
    )
    once.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=191), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        **_MYSQL,
    )
    once.create_table(
        "records",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("external_id", sa.String(length=191), nullable=False),
        sa.Column("inventory_no", sa.String(length=191), nullable=False),
        sa.Column("kp_no", sa.String(length=191), nullable=False),
        sa.Column("name", sa.String(length=1000), nullable=False),
        sa.Column("description", _LONG_TEXT, nullable=False),
        sa.Column("typology", sa.String(length=1000), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("period", sa.String(length=1000), nullable=False),
        sa.Column("year_from", sa.Integer(), nullable=True),
        sa.Column("year_to", sa.Integer(), nullable=True),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.Column("technique", sa.Text(), nullable=False),
        sa.Column("dimensions", sa.String(length=1000), nullable=False),
        sa.Column("place", sa.String(length=1000), nullable=False),
        sa.Column("museum", sa.String(length=1000), nullable=False),
        sa.Column("translations", sa.JSON(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", _WORDS, nullable=False),
        sa.Column("imported_sha256", sa.String(length=64), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("external_id", name=op.f("uq_records_external_id")),
        **_MYSQL,
    )
    once.create_index("ix_records_museum", "records", ["museum"], mysql_length=100)
    once.create_index("ix_records_typology", "records", ["typology"], mysql_length=100)
    once.create_index("ix_records_updated_at", "records", ["updated_at"])
    once.create_table(
        "images",
        sa.Column("id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("record_id", _NUMBER, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_images_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("record_id", "sha256", name=op.f("uq_images_record_id_sha256")),
        **_MYSQL,
    )
    once.create_index("ix_images_record_id_source", "images", ["record_id", "source"], mysql_length={"source": 191})
    once.create_table(
        "search_events",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("search_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_search_events_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "sequence", name=op.f("pk_search_events")),
        **_MYSQL,
    )
    once.create_table(
        "searches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("region", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("top_k", sa.Integer(), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("geometric_check", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("result", _LONG_TEXT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_searches_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_searches")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_searches_batch_id_position")),
        **_MYSQL,
    )
    once.create_index("ix_searches_status_created_at", "searches", ["status", "created_at"])
    once.create_table(
        "embeddings",
        sa.Column("sequence", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("image_id", _NUMBER, nullable=False),
        sa.Column("model_id", sa.String(length=191), nullable=False),
        sa.Column("vector", _VECTOR, nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_embeddings_image_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_embeddings")),
        sa.UniqueConstraint("image_id", "model_id", name=op.f("uq_embeddings_image_id_model_id")),
        **_MYSQL,
    )
    once.create_index("ix_embeddings_model_id_sequence", "embeddings", ["model_id", "sequence"])
    once.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
        **_MYSQL,
    )
    counters = sa.table("counters", sa.column("name", sa.String), sa.column("value", sa.BigInteger))
    if op.get_bind().scalar(sa.select(counters.c.name)) is None:
        op.bulk_insert(counters, [{"name": "embeddings", "value": 0}])
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE record_words USING fts5(words, tokenize='unicode61 remove_diacritics 2')")
    elif not once.has_index("records", "ft_records_words"):
        op.execute("CREATE FULLTEXT INDEX ft_records_words ON records (words)")


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        op.drop_table("record_words")
    for table in (
        "counters",
        "embeddings",
        "searches",
        "search_events",
        "images",
        "records",
        "leases",
        "batches",
    ):
        op.drop_table(table)
