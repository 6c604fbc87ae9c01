"""The distributed system, started once for all tests of this folder and mended before each."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.distributed.system import System
from tests.servers import databases, rabbitmq
from tests.servers.mariadb import MariadbServer
from tests.servers.rabbitmq import RabbitmqServer


@pytest.fixture(scope="session")
def whole_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    if reason := rabbitmq.missing():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    databases.require_mariadb()
    broker = RabbitmqServer(tmp_path_factory.mktemp("own-rabbitmq"))
    database = MariadbServer(tmp_path_factory.mktemp("own-mariadb"))
    try:
        broker.start()
        database.start()
        system = System(broker, database, tmp_path_factory.mktemp("system"))
        try:
            yield system
        finally:
            system.close()
    finally:
        database.stop()
        broker.stop()


@pytest.fixture
def system(whole_system: System) -> System:
    """Both servers and both API replicas are running; how many workers, each test says."""
    whole_system.mend()
    return whole_system
