"""What the snapshot and the classifier are made of, while others go on changing the catalogue."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from indexer import embedded
from indexer.classifier import examples, fitting, zero_shot
from vitrine import errors
from vitrine.domain import RecordContent, StoredEmbedding
from vitrine.testing import MemoryCatalogue

MODEL = "net@0123456789abcdef"


class Changing(MemoryCatalogue):
    """``meanwhile`` happens once, between the first page and what is asked next."""

    meanwhile: Callable[[], object] | None = None

    def embeddings_after(self, model_id: str, sequence: int, limit: int) -> Sequence[StoredEmbedding]:
        page = super().embeddings_after(model_id, sequence, limit)
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        return page


def catalogue_of(*records: tuple[str, Sequence[int]]) -> Changing:
    """Of each record its typology and its photographs: the same number is the same photograph."""
    catalogue = Changing()
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(1 + max(number for _, numbers in records for number in numbers), 8))
    for external_id, (typology, photographs) in enumerate(records, start=1):
        record_id, _ = catalogue.put_record(RecordContent(external_id=str(external_id), typology=typology))
        for number in photographs:
            image_id, _ = catalogue.add_image(record_id, sha256=f"{number:064x}", width=1, height=1, source=str(number))
            vector = (directions[number] / np.linalg.norm(directions[number])).astype(np.float32)
            catalogue.add_embeddings(MODEL, {image_id: vector})
    return catalogue


@pytest.mark.parametrize("page", [1, 2, 20_000])
def test_what_is_shown_again_while_it_is_read_is_in_once(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(embedded, "_PAGE", page)
    catalogue = catalogue_of(("", [0, 1]), ("", [2]), ("", [3]))
    catalogue.withdraw(1)
    catalogue.withdraw(3)
    catalogue.meanwhile = lambda: catalogue.put_record(RecordContent(external_id="1"))
    rows = embedded.read(catalogue, MODEL)
    assert rows.image_ids.tolist() == [3, 1, 2]
    assert [catalogue.image(int(image_id)).record_id for image_id in rows.image_ids] == rows.record_ids.tolist()
    stored = {row.image_id: row.vector for row in catalogue.embeddings_after(MODEL, 0, 100)}
    for image_id, vector in zip(rows.image_ids.tolist(), rows.vectors, strict=True):
        assert np.array_equal(vector, stored[image_id])


def test_what_is_withdrawn_while_it_is_read_is_left_out() -> None:
    catalogue = catalogue_of(("", [0]), ("", [1]))
    catalogue.meanwhile = lambda: catalogue.withdraw(2)
    assert embedded.read(catalogue, MODEL).image_ids.tolist() == [1]
    catalogue.withdraw(1)
    with pytest.raises(errors.IndexNotReady, match="is withdrawn"):
        embedded.read(catalogue, MODEL)


def test_a_classifier_is_fitted_without_a_copy_of_all_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MOST_IMAGES", 20)
    taken: list[int] = []

    class Counted(np.ndarray[Any, np.dtype[np.float32]]):
        def __getitem__(self, rows: Any) -> Any:
            taken.append(np.size(rows))
            return super().__getitem__(rows).view(np.ndarray)

    catalogue = catalogue_of(("", [0]), *[(("ваза", "чаша")[number % 2], [number]) for number in range(1, 41)])
    rows = embedded.read(catalogue, MODEL)
    counted = dataclasses.replace(rows, vectors=rows.vectors.view(Counted))
    fitted = embedded.classifier(catalogue, counted)
    assert taken == [20] and fitted.report["classes"] == {"ваза": 20, "чаша": 20}
    assert fitted.exam is not None
    place_of = {record_id: place for place, record_id in enumerate(rows.record_ids.tolist())}
    for vector, record_id in zip(fitted.exam.vectors, fitted.exam.objects.tolist(), strict=True):
        assert np.array_equal(vector, rows.vectors[place_of[record_id]])


def test_a_photograph_that_several_records_share_is_told_once() -> None:
    catalogue = catalogue_of(("ваза", [0, 1]), ("ваза", [1, 2]), ("ваза", [2]), ("ваза", [3]), ("", [3]), ("чаша", [4]))
    rows = embedded.read(catalogue, MODEL)
    _, labels, record_ids = embedded.labelled(catalogue, rows, catalogue.labels())
    assert record_ids.tolist() == [1, 1, 2, 4, 6] and labels == ["ваза"] * 4 + ["чаша"]


def test_a_photograph_of_records_of_several_typologies_tells_of_none() -> None:
    """As one that stands for a missing photograph."""
    catalogue = catalogue_of(("ваза", [0, 9]), ("ваза", [1, 9]), ("чаша", [2, 9]), ("чаша", [9]))
    rows = embedded.read(catalogue, MODEL)
    _, labels, record_ids = embedded.labelled(catalogue, rows, catalogue.labels())
    assert (labels, record_ids.tolist()) == (["ваза", "ваза", "чаша"], [1, 2, 3])


def test_a_photograph_of_all_of_a_class_does_not_make_one_object_of_them() -> None:
    hoard = 99
    coins = [("монета", [number, hoard]) for number in range(6)]
    catalogue = catalogue_of(*coins, *[("ваза", [number]) for number in range(10, 16)])
    fitted = embedded.classifier(catalogue, embedded.read(catalogue, MODEL))
    assert fitted.report["classes"] == {"ваза": 6, "монета": 6}


def test_nobody_is_asked_about_a_photograph_that_he_has_learned() -> None:
    """Labels by lot: who finds more than half of them right has seen the photographs before."""
    lot = np.random.default_rng(1).integers(0, 2, 60)
    names = [("чашка", "блюдце")[side] for side in lot]
    catalogue = catalogue_of(*[(name, [number]) for number, name in enumerate(names) for _ in range(3)])
    fitted = embedded.classifier(catalogue, embedded.read(catalogue, MODEL))
    assert fitted.exam is not None and sorted(fitted.exam.objects.tolist()) == list(range(1, 181, 3))
    assert fitted.report["balanced_accuracy"] < 0.75
    assert fitted.report["classes"] == {name: names.count(name) for name in ("блюдце", "чашка")}


def test_objects_that_share_all_their_photographs_are_too_few_to_part() -> None:
    catalogue = catalogue_of(*[("ваза", [0])] * 6, *[("чаша", [number]) for number in range(1, 7)])
    fitted = embedded.classifier(catalogue, embedded.read(catalogue, MODEL))
    assert (fitted.missing, fitted.report["dropped"]) == (fitting.TOO_FEW_LABELS, {"ваза": 1})


def test_a_class_is_called_as_most_of_its_records_say_and_not_as_the_first_does() -> None:
    catalogue = MemoryCatalogue()
    for number, name in enumerate(["", "", "ikon", "icon", "icon"]):
        translations = {"en": {"typology": name}} if name else {}
        catalogue.put_record(RecordContent(external_id=str(number), typology="икона", translations=translations))
    catalogue.put_record(RecordContent(external_id="9", typology="чаша", translations={"en": {"typology": "bowl"}}))
    named = zero_shot.naming(["икона", "чаша"], catalogue.labels().translations, language="en")
    assert named.wordings == {"икона": ["icon"], "чаша": ["bowl"]}
