"""Workers killed at any moment, and at named ones: every promised search is done once."""

from __future__ import annotations

import functools
import itertools
import pathlib
import time

from tests.conftest import ROOT
from tests.integration.distributed import dying_worker, services
from tests.integration.distributed.catalogue import marked
from tests.integration.distributed.decoder_killer.sitecustomize import MARK
from tests.integration.distributed.scale import DEATHS, GOOD_PICTURES, SCALINGS, SEARCHES
from tests.integration.distributed.system import System, comes_true

_BETWEEN_KILLS_S = 2.0
_FEWEST_KILLS = 4
_DECODER_KILLER = pathlib.Path(dying_worker.__file__).with_name("decoder_killer")


def test_workers_are_killed_every_two_seconds_and_every_promised_search_is_done_once(system: System) -> None:
    system.scale(3)
    kills = 0
    with system.visitors() as visitors:
        for victim in itertools.cycle(range(3)):
            if len(visitors.promised) >= SEARCHES and kills >= _FEWEST_KILLS:
                break
            assert not visitors.problems, visitors.problems[:5]
            time.sleep(_BETWEEN_KILLS_S)
            # On a crowded machine one that is still starting is spared, or no worker would ever come up.
            if not system.workers[victim].ready:
                continue
            # By turns the whole container, which is started anew, and the process in it.
            if kills % 2:
                system.workers[victim].kill_child()
            else:
                system.workers[victim].kill()
                system.workers[victim].start()
            kills += 1
    account = system.account(visitors.promised)
    assert account.flawless and account.statuses == {"completed": len(visitors.promised)}, account
    assert max(account.attempts) > 1, "no kill hit a search: nothing was tested"


def test_a_worker_that_dies_at_any_step_of_a_search_leaves_nothing_lost_doubled_or_half_done(
    system: System, tmp_path: pathlib.Path
) -> None:
    moments = [moment for moment in dying_worker.MOMENTS for _ in range(DEATHS)]
    dying_worker.prepare(tmp_path, moments)
    make = functools.partial(services.dying_worker, moments=tmp_path)
    with system.special_workers(3, make), system.visitors() as visitors:
        assert comes_true(
            lambda: bool(visitors.problems) or dying_worker.done(tmp_path) == len(moments), 60 + 20 * len(moments)
        ), dying_worker.left(tmp_path)
    account = system.account(visitors.promised)
    assert account.flawless and account.statuses == {"completed": len(visitors.promised)}, account


def test_a_picture_that_kills_its_decoder_fails_and_no_search_beside_it_is_touched(system: System) -> None:
    guilty = [marked(picture, MARK) for picture in system.photographs[:2]]
    path = f"{_DECODER_KILLER}:{ROOT}"
    with system.special_workers(2, PYTHONPATH=path) as workers:
        for worker in workers:
            worker.wait_until_ready()
        with system.visitors() as visitors:
            visitors.wait_for(GOOD_PICTURES / 3)
            bad = [str(search["id"]) for search in system.upload(*guilty).json()["searches"]]
            visitors.wait_for(GOOD_PICTURES)
        assert comes_true(lambda: system.account(bad).once == len(bad))
    failed, others = system.account(bad), system.account(visitors.promised)
    assert failed.flawless and failed.statuses == {"failed": len(bad)}, failed
    assert others.flawless and others.statuses == {"completed": len(visitors.promised)}, others
    # Neither the guilty nor the innocent were begun anew: only a decoder's child died.
    assert set(failed.attempts) == set(others.attempts) == {1}


def test_workers_that_are_scaled_down_and_up_finish_what_they_have_in_hand(system: System) -> None:
    system.scale(3)
    with system.visitors() as visitors:
        for _ in range(SCALINGS):
            visitors.wait_for(len(visitors.promised) + SEARCHES / SCALINGS / 2)
            assert system.scale(1) == [0, 0]
            visitors.wait_for(len(visitors.promised) + SEARCHES / SCALINGS / 2)
            system.scale(3)
    account = system.account(visitors.promised)
    assert account.flawless and account.statuses == {"completed": len(visitors.promised)}, account
    assert set(account.attempts) == {1}
