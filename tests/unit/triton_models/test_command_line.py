"""`python -m triton_models`: what it writes, and what it says where something is missing."""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import pathlib
import shutil
from typing import Any

import numpy as np
import onnx
import pytest
import yaml

from tests import colour_model
from tests.servers.triton_repository import head, shipped_model
from triton_models.__main__ import main
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.classifier import LinearHead
from vitrine.plans import Machine, PlanNotes
from vitrine.ports import SnapshotNotes
from vitrine.settings import ROOT
from vitrine.verdict import Calibration

NOTES = PlanNotes(
    model_id=shipped_model().model_id,
    precision="fp16",
    smallest_batch=1,
    largest_batch=64,
    machine=Machine(gpu="card A", tensorrt="11.0.1"),
    sha256=hashlib.sha256(b"plan").hexdigest(),
    cosine=0.9999,
)


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("VITRINE_HOME", str(folder))
    monkeypatch.setenv("VITRINE_MODEL", "vitrine-s")
    return folder


def publish(home: pathlib.Path, head: LinearHead | None) -> pathlib.Path:
    """A snapshot of noise with this head; returns its folder."""
    model_id = shipped_model().model_id
    vectors = np.eye(16, 256, dtype=np.float32)
    draft = SnapshotFolder(home / "snapshots").draft(model_id, np.arange(16), vectors)
    notes = SnapshotNotes(
        watermark=16, calibration=Calibration.default(), head=head, class_missing=None, class_report={}
    )
    return home / "snapshots" / model_id / str(draft.publish(notes)["name"])


def served_head(repository: pathlib.Path, version: int) -> str:
    graph = onnx.load(repository / "classifier" / str(version) / "model.onnx")
    head_id: str = next(entry.value for entry in graph.metadata_props if entry.key == "head_id")
    return head_id


def test_the_classifier_of_the_current_snapshot_is_served(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    made, out = head(256), tmp_path / "models"
    publish(home, made)
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    assert served_head(out, 1) == made.id
    assert (out / "classifier" / "labels.txt").read_text().split("\n")[:3] == list(made.classes)
    assert made.id in (out / "classifier" / "config.pbtxt").read_text()
    assert shipped_model().model_id in (out / "vitrine" / "config.pbtxt").read_text()
    # Rendering is no reason for any of it to change.
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    assert before == {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["vitrine", ".vitrine", "embedder", "classifier", "decoder", "vitrine_jpeg"])
def test_a_folder_that_was_not_rendered_is_never_replaced(
    name: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    museum = tmp_path / "srv" / name / "catalogue.sqlite3"
    arguments = ["render", "--target", "cpu", "--out", str(tmp_path / "srv")]
    for rendered in (False, True):
        # In a rendered repository as well: a model of somebody else's may have come to lie beside ours.
        if rendered:
            assert main(arguments) == 0
            shutil.rmtree(tmp_path / "srv" / name, ignore_errors=True)
        museum.parent.mkdir(parents=True)
        museum.write_text("everything")
        (museum.parent / "config.pbtxt").write_text('name: "theirs"')
        before = sorted(tmp_path.rglob("*"))
        assert main(arguments) == (0 if name == ".vitrine" else 78)
        assert museum.read_text() == "everything"
        if name != ".vitrine":
            assert f"{museum.parent} was not rendered" in capsys.readouterr().err
            assert sorted(tmp_path.rglob("*")) == before
        shutil.rmtree(museum.parent)


def test_the_templates_are_no_rendered_repository(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "triton_models", tmp_path / "triton_models")
    assert main(["render", "--target", "cpu", "--out", str(tmp_path / "triton_models")]) == 78
    assert "was not rendered" in capsys.readouterr().err


def test_a_newer_head_becomes_a_new_version_and_the_one_before_stays(
    home: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    out = tmp_path / "models"
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    heads = [head(256, classes=classes) for classes in (3, 4, 5)]
    for made in heads:
        publish(home, made)
        assert main(["head", "--out", str(out)]) == 0
    assert sorted(path.name for path in (out / "classifier").iterdir() if path.is_dir()) == ["3", "4"]
    assert [served_head(out, version) for version in (3, 4)] == [heads[1].id, heads[2].id]
    assert len((out / "classifier" / "labels.txt").read_text().splitlines()) == 5
    assert "dims: [ 5 ]" in (out / "classifier" / "config.pbtxt").read_text()


def test_a_head_that_cannot_be_written_leaves_nothing_that_triton_would_load(
    home: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_graph: onnx.ModelProto, place: pathlib.Path) -> None:
        place.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "models"
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    there = sorted(path for path in out.rglob("*"))
    monkeypatch.setattr(onnx, "save", full)
    assert main(["head", "--out", str(out)]) == 1
    assert sorted(path for path in out.rglob("*")) == there


def test_a_snapshot_that_is_named_is_the_one(home: pathlib.Path, tmp_path: pathlib.Path) -> None:
    older, newer = head(256, seed=1), head(256, seed=2)
    folder = publish(home, older)
    publish(home, newer)
    out = tmp_path / "models"
    assert main(["render", "--target", "cpu", "--out", str(out), "--snapshot", str(folder)]) == 0
    assert served_head(out, 1) == older.id


def test_a_damaged_snapshot_that_is_named_is_refused(
    home: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = publish(home, head(256))
    (folder / "classifier.npz").write_bytes(b"damaged")
    arguments = ["render", "--target", "cpu", "--out", str(tmp_path / "models"), "--snapshot", str(folder)]
    assert main(arguments) == 78
    assert "damaged" in capsys.readouterr().err


@pytest.mark.parametrize("damaged", ["snapshot", "version"])
def test_a_classifier_that_is_damaged_keeps_no_triton_from_starting(
    damaged: str, home: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if damaged == "snapshot":
        (publish(home, head(256)) / "classifier.npz").write_bytes(b"damaged")
    else:
        heads = home / "heads" / shipped_model().model_id
        heads.mkdir(parents=True)
        (heads / "activations.json").write_text("damaged")
    assert main(["render", "--target", "cpu", "--out", str(tmp_path / "models")]) == 0
    told = capsys.readouterr()
    assert "without a classifier head" in told.out and "workers use what they have" in told.err


def test_a_snapshot_of_another_model_is_refused(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "snapshots" / "other@0000000000000000" / "20260101T000000Z-abcdef"
    arguments = ["render", "--target", "cpu", "--out", str(tmp_path / "models"), "--snapshot", str(other)]
    assert main(arguments) == 78
    assert "no snapshot of vitrine-s@" in capsys.readouterr().err


def test_a_head_is_not_added_to_a_repository_of_another_model(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models"
    assert main(["head", "--out", str(out)]) == 78
    assert "Render it first" in capsys.readouterr().err
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    values = json.loads((out / "rendered.json").read_text())
    (out / "rendered.json").write_text(json.dumps({**values, "model_id": "other@0000000000000000"}))
    assert main(["head", "--out", str(out)]) == 78
    assert "serves other@" in capsys.readouterr().err


@pytest.mark.parametrize("damaged", ["[]", "{}", '{"model_id": 1}', "\xff", "several"])
def test_a_repository_whose_values_are_damaged_takes_no_head(
    damaged: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "models"
    assert main(["render", "--target", "cpu", "--out", str(out)]) == 0
    whole = json.loads((out / "rendered.json").read_text())
    text = json.dumps({**whole, "dimension": "several"}) if damaged == "several" else damaged
    (out / "rendered.json").write_text(text, encoding="latin-1")
    assert main(["head", "--out", str(out)]) == 78
    assert "Render it" in capsys.readouterr().err


def test_fewer_than_no_instances_are_refused(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", "--target", "cpu", "--instances", "-1", "--out", str(tmp_path / "models")]
    assert main(arguments) == 78
    assert "--instances" in capsys.readouterr().err


def test_without_a_plan_it_says_how_to_build_one(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["render", "--target", "gpu", "--out", str(tmp_path / "models")]
    assert main(arguments) == 78
    (tmp_path / "empty.plan").touch()
    assert main([*arguments, "--plan", str(tmp_path / "empty.plan")]) == 78
    assert "empty.plan, or nothing in it" in capsys.readouterr().err
    assert main(arguments) == 78
    assert main([*arguments, "--plan", str(tmp_path / "missing.plan")]) == 78
    said = capsys.readouterr().err
    assert "--plan model.plan" in said and "missing.plan" in said and "trtexec --onnx=embedder.onnx" in said
    assert "python -m triton_models graph" in said
    assert not (tmp_path / "models").exists()


def test_the_graph_for_the_plan_takes_pixels(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "embedder.onnx"
    assert main(["graph", "--out", str(out)]) == 0
    (source,) = onnx.load(out).graph.input
    assert source.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert "--maxShapes=image:32x224x224x3" in capsys.readouterr().out


def test_a_graph_that_could_not_be_rendered_is_not_built_from(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described = colour_model.write(tmp_path / "my models", text=False)
    out = tmp_path / "my graphs" / "embedder.onnx"
    out.parent.mkdir()
    arguments = ["graph", "--model", str(described), "--out", str(out)]
    assert main(arguments) == 0
    assert f"'--onnx={out}'" in capsys.readouterr().out
    out.unlink()
    document = yaml.safe_load(described.read_text())
    described.write_text(yaml.safe_dump(document | {"output": {"name": "embedding", "dimension": 512}}))
    assert main(arguments) == 78
    assert "not 512" in capsys.readouterr().err
    described.write_text(yaml.safe_dump(document))
    graph = described.with_suffix(".onnx")
    graph.write_bytes(graph.read_bytes()[:100])
    assert main(arguments) == 78
    assert "cannot be loaded" in capsys.readouterr().err
    assert not out.exists()


def test_a_plan_is_for_graphics_cards(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "model.plan"
    plan.write_bytes(b"plan")
    assert main(["render", "--target", "cpu", "--plan", str(plan), "--out", str(tmp_path / "models")]) == 78
    assert "--target gpu" in capsys.readouterr().err
    assert main(["render", "--target", "gpu", "--plan", str(plan), "--out", str(tmp_path / "models")]) == 0
    assert (tmp_path / "models" / "embedder" / "1" / "model.plan").read_bytes() == b"plan"
    assert "tensorrt_plan" in (tmp_path / "models" / "embedder" / "config.pbtxt").read_text()


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({}, ""),
        ({"machine": Machine(gpu="card A", tensorrt="10.13.3")}, "TensorRT 10.13.3, not 11.0.1"),
        ({"machine": Machine(gpu="card B", tensorrt="11.0.1")}, "card B, not card A"),
        ({"model_id": "other@0000000000000000"}, "of the model other@"),
        ({"sha256": "0" * 64}, "not the one that was checked"),
        ({"largest_batch": 8}, "at most 8"),
        ({"smallest_batch": 4}, "batches of 4 at least, and 1 will be asked"),
    ],
)
def test_a_plan_of_another_tensorrt_card_or_model_is_refused(
    wrong: dict[str, Any], told: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "model.plan"
    plan.write_bytes(b"plan")
    plan.with_suffix(".json").write_text(dataclasses.replace(NOTES, **wrong).to_text())
    arguments = ["render", "--target", "gpu", "--plan", str(plan), "--out", str(tmp_path / "models")]
    status = main([*arguments, "--gpu", "card A", "--tensorrt", "11.0.1"])
    said = capsys.readouterr().err
    assert (status, told in said) == (78 if told else 0, True)
    assert ("python -m modelling tensorrt" in said) == bool(told)
    assert "compared" not in said
    assert (tmp_path / "models").exists() != bool(told)


def test_what_could_not_be_compared_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # No nvidia-smi, whatever machine this is.
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = tmp_path / "model.plan"
    plan.write_bytes(b"plan")
    arguments = ["render", "--target", "gpu", "--plan", str(plan), "--out", str(tmp_path / "models")]
    assert main(arguments) == 0
    assert "model.json is missing" in capsys.readouterr().err
    plan.with_suffix(".json").write_text(NOTES.to_text())
    assert main(arguments) == 0
    assert "not compared: graphics card and TensorRT" in capsys.readouterr().err
    assert main([*arguments, "--gpu", "card A"]) == 0
    assert "not compared: TensorRT" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damaged",
    [b'{"model_id": "net"}', b"[]", b"\xff\xfe", NOTES.to_text().replace(": 64", ': "many"').encode()],
)
def test_notes_that_cannot_be_read_are_told(
    damaged: bytes, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "model.plan"
    plan.write_bytes(b"plan")
    plan.with_suffix(".json").write_bytes(damaged)
    assert main(["render", "--target", "gpu", "--plan", str(plan), "--out", str(tmp_path / "models")]) == 78
    assert "Build it again" in capsys.readouterr().err
