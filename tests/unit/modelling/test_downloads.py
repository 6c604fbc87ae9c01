"""Weights come whole, or not at all: over connections that break, from a hub or from a folder."""

from __future__ import annotations

import concurrent.futures
import hashlib
import pathlib

import numpy as np
import pytest

from modelling.downloads import Hub
from tests.servers.model_hub import ModelHub, serving
from vitrine import errors

REPOSITORY = "museum/net"
PATH = f"/{REPOSITORY}/resolve/main/weights.bin"
DATA = np.random.default_rng(0).bytes(300_000)


def local(hub: ModelHub, folder: pathlib.Path) -> Hub:
    return Hub(base=hub.address, folder=folder)


def test_a_download_that_breaks_goes_on_where_it_was(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={PATH: DATA}, breaks_after=100_000)) as hub:
        fetched = local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
    assert fetched.path.read_bytes() == DATA
    assert fetched.sha256 == hashlib.sha256(DATA).hexdigest() and fetched.announced and fetched.commit == "c0ffee"
    assert hub.asked == [(PATH, ""), (PATH, "bytes=100000-"), (PATH, "bytes=200000-")]


def test_another_run_goes_on_where_the_last_one_ended(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={PATH: DATA})) as hub:
        hub.breaks_after = 0
        folder = tmp_path / "museum--net"
        with pytest.raises(errors.DependencyUnavailable, match="Run it again"):
            local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
        (folder / "weights.bin.part").write_bytes(DATA[:250_000])
        hub.breaks_after = None
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin").path.read_bytes() == DATA
    assert hub.asked[-1] == (PATH, "bytes=250000-")


def test_a_server_without_ranges_sends_it_from_the_beginning(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={PATH: DATA}, breaks_after=100_000, ranges=False)) as hub:
        with pytest.raises(errors.DependencyUnavailable):
            local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
        hub.breaks_after = None
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin").path.read_bytes() == DATA


def test_what_was_fetched_is_not_fetched_again_unless_it_was_damaged(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={PATH: DATA})) as hub:
        first = local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin") == first
        assert len(hub.asked) == 1
        first.path.write_bytes(DATA[:-1] + b"?")
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin").path.read_bytes() == DATA
        assert len(hub.asked) == 2


def test_another_checksum_than_was_announced_is_refused(tmp_path: pathlib.Path) -> None:
    with (
        serving(ModelHub(files={PATH: DATA}, announces="0" * 64)) as hub,
        pytest.raises(errors.Misconfigured, match="not what was announced"),
    ):
        local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
    assert not list(tmp_path.rglob("weights.bin")) and not list(tmp_path.rglob("*.part"))


def test_the_beginning_of_another_version_is_no_beginning(tmp_path: pathlib.Path) -> None:
    newer = DATA[::-1]
    with serving(ModelHub(files={PATH: DATA}, breaks_after=0)) as hub:
        with pytest.raises(errors.DependencyUnavailable):
            local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
        (tmp_path / "museum--net" / "weights.bin.part").write_bytes(DATA[:1000])
        hub.files, hub.breaks_after = {PATH: newer}, None
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin").path.read_bytes() == newer


def test_more_than_the_whole_file_is_no_beginning_of_it(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={PATH: DATA}, breaks_after=0)) as hub:
        with pytest.raises(errors.DependencyUnavailable):
            local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
        (tmp_path / "museum--net" / "weights.bin.part").write_bytes(DATA + b"?")
        hub.breaks_after = None
        assert local(hub, tmp_path).fetch(REPOSITORY, "weights.bin").path.read_bytes() == DATA


def test_two_who_want_one_file_fetch_it_once(tmp_path: pathlib.Path) -> None:
    with (
        serving(ModelHub(files={PATH: DATA}, breaks_after=50_000)) as hub,
        concurrent.futures.ThreadPoolExecutor(2) as two,
    ):
        fetched = list(two.map(lambda _: local(hub, tmp_path).fetch(REPOSITORY, "weights.bin"), range(2)))
    assert fetched[0] == fetched[1] and fetched[0].path.read_bytes() == DATA
    assert len(hub.asked) == 6


def test_a_folder_may_stand_in_for_the_hub(tmp_path: pathlib.Path) -> None:
    (source := tmp_path / "mirror" / PATH[1:]).parent.mkdir(parents=True)
    source.write_bytes(DATA)
    hub = Hub(base=(tmp_path / "mirror").as_uri(), folder=tmp_path / "kept")
    fetched = hub.fetch(REPOSITORY, "weights.bin")
    assert fetched.path.read_bytes() == DATA and not fetched.announced
    source.write_bytes(DATA[::-1])
    assert hub.fetch(REPOSITORY, "weights.bin").path.read_bytes() == DATA[::-1]
    with pytest.raises(errors.NotFound, match=r"other\.bin"):
        hub.fetch(REPOSITORY, "other.bin")


def test_what_is_not_there_or_not_reachable_is_told(tmp_path: pathlib.Path) -> None:
    with serving(ModelHub(files={})) as hub, pytest.raises(errors.NotFound, match="404"):
        local(hub, tmp_path).fetch(REPOSITORY, "weights.bin")
    with pytest.raises(errors.DependencyUnavailable, match="HF_ENDPOINT"):
        # The port of discard: nobody listens there.
        Hub(base="http://127.0.0.1:9", folder=tmp_path).fetch(REPOSITORY, "weights.bin")
    with pytest.raises(errors.Misconfigured, match="https://"):
        Hub(base="huggingface.co", folder=tmp_path).fetch(REPOSITORY, "weights.bin")
