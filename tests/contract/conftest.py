"""Which adapters must pass which suite. A later adapter (MySQL, RabbitMQ, Triton) is added here and nowhere else."""

from __future__ import annotations

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator

import pytest

from tests import colour_model
from tests.contract import encoders
from tests.servers import databases
from tests.servers.rabbitmq import TEST_TOPOLOGY, RabbitmqServer, delete_our_queues
from tests.servers.triton_repository import Served
from vitrine.adapters import model_files, text_encoders
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.ports import Broker, Catalogue, Encoder, ImageStore, SearchLedger, TextEncoder
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Database:
    return open_database(request.param)


@pytest.fixture(params=[*databases.KINDS, "memory"])
def catalogue(request: pytest.FixtureRequest, open_database: Callable[[str], Database]) -> Catalogue:
    return MemoryCatalogue() if request.param == "memory" else SqlCatalogue(open_database(request.param))


@pytest.fixture
def ledger(database: Database) -> SearchLedger:
    return SqlLedger(database)


@pytest.fixture(params=["folder", "memory"])
def image_store(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> ImageStore:
    return ImageFolder(tmp_path / "images") if request.param == "folder" else MemoryImageStore()


@pytest.fixture(params=["onnx", "toy", "triton"])
def encoder(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Encoder]:
    if request.param == "toy":
        yield ToyEncoder()
    elif request.param == "triton":
        served: Served = request.getfixturevalue("triton")
        with contextlib.closing(served.encoder()) as encoder:
            yield encoder
    else:
        yield OnnxEncoder(model_files.find(str(encoders.write_model(tmp_path)), []))


@pytest.fixture(params=["onnx"])
def text_encoder(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> TextEncoder:
    """``request.param`` names the adapter, as elsewhere; there is one."""
    made = text_encoders.of(colour_model.written(tmp_path))
    assert made is not None and request.param == "onnx"
    return made


@pytest.fixture(params=["memory", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """VITRINE_TEST_BROKER_URL names another RabbitMQ to be judged than the one that the tests start; it is emptied."""
    made: Broker = MemoryBroker()
    if request.param == "rabbitmq":
        if url := os.environ.get("VITRINE_TEST_BROKER_URL", ""):
            delete_our_queues(url)
        else:
            server: RabbitmqServer = request.getfixturevalue("running_rabbitmq")
            url = server.url
        made = RabbitmqBroker(url, name="contract", topology=TEST_TOPOLOGY)
    yield made
    stopped = made.stop_consuming(5)
    made.close()
    assert stopped
