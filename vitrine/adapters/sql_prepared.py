"""The statements of every search: compiled once, and run on the driver's own cursor.

SQLAlchemy makes a context and a result around each execution, which costs several times what SQLite needs to run it.
Its expressions, types, connections, transactions and errors are used as they are; only that context is left out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

_Processor = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Form:
    """A statement in one dialect, for parameters of certain names.

    ``places``: what fills its places, in their order, or None where the driver takes them by name. ``columns``: what it
    gives. ``fixed``: values that are the statement's own. ``bound`` and ``read``: the few names whose values the
    driver takes or gives in another form.
    """

    text: str
    places: tuple[str, ...] | None
    fixed: Mapping[str, Any]
    bound: tuple[tuple[str, _Processor], ...]
    columns: tuple[str, ...]
    read: tuple[tuple[str, _Processor], ...]

    def filled(self, parameters: Mapping[str, Any]) -> Any:
        values = {**self.fixed, **parameters}
        for name, process in self.bound:
            values[name] = process(values[name])
        return values if self.places is None else tuple(map(values.__getitem__, self.places))

    def row(self, values: Sequence[Any]) -> dict[str, Any]:
        row = dict(zip(self.columns, values, strict=True))
        for name, process in self.read:
            row[name] = process(row[name])
        return row


class Prepared:
    """A statement that is run often, on any of the dialects. Thread-safe.

    An INSERT or UPDATE without values sets the columns that the parameters name. Raises what SQLAlchemy would raise.
    """

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._forms: dict[tuple[str, frozenset[str]], _Form] = {}

    def run(self, connection: sa.Connection, *parameters: Mapping[str, Any]) -> int:
        """Once for each of the parameters, which all have the same names; returns the number of rows that matched."""
        return _executed(connection, self._form(connection, parameters[0]), *parameters)[0]

    def rows(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        form = self._form(connection, parameters)
        return [form.row(values) for values in _executed(connection, form, parameters)[1]]

    def first(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
        rows = self.rows(connection, parameters)
        return rows[0] if rows else None

    def _form(self, connection: sa.Connection, parameters: Mapping[str, Any]) -> _Form:
        key = (connection.dialect.name, frozenset(parameters))
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _compiled(self._statement, connection.dialect, list(parameters))
        return form


class PreparedList:
    """A query or an update of the rows whose ``column`` is one of so many values."""

    def __init__(self, statement: sa.Select[Any] | sa.Update, column: sa.Column[Any]) -> None:
        @functools.cache
        def prepared(count: int) -> tuple[Prepared, list[str]]:
            names = [f"wanted_{number}" for number in range(count)]
            places = [sa.bindparam(name, type_=column.type) for name in names]
            return Prepared(statement.where(column.in_(places))), names

        self._prepared = prepared

    def rows(self, connection: sa.Connection, wanted: Sequence[Any]) -> list[dict[str, Any]]:
        """``wanted``: at least one."""
        statement, places = self._filled(wanted)
        return statement.rows(connection, places)

    def run(self, connection: sa.Connection, wanted: Sequence[Any], parameters: Mapping[str, Any]) -> int:
        """``wanted``: at least one. Returns the number of rows that matched."""
        statement, places = self._filled(wanted)
        return statement.run(connection, {**places, **parameters})

    def _filled(self, wanted: Sequence[Any]) -> tuple[Prepared, dict[str, Any]]:
        # The last one is asked for again and again up to a power of two, so that few forms are compiled.
        count = 1 << (len(wanted) - 1).bit_length()
        filled = [*wanted, *[wanted[-1]] * (count - len(wanted))]
        statement, names = self._prepared(count)
        return statement, dict(zip(names, filled, strict=True))


def _compiled(statement: sa.Select[Any] | sa.Insert | sa.Update, dialect: sa.Dialect, names: list[str]) -> _Form:
    compiled: Any = statement.compile(dialect=dialect, column_keys=names)
    into = {
        name: process
        for bound, name in compiled.bind_names.items()
        if (process := bound.type.dialect_impl(dialect).bind_processor(dialect))
    }
    fixed = {name: value for name, value in compiled.params.items() if name not in names}
    columns = statement.selected_columns if isinstance(statement, sa.Select) else ()
    return _Form(
        text=str(compiled),
        places=tuple(compiled.positiontup) if dialect.positional else None,
        fixed={name: into[name](value) if name in into else value for name, value in fixed.items()},
        bound=tuple((name, process) for name, process in into.items() if name not in fixed),
        columns=tuple(column.name for column in columns),
        read=tuple(
            (column.name, process)
            for column in columns
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ),
    )


def _executed(
    connection: sa.Connection, form: _Form, *parameters: Mapping[str, Any]
) -> tuple[int, Sequence[Sequence[Any]]]:
    """The number of rows that matched, and the rows that it gives.

    What the driver raises becomes SQLAlchemy's errors, and a connection that is lost leaves its pool.
    """
    driver = connection.connection
    cursor = driver.cursor()
    raised = connection.dialect.dbapi.Error  # type: ignore[union-attr]
    try:
        if len(parameters) == 1:
            cursor.execute(form.text, form.filled(parameters[0]))
        else:
            cursor.executemany(form.text, [form.filled(each) for each in parameters])
        return int(cursor.rowcount), cursor.fetchall() if form.columns else ()
    except raised as error:
        lost = connection.dialect.is_disconnect(error, driver.dbapi_connection, cursor)
        if lost:
            connection.invalidate(error)
        raise exc.DBAPIError.instance(
            form.text, None, error, raised, connection_invalidated=lost, dialect=connection.dialect
        ) from error
    finally:
        with contextlib.suppress(raised):
            cursor.close()
