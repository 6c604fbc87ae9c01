"""Leases in SQL: one writer at a time among all hosts, and a dead writer's lease runs out by itself.

What time it is, the database says: hosts whose clocks differ agree on it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy import exc

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_schema import leases

_LEASE_S = 30.0

# Unix seconds, by the clock of the machine that the database is on.
_NOW = {
    "sqlite": sa.text("SELECT (julianday('now') - 2440587.5) * 86400.0"),
    "mysql": sa.text("SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1e6"),
}


class SqlLeases:
    def __init__(self, database: Database) -> None:
        self._database = database

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[int]:
        """The epoch, which grows with every holder. Raises DependencyUnavailable while somebody else holds it."""
        holder = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
        epoch = self._take(name, holder)
        released = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(name, epoch, released), name="lease", daemon=True)
        renewing.start()
        try:
            yield epoch
        finally:
            released.set()
            renewing.join()
            # What was done under the lease is done; a lease that cannot be given back runs out by itself.
            with contextlib.suppress(errors.DependencyUnavailable):
                self._set_expiry(name, epoch, 0.0)

    def _take(self, name: str, holder: str) -> int:
        now = self._now()
        free = {"name": name, "holder": "", "epoch": 0, "expires_at": 0.0}
        with contextlib.suppress(exc.IntegrityError):
            self._database.transact(lambda connection: connection.execute(leases.insert(), free))

        def take(connection: sa.Connection) -> int:
            row = connection.execute(leases.select().where(leases.c.name == name).with_for_update()).one()
            if row.expires_at > now:
                raise errors.DependencyUnavailable(
                    f"Another process ({row.holder}) is doing this right now. Try again when it is done.",
                    retry_after_s=row.expires_at - now,
                )
            values = {"holder": holder, "epoch": row.epoch + 1, "expires_at": now + _LEASE_S}
            connection.execute(leases.update().where(leases.c.name == name).values(values))
            return int(row.epoch) + 1

        def taken(connection: sa.Connection) -> int | None:
            own = (leases.c.name == name) & (leases.c.holder == holder) & (leases.c.expires_at == now + _LEASE_S)
            return connection.execute(sa.select(leases.c.epoch).where(own).with_for_update()).scalar()

        return self._database.transact(take, stored=taken)

    def _renew(self, name: str, epoch: int, released: threading.Event) -> None:
        while not released.wait(_LEASE_S / 3):
            with contextlib.suppress(errors.DependencyUnavailable):
                self._set_expiry(name, epoch, self._now() + _LEASE_S)

    def _now(self) -> float:
        with self._database.reading() as connection:
            return float(connection.execute(_NOW[connection.dialect.name]).scalar_one())

    def _set_expiry(self, name: str, epoch: int, expires_at: float) -> None:
        own = (leases.c.name == name) & (leases.c.epoch == epoch)
        renewed = leases.update().where(own).values(expires_at=expires_at)
        self._database.transact(lambda connection: connection.execute(renewed))
