"""The text tower in process: when it is loaded, and what is said of one that is not as it should be."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import sys

import pytest
import yaml
from tokenizers import Tokenizer

from tests import colour_model
from vitrine import errors
from vitrine.adapters import model_files, text_encoders
from vitrine.models import TextTower
from vitrine.settings import MODELS, ROOT


def test_a_model_without_a_text_tower_has_no_text_encoder() -> None:
    assert text_encoders.of(model_files.find("vitrine-s", [MODELS])) is None


def test_the_tower_is_loaded_by_the_first_text_and_not_before(tmp_path: pathlib.Path) -> None:
    path = colour_model.write(tmp_path)
    made = text_encoders.of(model_files.find(str(path), []))
    assert made is not None
    (tmp_path / "colours.text.onnx").write_bytes(b"no graph")
    with pytest.raises(errors.Misconfigured, match=r"colours\.text\.onnx cannot be loaded"):
        made.encode(["red"])
    # It is tried again: whoever puts the file right needs no restart.
    colour_model.write(tmp_path)
    assert made.encode(["red"]).shape == (1, 3)


@pytest.mark.parametrize("name", ["colours.text.onnx", "colours.tokenizer.json"])
def test_a_missing_file_of_the_tower_is_named_at_the_start(tmp_path: pathlib.Path, name: str) -> None:
    path = colour_model.write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(errors.Misconfigured, match=name):
        text_encoders.of(model_files.find(str(path), []))


def test_a_tokenizer_that_does_not_pad_is_refused_with_what_to_do(tmp_path: pathlib.Path) -> None:
    path = colour_model.write(tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "colours.tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.save(str(tmp_path / "colours.tokenizer.json"))
    made = text_encoders.of(model_files.find(str(path), []))
    assert made is not None
    with pytest.raises(errors.Misconfigured, match="Export the model again"):
        made.encode(["red"])


def test_what_is_no_tokenizer_is_named(tmp_path: pathlib.Path) -> None:
    path = colour_model.write(tmp_path)
    (tmp_path / "colours.tokenizer.json").write_text("{")
    made = text_encoders.of(model_files.find(str(path), []))
    assert made is not None
    with pytest.raises(errors.Misconfigured, match=r"colours\.tokenizer\.json is no tokenizer"):
        made.encode(["red"])


@pytest.mark.parametrize(
    ("key", "value", "told"), [("input", "ids", "names 'ids'"), ("output", "vector", "and 'vector'")]
)
def test_a_tower_with_other_names_than_its_description_is_refused(
    tmp_path: pathlib.Path, key: str, value: str, told: str
) -> None:
    path = colour_model.write(tmp_path)
    document = yaml.safe_load(path.read_text())
    document["text"][key] = value
    path.write_text(yaml.safe_dump(document))
    made = text_encoders.of(model_files.find(str(path), []))
    assert made is not None
    with pytest.raises(errors.Misconfigured, match=told):
        made.encode(["red"])


def test_a_tower_that_gives_other_dimensions_than_the_pictures_is_refused(tmp_path: pathlib.Path) -> None:
    files = colour_model.written(tmp_path)
    tower = files.description.text
    assert isinstance(tower, TextTower)
    wrong = dataclasses.replace(files, description=dataclasses.replace(files.description, dimension=4))
    made = text_encoders.of(wrong)
    assert made is not None
    with pytest.raises(errors.Misconfigured, match="gives 3 numbers, not 4"):
        made.encode(["red"])


def test_who_has_no_text_tower_loads_neither_runtime_nor_tokenizers() -> None:
    """The API's process stays as small as it was."""
    program = (
        "import sys; from vitrine.adapters import model_files, text_encoders; from vitrine.settings import MODELS; "
        "assert text_encoders.of(model_files.find('vitrine-s', [MODELS])) is None; "
        "assert not {'onnxruntime', 'tokenizers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
