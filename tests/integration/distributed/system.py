"""The whole distributed system as real processes: RabbitMQ, MariaDB, API replicas, workers."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import httpx2
import sqlalchemy as sa

from tests.conftest import run_module
from tests.integration.distributed import catalogue, services
from tests.integration.distributed.account import Account, account
from tests.integration.distributed.services import Service
from tests.integration.distributed.visitors import Visitors
from tests.servers.mariadb import MariadbServer
from tests.servers.rabbitmq import RabbitmqServer
from vitrine.adapters.sql_engine import Database

PATIENCE_S = 90
_SCHEMA = "vitrine_faults"


class System:
    """Made once for all tests of this folder; `mend` starts again what a test has left dead."""

    def __init__(self, rabbitmq: RabbitmqServer, mariadb: MariadbServer, folder: pathlib.Path) -> None:
        self.rabbitmq = rabbitmq
        self.mariadb = mariadb
        self.home = folder / "home"
        self.home.mkdir()
        self.database_url = mariadb.url(_SCHEMA)
        self.photographs = catalogue.photographs()
        self.settings = {
            "VITRINE_DATABASE_URL": self.database_url,
            "VITRINE_BROKER_URL": rabbitmq.url,
            "VITRINE_GEOMETRIC_CHECK": "false",
            "VITRINE_SEARCHES_PER_MINUTE": "0",
            # A broker that is away for a while must not look like a crowd.
            "VITRINE_MAX_WAIT_S": "100000",
            "VITRINE_WORKERS": "4",
            "VITRINE_DECODERS": "1",
        }
        self.apis = [services.api(f"api-{number}", self.home, self.settings) for number in (1, 2)]
        self.workers: list[Service] = []
        self._made = 0
        self._set_up(folder)

    def mend(self) -> None:
        if not self.rabbitmq.running:
            self.rabbitmq.start()
        if not self.mariadb.running:
            self.mariadb.start()
        dead = [api for api in self.apis if not api.running]
        for api in dead:
            api.start()
        for api in dead:
            api.wait_until_ready()

    def scale(self, count: int) -> list[int]:
        """As many workers as that, ready; returns the exit statuses of those that were asked to stop."""
        self.workers = [worker for worker in self.workers if worker.running]
        leaving, self.workers = self.workers[count:], self.workers[:count]
        coming = [self._new_worker(services.worker, self.settings) for _ in range(count - len(self.workers))]
        statuses = [worker.stop() for worker in leaving]
        # Before they are waited for: one that never comes up is ended with the others.
        self.workers += coming
        for worker in coming:
            worker.wait_until_ready()
        return statuses

    @contextlib.contextmanager
    def special_workers(
        self,
        count: int,
        make: Callable[[str, pathlib.Path, Mapping[str, str]], Service] = services.worker,
        **settings: str,
    ) -> Iterator[list[Service]]:
        """These alone take searches inside."""
        self.scale(0)
        made = [self._new_worker(make, {**self.settings, **settings}) for _ in range(count)]
        try:
            yield made
        finally:
            for worker in made:
                if worker.running:
                    worker.kill()

    @contextlib.contextmanager
    def visitors(self, at_a_time: int = 8) -> Iterator[Visitors]:
        """They search inside; afterwards each has seen the end of what was promised to it."""
        made = Visitors([api.url for api in self.apis], self.photographs, at_a_time=at_a_time, patience_s=PATIENCE_S)
        made.start()
        try:
            yield made
        finally:
            made.stop()
        assert not made.problems, made.problems[:5]

    def upload(self, *pictures: bytes, to: int = 0) -> httpx2.Response:
        files = [("image", (f"{number}.jpg", data, "image/jpeg")) for number, data in enumerate(pictures)]
        return httpx2.post(f"{self.apis[to].url}/api/searches", files=files, timeout=20)

    def account(self, promised: Sequence[str]) -> Account:
        return account(self.database_url, promised)

    def close(self) -> None:
        for service in (*self.workers, *self.apis):
            if service.running:
                service.kill()

    def _new_worker(
        self, make: Callable[[str, pathlib.Path, Mapping[str, str]], Service], settings: Mapping[str, str]
    ) -> Service:
        self._made += 1
        made = make(f"worker-{self._made}", self.home, settings)
        made.start()
        return made

    def _set_up(self, folder: pathlib.Path) -> None:
        engine = sa.create_engine(self.mariadb.url(""))
        with engine.begin() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {_SCHEMA}"))
        engine.dispose()
        for module, *arguments in (["migrations"], ["indexer", "add", str(catalogue.table(folder))]):
            done = run_module(module, *arguments, home=self.home, **self.settings)
            assert done.returncode == 0, done.stdout + done.stderr


def comes_true(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()
