"""`python -m registry`: models come in whole, are told about, are verified and go again."""

from __future__ import annotations

import datetime
import errno
import pathlib
import shutil
import subprocess
import sys

import onnx
import pytest
import yaml

from registry.__main__ import main
from tests import colour_model
from vitrine.adapters import sql_migrations
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
    return exported(tmp_path / "exported")


def exported(folder: pathlib.Path, **changed: object) -> pathlib.Path:
    made = colour_model.write(folder)
    told = {
        "licence": "MIT",
        "provenance": {"source": "https://example.org/weights", "sha256": "0" * 64},
        "metrics": {"image_cosine_to_torch": 0.99999},
    }
    made.write_text(yaml.safe_dump(yaml.safe_load(made.read_text()) | told | changed))
    made.with_suffix(".md").write_text("# The card\n")
    return made


def sibling(described: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Another model of the same files, as int8 shares the text tower with fp32."""
    shutil.copytree(described.parent, folder)
    other = folder / "other.yaml"
    (folder / described.name).rename(other)
    (folder / "colours.md").rename(folder / "other.md")
    other.write_text(yaml.safe_dump(yaml.safe_load(other.read_text()) | {"id": "other"}))
    return other


def lying(home: pathlib.Path) -> list[str]:
    return sorted(path.name for path in (home / "models").glob("*"))


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
    assert all(told in said for told in ("MIT", "example.org", "0.99999", "# The card", "colours.tokenizer.json"))
    assert main(["verify"]) == 0
    assert main(["remove", name]) == 0
    assert not list((home / "models").iterdir())
    assert main(["show", name]) == 66
    assert "python -m registry list" in capsys.readouterr().err


def test_a_file_that_changed_or_went_is_found(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    (home / "models" / "colours.text.onnx").write_bytes(b"damaged")
    (home / "models" / "colours.tokenizer.json").unlink()
    assert main(["verify", described.stem]) == 65
    said = capsys.readouterr()
    assert "colours.text.onnx has changed" in said.out and "colours.tokenizer.json is missing" in said.out
    assert "add it again" in said.err


def test_another_model_of_the_same_name_is_refused(described: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", str(described)]) == 0
    document = yaml.safe_load(described.read_text())
    document["resize"]["mode"] = "letterbox"
    described.write_text(yaml.safe_dump(document))
    assert main(["add", str(described)]) == 65
    assert "remove that one first" in capsys.readouterr().err
    assert main(["verify"]) == 0


def test_a_text_tower_that_is_incomplete_is_refused(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described.with_name("colours.tokenizer.json").unlink()
    assert main(["add", str(described)]) == 78
    assert "colours.tokenizer.json must lie beside" in capsys.readouterr().err
    assert not (home / "models").exists()


def test_a_model_with_another_ones_file_name_is_refused(
    described: pathlib.Path, tmp_path: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    other = sibling(described, tmp_path / "other")
    graph = onnx.load(other.with_name("colours.onnx"))
    graph.doc_string = "another one"
    other.with_name("colours.onnx").write_bytes(graph.SerializeToString())
    before = lying(home)
    assert main(["add", str(other)]) == 65
    assert "colours.onnx is of another model" in capsys.readouterr().err
    assert lying(home) == before
    assert main(["verify"]) == 0


def test_files_that_another_model_uses_too_stay_until_that_one_goes(
    described: pathlib.Path, tmp_path: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = sibling(described, tmp_path / "other")
    assert main(["add", str(described)]) == main(["add", str(other)]) == 0
    assert main(["remove", "colours"]) == 0
    assert "another model's too" in capsys.readouterr().out
    assert main(["verify", other.stem]) == 0
    assert "colours.md" not in lying(home)
    assert main(["remove", other.stem]) == 0
    assert lying(home) == []


def test_a_description_that_cannot_be_read_keeps_what_it_may_use(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    (home / "models" / "half.yaml").write_text("file: [")
    before = lying(home)
    assert main(["remove", "colours"]) == 78
    assert "half.yaml cannot be read" in capsys.readouterr().err
    assert lying(home) == before


def test_an_export_into_the_folder_takes_the_place_of_the_one_before(
    home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described = exported(home / "models")
    assert main(["add", "colours"]) == 0
    exported(home / "models", resize={"mode": "letterbox", "interpolation": "bilinear"})
    before = lying(home)
    # Whoever removes the old one first loses nothing of the new one.
    assert main(["remove", "colours"]) == 0
    assert lying(home) == before
    for mode in ("squash", "letterbox"):
        exported(home / "models", resize={"mode": mode, "interpolation": "bilinear"})
        assert main(["add", str(described) if mode == "squash" else "colours"]) == 0
    assert "another model lies in its place" in capsys.readouterr().out
    assert main(["verify"]) == 0


def test_a_model_with_the_name_of_a_shipped_one_is_told_to_take_another(
    tmp_path: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (tmp_path / "retrained", home / "models"):
        described = exported(folder, id="vitrine-s")
        described = described.rename(described.with_name("vitrine-s.yaml"))
        assert main(["add", str(described)]) == 65
        assert "comes with Vitrine and keeps its name: give this one another id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"output": {"name": "embedding", "dimension": 512}}, "not 512"),
        ({"input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": 16}}, "cannot be served"),
        ({"input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": 10_000_000}}, "from 1 to 4096"),
        ({"input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": float("inf")}}, "input.size is inf"),
        ({"provenance": "from the museum's drawer"}, "`provenance` must be a mapping"),
        ({"metrics": [0.5]}, "`metrics` must be a mapping"),
        ({"metrics": {"recall": float("nan")}}, "`metrics` cannot be kept"),
    ],
)
def test_a_model_that_could_not_be_served_or_kept_leaves_nothing(
    changed: dict[str, object],
    told: str,
    tmp_path: pathlib.Path,
    home: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["add", str(exported(tmp_path / "wrong", **changed))]) == 78
    assert told in capsys.readouterr().err
    assert lying(home) == []
    assert main(["list"]) == main(["verify"]) == 0
    assert capsys.readouterr().out.count("No model is registered. python -m registry add MODEL") == 2


@pytest.mark.parametrize("name", ["colours.onnx", "colours.text.onnx", "colours.tokenizer.json"])
def test_a_file_that_was_cut_off_is_refused(
    name: str, described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = described.with_name(name).read_bytes()
    described.with_name(name).write_bytes(whole[: len(whole) // 2])
    assert main(["add", str(described)]) == 78
    assert name in capsys.readouterr().err
    assert lying(home) == []
    # Nor where it lies in its place already.
    shutil.copytree(described.parent, home / "models", dirs_exist_ok=True)
    assert main(["add", described.stem]) == 78


def test_dates_of_a_provenance_are_kept_as_text(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    dated = exported(tmp_path / "dated", provenance={"trained": datetime.date(2026, 1, 31)})
    assert main(["add", str(dated)]) == 0
    assert main(["show", dated.stem]) == 0
    assert "trained: 2026-01-31" in capsys.readouterr().out


def test_where_the_database_refuses_it_nothing_was_copied(
    described: pathlib.Path, home: pathlib.Path, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    # Files by hand, the row stays: another installation with the same database knows it.
    shutil.rmtree(home / "models")
    other = exported(tmp_path / "other", resize={"mode": "letterbox", "interpolation": "bilinear"})
    assert main(["add", str(other)]) == 65
    assert "is taken by" in capsys.readouterr().err
    assert lying(home) == []


def test_the_shipped_model_stays_where_it_is_and_what_is_served_is_not_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", "vitrine-s"]) == 0
    assert main(["verify", "vitrine-s"]) == 0
    assert main(["remove", "vitrine-s"]) == 65
    assert "VITRINE_MODEL" in capsys.readouterr().err
    monkeypatch.setenv("VITRINE_MODEL", str(MODELS / "vitrine-s.yaml"))
    assert main(["remove", "vitrine-s"]) == 65
    monkeypatch.setenv("VITRINE_MODEL", "another")
    assert main(["remove", "vitrine-s"]) == 0
    assert "0 files deleted" in capsys.readouterr().out
    assert (MODELS / "vitrine-s.onnx").is_file()


def test_a_home_that_cannot_be_written_is_told(
    described: pathlib.Path, home: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.write_text("a file")
    assert main(["list"]) == 78
    assert str(home) in capsys.readouterr().err
    home.unlink()
    home.mkdir()
    (home / "models").write_text("a file")
    assert main(["add", str(described)]) == 1
    assert "models" in capsys.readouterr().err
    (home / "models").unlink()

    def full(_source: pathlib.Path, target: pathlib.Path) -> None:
        target.write_bytes(b"the beginning")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert main(["add", str(described)]) == 1
    assert "No space left" in capsys.readouterr().err
    assert lying(home) == []


def test_a_description_that_changed_keeps_its_graph(
    described: pathlib.Path, home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["add", str(described)]) == 0
    path = home / "models" / described.name
    path.write_text(path.read_text(encoding="utf-8").replace("MIT", "CC0-1.0"), encoding="utf-8")
    before = lying(home)
    assert main(["remove", described.stem]) == 65
    assert f"python -m registry add {described.stem}" in capsys.readouterr().err
    assert lying(home) == before
    assert main(["add", described.stem]) == main(["remove", described.stem]) == 0
    assert lying(home) == []


def test_a_description_that_is_nested_without_end_is_refused(
    described: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    described.write_text("provenance: " + "[" * 5_000 + "]" * 5_000)
    assert main(["add", str(described)]) == 78
    assert "nested too deeply" in capsys.readouterr().err


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("VITRINE_DECODERS", "many")
    assert main(["list"]) == 78
    complained = capsys.readouterr().err
    assert "the setting VITRINE_DECODERS is wrong" in complained and "pydantic" not in complained


def test_ctrl_c_is_one_line_and_a_status_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt  # not by a signal: what runs in the background of a shell may ignore SIGINT

    monkeypatch.setattr(sql_migrations, "migrate", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr() == ("", "registry: stopped\n")


def test_an_output_that_takes_nothing_is_one_line(home: pathlib.Path) -> None:
    with pathlib.Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "registry", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (ended.returncode, ended.stderr) == (1, "registry: [Errno 28] No space left on device\n")
