"""The catalogue in SQL: records, images, embeddings. Full-text search is `sql_fulltext`'s."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import exc

from vitrine import errors, record_pages
from vitrine.adapters import sql_fulltext, sql_rows
from vitrine.adapters.record_cache import RecordCache
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_prepared import PreparedList
from vitrine.adapters.sql_schema import counters, embeddings, images, records
from vitrine.domain import CatalogueImage, Embedding, Record, RecordContent, StoredEmbedding
from vitrine.ports import CatalogueCounts, Imported, Labels, Page

_OWNERS = PreparedList(
    sa.select(images.c.id.label("image_id"), records.c.id.label("record_id"), records.c.revision)
    .join(records, records.c.id == images.c.record_id)
    .where(records.c.withdrawn.is_(False)),
    images.c.id,
)
_IMAGES = PreparedList(sa.select(images), images.c.id)
_THESE = sql_rows.RECORD.where(records.c.id.in_(sa.bindparam("wanted", expanding=True)))
_NEXT_REVISION = (
    records.update().where(records.c.id == sa.bindparam("this_record")).values(revision=records.c.revision + 1)
)
_IMPORTED = sa.select(records.c.external_id, records.c.id, records.c.imported).where(
    records.c.external_id.in_(sa.bindparam("wanted", expanding=True))
)
_OF_EXTERNAL_ID = sa.select(records).where(records.c.external_id == sa.bindparam("wanted")).with_for_update()
_OF_NUMBER = sa.select(records).where(records.c.id == sa.bindparam("this_record")).with_for_update()
_LOCK_RECORD = sa.select(records.c.id).where(records.c.id == sa.bindparam("this_record")).with_for_update()
_OWN_IMAGES = sa.select(images.c.sha256, images.c.id).where(images.c.record_id == sa.bindparam("this_record"))
_EMBEDDED = sa.select(embeddings.c.image_id).where(
    embeddings.c.model_id == sa.bindparam("model"), embeddings.c.image_id.in_(sa.bindparam("wanted", expanding=True))
)
_SEQUENCE = counters.c.name == "embeddings"
_LOCK_SEQUENCE = sa.select(counters.c.value).where(_SEQUENCE).with_for_update()
_RENUMBER = (
    embeddings.update().where(embeddings.c.sequence == sa.bindparam("earlier")).values(sequence=sa.bindparam("later"))
)
_COUNT_SEQUENCE = counters.update().where(_SEQUENCE).values(value=sa.bindparam("last"))


class SqlCatalogue:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._fulltext = sql_fulltext.for_dialect(database.dialect)
        self._kept = RecordCache()

    # Records

    def put_record(
        self,
        content: RecordContent,
        *,
        source: str = "",
        imported_sha256: str = "",
        merge: Callable[[RecordContent], RecordContent] | None = None,
        show: bool = True,
    ) -> tuple[int, bool]:
        said = {source: imported_sha256} if imported_sha256 else {}

        def put(connection: sa.Connection) -> tuple[int, bool]:
            row = _of_external_id(connection, content.external_id)
            if row is None:
                return self._insert(connection, content, imported=said or None), True
            known = Imported(record_id=row["id"], said=row["imported"] or {})
            if said and known.is_old_news(source, imported_sha256):
                return known.record_id, False
            stored = sql_rows.content(row)
            merged = merge(stored) if merge else content
            imported = {**known.said, **said} or None
            if merged == stored and not (show and row["withdrawn"]):
                if imported != row["imported"]:
                    own = records.c.id == known.record_id
                    connection.execute(records.update().where(own).values(imported=imported))
                return known.record_id, False
            if show:
                self._show(connection, row, merged, imported=imported)
            else:
                self._update(connection, known.record_id, merged, imported=imported)
            return known.record_id, True

        try:
            return self._database.transact(put)
        except exc.IntegrityError:
            # Somebody else inserted the same external id in between: now it is an update.
            return self._database.transact(put)

    def create_record(self, content: RecordContent) -> int:
        def create(connection: sa.Connection) -> int:
            row = _of_external_id(connection, content.external_id)
            if row is None:
                return self._insert(connection, content)
            if not row["withdrawn"]:
                raise _taken(content.external_id)
            self._show(connection, row, content)
            return int(row["id"])

        def created(connection: sa.Connection) -> int | None:
            row = _of_external_id(connection, content.external_id)
            if row is None or row["withdrawn"] or sql_rows.content(row) != content:
                return None
            return int(row["id"])

        try:
            return self._database.transact(create, stored=created)
        except exc.IntegrityError as error:
            # Somebody else inserted it in between.
            raise _taken(content.external_id) from error

    def _insert(self, connection: sa.Connection, content: RecordContent, **further: Any) -> int:
        new = {**self._row(content), "revision": 1, "withdrawn": False, **further}
        record_id = int(connection.execute(records.insert(), new).inserted_primary_key[0])  # type: ignore[index]
        self._fulltext.put(connection, record_id, new["words"])
        return record_id

    def _show(self, connection: sa.Connection, row: sa.RowMapping, content: RecordContent, **further: Any) -> None:
        """A record with this content, whether it was withdrawn or not."""
        self._update(connection, row["id"], content, withdrawn=False, **further)
        if row["withdrawn"]:
            _number_anew(connection, row["id"])

    def imported(self, external_ids: Iterable[str]) -> Mapping[str, Imported]:
        found: dict[str, Imported] = {}
        with self._database.reading() as connection:
            for chunk in sql_rows.chunks(list(external_ids)):
                rows = connection.execute(_IMPORTED, {"wanted": chunk})
                found.update((row.external_id, Imported(record_id=row.id, said=row.imported or {})) for row in rows)
        return found

    def change_record(self, record_id: int, change: Callable[[RecordContent], RecordContent]) -> Record:
        def changed(connection: sa.Connection) -> None:
            row = connection.execute(_OF_NUMBER, {"this_record": record_id}).mappings().first()
            if row is None:
                raise _unknown(record_id)
            content = sql_rows.content(row)
            self._update(connection, record_id, dataclasses.replace(change(content), external_id=content.external_id))

        self._database.transact(changed)
        return self.record(record_id)

    def withdraw(self, record_id: int) -> None:
        self.record(record_id)
        hidden = (
            records.update()
            .where(records.c.id == record_id)
            .values(withdrawn=True, revision=records.c.revision + 1, updated_at=time.time())
        )
        self._database.transact(lambda connection: connection.execute(hidden))

    def record(self, record_id: int) -> Record:
        found = self._records(records.c.id == record_id)
        if not found:
            raise _unknown(record_id)
        return found[0]

    def record_by_external_id(self, external_id: str) -> Record | None:
        found = self._records(records.c.external_id == external_id)
        return found[0] if found else None

    def records_of_images(self, image_ids: Iterable[int]) -> Mapping[int, Record]:
        wanted = list(image_ids)
        owners: dict[int, tuple[int, int]] = {}
        with self._database.reading() as connection:
            for chunk in sql_rows.chunks(wanted):
                rows = _OWNERS.rows(connection, chunk)
                owners.update((row["image_id"], (row["record_id"], row["revision"])) for row in rows)
            found = self._kept.get(owners.values())
            missing = {record_id for record_id, _ in owners.values() if record_id not in found}
            for chunk in sql_rows.chunks(sorted(missing)):
                read = sql_rows.with_images(connection, connection.execute(_THESE, {"wanted": chunk}).mappings().all())
                self._kept.put(read)
                found.update((record.id, record) for record in read if not record.withdrawn)
        records_of = {image_id: found.get(record_id) for image_id, (record_id, _) in owners.items()}
        return {image_id: record for image_id in wanted if (record := records_of.get(image_id))}

    def browse(
        self,
        *,
        text: str = "",
        typology: str = "",
        museum: str = "",
        among: Collection[int] | None = None,
        cursor: str | None = None,
        limit: int = 24,
    ) -> Page:
        shown = sql_rows.shown(typology, museum, among)
        speaking = [self._fulltext.matches(text)] if text.strip() else []
        numbered = self._numbered(text, sql_rows.shown(typology, museum, among, indexed=False)) if speaking else None
        other = [records.c.id.not_in(numbered)] if numbered else []

        def read(numbers: Sequence[int]) -> Sequence[Record]:
            return self._records(sa.and_(records.c.id.in_(numbers), *shown)) if numbers else []

        def others(after: int, count: int) -> Sequence[Record]:
            return self._records(sa.and_(*speaking, *shown, *other, records.c.id > after), limit=count)

        return record_pages.page(cursor, limit, numbered=numbered, read=read, others=others)

    def _numbered(self, text: str, shown: Sequence[sa.ColumnElement[bool]]) -> Sequence[int]:
        with self._database.reading() as connection:
            return connection.scalars(sql_rows.numbered(text, shown)).all()

    def labels(self) -> Labels:
        with self._database.reading() as connection:
            rows = connection.execute(sql_rows.LABELS)
            return Labels.of((row.id, row.typology, row.translations) for row in rows)

    def facets(self) -> Mapping[str, Sequence[tuple[str, int]]]:
        with self._database.reading() as connection:
            return {name: sql_rows.facet(connection, records.c[name]) for name in ("typology", "museum")}

    def _update(self, connection: sa.Connection, record_id: int, content: RecordContent, **further: Any) -> None:
        changed = {**self._row(content), **further}
        connection.execute(
            records.update().where(records.c.id == record_id).values(**changed, revision=records.c.revision + 1)
        )
        self._fulltext.put(connection, record_id, changed["words"])

    def _row(self, content: RecordContent) -> dict[str, Any]:
        fields = {name: getattr(content, name) for name in sql_rows.CONTENT_FIELDS}
        return {
            **fields,
            "authors": list(content.authors),
            "translations": {language: dict(texts) for language, texts in content.translations.items()},
            "words": self._fulltext.words(sql_rows.text(content)),
            "updated_at": time.time(),
        }

    def _records(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[Record]:
        query = sql_rows.RECORD.where(condition)
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit) if limit else query).mappings().all()
            return sql_rows.with_images(connection, rows)

    # Images

    def add_image(self, record_id: int, *, sha256: str, width: int, height: int, source: str) -> tuple[int, bool]:
        row = {"record_id": record_id, "sha256": sha256, "width": width, "height": height, "source": source}

        def add(connection: sa.Connection) -> tuple[int, bool]:
            # Who adds to a record waits for its turn here, so that no two images get one position.
            connection.execute(_LOCK_RECORD, {"this_record": record_id})
            known = {own.sha256: own.id for own in connection.execute(_OWN_IMAGES, {"this_record": record_id})}
            if sha256 in known:
                # The file may have moved: the next run finds it by its new place.
                connection.execute(images.update().where(images.c.id == known[sha256]).values(source=source))
                return int(known[sha256]), False
            # Who keeps the record as it was sees by its revision that it has another image now.
            connection.execute(_NEXT_REVISION, {"this_record": record_id})
            inserted = connection.execute(images.insert(), {**row, "position": len(known)})
            return int(inserted.inserted_primary_key[0]), True  # type: ignore[index]

        return self._database.transact(add)

    def images_by_source(self, record_ids: Iterable[int]) -> Mapping[tuple[int, str], int]:
        query = sa.select(images.c.record_id, images.c.source, images.c.id)
        found: dict[tuple[int, str], int] = {}
        with self._database.reading() as connection:
            for chunk in sql_rows.chunks(list(record_ids)):
                rows = connection.execute(query.where(images.c.record_id.in_(chunk)))
                found.update(((row.record_id, row.source), row.id) for row in rows)
        return found

    def image(self, image_id: int) -> CatalogueImage:
        found = self.images([image_id])
        if image_id not in found:
            raise errors.NotFound(f"There is no image {image_id}.")
        return found[image_id]

    def images(self, image_ids: Iterable[int]) -> Mapping[int, CatalogueImage]:
        found: dict[int, CatalogueImage] = {}
        with self._database.reading() as connection:
            for chunk in sql_rows.chunks(list(image_ids)):
                found.update((row["id"], sql_rows.image(row)) for row in _IMAGES.rows(connection, chunk))
        return found

    def images_after(self, image_id: int, limit: int, *, unembedded_by: str = "") -> Sequence[CatalogueImage]:
        with self._database.reading() as connection:
            return sql_rows.images_after(connection, image_id, limit, unembedded_by)

    def withdrawn_image_ids(self) -> frozenset[int]:
        query = sa.select(images.c.id).join(records).where(records.c.withdrawn.is_(True))
        with self._database.reading() as connection:
            return frozenset(connection.execute(query).scalars())

    # Embeddings

    def add_embeddings(self, model_id: str, vectors: Mapping[int, Embedding]) -> int:
        """One transaction at a time, from the lock on the counter to its commit.

        So sequences become visible in their order: who has seen one will never find a smaller one later. And so no
        image is embedded twice, whoever else embeds it now.
        """

        def add(connection: sa.Connection) -> int:
            last = connection.execute(_LOCK_SEQUENCE).scalar_one()
            embedded = _embedded(connection, model_id, list(vectors))
            new = [(image_id, vector) for image_id, vector in vectors.items() if image_id not in embedded]
            rows = [
                {
                    "sequence": sequence,
                    "image_id": image_id,
                    "model_id": model_id,
                    "vector": np.asarray(vector, "<f4").tobytes(),
                }
                for sequence, (image_id, vector) in enumerate(new, start=last + 1)
            ]
            if rows:
                connection.execute(embeddings.insert(), rows)
                connection.execute(_COUNT_SEQUENCE, {"last": last + len(rows)})
            return len(rows)

        return self._database.transact(add)

    def images_without_embedding(self, model_id: str, image_ids: Sequence[int]) -> set[int]:
        with self._database.reading() as connection:
            return set(image_ids) - _embedded(connection, model_id, image_ids)

    def embeddings_after(self, model_id: str, sequence: int, limit: int) -> Sequence[StoredEmbedding]:
        query = (
            sa.select(embeddings.c.sequence, embeddings.c.image_id, images.c.record_id, embeddings.c.vector)
            .join(images, images.c.id == embeddings.c.image_id)
            .where(embeddings.c.model_id == model_id, embeddings.c.sequence > sequence)
            .order_by(embeddings.c.sequence)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                StoredEmbedding(
                    sequence=row.sequence,
                    image_id=row.image_id,
                    record_id=row.record_id,
                    vector=np.frombuffer(row.vector, "<f4"),
                )
                for row in connection.execute(query)
            ]

    def counts(self, model_id: str) -> CatalogueCounts:
        with self._database.reading() as connection:

            def count(query: sa.Select[Any]) -> int:
                return int(connection.execute(query).scalar_one())

            return CatalogueCounts(
                records=count(_count(records).where(records.c.withdrawn.is_(False))),
                withdrawn=count(_count(records).where(records.c.withdrawn.is_(True))),
                images=count(_count(images)),
                embeddings=count(_count(embeddings).where(embeddings.c.model_id == model_id)),
            )


def _of_external_id(connection: sa.Connection, external_id: str) -> sa.RowMapping | None:
    """Locked until the transaction ends."""
    return connection.execute(_OF_EXTERNAL_ID, {"wanted": external_id}).mappings().first()


def _embedded(connection: sa.Connection, model_id: str, image_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for chunk in sql_rows.chunks(image_ids):
        found.update(connection.execute(_EMBEDDED, {"model": model_id, "wanted": chunk}).scalars())
    return found


def _count(table: sa.Table) -> sa.Select[Any]:
    return sa.select(sa.func.count()).select_from(table)


def _number_anew(connection: sa.Connection, record_id: int) -> None:
    """A snapshot that was built while the record was withdrawn is without it: now it comes after every snapshot."""
    own = sa.select(images.c.id).where(images.c.record_id == record_id)
    last = connection.execute(_LOCK_SEQUENCE).scalar_one()
    earlier = connection.execute(
        sa.select(embeddings.c.sequence).where(embeddings.c.image_id.in_(own)).order_by(embeddings.c.sequence)
    ).scalars()
    moved = [{"earlier": sequence, "later": last + number} for number, sequence in enumerate(earlier, start=1)]
    if moved:
        connection.execute(_RENUMBER, moved)
        connection.execute(_COUNT_SEQUENCE, {"last": last + len(moved)})


def _taken(external_id: str) -> errors.RejectedInput:
    return errors.RejectedInput(f"There is a record {external_id!r} already.", field="external_id")


def _unknown(record_id: int) -> errors.NotFound:
    return errors.NotFound(f"There is no record {record_id}.")
