"""The classifier head: fitted on objects, measured on other objects, kept without pickle."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import numpy.typing as npt
import pytest

from indexer.classifier import examples
from indexer.classifier import fitting as classifier
from vitrine import errors
from vitrine.classifier import LinearHead
from vitrine.ports import Encoded

Floats = npt.NDArray[np.float32]


def encoded(served: LinearHead, vector: Floats) -> Encoded:
    return Encoded(embeddings=vector[None], probabilities=served.probabilities(vector[None]), head_id=served.id)


def catalogue(
    objects: dict[str, int], *, images: int = 3, noise: float = 0.5, own: float = 0.5, seed: int = 0
) -> tuple[Floats, list[str], npt.NDArray[np.int64]]:
    """Classes around centres, objects around their class, images around their object."""
    rng = np.random.default_rng(seed)
    vectors: list[npt.NDArray[np.float64]] = []
    labels: list[str] = []
    records: list[int] = []
    for name, count in objects.items():
        centre = rng.normal(size=32)
        for _ in range(count):
            middle = centre + own * rng.normal(size=32)
            record = len(set(records)) + 1
            for _ in range(images):
                vectors.append(middle + noise * rng.normal(size=32))
                labels.append(name)
                records.append(record)
    stacked = np.array(vectors).reshape(-1, 32)
    unit = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
    return unit.astype(np.float32), labels, np.array(records, np.int64)


def head(**changes: object) -> LinearHead:
    made = LinearHead(
        classes=("ваза", "монета", "икона"),
        weights=np.eye(3, 4, dtype=np.float32) * 5,
        bias=np.array([0.0, 0.5, 0.0], np.float32),
        temperature=2.0,
        translations={"ваза": {"en": "vase"}},
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_the_most_probable_class_comes_first_and_probabilities_sum_to_one() -> None:
    verdict = head().classify(np.array([1, 0, 0, 0], np.float32))
    assert verdict.name == "ваза" and [name for name, _ in verdict.alternatives] == ["монета", "икона"]
    logits = np.array([5, 0.5, 0]) / 2
    expected = np.exp(logits) / np.exp(logits).sum()
    assert [verdict.probability, *(share for _, share in verdict.alternatives)] == pytest.approx(expected.tolist())
    assert verdict.translations == {"ваза": {"en": "vase"}}


def test_no_more_than_four_alternatives_are_named() -> None:
    many = LinearHead(classes=tuple("абвгдежз"), weights=np.eye(8, dtype=np.float32), bias=np.zeros(8, np.float32))
    assert len(many.classify(np.ones(8, np.float32)).alternatives) == 4


def test_a_head_comes_back_from_its_bytes_as_it_was() -> None:
    data = head().to_bytes()
    back = LinearHead.from_bytes(data)
    assert back.to_bytes() == data == head().to_bytes()
    assert back.classes == head().classes and back.translations == head().translations and back.temperature == 2.0
    assert np.array_equal(back.weights, head().weights) and back.weights.dtype == np.float32


@pytest.mark.parametrize("data", [b"", b"not a head", pickle.dumps({"weights": 1}), head().to_bytes()[:-40]])
def test_what_is_no_head_is_a_damaged_snapshot(data: bytes) -> None:
    with pytest.raises(errors.DamagedSnapshot):
        LinearHead.from_bytes(data)


def test_a_flipped_bit_in_the_weights_is_noticed() -> None:
    data = bytearray(head().to_bytes())
    data[data.index(head().weights.tobytes()) + 3] ^= 1
    with pytest.raises(errors.DamagedSnapshot):
        LinearHead.from_bytes(bytes(data))


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": ("ваза",)},
        {"bias": np.zeros(2, np.float32)},
        {"temperature": 0.0},
        {"weights": np.full((3, 4), np.nan, np.float32)},
    ],
)
def test_parts_that_do_not_fit_together_make_no_head(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        head(**wrong)


def test_classes_that_lie_apart_are_learned_and_named() -> None:
    vectors, labels, records = catalogue({"ваза": 12, "монета": 8, "икона": 20})
    fitted = classifier.fit(vectors, labels, records, translations={"монета": {"en": "coin"}, "нет": {"en": "none"}})
    assert fitted.missing is None and fitted.head is not None
    assert fitted.report["balanced_accuracy"] > 0.95 and fitted.report["objects"] == 40
    assert fitted.report["classes"] == {"ваза": 12, "икона": 20, "монета": 8}
    told = [fitted.head.classify(vector).name for vector in vectors]
    assert np.mean([name == label for name, label in zip(told, labels, strict=True)]) > 0.95
    assert fitted.head.translations == {"монета": {"en": "coin"}}


def test_figures_are_of_objects_that_were_not_seen() -> None:
    """Classes without any common trait: whoever sees another image of the object would still be right."""
    vectors, labels, records = catalogue({"а": 20, "б": 20}, images=6, noise=0.05, own=1.0)
    labels = [("а", "б")[int(record) % 2] for record in records]
    figures = classifier.fit(vectors, labels, records).report
    assert figures["balanced_accuracy"] < 0.75
    assert set(figures["recall"]) == {"а", "б"}


def test_a_rare_class_counts_as_much_as_a_frequent_one() -> None:
    vectors, labels, records = catalogue({"редкая": 6, "частая": 120}, noise=0.3, own=0.4, seed=2)
    figures = classifier.fit(vectors, labels, records).report
    assert figures["recall"]["редкая"] > 0.8
    assert figures["balanced_accuracy"] == pytest.approx(np.mean(list(figures["recall"].values())), abs=1e-3)


def test_probabilities_are_about_as_often_right_as_they_say() -> None:
    vectors, labels, records = catalogue({"а": 150, "б": 150, "в": 150}, images=1, noise=1.2, own=1.5, seed=3)
    fitted = classifier.fit(vectors[::2], labels[::2], records[::2])
    assert fitted.head is not None
    shares = fitted.head.probabilities(vectors[1::2])
    right = np.array(fitted.head.classes)[shares.argmax(axis=1)] == np.array(labels[1::2])
    assert 0.5 < right.mean() < 0.99
    assert abs(shares.max(axis=1).mean() - right.mean()) < 0.08


def test_classes_of_fewer_than_three_objects_are_left_out_and_named() -> None:
    vectors, labels, records = catalogue({"ваза": 9, "монета": 6, "печать": 3, "маска": 2})
    fitted = classifier.fit(vectors, labels, records)
    assert fitted.head is not None and fitted.head.classes == ("ваза", "монета", "печать")
    assert fitted.report["dropped"] == {"маска": 2} and fitted.report["folds"] == 3


@pytest.mark.parametrize("objects", [{}, {"ваза": 50}, {"ваза": 50, "монета": 4}, {"ваза": 4, "монета": 4, "икона": 4}])
def test_too_few_labels_make_no_head_and_say_so(objects: dict[str, int]) -> None:
    vectors, labels, records = catalogue(objects)
    fitted = classifier.fit(vectors, labels, records)
    assert fitted.head is None and fitted.missing == "too_few_labels"


def test_images_do_not_stand_in_for_objects() -> None:
    vectors, labels, records = catalogue({"ваза": 4, "монета": 4}, images=20)
    assert classifier.fit(vectors, labels, records).missing == "too_few_labels"


def test_the_same_labels_give_the_same_head() -> None:
    given = catalogue({"ваза": 12, "монета": 8})
    first, second = classifier.fit(*given), classifier.fit(*given)
    assert first.head is not None and second.head is not None
    assert first.head.to_bytes() == second.head.to_bytes() and first.report == second.report


def test_two_classes_get_probabilities_that_sum_to_one() -> None:
    vectors, labels, records = catalogue({"ваза": 12, "монета": 8})
    fitted = classifier.fit(vectors, labels, records)
    assert fitted.head is not None
    verdict = fitted.head.classify(vectors[0])
    assert verdict.name == labels[0]
    assert verdict.probability + verdict.alternatives[0][1] == pytest.approx(1.0)


def test_a_large_catalogue_is_thinned_out_where_it_is_thickest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "MOST_IMAGES", 90)
    vectors, labels, records = catalogue({"редкая": 5, "частая": 100}, images=3)
    fitted = classifier.fit(vectors, labels, records)
    assert fitted.report["images"] == 90 and fitted.report["recall"]["редкая"] > 0.5


def test_of_very_many_classes_those_with_the_most_objects_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier, "_MOST_CLASSES", 3)
    vectors, labels, records = catalogue({"маска": 4, "ваза": 12, "чаша": 5, "икона": 7, "блюдо": 5})
    fitted = classifier.fit(vectors, labels, records)
    assert fitted.head is not None and fitted.head.classes == ("блюдо", "ваза", "икона")
    assert fitted.report["dropped"] == {"маска": 4, "чаша": 5}


def test_of_many_classes_fewer_pictures_each_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "_MOST_LOGITS", 400)
    for classes in (4, 10):
        given = catalogue({f"класс {number}": 30 for number in range(classes)}, images=1)
        assert classifier.fit(*given, kind="prototype").report["images"] == 400 // classes


def test_no_class_loses_its_objects_where_pictures_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {f"класс {number:02}": 5 for number in range(20)}
    monkeypatch.setattr(examples, "MOST_IMAGES", 4 * len(many))
    vectors, labels, records = catalogue(many, images=9)
    fitted = classifier.fit(vectors, labels, records, kind="prototype")
    assert (fitted.report["folds"], fitted.report["objects"]) == (4, 4 * len(many))


def test_many_classes_that_have_almost_everything_in_common_are_told_apart() -> None:
    names = [f"класс {number:02}" for number in range(60)]
    vectors, labels, records = catalogue(dict.fromkeys(names, 5), noise=0.1, own=0.1)
    alike = vectors + 10 * np.ones(32, np.float32) / 32**0.5
    alike /= np.linalg.norm(alike, axis=1, keepdims=True)
    assert classifier.fit(alike, labels, records, kind="logistic").report["balanced_accuracy"] > 0.95


def test_a_head_has_the_same_id_wherever_it_is_read_and_another_one_once_an_answer_may_change() -> None:
    made = head()
    assert LinearHead.from_bytes(made.to_bytes()).id == made.id and len(made.id) == 16
    changes: list[dict[str, object]] = [
        {"classes": ("ваза", "монета", "маска")},
        {"weights": made.weights * 2},
        {"bias": made.bias + 1},
        {"temperature": 1.0},
    ]
    assert len({made.id, *(head(**change).id for change in changes)}) == 1 + len(changes)
    assert head(translations={}).id == made.id


def test_the_class_that_was_served_is_told_where_it_is_of_the_snapshot_s_head() -> None:
    vector = np.array([1, 0, 0, 0], np.float32)
    served = encoded(head(), vector)
    assert served.class_by(head()) == head().classify(vector)
    changed = dataclasses.replace(served, probabilities=np.array([[0.1, 0.2, 0.7]], np.float32))
    assert changed.class_by(head()).name == "икона"


def test_the_class_of_another_head_is_never_told() -> None:
    """The head that is served is older than the snapshot: the snapshot's own is applied."""
    vector = np.array([1, 0, 0, 0], np.float32)
    newer = head(classes=("чаша", "медаль", "образ"), weights=np.roll(head().weights, 1, axis=0))
    assert newer.classify(vector).name == "медаль"
    assert encoded(head(), vector).class_by(newer) == newer.classify(vector)
    assert Encoded(embeddings=vector[None]).class_by(newer).name == "медаль"
