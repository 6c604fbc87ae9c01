"""Bulk indexing in the queue, and visitors beside it."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from tests.integration.distributed.scale import INDEX_MESSAGES, SEARCHES
from tests.integration.distributed.system import System, comes_true, opened
from vitrine.adapters import model_files
from vitrine.adapters.rabbitmq_broker import RabbitmqBroker
from vitrine.adapters.sql_schema import embeddings, images
from vitrine.messages import IndexRequested, Lane
from vitrine.settings import MODELS


def test_searches_are_answered_while_the_index_lane_is_full_and_then_the_lane_is_emptied(system: System) -> None:
    with opened(system.database_url) as database, database.reading() as connection:
        numbers = tuple(connection.execute(sa.select(images.c.id)).scalars())
    model_id = model_files.find("vitrine-s", [MODELS]).model_id
    # No gap in which indexing could begin as long as more visitors search than the worker has slots.
    system.scale(1)
    with contextlib.closing(RabbitmqBroker(system.rabbitmq.url, name="bulk")) as bulk:
        with system.visitors() as visitors:
            visitors.wait_for(1)
            for _ in range(INDEX_MESSAGES):
                bulk.publish(IndexRequested(model_id=model_id, image_ids=numbers))
            visitors.wait_for(len(visitors.promised) + SEARCHES)
            waiting = bulk.depth(Lane.INDEX)
        assert waiting > 0, "the lane was empty before the visitors had left: nothing was tested"
        assert comes_true(lambda: bulk.depth(Lane.INDEX) == 0)
    account = system.account(visitors.promised)
    assert account.flawless and account.statuses == {"completed": len(visitors.promised)}, account
    with opened(system.database_url) as database, database.reading() as connection:
        embedded = sorted(connection.execute(sa.select(embeddings.c.image_id)).scalars())
    assert embedded == sorted(numbers)
