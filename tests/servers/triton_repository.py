"""A model repository with a classifier head, and a real Triton that serves it: once for the tests that only ask."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from tests.servers.triton import TritonServer
from triton_models import repository
from vitrine import triton_contract
from vitrine.adapters import model_files
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.classifier import LinearHead
from vitrine.settings import MODELS

CPU = repository.cpu(2)


def shipped_model() -> ModelFiles:
    return model_files.find("vitrine-s", [MODELS])


def head(dimension: int, classes: int = 3, seed: int = 0) -> LinearHead:
    """A head that tells noise apart from noise, so that its answers differ."""
    rng = np.random.default_rng(seed)
    return LinearHead(
        classes=tuple(f"класс {number}" for number in range(classes)),
        weights=rng.normal(size=(classes, dimension)).astype(np.float32) * 8,
        bias=rng.normal(size=classes).astype(np.float32),
        temperature=1.7,
    )


def described(model: ModelFiles, head: LinearHead | None) -> repository.Repository:
    """What `python -m triton_models render --target cpu` would write."""
    picture = triton_contract.known_picture(model.description.resize.size)
    return repository.Repository(
        description=model.description,
        graph=model.graph,
        model_id=model.model_id,
        known_answer=OnnxEncoder(model).encode(picture[None])[0],
        head=head,
        target=CPU,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Served:
    model: ModelFiles
    head: LinearHead
    server: TritonServer

    def encoder(self, *, model: ModelFiles | None = None, deadline_s: float = 20) -> TritonEncoder:
        return TritonEncoder(model or self.model, url=self.server.url, deadline_s=deadline_s, concurrency=4)


ServeTriton = Callable[[pathlib.Path], Served]


@pytest.fixture
def start_triton(tmp_path: pathlib.Path) -> Iterator[ServeTriton]:
    """Renders the shipped model with a head to a folder and serves it; for tests that break things."""
    with contextlib.ExitStack() as started:

        def start(folder: pathlib.Path) -> Served:
            served = _served(folder, tmp_path / "triton")
            started.callback(served.server.kill)
            served.server.start()
            return served

        yield start


@pytest.fixture(scope="session")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("triton")
    served = _served(folder / "models", folder)
    served.server.start()
    yield served
    served.server.stop()


def _served(models: pathlib.Path, folder: pathlib.Path) -> Served:
    model = shipped_model()
    made = head(model.description.dimension)
    folder.mkdir(exist_ok=True)
    server = TritonServer(models, folder)
    described(model, made).render(models)
    return Served(model=model, head=made, server=server)
