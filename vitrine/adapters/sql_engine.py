"""Engines: how SQLite, MySQL and MariaDB are opened, read and written."""

from __future__ import annotations

import contextlib
import math
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc, pool

from vitrine import errors
from vitrine.adapters import sql_failures
from vitrine.adapters.sql_failures import BrokenOff, translated

_T = TypeVar("_T")

_BUSY_TIMEOUT_S = 30
_CONNECT_TIMEOUT_S = 5
# A server that has stopped answering is given up after this; a question of ours takes milliseconds.
_ANSWER_TIMEOUT_S = 60
# A connection that was used so lately is taken to be there still; one that was lost all the same is broken off.
_TRUSTED_S = 1.0
# Before another try of a transaction that was broken off. A deadlock is over at once, a lost connection soon.
_PAUSES_S = (0.02, 0.1, 0.3, 1.0)
# Strict: a value that does not fit is refused, never cut. Waiting for a lock ends before a client gives up.
_SESSION = "SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout=10"
_NO_URL = (
    "VITRINE_DATABASE_URL is neither SQLite nor MySQL: sqlite:////path/catalogue.sqlite3 is one URL,"
    " mysql+pymysql://user:password@host:3306/vitrine another."
)
# Without what was read there: where a password has an @, that may be a part of it.
_NO_NUMBER = "VITRINE_DATABASE_URL has a port or a time-out that is not a number."


class Database:
    """Connections to write and to read; all that SQLAlchemy raises in them becomes an error of ours."""

    def __init__(self, url: str, *, answer_timeout_s: int = _ANSWER_TIMEOUT_S) -> None:
        """Connects to nothing yet. Raises Misconfigured for a URL that cannot be one."""
        address = _address(url)
        self.dialect = address.get_backend_name()
        # Readers are connected as such for good: switching a connection to and fro costs more than a query.
        read_only: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
        # SQLite lets one write at a time, and who waits for it polls; who waits here is woken. So one connection is
        # enough, and it is kept: taking one from a pool and giving it back costs as much as what is written.
        self._turn = threading.Lock() if self.dialect == "sqlite" else None
        self._kept: sa.Connection | None = None
        self._log = f"{address.database}-wal"
        if self._turn:
            self._reader = _sqlite(address, **read_only)
            self._writer = _sqlite(address)
            sa.event.listen(self._writer, "begin", _begin_immediate)
        else:
            self._reader = _server(address, answer_timeout_s, **read_only)
            # What is read under a lock is what others have committed, and gaps are not locked: fewer deadlocks.
            # `writing` ends every transaction itself: no further rollback when a connection is given back.
            self._writer = _server(
                address, answer_timeout_s, isolation_level="READ COMMITTED", pool_reset_on_return=None
            )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with translated(), self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[sa.Connection]:
        """One transaction, committed at the end of the block; run once. Raises BrokenOff where it may be run again.

        ``durable=False`` is for what a power cut may undo because it is done again then; a killed process undoes
        nothing either way.
        """
        if self._turn is None:
            with translated(), self._writer.begin() as connection:
                yield connection
            return
        with self._turn, translated():
            if self._kept is None:
                self._kept = self._writer.connect()
            with self._kept.begin():
                yield self._kept
        if durable:
            # Here and not in SQLite's own commit: nobody else's write waits for the disk meanwhile.
            _sync(self._log)

    def transact(
        self,
        work: Callable[[sa.Connection], _T],
        *,
        durable: bool = True,
        stored: Callable[[sa.Connection], _T | None] | None = None,
    ) -> _T:
        """Run ``work`` in one transaction, and again where the database broke it off.

        A connection that is lost at COMMIT leaves nobody knowing the outcome. So ``work`` must be safe to repeat, or
        ``stored`` must find what an earlier try has left: it is asked first then, and None means nothing was left.
        """
        outcome_unknown = False

        def attempt() -> _T:
            with self.writing(durable=durable) as connection:
                found = stored(connection) if stored and outcome_unknown else None
                return work(connection) if found is None else found

        for pause_s in _PAUSES_S:
            try:
                return attempt()
            except BrokenOff as error:
                outcome_unknown |= error.outcome_unknown
                time.sleep(pause_s * random.uniform(0.5, 1))
        return attempt()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        for engine in (self._reader, self._writer):
            engine.dispose()


def _address(url: str) -> sa.URL:
    try:
        address = sa.make_url(url)
    except exc.ArgumentError as error:
        raise errors.Misconfigured(_NO_URL) from error
    except ValueError as error:
        raise errors.Misconfigured(_NO_NUMBER) from error
    match address.get_backend_name():
        case "sqlite":
            return address
        case "mysql" | "mariadb":
            return address.set(drivername="mysql+pymysql")
        case _:
            raise errors.Misconfigured(_NO_URL)


def _engine(address: sa.URL, **options: Any) -> sa.Engine:
    try:
        return sa.create_engine(address, **options)
    except ValueError as error:
        raise errors.Misconfigured(_NO_NUMBER) from error


def _server(address: sa.URL, answer_timeout_s: int, **options: Any) -> sa.Engine:
    limits = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "read_timeout": answer_timeout_s,
        "write_timeout": answer_timeout_s,
        "init_command": _SESSION,
    }
    engine = _engine(
        address,
        pool_recycle=1800,
        pool_size=8,
        max_overflow=8,
        # What the URL says itself stays.
        connect_args={name: value for name, value in limits.items() if name not in address.query},
        **options,
    )
    _name_what_cannot_be_read(engine)
    _ping_what_was_idle(engine)
    _leave_who_only_reads(engine)
    return engine


def _name_what_cannot_be_read(engine: sa.Engine) -> None:
    """PyMySQL reads the files of TLS before it connects, and what that raises is no error of a database."""

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect: sa.Dialect, _entry: object, arguments: Any, options: Any) -> Any:
        try:
            return dialect.connect(*arguments, **options)
        except OSError as error:
            raise sql_failures.Unusable(
                f"A file of ssl_ca, ssl_cert or ssl_key in VITRINE_DATABASE_URL cannot be read: {error.strerror}."
            ) from error


def _ping_what_was_idle(engine: sa.Engine) -> None:
    """Asked at each use, as SQLAlchemy's own ``pool_pre_ping`` does, a search would wait for seven more answers."""

    @sa.event.listens_for(engine, "checkin")
    def since(_connection: object, entry: pool.ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: Any, entry: pool.ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() - entry.info.get("idle_since", math.inf) < _TRUSTED_S:
            return
        try:
            connection.ping(reconnect=False)
        except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            # Of an age with this one: the pool opens others.
            raise exc.InvalidatePoolError("The connection was lost while it was idle.") from error


def _leave_who_only_reads(engine: sa.Engine) -> None:
    """A connection to a server that was the primary is a lost one: a new one goes where the name leads now."""
    lost = engine.dialect.is_disconnect

    def is_disconnect(error: Any, connection: Any, cursor: Any) -> bool:
        return lost(error, connection, cursor) or sql_failures.number(error) in sql_failures.ONLY_READS

    # Both SQLAlchemy and `sql_prepared` ask the dialect, and a dialect has no setting for it.
    engine.dialect.is_disconnect = is_disconnect  # type: ignore[assignment]


def _sqlite(address: sa.URL, **options: Any) -> sa.Engine:
    engine = _engine(address, poolclass=pool.QueuePool, pool_size=16, max_overflow=16, **options)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver would begin transactions by its own rules; `_begin_immediate` does it by ours.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_S * 1000}")
        connection.execute("PRAGMA foreign_keys=ON")
        # A commit is in the write-ahead log and survives a killed process; `_sync` makes it survive a power cut.
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _sync(log: str) -> None:
    """What was committed to the write-ahead log survives a power cut. An accepted search is a promise.

    A log that is gone was written back into the database, and synced, when its last connection was closed.
    """
    try:
        descriptor = os.open(log, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fdatasync(descriptor)
    except OSError as error:
        raise errors.DependencyUnavailable(f"The database cannot be written: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _begin_immediate(connection: sa.Connection) -> None:
    """Take the write lock at once: upgrading a read lock later fails without waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
