"""`python -m registry`: models come in whole, are told about, are verified and go again."""

from __future__ import annotations

import pathlib
import shutil

import pytest
import yaml

from registry.__main__ import main
from tests.contract import encoders
from vitrine.settings import MODELS


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VITRINE_MODEL", "vitrine-s")
    monkeypatch.delenv("VITRINE_DATABASE_URL", raising=False)
    return tmp_path / "home"


@pytest.fixture
def described(tmp_path: pathlib.Path) -> pathlib.Path:
    """A model with text tower, provenance and card, as `python -m modelling export` writes it."""
    (folder := tmp_path / "exported").mkdir()
    written = encoders.write_model(folder)
    document = yaml.safe_load(written.read_text())
    document |= {
        "licence": "MIT",
        "text": {"file": "net.text.onnx", "tokenizer": "net.tokenizer.json", "input": "tokens", "output": "embedding"},
        "provenance": {"source": "https://example.org/weights", "sha256": "0" * 64},
        "metrics": {"image_cosine_to_torch": 0.99999},
    }
    made = folder / f"{document['id']}.yaml"
    made.write_text(yaml.safe_dump(document))
    made.with_suffix(".md").write_text("# The card\n")
    for name in ("net.text.onnx", "net.tokenizer.json"):
        (folder / name).write_bytes(name.encode())
    return made


def test_a_model_comes_in_is_told_about_and_goes(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = described.stem
    for _ in range(2):
        assert main(["add", str(described)]) == 0
        assert f"VITRINE_MODEL={name}" in capsys.readouterr().out
    shutil.rmtree(described.parent)
    assert main(["list"]) == 0
    assert capsys.readouterr().out.startswith(f"{name}@")
    assert main(["show", name]) == 0
    said = capsys.readouterr().out
    assert all(told in said for told in ("MIT", "example.org", "0.99999", "# The card", "net.tokenizer.json"))
    assert main(["verify"]) == 0
    assert main(["remove", name]) == 0
    assert not list((home / "models").iterdir())
    assert main(["show", name]) == 66
    assert "python -m registry list" in capsys.readouterr().err


def test_a_file_that_changed_or_went_is_found(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    (home / "models" / "net.text.onnx").write_bytes(b"damaged")
    (home / "models" / "net.tokenizer.json").unlink()
    assert main(["verify", described.stem]) == 65
    said = capsys.readouterr()
    assert "net.text.onnx has changed" in said.out and "net.tokenizer.json is missing" in said.out
    assert "add it again" in said.err


def test_another_model_of_the_same_name_is_refused(described: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", str(described)]) == 0
    document = yaml.safe_load(described.read_text())
    document["resize"]["mode"] = "squash"
    described.write_text(yaml.safe_dump(document))
    assert main(["add", str(described)]) == 65
    assert "remove that one first" in capsys.readouterr().err
    assert main(["verify"]) == 0


def test_a_text_tower_that_is_incomplete_is_refused(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described.with_name("net.tokenizer.json").unlink()
    assert main(["add", str(described)]) == 78
    assert "net.tokenizer.json must lie beside" in capsys.readouterr().err
    assert not (home / "models").exists()


def test_the_shipped_model_stays_where_it_is_and_what_is_served_is_not_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "vitrine-s"]) == 0
    assert main(["verify", "vitrine-s"]) == 0
    assert main(["remove", "vitrine-s"]) == 65
    assert "VITRINE_MODEL" in capsys.readouterr().err
    monkeypatch.setenv("VITRINE_MODEL", "another")
    assert main(["remove", "vitrine-s"]) == 0
    assert "0 files deleted" in capsys.readouterr().out
    assert (MODELS / "vitrine-s.onnx").is_file()
