"""An API replica dies with its streams: the clients go on at another, and miss and repeat nothing."""

from __future__ import annotations

from tests.integration.distributed.streams import Follower
from tests.integration.distributed.system import PATIENCE_S, System, comes_true, opened
from vitrine.adapters.sql_ledger import SqlLedger

_CLIENTS = 50
_PICTURES_EACH = 2


def test_clients_of_a_killed_api_come_back_to_another_and_see_each_event_once_and_in_order(system: System) -> None:
    # Without workers nothing goes on until everybody listens.
    system.scale(0)
    searches = []
    for _ in range(_CLIENTS):
        accepted = system.upload(*system.photographs[:_PICTURES_EACH])
        searches += accepted.json()["searches"]
    batches = sorted({search["batch_id"] for search in searches})
    urls = [api.url for api in system.apis]
    clients = [Follower(urls, batch_id, patience_s=2 * PATIENCE_S) for batch_id in batches]
    assert comes_true(lambda: all(len(client.seen) == _PICTURES_EACH for client in clients))
    system.scale(2)
    queued = _CLIENTS * _PICTURES_EACH
    assert comes_true(lambda: sum(len(client.seen) for client in clients) > 1.5 * queued)
    system.apis[0].kill()
    for client in clients:
        client.join()
    assert sum(client.streams > 1 for client in clients) > _CLIENTS / 4, "killed when all had been told"
    assert all(client.finished for client in clients)
    with opened(system.database_url) as database:
        ledger = SqlLedger(database)
        for client in clients:
            assert client.seen == [event.sequence for event in ledger.events_after(client.batch_id, 0)]
    account = system.account([search["id"] for search in searches])
    assert account.flawless and account.statuses == {"completed": queued}, account
