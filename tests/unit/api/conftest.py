"""The application as HTTP sees it: a real catalogue and ledger, a queue that nobody empties, no model."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import ClientLimit
from api.progress import ProgressFeed
from api.services import Services
from vitrine.adapters.memory_broker import MemoryBroker
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_ledger import SqlLedger
from vitrine.ports import Decoded, DecodeRequest
from vitrine.settings import Settings
from vitrine.testing import MemoryImageStore

Configured = Callable[..., Services]


class PaperDecoder:
    """Of every photograph the same derivative."""

    slots = 1

    def decode(self, data: bytes, request: DecodeRequest, *, patience_s: float | None = None) -> Decoded:
        return Decoded(width=1, height=1, jpeg=b"\xff\xd8\xff a smaller vase")

    def close(self) -> None:
        pass


@pytest.fixture
def configured(database: Database, ledger: SqlLedger, tmp_path: pathlib.Path) -> Configured:
    """What the API is given, with settings of a test's own."""
    broker = MemoryBroker()

    def services(**chosen: float) -> Services:
        settings = Settings(home=tmp_path).model_copy(update=chosen)
        return Services(
            settings=settings,
            catalogue=SqlCatalogue(database),
            ledger=ledger,
            broker=broker,
            images=MemoryImageStore(),
            decoder=PaperDecoder(),
            feed=ProgressFeed(ledger, broker),
            client_limit=ClientLimit(settings.searches_per_minute),
            model_id="m@0",
            texts=None,
            snapshot=lambda: None,
            classifier=lambda: None,
        )

    return services


@pytest.fixture
def given(configured: Configured) -> Services:
    return configured()


@pytest.fixture
def client(given: Services) -> Iterator[TestClient]:
    with TestClient(create_app(given)) as client:
        yield client


@pytest.fixture
def with_page(given: Services, tmp_path: pathlib.Path) -> Iterator[TestClient]:
    """The API of the one-process size."""
    page = tmp_path / "page"
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<!doctype html>the page")
    (page / "docs.html").write_text("<!doctype html>the documentation")
    (page / "favicon.svg").write_text("<svg/>")
    (page / "assets" / "index-1.js").write_text("// its script")
    with TestClient(create_app(dataclasses.replace(given), page=page)) as client:
        yield client
