"""What a database's failures mean: run the transaction again, come back later, or change what was given."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy import exc

from vitrine import errors

# Deadlock, lock wait time-out, and MariaDB's "record has changed since last read".
_ROLLED_BACK = {1213, 1205, 1020}
# The server shuts down, or somebody killed the query or the connection.
_KILLED = {1053, 1317, 1927}
# After a failover, a server that was the primary: it only reads now, and the name leads to another.
ONLY_READS = {1290, 1792, 1836}
_UNKNOWN_TABLE_OR_COLUMN = {1146, 1054}
_WRONG_ACCOUNT = {1044, 1045, 1049, 1142, 1143, 1698}
# A table, a column or an index of that name.
_THERE_ALREADY = {1050, 1060, 1061}
# SQLite's: the file is no database, or not one that this account may open and write.
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_CLOSED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}


class BrokenOff(errors.DependencyUnavailable):
    """The transaction was broken off, and may be run again at once.

    ``outcome_unknown``: the connection was lost, so it may have been committed nevertheless.
    """

    def __init__(self, message: str, *, outcome_unknown: bool) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class Unusable(errors.DependencyUnavailable):
    """It will stay so until an operator changes something: no start of a process succeeds.

    A process that runs already waits all the same: its disk may have been taken away for a while.
    """


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """What SQLAlchemy raises becomes our errors; violated constraints and wrong statements stay as they are."""
    try:
        yield
    except exc.TimeoutError as error:
        raise errors.DependencyUnavailable("Every connection to the database is in use.") from error
    except exc.DBAPIError as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: exc.DBAPIError) -> errors.VitrineError | None:
    said, code = error.orig, _code(error)
    if error.connection_invalidated or code in _KILLED:
        return BrokenOff(f"The connection to the database was lost: {said}", outcome_unknown=True)
    if code in _ROLLED_BACK:
        return BrokenOff(f"The database broke off the transaction: {said}", outcome_unknown=False)
    if code in _UNKNOWN_TABLE_OR_COLUMN:
        return errors.DependencyUnavailable(f"The schema is not this version's. Run: python -m migrations ({said})")
    if code in _THERE_ALREADY:
        return Unusable(
            f"Something that is not Vitrine's has a name that this version needs: {said}. "
            "VITRINE_DATABASE_URL must name a database of Vitrine's own."
        )
    if (primary := _sqlite_code(said)) in _DAMAGED:
        return Unusable(
            f"The database's file is damaged, or is none: {said}. Put it back from a copy, with the files of its name "
            "that end in -wal and -shm; or move it away and add the tables again."
        )
    if primary in _CLOSED:
        return Unusable(
            f"The database cannot be opened or written: {said}. See that its folder is there and that who runs this "
            "may write to it; VITRINE_HOME or VITRINE_DATABASE_URL says where it lies."
        )
    if code in _WRONG_ACCOUNT:
        return errors.DependencyUnavailable(f"The database refuses VITRINE_DATABASE_URL, or it lacks grants: {said}")
    if isinstance(error, exc.DataError):
        return errors.RejectedInput(f"The database cannot hold a value: {said}", code="too_long")
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError):
        return errors.DependencyUnavailable(f"The database did not answer: {said}")
    return None


def _code(error: exc.DBAPIError) -> int | None:
    return number(error.orig) if error.orig else None


def _sqlite_code(error: BaseException | None) -> int | None:
    """The primary one, whose extensions say where it happened; None of a server."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def number(error: BaseException) -> int | None:
    """What the server gave the error; SQLite gives none."""
    return error.args[0] if error.args and isinstance(error.args[0], int) else None
