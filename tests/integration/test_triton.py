"""The encoder behind a real Triton: the same answers as in process, and never an answer of another model."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib

import numpy as np
import pytest

from tests.conftest import OBJECTS, run_module
from tests.servers.triton import TritonServer
from tests.servers.triton_repository import Served, ServeTriton, described, shipped_model
from triton_models import repository
from vitrine import errors, triton_contract
from vitrine.adapters import encoders
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.domain import Embedding, Pixels
from vitrine.settings import Settings


def pictures(count: int) -> Pixels:
    """Noise over a gradient, of every brightness."""
    rng = np.random.default_rng(11)
    noise = rng.integers(-60, 60, (count, 224, 224, 3)) + rng.integers(0, 256, (count, 1, 1, 3))
    return np.asarray(np.clip(noise + triton_contract.known_picture(224) // 2, 0, 255), np.uint8)


def test_embeddings_are_those_in_process_in_batches_of_any_size(triton: Served) -> None:
    batch = pictures(19)
    with contextlib.closing(triton.encoder()) as encoder:
        embeddings = encoder.encode(batch)
    wanted = OnnxEncoder(triton.model).encode(batch)
    assert embeddings.shape == wanted.shape
    assert (embeddings * wanted).sum(axis=1).min() >= 0.9999


def test_the_class_comes_in_the_same_pass_and_is_that_of_the_head(triton: Served) -> None:
    with contextlib.closing(triton.encoder()) as encoder:
        encoded = encoder.encode_with_class(pictures(9))
    assert encoded.head_id == triton.head.id and encoded.probabilities is not None
    np.testing.assert_allclose(encoded.probabilities, triton.head.probabilities(encoded.embeddings), atol=1e-5)
    verdict, own = encoded.class_by(triton.head, row=4), triton.head.classify(encoded.embeddings[4])
    assert verdict.name == own.name and verdict.probability == pytest.approx(own.probability, abs=1e-5)


def test_a_repository_without_a_head_gives_embeddings_and_no_class(tmp_path: pathlib.Path) -> None:
    model = shipped_model()
    described(model, None).render(tmp_path / "models")
    server = TritonServer(tmp_path / "models", tmp_path)
    server.start()
    try:
        encoder = TritonEncoder(model, url=server.url, deadline_s=20, concurrency=1)
        encoded = encoder.encode_with_class(pictures(2))
        assert encoded.embeddings.shape == (2, 256)
        assert encoded.head_id is None and encoded.probabilities is None
        encoder.close()
    finally:
        server.kill()


def test_the_configured_encoder_is_behind_triton_where_its_address_is_set(triton: Served) -> None:
    encoder = encoders.configured(Settings(triton_url=triton.server.url))
    assert isinstance(encoder, TritonEncoder) and encoder.healthy()
    assert encoder.model_id == encoders.configured(Settings(triton_url="")).model_id
    encoder.close()


def test_a_worker_of_another_model_does_not_start(triton: Served) -> None:
    other = dataclasses.replace(triton.model, model_id="vitrine-s@0123456789abcdef")
    with contextlib.closing(triton.encoder(model=other)) as encoder:
        assert not encoder.healthy()
        with pytest.raises(errors.Misconfigured, match=r"serves vitrine-s@.*VITRINE_MODEL is vitrine-s@0123"):
            encoder.check()
        # What is under way when the server changes is kept: the visitor is not to blame.
        with pytest.raises(errors.DependencyUnavailable, match="not by vitrine-s@0123"):
            encoder.encode(pictures(1))


def test_a_server_that_comes_back_with_another_model_is_never_believed(
    start_triton: ServeTriton, tmp_path: pathlib.Path
) -> None:
    served = start_triton(tmp_path / "models")
    with contextlib.closing(served.encoder()) as encoder:
        encoder.encode(pictures(1))
        served.server.kill()
        other = dataclasses.replace(served.model, model_id="vitrine-s@0123456789abcdef")
        described(other, served.head).render(tmp_path / "models")
        served.server.start()
        told = ""
        while "answered by the model …@0123" not in told:
            with pytest.raises(errors.DependencyUnavailable) as refused:
                encoder.encode(pictures(1))
            told = refused.value.message


def test_a_graph_that_answers_wrongly_is_found_by_the_known_answer(tmp_path: pathlib.Path) -> None:
    model = shipped_model()
    rendered = described(model, None)
    wrong = np.roll(rendered.known_answer, 1)
    dataclasses.replace(rendered, known_answer=wrong).render(tmp_path / "models")
    server = TritonServer(tmp_path / "models", tmp_path)
    server.start()
    try:
        encoder = TritonEncoder(model, url=server.url, deadline_s=20, concurrency=1)
        with pytest.raises(errors.Misconfigured, match="known picture wrongly"):
            encoder.check()
        encoder.close()
    finally:
        server.kill()


def test_the_configurations_for_graphics_cards_load_and_answer(tmp_path: pathlib.Path) -> None:
    """The plan is a stand-in that runs the ONNX graph; configuration, batching and ensemble are those of production."""
    model = shipped_model()
    models, plan = tmp_path / "models", tmp_path / "model.plan"
    plan.write_bytes(b"a plan")
    described(model, None).render(tmp_path / "cpu")
    dataclasses.replace(described(model, None), target=repository.GPU, plan=plan).render(models)
    graph = tmp_path / "cpu" / "embedder" / "1" / "model.onnx"
    graph.rename(models / "embedder" / "1" / "model.onnx")
    server = TritonServer(models, tmp_path)
    server.start()
    try:
        encoder = TritonEncoder(model, url=server.url, deadline_s=20, concurrency=2)
        assert encoder.healthy()
        encoder.close()
    finally:
        server.kill()


def test_a_catalogue_indexed_through_triton_has_the_embeddings_of_one_indexed_in_process(
    triton: Served, museum: pathlib.Path, indexed_home: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    source = [str(museum / "museum.csv"), "--mapping", "demo", "--where", "view_no=1", "--no-build"]
    added = run_module("indexer", "add", *source, home=tmp_path, VITRINE_TRITON_URL=triton.server.url)
    assert added.returncode == 0, added.stderr
    here, there = embeddings(indexed_home, triton.model.model_id), embeddings(tmp_path, triton.model.model_id)
    assert len(there) == OBJECTS
    assert min(float(vector @ here[sha256]) for sha256, vector in there.items()) >= 0.9999


def embeddings(home: pathlib.Path, model_id: str) -> dict[str, Embedding]:
    """SHA-256 of each photograph in the catalogue of ``home`` → its embedding."""
    database = Database(f"sqlite:///{home / 'catalogue.sqlite3'}")
    catalogue = SqlCatalogue(database)
    rows = catalogue.embeddings_after(model_id, 0, 1_000)
    images = catalogue.images(row.image_id for row in rows)
    database.close()
    return {images[row.image_id].sha256: row.vector for row in rows}
