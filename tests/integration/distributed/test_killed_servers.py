"""RabbitMQ and MariaDB killed under load, and RabbitMQ short of memory: 503 meanwhile, and nothing is lost."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import httpx2

from tests.integration.distributed.scale import DATABASE_KILLS, RABBITMQ_KILLS, SEARCHES
from tests.integration.distributed.system import System, comes_true

# What issue 3 promises: to searches after RabbitMQ's return, and to a visitor while it takes no messages.
_ACCEPTING_AGAIN_S = 15
_REFUSED_WITHIN_S = 5


class Knocker:
    """Uploads one photograph after another and counts only what it is answered."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._photographs = itertools.cycle(system.photographs)
        self.promised: list[str] = []

    def accepted(self) -> bool:
        answer = self._answer()
        if answer.status_code == 202:
            self.promised.append(str(answer.json()["id"]))
        return answer.status_code == 202

    def refused(self) -> bool:
        answer = self._answer()
        if answer.status_code == 202:
            self.promised.append(str(answer.json()["id"]))
            return False
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, answer.text
        return answer.elapsed.total_seconds() < _REFUSED_WITHIN_S

    def _answer(self) -> httpx2.Response:
        return self._system.upload(next(self._photographs))


@contextlib.contextmanager
def memory_alarm(system: System) -> Iterator[None]:
    system.rabbitmq.control("set_vm_memory_high_watermark", "0.00001")
    try:
        yield
    finally:
        system.rabbitmq.control("set_vm_memory_high_watermark", "0.6")


def assert_each_done_once(system: System, promised: list[str]) -> None:
    assert comes_true(lambda: system.account(promised).once == len(promised)), system.account(promised)
    account = system.account(promised)
    assert account.flawless and account.statuses == {"completed": len(promised)}, account


def test_rabbitmq_is_killed_under_load_and_every_promised_search_is_done_once(system: System) -> None:
    system.scale(3)
    knocker = Knocker(system)
    with system.visitors() as visitors:
        for _ in range(RABBITMQ_KILLS):
            visitors.wait_for(len(visitors.promised) + SEARCHES / (RABBITMQ_KILLS + 1))
            system.rabbitmq.kill()
            assert comes_true(knocker.refused)
            system.rabbitmq.start()
            assert comes_true(knocker.accepted, _ACCEPTING_AGAIN_S)
        visitors.wait_for(len(visitors.promised) + SEARCHES / (RABBITMQ_KILLS + 1))
    assert_each_done_once(system, visitors.promised + knocker.promised)


def test_mariadb_is_killed_three_times_under_load_and_nobody_has_to_be_started_again(system: System) -> None:
    system.scale(3)
    before = [*system.workers, *system.apis]
    knocker = Knocker(system)
    with system.visitors() as visitors:
        for _ in range(DATABASE_KILLS):
            visitors.wait_for(len(visitors.promised) + SEARCHES / (DATABASE_KILLS + 1))
            system.mariadb.kill()
            assert comes_true(knocker.refused)
            system.mariadb.start()
        visitors.wait_for(len(visitors.promised) + SEARCHES / (DATABASE_KILLS + 1))
    assert_each_done_once(system, visitors.promised + knocker.promised)
    assert all(service.running and "is started again" not in service.log for service in before)


def test_a_memory_alarm_of_rabbitmq_refuses_visitors_in_time_and_ends_with_the_shortage(system: System) -> None:
    system.scale(1)
    knocker = Knocker(system)
    assert knocker.accepted()
    with memory_alarm(system):
        assert comes_true(knocker.refused)
        # All visitors who come meanwhile are told the same, at once.
        assert all(knocker.refused() for _ in range(5))
    assert comes_true(knocker.accepted)
    assert_each_done_once(system, knocker.promised)
