"""The tables, for SQLite, MySQL and MariaDB alike. migrations/ brings a database to this shape."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key is INTEGER.
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LongText = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
# Accents do not matter to full-text search.
_Words = sa.Text().with_variant(mysql.LONGTEXT(collation="utf8mb4_unicode_ci"), "mysql")
_Vector = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql")
_Time: sa.Double[float] = sa.Double()
# Compared by code points, as SQLite does: "A-1" and "a-1" are two records. MariaDB is "mysql" to SQLAlchemy here.
_MYSQL: dict[str, Any] = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}

records = sa.Table(
    "records",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("external_id", sa.String(191), nullable=False, unique=True),
    sa.Column("inventory_no", sa.String(191), nullable=False),
    sa.Column("kp_no", sa.String(191), nullable=False),
    sa.Column("name", sa.String(1000), nullable=False),
    sa.Column("description", _LongText, nullable=False),
    sa.Column("typology", sa.String(1000), nullable=False),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("period", sa.String(1000), nullable=False),
    sa.Column("year_from", sa.Integer),
    sa.Column("year_to", sa.Integer),
    sa.Column("materials", sa.Text, nullable=False),
    sa.Column("technique", sa.Text, nullable=False),
    sa.Column("dimensions", sa.String(1000), nullable=False),
    sa.Column("place", sa.String(1000), nullable=False),
    sa.Column("museum", sa.String(1000), nullable=False),
    sa.Column("translations", sa.JSON, nullable=False),
    sa.Column("withdrawn", sa.Boolean, nullable=False, default=False),
    sa.Column("revision", sa.Integer, nullable=False, default=1),
    # What full-text search looks through, in the form that `sql_fulltext` gives it.
    sa.Column("words", _Words, nullable=False),
    # Source → SHA-256 of what it said of the record last; NULL where the record was never imported.
    sa.Column("imported", sa.JSON(none_as_null=True)),
    sa.Column("updated_at", _Time, nullable=False),
    sa.Index("ix_records_inventory_no", "inventory_no"),
    sa.Index("ix_records_kp_no", "kp_no"),
    sa.Index("ix_records_typology", "typology", mysql_length=100),
    sa.Index("ix_records_museum", "museum", mysql_length=100),
    sa.Index("ix_records_updated_at", "updated_at"),
    **_MYSQL,
)

images = sa.Table(
    "images",
    metadata,
    sa.Column("id", _Number, primary_key=True, autoincrement=True),
    sa.Column("record_id", _Number, sa.ForeignKey("records.id"), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("source", sa.String(2000), nullable=False),
    sa.UniqueConstraint("record_id", "sha256"),
    sa.Index("ix_images_record_id_source", "record_id", "source", mysql_length={"source": 191}),
    **_MYSQL,
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    # Counted in `counters` and not by the database itself: see `SqlCatalogue.add_embeddings`.
    sa.Column("sequence", _Number, primary_key=True, autoincrement=False),
    sa.Column("image_id", _Number, sa.ForeignKey("images.id"), nullable=False),
    sa.Column("model_id", sa.String(191), nullable=False),
    # float32, little-endian
    sa.Column("vector", _Vector, nullable=False),
    sa.UniqueConstraint("image_id", "model_id"),
    sa.Index("ix_embeddings_model_id_sequence", "model_id", "sequence"),
    **_MYSQL,
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    # Counting here, in the transaction that appends, keeps a batch's events gapless and in order of visibility.
    sa.Column("last_sequence", sa.Integer, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Index("ix_batches_created_at", "created_at"),
    **_MYSQL,
)

searches = sa.Table(
    "searches",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batches.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("image_sha256", sa.String(64), nullable=False),
    sa.Column("filename", sa.String(255), nullable=False),
    sa.Column("region", sa.JSON(none_as_null=True)),
    sa.Column("top_k", sa.Integer, nullable=False),
    sa.Column("filters", sa.JSON, nullable=False),
    sa.Column("geometric_check", sa.Boolean, nullable=False),
    # Of a search by text: the model whose text tower embedded it, and the embedding as in `embeddings`.
    sa.Column("query_model_id", sa.String(191)),
    sa.Column("query_vector", _Vector),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("finished_at", _Time),
    # JSON documents, stored as the text that is served.
    sa.Column("result", _LongText),
    sa.Column("problem", sa.Text),
    sa.UniqueConstraint("batch_id", "position"),
    sa.Index("ix_searches_status_created_at", "status", "created_at"),
    **_MYSQL,
)

search_events = sa.Table(
    "search_events",
    metadata,
    sa.Column("batch_id", sa.String(32), sa.ForeignKey("batches.id"), primary_key=True),
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("search_id", sa.String(32), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("at", _Time, nullable=False),
    sa.Column("problem", sa.JSON(none_as_null=True)),
    **_MYSQL,
)

models = sa.Table(
    "models",
    metadata,
    # The full id, NAME@DIGEST, and the name alone, by which the files are found.
    sa.Column("id", sa.String(191), primary_key=True),
    sa.Column("name", sa.String(191), nullable=False, unique=True),
    sa.Column("sha256", sa.JSON, nullable=False),
    sa.Column("licence", sa.String(1000), nullable=False),
    sa.Column("provenance", sa.JSON, nullable=False),
    sa.Column("metrics", sa.JSON, nullable=False),
    sa.Column("card", _LongText, nullable=False),
    sa.Column("registered_at", _Time, nullable=False),
    **_MYSQL,
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(191), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("expires_at", _Time, nullable=False),
    **_MYSQL,
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
    **_MYSQL,
)
