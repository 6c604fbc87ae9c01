"""Triton killed, mute, half dead, or given another head, while it is asked: no search is lost, and none is misled."""

from __future__ import annotations

import contextlib
import pathlib
import queue
import signal
import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import tritonclient.grpc as triton_grpc
from tritonclient.utils import InferenceServerException

from tests.integration import search_pool
from tests.servers.triton_repository import CPU, ServeTriton, head, shipped_model
from triton_models import repository
from vitrine import errors, triton_contract
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.domain import Pixels, Status

SEARCHES = 150
AWAY_S = 4
# The design promises five seconds after its return; the other five are for a crowded machine.
RESUMED_S = 10
PATIENCE_S = 90
# Of triton_models/embedder/config.cpu.pbtxt.
QUEUE = 256


def picture() -> Pixels:
    return triton_contract.known_picture(224)[None]


@pytest.fixture
def mute_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_searches_wait_for_a_triton_that_was_killed_and_each_is_done_once(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    with (
        contextlib.closing(served.encoder()) as encoder,
        search_pool.running(tmp_path, encoder, slots=4) as pool,
    ):
        pool.accept(SEARCHES)
        assert pool.wait_for(10, PATIENCE_S)
        served.server.kill()
        time.sleep(AWAY_S)
        done_before = len(pool.ended())
        assert done_before < SEARCHES, "the fault came after the last search: nothing was tested"
        served.server.start()
        returned = time.time()
        assert pool.wait_for(SEARCHES, PATIENCE_S)
        searches = pool.searches()
    ended = pool.ended()
    assert {search.status for search in searches} == {Status.COMPLETED}
    assert sorted(event.search_id for event in ended) == sorted(search.id for search in searches)
    assert ended[done_before].at - returned < RESUMED_S
    assert max(search.attempts for search in searches) < 20


def test_a_triton_that_accepts_and_never_answers_is_given_up_at_the_deadline(mute_server: str) -> None:
    encoder = TritonEncoder(shipped_model(), url=mute_server, deadline_s=0.5, concurrency=2)
    refused: list[errors.DependencyUnavailable] = []

    def ask() -> None:
        try:
            encoder.encode(picture())
        except errors.DependencyUnavailable as error:
            refused.append(error)

    # More than may be under way at a time: those that wait for their turn have the same deadline.
    callers = [threading.Thread(target=ask, daemon=True) for _ in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(PATIENCE_S)
    assert len(refused) == len(callers)
    assert all(0 < error.retry_after_s < RESUMED_S for error in refused)
    assert not encoder.healthy()
    encoder.close()


def test_a_triton_that_stops_answering_is_given_up_and_taken_up_again(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    with contextlib.closing(served.encoder(deadline_s=1)) as encoder:
        wanted = encoder.encode(picture())
        served.server.pause()
        with pytest.raises(errors.DependencyUnavailable, match="DEADLINE_EXCEEDED"):
            encoder.encode(picture())
        assert not encoder.healthy()
        served.server.resume()
        patient = time.monotonic() + PATIENCE_S
        while not encoder.healthy():
            assert time.monotonic() < patient
        np.testing.assert_allclose(encoder.encode(picture()), wanted, atol=1e-5)


def test_an_absent_triton_is_named(tmp_path: pathlib.Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        encoder = TritonEncoder(shipped_model(), url=address, deadline_s=5, concurrency=1)
        with pytest.raises(errors.DependencyUnavailable, match=address):
            encoder.encode(picture())
        encoder.close()


def test_a_model_whose_process_was_killed_is_found_though_triton_calls_it_ready(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    with contextlib.closing(served.encoder()) as encoder:
        assert encoder.healthy()
        assert served.server.signal_stubs(triton_contract.EMBEDDER, signal.SIGKILL) == CPU.instances
        with contextlib.closing(triton_grpc.InferenceServerClient(served.server.url)) as client:
            assert client.is_server_ready() and client.is_model_ready(triton_contract.ENSEMBLE)
        assert not encoder.healthy()
        with pytest.raises(errors.DependencyUnavailable):
            encoder.encode(picture())


def test_what_is_too_much_is_refused_at_once_and_the_rest_is_answered(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    answers: queue.Queue[InferenceServerException | None] = queue.Queue()
    image = triton_grpc.InferInput(triton_contract.IMAGE, [1, 224, 224, 3], "UINT8")
    image.set_data_from_numpy(picture())
    with contextlib.closing(triton_grpc.InferenceServerClient(served.server.url)) as client:
        served.server.signal_stubs(triton_contract.EMBEDDER, signal.SIGSTOP)
        for _ in range(2 * QUEUE):
            client.async_infer(triton_contract.ENSEMBLE, [image], lambda result, error: answers.put(error))
        # While nothing is answered, only refusals come.
        refused = answers.get(timeout=PATIENCE_S)
        served.server.signal_stubs(triton_contract.EMBEDDER, signal.SIGCONT)
        told = [refused, *(answers.get(timeout=PATIENCE_S) for _ in range(2 * QUEUE - 1))]
    refusals = [error for error in told if error is not None]
    # On a crowded machine some of the queue wait too long, and are refused too.
    assert 0 < len(refusals) < 2 * QUEUE
    assert {error.status() for error in refusals} == {"StatusCode.UNAVAILABLE"}
    assert refused is not None and "maximum queue size" in refused.message()


class Load:
    """Threads that ask without a pause; what each answer's head was, and what went wrong."""

    def __init__(self, encoder: TritonEncoder) -> None:
        self._encoder = encoder
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]
        self.heads: list[tuple[str | None, int]] = []
        self.failures: list[errors.VitrineError] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, head_id: str, count: int) -> None:
        """Until ``count`` further answers were of this head."""
        patient, seen = time.monotonic() + PATIENCE_S, len(self.heads)
        while sum(found == head_id for found, _ in self.heads[seen:]) < count:
            assert time.monotonic() < patient and not self.failures, self.failures
            time.sleep(0.02)

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                encoded = self._encoder.encode_with_class(picture())
            except errors.VitrineError as error:
                self.failures.append(error)
            else:
                classes = 0 if encoded.probabilities is None else encoded.probabilities.shape[1]
                self.heads.append((encoded.head_id, classes))


def test_the_head_is_swapped_under_load_without_a_failed_request(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    new = head(256, classes=5, seed=9)
    with (
        contextlib.closing(served.encoder()) as encoder,
        contextlib.closing(triton_grpc.InferenceServerClient(served.server.url)) as admin,
        Load(encoder) as load,
    ):
        load.wait_for(served.head.id, 50)
        assert repository.add_head(tmp_path / "models", served.model.model_id, new) == 2
        admin.load_model(triton_contract.CLASSIFIER)
        load.wait_for(new.id, 50)
        assert repository.add_head(tmp_path / "models", served.model.model_id, served.head) == 3
        admin.load_model(triton_contract.CLASSIFIER)
        load.wait_for(served.head.id, 50)
    assert not load.failures
    # Each answer's numbers are of the head that it names.
    assert set(load.heads) == {(served.head.id, 3), (new.id, 5)}
