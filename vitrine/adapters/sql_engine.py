"""Engines: how SQLite and MySQL are opened, read and written, and what their failures mean."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import exc, pool

from vitrine import errors

_BUSY_TIMEOUT_S = 30


class Database:
    """Connections to write and to read; `reading` and `writing` translate what SQLAlchemy raises into our errors."""

    def __init__(self, url: str) -> None:
        self.dialect = sa.make_url(url).get_backend_name()
        # Readers are connected as such for good: switching a connection to and fro costs more than a query.
        read_only: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
        # SQLite lets one write at a time, and who waits for it polls; who waits here is woken.
        self._turn: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()
        if self.dialect == "sqlite":
            self._turn = threading.Lock()
            self._reader = _sqlite(url, **read_only)
            # FULL: what a commit acknowledged survives a power cut. An accepted search is a promise.
            self._writer, self._quick_writer = _sqlite(url, synchronous="FULL"), _sqlite(url, synchronous="NORMAL")
            for engine in (self._writer, self._quick_writer):
                sa.event.listen(engine, "begin", _begin_immediate)
        else:
            self._reader, self._writer = _server(url, **read_only), _server(url)
            self._quick_writer = self._writer

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with _translated(), self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """One transaction, committed at the end of the block.

        ``durable=False`` is for what a power cut may undo because it is done again then; a killed process undoes
        nothing either way.
        """
        engine = self._writer if durable else self._quick_writer
        with self._turn, _translated(), engine.begin() as connection:
            yield connection

    def close(self) -> None:
        for engine in (self._reader, self._writer, self._quick_writer):
            engine.dispose()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError, exc.InternalError) as error:
        raise errors.DependencyUnavailable(f"The database did not answer: {error.__cause__ or error}") from error
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise errors.DependencyUnavailable("The connection to the database was lost.") from error
        raise


def _server(url: str, **options: Any) -> sa.Engine:
    return sa.create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8, pool_recycle=1800, **options)


def _sqlite(url: str, *, synchronous: Literal["FULL", "NORMAL"] = "FULL", **options: Any) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=pool.QueuePool, pool_size=16, max_overflow=16, **options)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver would begin transactions by its own rules; `_begin_immediate` does it by ours.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    return engine


def _begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock at once: upgrading a read lock later fails without waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
