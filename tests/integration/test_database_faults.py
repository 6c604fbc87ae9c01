"""The database is killed, or its connections are cut at COMMIT: every promised search is done once, none twice."""

from __future__ import annotations

import itertools
import pathlib
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tests.conftest import Server, run_module
from tests.integration.pictures import third_views
from tests.integration.traffic import Account, Traffic
from tests.servers import databases, mariadb
from tests.servers.cutting_proxy import Cut, CuttingProxy
from vitrine import errors
from vitrine.adapters.sql_engine import Database

_WORKERS = 4
_KILLS = 3
_BETWEEN_KILLS = 150
_AWAY_S = 0.5
_CUTS = 100
# Every third COMMIT is cut, so that most repetitions get through and some are cut again.
_EACH = 3
_PATIENCE_S = 60


@pytest.fixture
def own_mariadb(tmp_path: pathlib.Path) -> Iterator[mariadb.MariadbServer]:
    """A server that the test may kill."""
    databases.require_mariadb()
    server = mariadb.MariadbServer(tmp_path)
    server.start()
    yield server
    server.stop()


def wait_until(happened: Callable[[], bool], traffic: Traffic) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not happened():
        assert not traffic.broken, traffic.broken
        assert time.monotonic() < deadline, "the traffic stands still"
        time.sleep(0.02)


def assert_all_done_once(account: Account, promised: int) -> None:
    assert account == Account(done_once=promised, lost=0, doubled=0, untrue=0)


def test_a_database_that_is_killed_three_times_loses_and_doubles_nothing(own_mariadb: mariadb.MariadbServer) -> None:
    url = databases.Schemas(own_mariadb.url("")).url
    traffic = Traffic(url, workers=_WORKERS)
    traffic.start()
    try:
        for kill in range(1, _KILLS + 1):
            wait_until(lambda kill=kill: traffic.promised >= kill * _BETWEEN_KILLS, traffic)  # type: ignore[misc]
            own_mariadb.kill()
            time.sleep(_AWAY_S)
            own_mariadb.start()
        wait_until(lambda: traffic.promised >= (_KILLS + 1) * _BETWEEN_KILLS, traffic)
    finally:
        traffic.stop()
    assert_all_done_once(traffic.account(url), traffic.promised)


@pytest.mark.parametrize("kind", databases.SERVERS)
def test_connections_that_are_cut_at_commit_a_hundred_times_lose_and_double_nothing(
    kind: str, database_url: Callable[[str], str]
) -> None:
    url = sa.make_url(database_url(kind))
    commits, ways = itertools.count(1), itertools.cycle(Cut)
    cuts: list[Cut] = []

    def decide() -> Cut | None:
        if next(commits) % _EACH or len(cuts) == _CUTS:
            return None
        cuts.append(next(ways))
        return cuts[-1]

    assert url.port
    proxy = CuttingProxy(url.port, decide)
    # The proxy must be able to read what it forwards.
    through = url.set(port=proxy.port).update_query_dict({"ssl_disabled": "true"})
    traffic = Traffic(through.render_as_string(hide_password=False), workers=_WORKERS)
    traffic.start()
    try:
        wait_until(lambda: len(cuts) == _CUTS, traffic)
    finally:
        traffic.stop()
        proxy.close()
    assert_all_done_once(traffic.account(url.render_as_string(hide_password=False)), traffic.promised)


def test_a_server_whose_database_is_away_says_when_to_come_back_and_goes_on_by_itself(
    own_mariadb: mariadb.MariadbServer,
    museum: pathlib.Path,
    tmp_path_factory: pytest.TempPathFactory,
    start_server: Callable[..., Server],
) -> None:
    home = tmp_path_factory.mktemp("home")
    settings = {"VITRINE_DATABASE_URL": databases.Schemas(own_mariadb.url("")).url}
    table = str(museum / "museum.csv")
    added = run_module("indexer", "add", table, "--mapping", "demo", "--where", "view_no=1", home=home, **settings)
    assert added.returncode == 0, added.stderr
    server = start_server(home, **settings)
    _, picture = third_views(museum)[0]
    assert server.searched(picture)["result"]["matches"]
    name = server.client.get("/api/records").json()["records"][0]["name"]
    assert server.client.get("/api/records", params={"q": name}).json()["records"]

    own_mariadb.kill()
    for refused in (server.search(picture), server.client.get("/api/records")):
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) > 0
    own_mariadb.start()
    assert server.searched(picture)["result"]["matches"]


def test_a_server_that_only_reads_after_a_failover_is_left(own_mariadb: mariadb.MariadbServer) -> None:
    schema = sa.make_url(databases.Schemas(own_mariadb.url("")).url)
    with own_mariadb.administered() as administrator, administrator.cursor() as cursor:
        # Whoever administers a server writes in spite of it.
        cursor.execute("CREATE USER plain@'127.0.0.1' IDENTIFIED BY 'plain'")
        cursor.execute(f"GRANT ALL ON {schema.database}.* TO plain@'127.0.0.1'")
        database = Database(schema.set(username="plain", password="plain").render_as_string(hide_password=False))

        def connection_id() -> int:
            return database.transact(lambda connection: int(connection.scalar(sa.text("SELECT CONNECTION_ID()"))))

        def written() -> None:
            database.transact(lambda connection: connection.execute(sa.text("CREATE OR REPLACE TABLE probe (n INT)")))

        written()
        before = connection_id()
        cursor.execute("SET GLOBAL read_only=1")
        with pytest.raises(errors.DependencyUnavailable, match="read-only"):
            written()
        cursor.execute("SET GLOBAL read_only=0")
        written()
        assert connection_id() != before
        database.close()
