"""The registry of models in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_schema import models
from vitrine.models import RegisteredModel


class SqlModelRegistry:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, model: RegisteredModel) -> None:
        values = {
            "id": model.id,
            "name": model.name,
            "sha256": dict(model.sha256),
            "licence": model.licence,
            "provenance": dict(model.provenance),
            "metrics": dict(model.metrics),
            "card": model.card,
            "registered_at": model.registered_at,
        }

        def write(connection: sa.Connection) -> None:
            query = sa.select(models.c.id).where(models.c.name == model.name).with_for_update()
            there = connection.execute(query).scalar()
            if there is None:
                connection.execute(models.insert(), values)
            elif there == model.id:
                connection.execute(models.update().where(models.c.id == model.id).values(values))
            else:
                raise errors.RejectedInput(
                    f"The name {model.name} is taken by {there}: remove that one first, or give this one another id."
                )

        self._database.transact(write)

    def get(self, name: str) -> RegisteredModel:
        with self._database.reading() as connection:
            row = connection.execute(models.select().where(_named(name))).one_or_none()
        if row is None:
            raise _unknown(name)
        return _model(row)

    def all(self) -> Sequence[RegisteredModel]:
        with self._database.reading() as connection:
            return [_model(row) for row in connection.execute(models.select().order_by(models.c.name))]

    def remove(self, name: str) -> None:
        gone = self.get(name)
        self._database.transact(lambda connection: connection.execute(models.delete().where(models.c.id == gone.id)))


def _named(name: str) -> sa.ColumnElement[bool]:
    return (models.c.name == name) | (models.c.id == name)


def _unknown(name: str) -> errors.NotFound:
    return errors.NotFound(f"No model {name!r} is registered; `python -m registry list` says which are.")


def _model(row: Any) -> RegisteredModel:
    return RegisteredModel(
        id=row.id,
        sha256=row.sha256,
        licence=row.licence,
        provenance=row.provenance,
        metrics=row.metrics,
        card=row.card,
        registered_at=row.registered_at,
    )
