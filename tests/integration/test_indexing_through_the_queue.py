"""`add --via queue` with a real RabbitMQ, a real MariaDB and worker processes that are killed: one embedding each."""

from __future__ import annotations

import collections
import contextlib
import csv
import hashlib
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
import sqlalchemy as sa

from indexer.embedding_by_workers import GROUP, EmbeddingByWorkers, Patience
from indexer.interruption import Interruption
from indexer.photographs import Ports
from indexer.progress import SilentProgress
from tests.conftest import OBJECTS, ROOT, environment, run_module
from tests.pictures import photograph
from tests.servers.rabbitmq import RabbitmqServer
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.adapters.rabbitmq_topology import DEAD_LETTERS
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_schema import embeddings, images
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import RecordContent, original_key
from vitrine.messages import IndexRequested
from vitrine.testing import MemoryCatalogue, MemoryImageStore, ToyEncoder
from workers.indexing import IndexWorker

PHOTOGRAPHS = 3 * OBJECTS
WAIT_S = 120


class Site:
    """A home with a database and a broker; what runs on it is killed at the end."""

    def __init__(self, home: pathlib.Path, settings: Mapping[str, str], database: Database) -> None:
        self.home = home
        self.settings = settings
        self.database = database
        self._started = contextlib.ExitStack()

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """`python -m module …` in a group of its own, so that it can be killed with all its children."""
        with (self.home / f"{module}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env=environment(self.home, **self.settings),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.callback(kill, process)
        return process

    def embedded(self) -> collections.Counter[int]:
        """Image number → embeddings."""
        with self.database.reading() as connection:
            return collections.Counter(connection.execute(sa.select(embeddings.c.image_id)).scalars())

    def image_ids(self) -> set[int]:
        with self.database.reading() as connection:
            return set(connection.execute(sa.select(images.c.id)).scalars())

    def wait_for_embeddings(self, count: int) -> None:
        deadline = time.monotonic() + WAIT_S
        while len(self.embedded()) < count:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)

    def logs(self) -> str:
        return "\n".join(log.read_text() for log in sorted(self.home.glob("*.log")))

    def close(self) -> None:
        self._started.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` of all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def site(
    running_rabbitmq: RabbitmqServer,
    database_url: Callable[[str], str],
    tmp_path: pathlib.Path,
) -> Iterator[Site]:
    home = tmp_path / "home"
    home.mkdir()
    url = database_url("mariadb")
    settings = {
        "VITRINE_DATABASE_URL": url,
        "VITRINE_BROKER_URL": running_rabbitmq.url,
        "VITRINE_DECODERS": "1",
        # Any free port: two worker services run on one host.
        "VITRINE_OPERATIONS_PORT": "0",
    }
    database = Database(url)
    made = Site(home, settings, database)
    yield made
    made.close()
    database.close()


@pytest.fixture
def table(museum: pathlib.Path, tmp_path: pathlib.Path) -> pathlib.Path:
    """The museum's table and one more row, whose photograph is cut off."""
    with (museum / "museum.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    whole = next(museum.rglob("*.jpg")).read_bytes()
    (tmp_path / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (column,) = [name for name, value in rows[0].items() if value.endswith(".jpg")]
    written = tmp_path / "museum.csv"
    with written.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows[:10], {**rows[0], column: "broken.jpg"}, *rows[10:]])
    return written


def test_workers_embed_each_image_once_though_one_of_them_is_killed(
    site: Site, table: pathlib.Path, museum: pathlib.Path
) -> None:
    victim, survivor = site.start("workers"), site.start("workers")
    add = ["add", str(table), "--mapping", "demo", "--images", str(museum), "--via", "queue"]
    indexer = site.start("indexer", *add)
    site.wait_for_embeddings(PHOTOGRAPHS // 5)
    kill(victim)
    assert indexer.wait(WAIT_S) == 0, site.logs()

    assert len(site.image_ids()) == PHOTOGRAPHS
    assert site.embedded() == dict.fromkeys(site.image_ids(), 1)
    (written,) = site.home.glob("museum.*.rejects.csv")
    with written.open(encoding="utf-8-sig", newline="") as file:
        rejected = list(csv.DictReader(file))
    assert [row["reject_line"] for row in rejected] == ["12"]
    status = run_module("indexer", "status", home=site.home, **site.settings)
    assert f"{PHOTOGRAPHS:,} images" in status.stdout, status.stdout + status.stderr

    again = run_module("indexer", *add, "--no-build", home=site.home, **site.settings)
    assert again.returncode == 0 and "embeddings  0 added" in again.stdout, again.stdout + again.stderr
    assert site.embedded() == dict.fromkeys(site.image_ids(), 1)
    survivor.terminate()
    assert survivor.wait(WAIT_S) == 0, site.logs()


def test_a_killed_indexer_is_resumed_and_nothing_is_embedded_twice(
    site: Site, table: pathlib.Path, museum: pathlib.Path
) -> None:
    site.start("workers")
    add = ["add", str(table), "--mapping", "demo", "--images", str(museum), "--via", "queue", "--no-build"]
    indexer = site.start("indexer", *add)
    site.wait_for_embeddings(PHOTOGRAPHS // 5)
    kill(indexer)
    resumed = run_module("indexer", *add, home=site.home, **site.settings)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert len(site.image_ids()) == PHOTOGRAPHS
    assert site.embedded() == dict.fromkeys(site.image_ids(), 1)


def test_a_message_for_another_model_lies_where_an_operator_looks(site: Site, running_rabbitmq: RabbitmqServer) -> None:
    broker = RabbitmqBroker(running_rabbitmq.url, name="test")
    message = IndexRequested(model_id="other@0", image_ids=(1,))
    broker.publish(message)
    broker.close()
    site.start("workers")
    deadline = time.monotonic() + WAIT_S
    while not (put_aside := running_rabbitmq.waiting(DEAD_LETTERS)):
        assert time.monotonic() < deadline, site.logs()
        time.sleep(0.2)
    assert put_aside == [message.to_json()]
    assert "the same VITRINE_MODEL" in site.logs()


def test_a_broker_that_lost_its_disk_is_told_again_what_is_not_embedded(
    running_rabbitmq: RabbitmqServer, request: pytest.FixtureRequest
) -> None:
    catalogue, store, decoder = MemoryCatalogue(), MemoryImageStore(), SubprocessDecoder(slots=1)
    request.addfinalizer(decoder.close)
    ports = Ports(catalogue=catalogue, images=store, encoder=ToyEncoder(), decoder=decoder)
    worker = IndexWorker(catalogue=catalogue, images=store, decoder=decoder, encoder=ports.encoder)
    publishing, consuming = (RabbitmqBroker(running_rabbitmq.url, name=name) for name in ("indexer", "worker"))
    with contextlib.closing(publishing), contextlib.closing(consuming):
        embedder = EmbeddingByWorkers(
            publishing,
            ports,
            progress=SilentProgress(),
            interruption=Interruption(),
            patience=Patience(silent_s=1.0, look_s=0.1),
        )
        for number in range(2 * GROUP):
            embedder.take(stored(number, catalogue, store), np.zeros((64, 64, 3), np.uint8))
        running_rabbitmq.forget_everything()
        running_rabbitmq.start()
        consuming.consume_index(worker.handle, slots=1)
        embedder.finish()
    assert (embedder.added, embedder.given_up) == (2 * GROUP, 0)
    assert catalogue.counts(ToyEncoder.model_id).embeddings == 2 * GROUP


def stored(number: int, catalogue: MemoryCatalogue, store: MemoryImageStore) -> int:
    """The number of an image that the catalogue has and nobody has embedded."""
    data = photograph(number)
    sha256 = hashlib.sha256(data).hexdigest()
    store.write(original_key(sha256), data)
    record_id, _ = catalogue.put_record(RecordContent(external_id=str(number)))
    return catalogue.add_image(record_id, sha256=sha256, width=320, height=240, source=str(number))[0]
