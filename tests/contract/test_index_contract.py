"""What every vector index must do: find the nearest, take up what is new, and never serve what is damaged."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import resource

import numpy as np
import numpy.typing as npt
import pytest

from vitrine import errors
from vitrine.adapters import faiss_build, snapshot_manifests
from vitrine.adapters.faiss_index import FaissIndex
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.classifier import LinearHead
from vitrine.domain import RecordContent
from vitrine.exam import Exam
from vitrine.ports import Catalogue, SnapshotNotes
from vitrine.verdict import Calibration, Thresholds

MODEL = "net@0123456789abcdef"
DIMENSION = 16


class House:
    """A catalogue with embeddings, a snapshot folder and an index over both."""

    def __init__(self, root: pathlib.Path, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.snapshots = SnapshotFolder(root)
        self.record, _ = self.catalogue.put_record(RecordContent(external_id="r"))
        self.heads = HeadFolder(root.with_name("heads"))
        self.index = self.opened()

    def opened(self) -> FaissIndex:
        """As another process has it."""
        return FaissIndex(
            model_id=MODEL,
            dimension=DIMENSION,
            snapshots=self.snapshots,
            heads=self.heads,
            catalogue=self.catalogue,
        )

    def add(self, vectors: npt.NDArray[np.float32], model_id: str = MODEL) -> list[int]:
        before = self.catalogue.counts(model_id).images
        ids = [
            self.catalogue.add_image(
                self.record, sha256=f"{before + number:064x}", width=1, height=1, source=f"{before + number}"
            )[0]
            for number in range(len(vectors))
        ]
        self.catalogue.add_embeddings(model_id, dict(zip(ids, vectors, strict=True)))
        return ids

    def snapshot(self, calibration: Calibration | None = None) -> None:
        rows = self.catalogue.embeddings_after(MODEL, 0, 1_000_000)
        image_ids = np.array([row.image_id for row in rows], np.int64)
        draft = self.snapshots.draft(MODEL, image_ids, np.stack([row.vector for row in rows]))
        draft.publish(
            SnapshotNotes(
                watermark=rows[-1].sequence,
                calibration=calibration or Calibration.default(),
                head=None,
                class_missing="too_few_labels",
                class_report={},
            )
        )


@pytest.fixture
def house(tmp_path: pathlib.Path, catalogue: Catalogue) -> House:
    return House(tmp_path / "snapshots", catalogue)


def unit(count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def found(house: House, query: npt.NDArray[np.float32], k: int) -> list[int]:
    return [neighbour.image_id for neighbour in house.index.view().search(query, k)]


def test_an_index_without_anything_says_so(house: House) -> None:
    house.index.refresh()
    with pytest.raises(errors.IndexNotReady, match="indexer"):
        house.index.view()


def test_what_is_shown_again_is_found_and_found_once(house: House) -> None:
    vectors = unit(20)
    ids = house.add(vectors)
    house.snapshot()
    house.index.refresh()
    for _ in range(2):
        house.catalogue.withdraw(house.record)
        house.catalogue.put_record(RecordContent(external_id="r"))
        house.index.refresh()
        neighbours = found(house, vectors[3], 20)
        assert neighbours[0] == ids[3]
        assert sorted(neighbours) == sorted(ids)


def test_the_nearest_come_first_with_their_inner_products(house: House) -> None:
    vectors = unit(50)
    ids = house.add(vectors)
    house.snapshot()
    house.index.refresh()
    neighbours = house.index.view().search(vectors[7], 5)
    wanted = np.argsort(-(vectors @ vectors[7]))[:5]
    assert [neighbour.image_id for neighbour in neighbours] == [ids[number] for number in wanted]
    assert neighbours[0].similarity == pytest.approx(1, abs=1e-5)


def test_what_was_embedded_after_the_snapshot_is_found_beside_it(house: House) -> None:
    old = house.add(unit(20))
    house.snapshot()
    house.index.refresh()
    later = unit(5, seed=1)
    new = house.add(later)
    assert new[2] not in found(house, later[2], 25)
    house.index.refresh()
    assert found(house, later[2], 1) == [new[2]]
    assert set(found(house, later[2], 100)) == {*old, *new}


def test_each_image_is_found_once_after_a_new_snapshot(house: House) -> None:
    house.add(unit(20))
    house.snapshot()
    house.add(unit(5, seed=1))
    house.index.refresh()
    first = house.index.view().snapshot
    house.snapshot()
    house.index.refresh()
    assert house.index.view().snapshot != first
    everything = found(house, unit(1)[0], 100)
    assert len(everything) == len(set(everything)) == 25


def test_a_view_stays_as_it_was_while_the_index_moves_on(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    house.index.refresh()
    view = house.index.view()
    house.add(unit(10, seed=1))
    house.snapshot()
    house.index.refresh()
    assert (view.size, house.index.view().size) == (10, 20)
    assert len(view.search(unit(1)[0], 100)) == 10


def test_views_of_what_has_no_snapshot_stay_as_they_were_while_more_comes(house: House) -> None:
    vectors = unit(12)
    ids: list[int] = []
    views = []
    for some in np.split(vectors, [1, 2, 5, 6, 7]):
        ids += house.add(some)
        house.index.refresh()
        views.append((house.index.view(), len(ids)))
    for view, size in views:
        wanted = np.argsort(-(vectors[:size] @ vectors[0]))
        assert [neighbour.image_id for neighbour in view.search(vectors[0], 100)] == [ids[row] for row in wanted]


def test_what_is_new_is_not_copied_at_every_refresh(house: House) -> None:
    house.add(unit(20))
    house.index.refresh()
    house.add(unit(1, seed=1))
    house.index.refresh()
    before = house.index.view()
    house.add(unit(1, seed=2))
    house.index.refresh()
    assert np.shares_memory(before.delta.vectors, house.index.view().delta.vectors)


def test_of_equals_those_that_came_first_are_found(house: House) -> None:
    same, other = unit(2)
    ids = house.add(np.stack([other, same, same, same, same]))
    house.index.refresh()
    assert sorted(found(house, same, 3)) == ids[1:4]


def test_embeddings_of_another_model_are_never_found(house: House) -> None:
    ids = house.add(unit(3))
    house.add(unit(3, seed=1), model_id="other@0000000000000000")
    house.index.refresh()
    assert set(found(house, unit(1)[0], 10)) == set(ids)


@pytest.mark.parametrize("file", ["index.faiss", "ids.npy"])
def test_a_damaged_snapshot_is_not_served_and_the_one_before_stays(house: House, file: str) -> None:
    house.add(unit(10))
    house.snapshot()
    house.index.refresh()
    before = house.index.view().snapshot
    house.add(unit(5, seed=1))
    house.snapshot()
    newest = next(house.snapshots._root.glob(f"{MODEL}/{house.snapshots.current_name(MODEL)}/{file}"))
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 1
    newest.write_bytes(data)
    with pytest.raises(errors.DamagedSnapshot, match=file):
        house.snapshots.verify(MODEL)
    started_now = house.opened()
    for index in (house.index, started_now, started_now):
        index.refresh()
        assert index.view().snapshot == before
        assert index.view().size == 15


def test_a_name_that_is_no_text_is_a_damaged_snapshot_and_what_was_stays(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    house.index.refresh()
    before = house.index.view().snapshot
    current = house.snapshots._root / MODEL / "current"
    current.write_bytes(b"\xff")
    with pytest.raises(errors.DamagedSnapshot, match="indexer build"):
        house.snapshots.verify(MODEL)
    house.add(unit(5, seed=1))
    house.index.refresh()
    assert (house.index.view().snapshot, house.index.view().size) == (before, 15)
    current.write_text(before)
    house.snapshots.verify(MODEL)


def test_a_name_that_cannot_be_read_now_is_read_later(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    current = house.snapshots._root / MODEL / "current"
    name = current.read_text()
    current.unlink()
    # A folder in its place is refused by the system whoever reads, root too.
    current.mkdir()
    with pytest.raises(errors.DependencyUnavailable, match="current cannot be read"):
        house.index.refresh()
    current.rmdir()
    current.write_text(name)
    house.index.refresh()
    assert house.index.view().snapshot == name


def test_a_calibration_by_another_way_of_counting_inliers_is_not_used(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.add(unit(10))
    measured = Calibration(records=10, thresholds=Thresholds(object_inliers=7.0))
    house.snapshot(measured)
    house.index.refresh()
    assert house.index.view().calibration == measured
    assert "indexer build" not in caplog.text
    house.snapshot(dataclasses.replace(measured, check="rootsift"))
    house.index.refresh()
    assert house.index.view().calibration == Calibration.default(10)
    assert "python -m indexer build" in caplog.text


def test_a_manifest_that_says_nothing_of_its_index_is_damaged(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    manifest = next(house.snapshots._root.glob("*/*/manifest.json"))
    manifest.write_text(json.dumps(json.loads(manifest.read_text(encoding="utf-8")) | {"index": {}}), encoding="utf-8")
    with pytest.raises(errors.DamagedSnapshot, match=r"no index\.kind, index\.recall_at_10"):
        house.snapshots.current(MODEL)


@pytest.mark.parametrize("left", [None, "", "[]", '{"format": 1}', '{"format": 1, "name": 5, "files": []}'])
def test_a_snapshot_whose_manifest_is_gone_or_not_one_is_damaged(house: House, left: str | None) -> None:
    house.add(unit(10))
    house.snapshot()
    manifest = next(house.snapshots._root.glob("*/*/manifest.json"))
    if left is None:
        manifest.unlink()
    else:
        manifest.write_text(left)
    for ask in (house.snapshots.verify, house.snapshots.current):
        with pytest.raises(errors.DamagedSnapshot, match="Run: python -m indexer build"):
            ask(MODEL)
    house.index.refresh()
    assert house.index.view().snapshot == ""
    house.snapshot()
    house.index.refresh()
    assert house.index.view().snapshot == house.snapshots.verify(MODEL)["name"]


@pytest.mark.parametrize("room", [0, 100, 800])
def test_a_disk_that_is_full_leaves_nothing_half_and_what_is_served(house: House, room: int) -> None:
    house.add(unit(10))
    house.snapshot()
    before = house.snapshots.verify(MODEL)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses a file's bytes beyond so many, as it does where a disk is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, unlimited[1]))
    try:
        with pytest.raises(errors.DependencyUnavailable, match=r"too large.*Make room"):
            house.snapshot()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert house.snapshots.verify(MODEL) == before
    folder = house.snapshots._root / MODEL
    assert {path.name for path in folder.iterdir()} == {before["name"], "current"}
    (folder / ".new-left-by-a-killed-build").mkdir()
    house.snapshot()
    assert house.snapshots.verify(MODEL)["name"] != before["name"]
    assert not list(folder.glob(".new-*"))


def test_a_snapshot_that_is_whole_and_no_index_is_damaged(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    folder = next(house.snapshots._root.glob("*/*/index.faiss")).parent
    (folder / "index.faiss").write_bytes(b"nothing of ours")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["index.faiss"] = snapshot_manifests.described(folder / "index.faiss")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(errors.DamagedSnapshot, match="cannot be opened"):
        house.snapshots.open(MODEL, folder.name)


@pytest.mark.parametrize(
    ("count", "dimension", "kind"),
    [
        (100, 256, "Flat"),
        (100_000, 256, "PQ128x4fs,RFlat"),
        (100_000, 1280, "PQ640x4fs,RFlat"),
        (40_000_000, 512, "IVF25298,PQ256x4fs,Refine(SQ8)"),
    ],
)
def test_the_index_type_follows_the_count(count: int, dimension: int, kind: str) -> None:
    assert faiss_build.index_kind(count, dimension) == kind


def test_a_compressed_index_finds_what_an_exact_one_finds() -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((200, 32))
    vectors = (centres[rng.integers(0, 200, 12_000)] + 0.5 * rng.standard_normal((12_000, 32))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    built = faiss_build.build(vectors)
    assert built.kind == "PQ16x4fs,RFlat"
    assert built.recall_at_10 > 0.95


def linear_head(seed: int) -> LinearHead:
    weights = np.random.default_rng(seed).normal(size=(2, DIMENSION)).astype(np.float32)
    return LinearHead(classes=("ваза", "монета"), weights=weights, bias=np.zeros(2, np.float32))


def add_head(house: House, head: LinearHead) -> int:
    exam = Exam(
        vectors=unit(2), classes=np.arange(2), objects=np.arange(2), logits=np.eye(2, dtype=np.float32) + head.bias
    )
    report: dict[str, object] = {"kind": "logistic", "classes": {}, "balanced_accuracy": None, "recall": {}}
    return house.heads.add(MODEL, head, exam, {"origin": "fit", "parent": None, "added": {}, "report": report})


def test_a_head_that_is_activated_is_taken_up_and_a_rolled_back_one_comes_back(house: House) -> None:
    house.add(unit(10))
    house.snapshot()
    house.index.refresh()
    assert (house.index.view().head, house.index.view().class_missing) == (None, "too_few_labels")
    heads = [linear_head(1), linear_head(2)]
    for version in [add_head(house, head) for head in heads]:
        before = house.index.view()
        house.heads.activate(MODEL, version, how="gate")
        house.index.refresh()
        view = house.index.view()
        assert view.head is not None and view.head.id == heads[version - 1].id
        assert (view.head_version, view.class_missing) == (version, None)
        assert before.head_version != version
    house.heads.roll_back(MODEL)
    house.index.refresh()
    assert house.index.view().head_version == 1
    # A new snapshot is no reason to leave the version that is active.
    house.snapshot()
    house.index.refresh()
    assert house.index.view().head_version == 1


def test_a_damaged_version_is_not_served_and_the_one_before_stays(house: House) -> None:
    house.add(unit(10))
    house.heads.activate(MODEL, add_head(house, linear_head(1)), how="gate")
    house.index.refresh()
    house.heads.activate(MODEL, add_head(house, linear_head(2)), how="gate")
    path = next(house.heads._root.glob("*/2/head.npz"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    house.index.refresh()
    assert house.index.view().head_version == 1 and house.index.view().size == 10
    house.heads.roll_back(MODEL)
    house.index.refresh()
    assert house.index.view().head_version == 1
