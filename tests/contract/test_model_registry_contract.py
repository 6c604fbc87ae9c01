"""The registry's contract, over every kind of database."""

from __future__ import annotations

import dataclasses

import pytest

from vitrine import errors
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_model_registry import SqlModelRegistry
from vitrine.models import RegisteredModel
from vitrine.ports import ModelRegistry

MODEL = RegisteredModel(
    id="net@0123456789abcdef",
    sha256={"net.yaml": "a" * 64, "net.onnx": "b" * 64},
    licence="MIT",
    provenance={"source": "музей"},
    metrics={"cosine": 0.5},
    card="# Карточка\n",
    registered_at=1.5,
)


@pytest.fixture
def registry(database: Database) -> ModelRegistry:
    return SqlModelRegistry(database)


def test_what_was_put_is_told_by_name_and_by_id(registry: ModelRegistry) -> None:
    registry.put(MODEL)
    newer = dataclasses.replace(MODEL, licence="Apache-2.0")
    registry.put(newer)
    assert registry.get("net") == registry.get(MODEL.id) == newer
    other = dataclasses.replace(MODEL, id="another@0123456789abcdef")
    registry.put(other)
    assert registry.all() == [other, newer]


def test_a_name_belongs_to_one_model_until_it_is_removed(registry: ModelRegistry) -> None:
    registry.put(MODEL)
    other = dataclasses.replace(MODEL, id="net@fedcba9876543210")
    with pytest.raises(errors.RejectedInput, match="remove that one first"):
        registry.put(other)
    registry.remove("net")
    registry.put(other)
    assert registry.get("net") == other


def test_a_model_that_nobody_put_is_not_found(registry: ModelRegistry) -> None:
    for ask in (registry.get, registry.remove):
        with pytest.raises(errors.NotFound, match="registry list"):
            ask("nothing")
