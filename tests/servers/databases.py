"""Empty, migrated databases for tests, of each kind that is supported."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.servers import mariadb
from vitrine.adapters import sql_migrations
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_schema import counters, metadata

# A server to run the suites on besides, MySQL 9 for instance. The account may create and drop databases.
FURTHER_URL = os.environ.get("VITRINE_TEST_MYSQL_URL", "")
SERVERS = ["mariadb", *(["mysql"] if FURTHER_URL else [])]
KINDS = ["sqlite", *SERVERS]
_SCHEMA = "vitrine_tests"


class Schemas:
    """One database on a server, migrated once and emptied for each test."""

    def __init__(self, url: str) -> None:
        self._server = sa.make_url(url)
        self.url = self._server.set(database=_SCHEMA).render_as_string(hide_password=False)
        self.create(_SCHEMA)
        with contextlib.closing(Database(self.url)) as database:
            sql_migrations.migrate(database)

    def create(self, schema: str) -> str:
        """A database without tables; returns its URL."""
        self._run(f"DROP DATABASE IF EXISTS {schema}", f"CREATE DATABASE {schema}")
        return self._server.set(database=schema).render_as_string(hide_password=False)

    def drop(self, schema: str = _SCHEMA) -> None:
        self._run(f"DROP DATABASE IF EXISTS {schema}")

    def emptied(self) -> str:
        """The URL of the migrated database, without a row of an earlier test."""
        with contextlib.closing(Database(self.url)) as database, database.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not counters:
                    connection.execute(table.delete())
        return self.url

    def _run(self, *statements: str) -> None:
        engine = sa.create_engine(self._server.set(database=None), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))
        engine.dispose()


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mariadb.MariadbServer]:
    """For tests that leave it running."""
    require_mariadb()
    server = mariadb.MariadbServer(tmp_path_factory.mktemp("mariadb"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def schemas_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Schemas]]:
    """`mariadb` or `mysql` → its databases. A server is started when a test needs it."""
    made: dict[str, Schemas] = {}

    def schemas(kind: str) -> Schemas:
        if kind not in made:
            url = FURTHER_URL if kind == "mysql" else request.getfixturevalue("mariadb_server").url("")
            made[kind] = Schemas(url)
        return made[kind]

    yield schemas
    # The tests' own server ends with its data.
    if "mysql" in made:
        made["mysql"].drop()


@pytest.fixture
def database_url(tmp_path: pathlib.Path, schemas_of: Callable[[str], Schemas]) -> Callable[[str], str]:
    """The URL of an empty, migrated database of the kind that is named."""

    def url(kind: str) -> str:
        if kind != "sqlite":
            return schemas_of(kind).emptied()
        made = f"sqlite:///{tmp_path / 'catalogue.sqlite3'}"
        with contextlib.closing(Database(made)) as database:
            sql_migrations.migrate(database)
        return made

    return url


@pytest.fixture
def open_database(database_url: Callable[[str], str]) -> Iterator[Callable[[str], Database]]:
    """Opens an empty, migrated database of the kind that is named."""
    with contextlib.ExitStack() as opened:

        def open_one(kind: str) -> Database:
            database = Database(database_url(kind))
            opened.callback(database.close)
            return database

        yield open_one


def require_mariadb() -> None:
    reason = mariadb.missing()
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
