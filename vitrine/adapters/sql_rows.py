"""Rows of records and images, and the values of the domain that they stand for."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from vitrine import record_pages
from vitrine.adapters.sql_schema import embeddings, images, records
from vitrine.domain import CatalogueImage, Record, RecordContent

_T = TypeVar("_T")

CONTENT_FIELDS = tuple(field.name for field in dataclasses.fields(RecordContent))
# What a record is made of: not the words that full-text search looks through.
RECORD = sa.select(*(records.c[name] for name in ("id", *CONTENT_FIELDS, "withdrawn", "revision"))).order_by(
    records.c.id
)
# Row by row: translations of a million records are not held at once.
LABELS = (
    sa.select(records.c.id, records.c.typology, records.c.translations)
    .where(records.c.typology != "", records.c.withdrawn.is_(False))
    .order_by(records.c.id)
    .execution_options(yield_per=1_000)
)
_NUMBERS = (records.c.external_id, records.c.inventory_no, records.c.kp_no)
_IMAGE_NUMBERS = (
    sa.select(images.c.record_id, images.c.id)
    .where(images.c.record_id.in_(sa.bindparam("wanted", expanding=True)))
    .order_by(images.c.record_id, images.c.position)
)
# Databases limit the parameters of one statement (SQLite's default: 32,766).
_CHUNK = 5_000


def with_images(connection: sa.Connection, rows: Sequence[sa.RowMapping]) -> list[Record]:
    numbers = _image_numbers(connection, [row["id"] for row in rows])
    return [
        Record(
            id=row["id"],
            content=content(row),
            image_ids=tuple(numbers.get(row["id"], ())),
            withdrawn=row["withdrawn"],
            revision=row["revision"],
        )
        for row in rows
    ]


def content(row: sa.RowMapping) -> RecordContent:
    fields = {name: row[name] for name in CONTENT_FIELDS}
    return RecordContent(**{**fields, "authors": tuple(row["authors"])})


def text(content: RecordContent) -> str:
    """All that full-text search looks through."""
    texts = [str(getattr(content, name) or "") for name in CONTENT_FIELDS if name not in ("authors", "translations")]
    texts += content.authors
    texts += [text for translation in content.translations.values() for text in translation.values()]
    return " ".join(texts)


def images_after(connection: sa.Connection, after: int, limit: int, unembedded_by: str) -> list[CatalogueImage]:
    query = sa.select(images).where(images.c.id > after).order_by(images.c.id).limit(limit)
    if unembedded_by:
        of_this_one = (embeddings.c.model_id == unembedded_by) & (embeddings.c.image_id == images.c.id)
        query = query.where(~sa.select(embeddings.c.image_id).where(of_this_one).exists())
    return [image(row) for row in connection.execute(query).mappings()]


def image(row: Mapping[str, Any] | sa.RowMapping) -> CatalogueImage:
    return CatalogueImage(
        id=row["id"],
        record_id=row["record_id"],
        sha256=row["sha256"],
        position=row["position"],
        width=row["width"],
        height=row["height"],
    )


def shown(
    typology: str, museum: str, among: Collection[int] | None, *, indexed: bool = True
) -> list[sa.ColumnElement[bool]]:
    """What holds of the records of a list. Not ``indexed``: no database takes the index of a filter for it."""
    wanted = [(records.c.typology, typology), (records.c.museum, museum)]
    filters = [(column if indexed else sa.func.coalesce(column, "")) == value for column, value in wanted if value]
    some = [] if among is None else [records.c.id.in_(among)]
    return [records.c.withdrawn.is_(False), *filters, *some]


def numbered(text: str, conditions: Sequence[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """The records whose own number the text is, by record number."""

    def first(found: sa.FromClause) -> sa.Select[Any]:
        return sa.select(found.c.id).order_by(found.c.id).limit(record_pages.MOST_OF_ONE_NUMBER)

    # One index for each, in the order of the records: a common number is not gone through to its end.
    each = [
        first(records).where(number == spelling, *conditions).subquery()
        for number in _NUMBERS
        for spelling in record_pages.spellings(text)
    ]
    return first(sa.union(*(sa.select(one.c.id) for one in each)).subquery())


def facet(connection: sa.Connection, column: sa.Column[Any]) -> list[tuple[str, int]]:
    number = sa.func.count()
    query = (
        sa.select(column, number)
        .where(column != "", records.c.withdrawn.is_(False))
        .group_by(column)
        .order_by(number.desc(), column)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def chunks(values: Sequence[_T]) -> Iterable[Sequence[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]


def _image_numbers(connection: sa.Connection, record_ids: Sequence[int]) -> dict[int, list[int]]:
    numbers: dict[int, list[int]] = {}
    for chunk in chunks(record_ids):
        for record_id, image_id in connection.execute(_IMAGE_NUMBERS, {"wanted": chunk}):
            numbers.setdefault(record_id, []).append(image_id)
    return numbers
