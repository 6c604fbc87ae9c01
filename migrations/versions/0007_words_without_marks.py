"""Words of records without stress marks, as they are looked for since: before, за́мок was two words or another one.

Revises: 0006
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from vitrine.adapters import sql_fulltext

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = (
    *("external_id", "inventory_no", "kp_no", "name", "description", "typology", "period", "year_from", "year_to"),
    *("materials", "technique", "dimensions", "place", "museum"),
)
# As they are stored, for MySQL has letters in them and the others their numbers.
_DOCUMENTS = ("authors", "translations")
_RECORDS = sa.table(
    "records",
    sa.column("id"),
    sa.column("words"),
    *(sa.column(name) for name in _TEXTS),
    *(sa.column(name, sa.JSON) for name in _DOCUMENTS),
)
_MARKED = r"\p{Mn}|\\u03[0-6]|\\u05[9abc]|\\u06[456]|\\u09[0-9a-f]"
_PAGE = 1_000


def upgrade() -> None:
    connection = op.get_bind()
    fulltext = sql_fulltext.for_dialect(connection.dialect.name)
    for row in _marked(connection):
        words = fulltext.words(_text(row))
        connection.execute(_RECORDS.update().where(_RECORDS.c.id == row["id"]).values(words=words))
        fulltext.put(connection, row["id"], words)


def downgrade() -> None:
    """The words of both are found by the code of before."""


def _marked(connection: sa.Connection) -> Iterator[sa.RowMapping]:
    """Records with such a mark, page by page: a server finds them by itself among millions."""
    wanted = sa.select(_RECORDS).order_by(_RECORDS.c.id).limit(_PAGE)
    if connection.dialect.name != "sqlite":
        documents = [sa.cast(_RECORDS.c[name], sa.Text) for name in _DOCUMENTS]
        everything = sa.func.concat_ws(" ", *(_RECORDS.c[name] for name in _TEXTS), *documents)
        wanted = wanted.where(everything.regexp_match(_MARKED))
    last = 0
    while page := connection.execute(wanted.where(_RECORDS.c.id > last)).mappings().all():
        last = page[-1]["id"]
        yield from (row for row in page if any(unicodedata.category(letter) == "Mn" for letter in _text(row)))


def _text(row: sa.RowMapping) -> str:
    translations: list[dict[str, Any]] = list(row["translations"].values())
    parts = [row[name] for name in _TEXTS] + list(row["authors"]) + [v for said in translations for v in said.values()]
    return " ".join(str(part or "") for part in parts)
