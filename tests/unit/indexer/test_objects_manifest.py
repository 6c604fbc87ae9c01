"""The development images, where they are."""

from __future__ import annotations

import pathlib

import pytest

from indexer.summary import Plan
from tests.unit.indexer.conftest import Add
from vitrine.testing import MemoryCatalogue

_MANIFEST = pathlib.Path(__file__).parents[4] / "shared" / "data" / "objects" / "manifest.csv"

pytestmark = pytest.mark.skipif(not _MANIFEST.exists(), reason="the development images are not beside the repository")


def test_the_manifest_can_be_indexed_as_it_is(add: Add) -> None:
    plan: object = add(_MANIFEST, mapping="objects", dry_run=True)
    assert isinstance(plan, Plan)
    assert (plan.records, plan.images, plan.rejected.rows, plan.conflicts) == (1249, 1557, 0, 0)


def test_catalogue_photographs_alone_can_be_indexed(add: Add, catalogue: MemoryCatalogue) -> None:
    summary = add(_MANIFEST, mapping="objects", where=(("view", "catalogue"),))
    assert (summary.tally.images_added, summary.tally.embeddings_added) == (31, 31)
    assert set(catalogue.labels().typologies.values()) <= {"package", "fruit", "vegetable"}
