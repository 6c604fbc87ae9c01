"""Versions of the classifier: a worse one is refused, a class is added from five pictures, the former comes back."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from indexer.classifier import commands as classifier_commands
from indexer.classifier import examples, fitting
from indexer.classifier.fitting import Fitted
from indexer.classifier.recipes import KINDS
from indexer.classifier.versions import Versions
from indexer.photographs import Ports
from tests.unit.indexer.conftest import index_of
from tests.unit.test_classifier import catalogue as labelled_catalogue
from vitrine import errors
from vitrine.adapters import durable_files
from vitrine.adapters.head_folder import HeadFolder

Floats = npt.NDArray[np.float32]

MODEL = "net@0123456789abcdef"
OBJECTS = {"ваза": 20, "монета": 16, "икона": 12}


class OneProcess:
    """Leases where there is nobody else."""

    @contextlib.contextmanager
    def hold(self, _name: str) -> Iterator[int]:
        yield 1


@pytest.fixture
def versions(tmp_path: pathlib.Path) -> Versions:
    return Versions(heads=HeadFolder(tmp_path / "heads"), leases=OneProcess(), model_id=MODEL)


def added(versions: Versions, fitted: Fitted) -> int:
    return versions.add_fitted(fitted, origin="fit", snapshot=None, watermark=0)


@pytest.fixture(scope="module")
def good() -> Fitted:
    return fitting.fit(*labelled_catalogue(OBJECTS, noise=0.8, own=0.8))


@pytest.fixture(scope="module")
def worse() -> Fitted:
    """The same objects, and a third of their labels wrong."""
    vectors, labels, records = labelled_catalogue(OBJECTS, noise=0.8, own=0.8)
    names = list(OBJECTS)
    wrong = [names[(names.index(label) + 1) % 3] for label in labels]
    mixed = [wrong[row] if records[row] % 3 == 0 else label for row, label in enumerate(labels)]
    return fitting.fit(vectors, mixed, records)


def masks(count: int, seed: int = 7) -> Floats:
    """Pictures of a class that the catalogue does not have."""
    rng = np.random.default_rng(seed)
    vectors = np.random.default_rng(99).normal(size=32) + 0.6 * rng.normal(size=(count, 32))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def active(versions: Versions) -> int:
    manifest = versions.heads.active(MODEL)
    assert manifest is not None
    return int(manifest["version"])


def told(versions: Versions, version: int, vectors: Floats) -> list[str]:
    head = versions.heads.open(MODEL, version).head
    return [head.classes[number] for number in head.probabilities(vectors).argmax(axis=1)]


def share_of_masks(versions: Versions, version: int) -> float:
    """Of other masks than those that were given."""
    return float(np.mean([name == "маска" for name in told(versions, version, masks(40, seed=8))]))


def test_a_worse_version_is_refused_with_the_figures_and_says_how_to_insist(
    versions: Versions, good: Fitted, worse: Fitted
) -> None:
    versions.activate(added(versions, good))
    report = versions.heads.open(MODEL, added(versions, worse)).manifest["report"]
    with pytest.raises(errors.RejectedInput) as refused:
        versions.activate(2)
    assert refused.value.code == "worse_classifier"
    figures = f"{report['balanced_accuracy']:.3f} against {good.report['balanced_accuracy']:.3f} over 3 classes"
    assert figures in refused.value.message and "activate 2 --force REASON" in refused.value.message
    assert active(versions) == 1


def test_who_insists_gives_a_reason_that_is_kept(versions: Versions, good: Fitted, worse: Fitted) -> None:
    versions.activate(added(versions, good))
    versions.activate(added(versions, worse), forced_because="the labels were wrong before")
    assert active(versions) == 2
    last = versions.heads.activations(MODEL)[-1]
    assert (last.version, last.how, last.reason) == (2, "force", "the labels were wrong before")


def test_a_version_without_a_class_in_common_is_refused(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    other = fitting.fit(*labelled_catalogue({"чаша": 9, "медаль": 9}), kind="prototype")
    assert "share no class" in versions.offer(added(versions, other))
    assert active(versions) == 1


def test_a_version_that_most_classes_are_gone_from_is_refused_and_names_them(versions: Versions) -> None:
    many = {f"класс {number:02}": 6 for number in range(13)}
    vectors, labels, records = labelled_catalogue(many, noise=0.5, own=0.5)
    versions.activate(added(versions, fitting.fit(vectors, labels, records, kind="prototype")))
    kept = sorted(many)[:2]
    wrong = [label if label in kept else "предмет" for label in labels]
    mapped_wrongly = added(versions, fitting.fit(vectors, wrong, records, kind="prototype"))
    assert "never finds: класс 02, класс 03" in versions.offer(mapped_wrongly)
    assert active(versions) == 1
    assert versions.activate(mapped_wrongly, forced_because="typologies are merged") == sorted(many)[2:]


def test_a_class_that_was_added_by_hand_does_not_vanish_behind_another(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    first, second = versions.add_class("маска", masks(5), {}), versions.add_class("лицо", -masks(5), {})
    versions.activate(first)
    with pytest.raises(errors.RejectedInput, match="by hand: маска"):
        versions.activate(second)
    assert versions.offer(second).startswith(f"version {second} is kept")
    assert versions.activate(second, forced_because="no masks any more") == ["маска"]
    assert active(versions) == second


def test_one_small_class_among_very_many_may_go_and_is_named(versions: Versions) -> None:
    many = {f"класс {number:03}": 5 for number in range(120)}
    vectors, labels, records = labelled_catalogue(many, noise=0.2, own=0.2)
    versions.activate(added(versions, fitting.fit(vectors, labels, records, kind="prototype")))
    rest = [row for row, label in enumerate(labels) if label != "класс 007"]
    left = fitting.fit(vectors[rest], [labels[row] for row in rest], records[rest], kind="prototype")
    version = added(versions, left)
    assert versions.offer(version) == f"version {version} is active; no longer known: класс 007"


def test_nobody_else_activates_anything_between_the_parent_and_its_extension(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    held: list[str] = []

    class Watched(OneProcess):
        @contextlib.contextmanager
        def hold(self, name: str) -> Iterator[int]:
            held.append(name)
            yield 1

    alone = dataclasses.replace(versions, leases=Watched())
    assert active(versions) == 1 and alone.add_class("маска", masks(5), {}, activate=True) == active(versions) == 2
    assert held == ["classifier"]


def test_rolling_back_returns_to_the_former_version_and_then_to_the_one_before(
    versions: Versions, good: Fitted
) -> None:
    for _ in range(3):
        versions.activate(added(versions, good))
    assert active(versions) == 3
    assert [versions.roll_back("bad"), versions.roll_back("worse")] == [2, 1]
    assert active(versions) == 1
    with pytest.raises(errors.NotFound, match="nothing to roll back to"):
        versions.roll_back("")
    versions.activate(3)
    assert versions.roll_back("again") == 1


def test_activating_the_active_version_again_does_not_stand_in_the_way_of_a_rollback(
    versions: Versions, good: Fitted
) -> None:
    for version in (added(versions, good), added(versions, good), 2):
        versions.activate(version)
    assert versions.roll_back("") == 1 and active(versions) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_from_five_pictures_is_found_and_old_classes_keep_their_decisions(
    versions: Versions, kind: str
) -> None:
    vectors, labels, records = labelled_catalogue(OBJECTS)
    versions.activate(added(versions, fitting.fit(vectors, labels, records, kind=kind)))
    version = versions.add_class("маска", masks(5), {"en": "mask"})
    versions.activate(version)
    assert share_of_masks(versions, version) >= 0.9
    before, after = told(versions, 1, vectors), told(versions, version, vectors)
    assert np.mean([old == new for old, new in zip(before, after, strict=True)]) >= 0.98
    stored = versions.heads.open(MODEL, version)
    assert stored.manifest["parent"] == 1 and stored.manifest["added"] == {"маска": 5}
    assert stored.manifest["report"]["kept"] >= 0.97 and stored.manifest["report"]["recall"]["маска"] >= 0.8
    assert stored.head.translations["маска"] == {"en": "mask"}


def test_what_is_said_of_old_classes_among_themselves_does_not_change(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    version = versions.add_class("маска", masks(5), {})
    before, after = versions.heads.open(MODEL, 1).head, versions.heads.open(MODEL, version).head
    vectors, _, _ = labelled_catalogue(OBJECTS, seed=3)
    np.testing.assert_allclose(after.logits(vectors)[:, :3], before.logits(vectors), atol=1e-5)


def test_an_added_class_goes_on_in_the_next_version_that_is_fitted(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    versions.activate(versions.add_class("маска", masks(5), {"en": "mask"}))
    version = added(versions, good)
    assert versions.offer(version) == f"version {version} is active"
    assert share_of_masks(versions, version) >= 0.9
    stored = versions.heads.open(MODEL, version)
    assert stored.manifest["added"] == {"маска": 5} and stored.head.translations["маска"] == {"en": "mask"}


def test_the_catalogue_s_own_labels_take_over_from_pictures_by_hand(versions: Versions, good: Fitted) -> None:
    versions.activate(added(versions, good))
    versions.activate(versions.add_class("маска", masks(5), {}))
    own = fitting.fit(*labelled_catalogue({**OBJECTS, "маска": 12}, noise=0.8, own=0.8))
    assert versions.heads.open(MODEL, added(versions, own)).manifest["added"] == {}


def test_a_class_that_looks_like_another_does_not_pass_unnoticed(versions: Versions) -> None:
    vectors, labels, records = labelled_catalogue(OBJECTS, noise=0.8, own=0.8)
    versions.activate(added(versions, fitting.fit(vectors, labels, records)))
    coins = vectors[[row for row, label in enumerate(labels) if label == "монета"][:30:3]]
    version = versions.add_class("жетон", coins, {})
    with pytest.raises(errors.RejectedInput, match="жетон: "):
        versions.activate(version)


@pytest.mark.parametrize(("name", "count", "word"), [("маска", 4, "give 5 or more"), ("ваза", 6, "already")])
def test_what_makes_no_class_is_refused(versions: Versions, good: Fitted, name: str, count: int, word: str) -> None:
    versions.activate(added(versions, good))
    with pytest.raises(errors.RejectedInput, match=word):
        versions.add_class(name, masks(count), {})


def test_without_an_active_version_there_is_nothing_to_extend(versions: Versions) -> None:
    with pytest.raises(errors.RejectedInput, match="indexer build"):
        versions.add_class("маска", masks(5), {})


def test_the_best_kind_on_held_out_objects_is_taken_and_all_are_told(good: Fitted) -> None:
    best = max(tried["balanced_accuracy"] for tried in good.report["tried"])
    assert {tried["kind"] for tried in good.report["tried"]} == set(KINDS)
    assert good.report["balanced_accuracy"] == pytest.approx(best, abs=2e-3)


def test_neighbours_win_where_a_class_is_of_two_kinds() -> None:
    """Opposite corners are one class: no line parts them."""
    rng = np.random.default_rng(0)
    corners = np.array([[1, 1], [-1, -1], [1, -1], [-1, 1]])
    middles = np.repeat(corners, 15, axis=0) + 0.3 * rng.normal(size=(60, 2))
    vectors = middles / np.linalg.norm(middles, axis=1, keepdims=True)
    labels = ["ваза"] * 30 + ["монета"] * 30
    fitted = fitting.fit(vectors.astype(np.float32), labels, np.arange(60))
    assert fitted.report["kind"] == "neighbours" and fitted.report["balanced_accuracy"] > 0.9


def test_no_object_is_on_both_sides_of_a_split() -> None:
    vectors, labels, records = labelled_catalogue(OBJECTS, images=5)
    known = examples.labelled(vectors, labels, records, sorted(OBJECTS), np.random.default_rng(0))
    splits = examples.folds(known, seed=0)
    assert sorted(np.concatenate([held_out for _, held_out in splits])) == list(range(len(labels)))
    for learned, held_out in splits:
        assert not set(known.objects[learned]) & set(known.objects[held_out])


def test_a_damaged_version_is_not_opened_and_not_activated(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path
) -> None:
    versions.activate(added(versions, good))
    version = added(versions, good)
    path = tmp_path / "heads" / MODEL / str(version) / "head.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(errors.DamagedSnapshot, match=r"head\.npz"):
        versions.activate(version)
    assert active(versions) == 1


@pytest.mark.parametrize("file", ["head.npz", "exam.npz", "manifest.json"])
def test_a_damaged_active_version_keeps_no_other_from_its_place(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path, file: str
) -> None:
    versions.activate(added(versions, good))
    (tmp_path / "heads" / MODEL / "1" / file).write_bytes(b"?")
    with pytest.raises(errors.DamagedSnapshot, match=r"classifier rollback, or .* activate N --force"):
        versions.add_class("маска", masks(5), {})
    assert versions.offer(added(versions, good)) == "version 2 is active"


def test_a_manifest_that_cannot_be_read_hides_no_other_version(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        added(versions, good)
    (tmp_path / "heads" / MODEL / "2" / "manifest.json").write_text("{")
    assert [manifest["version"] for manifest in versions.heads.manifests(MODEL)] == [1, 3]
    assert "version 2 of the classifier is left out" in caplog.text


def test_numbers_are_never_used_again_and_what_may_be_rolled_back_to_is_kept(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path
) -> None:
    versions.activate(added(versions, good))
    versions.activate(added(versions, good))
    assert [added(versions, good) for _ in range(12)] == list(range(3, 15))
    assert [manifest["version"] for manifest in versions.heads.manifests(MODEL)] == [1, 2, *range(5, 15)]
    assert versions.roll_back("") == 1
    assert not [path for path in (tmp_path / "heads" / MODEL).iterdir() if path.name.startswith(".")]


def test_a_version_that_the_disk_has_no_room_for_leaves_nothing(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: pathlib.Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable_files, "sync", full)
    with pytest.raises(errors.DependencyUnavailable, match="No space left"):
        added(versions, good)
    assert not list((tmp_path / "heads" / MODEL).iterdir())


@pytest.mark.parametrize("name", ["", "  ", "маска\nлицо"])
def test_what_is_no_line_of_text_names_no_class(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    classifier_commands.add_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["add-class", name, "masks"])
    assert "is no name of a class" in capsys.readouterr().err


def test_a_list_of_activations_that_cannot_be_read_is_named(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path
) -> None:
    versions.activate(added(versions, good))
    path = tmp_path / "heads" / MODEL / "activations.json"
    assert json.loads(path.read_text())[0]["how"] == "gate"
    path.write_text("[{")
    with pytest.raises(errors.DamagedSnapshot, match=r"activations\.json"):
        active(versions)


def test_a_damaged_version_is_not_announced_by_a_rollback(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path
) -> None:
    for _ in range(2):
        versions.activate(added(versions, good))
    path = tmp_path / "heads" / MODEL / "1" / "head.npz"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(errors.DamagedSnapshot, match=r"head\.npz.* Choose another version .* activate N --force"):
        versions.roll_back("")
    assert active(versions) == 2


def test_a_manifest_without_figures_is_damaged_and_hides_no_other_version(
    versions: Versions, good: Fitted, tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        versions.activate(added(versions, good))
    path = tmp_path / "heads" / MODEL / "2" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"report": {}}), encoding="utf-8")
    assert [manifest["version"] for manifest in versions.heads.manifests(MODEL)] == [1]
    assert r"no report.kind, report.classes" in caplog.text
    with pytest.raises(errors.DamagedSnapshot):
        active(versions)


def test_a_folder_of_pictures_that_may_not_be_read_is_named(
    ports: Ports, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_folder: pathlib.Path) -> None:
        raise PermissionError(13, "Permission denied")

    parser = argparse.ArgumentParser()
    classifier_commands.add_options(parser)
    options = parser.parse_args(["add-class", "маска", str(tmp_path)])
    monkeypatch.setattr(pathlib.Path, "iterdir", refused)
    with pytest.raises(errors.RejectedInput, match=f"{tmp_path} cannot be read: Permission denied"):
        classifier_commands.run(options, index_of(ports))
