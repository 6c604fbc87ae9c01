"""Model descriptions: what is accepted, and what a mistake is told."""

from __future__ import annotations

import copy
import errno
import pathlib
from typing import Any

import numpy as np
import pytest
import yaml

from tests.contract import encoders
from vitrine import errors, preprocessing
from vitrine.adapters import known_answer, model_files
from vitrine.models import ModelDescription

DOCUMENT: dict[str, Any] = {
    "id": "net",
    "file": "net.onnx",
    "licence": "Apache-2.0",
    "input": {
        "name": "input",
        "layout": "NCHW",
        "dtype": "float32",
        "size": 224,
        "mean": [0.5, 0.5, 0.5],
        "std": [0.5, 0.5, 0.5],
    },
    "resize": {"mode": "center_crop", "shorter_side": 256, "interpolation": "bilinear"},
    "output": {"name": "embedding", "dimension": 1280},
}


def test_a_description_is_read() -> None:
    description = ModelDescription.from_document(DOCUMENT)
    assert (description.resize.size, description.resize.shorter_side, description.dimension) == (224, 256, 1280)
    assert description.batch == 8


def test_how_many_pictures_a_core_is_given_changes_no_embedding_and_no_id() -> None:
    single = copy.deepcopy(DOCUMENT)
    single["input"]["batch"] = 1
    one, eight = ModelDescription.from_document(single), ModelDescription.from_document(DOCUMENT)
    assert one.batch == 1
    assert one.full_id("0" * 64) == eight.full_id("0" * 64)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("input", "layout"), "CHWN", "input.layout"),
        (("input", "mean"), [0.5], "input.mean"),
        (("resize", "mode"), "stretch", "resize.mode"),
        (("input", "batch"), 0, "input.batch"),
        (("input", "size"), 0, "input.size"),
        (("resize", "shorter_side"), -1, "resize.shorter_side"),
        (("output", "dimension"), "many", "output.dimension is .many."),
        (("output", "dimension"), 0, "output.dimension"),
        (("output", "name"), None, "lacks the key .name."),
    ],
)
def test_a_mistake_in_a_description_is_named(path: tuple[str, str], value: object, told: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    if value is None:
        del document[path[0]][path[1]]
    else:
        document[path[0]][path[1]] = value
    with pytest.raises(errors.Misconfigured, match=told):
        ModelDescription.from_document(document)


@pytest.mark.parametrize("name", ["a@b", "../a", "a\\b", ""])
def test_an_id_that_no_file_or_full_id_could_carry_is_refused(name: str) -> None:
    with pytest.raises(errors.Misconfigured, match="without @ and without slashes"):
        ModelDescription.from_document(DOCUMENT | {"id": name})


def test_the_id_changes_with_the_graph_and_with_what_it_is_shown() -> None:
    description = ModelDescription.from_document(DOCUMENT)
    other = copy.deepcopy(DOCUMENT)
    other["resize"]["mode"] = "letterbox"
    ids = {
        description.full_id("a" * 64),
        description.full_id("b" * 64),
        ModelDescription.from_document(other).full_id("a" * 64),
    }
    assert len(ids) == 3
    assert all(full.startswith("net@") for full in ids)


def test_a_model_is_found_by_id_and_by_path(tmp_path: pathlib.Path) -> None:
    (tmp_path / "net.yaml").write_text(yaml.safe_dump(DOCUMENT))
    (tmp_path / "net.onnx").write_bytes(b"graph")
    by_id = model_files.find("net", [tmp_path])
    assert by_id == model_files.find(str(tmp_path / "net.yaml"), [])


def test_an_unknown_model_is_told_which_are_known(tmp_path: pathlib.Path) -> None:
    (tmp_path / "known.yaml").write_text("{}")
    with pytest.raises(errors.Misconfigured, match="known"):
        model_files.find("unknown", [tmp_path])


def test_a_description_without_its_graph_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "net.yaml").write_text(yaml.safe_dump(DOCUMENT))
    with pytest.raises(errors.Misconfigured, match=r"net\.onnx"):
        model_files.find("net", [tmp_path])


def test_a_description_in_another_encoding_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "net.yaml").write_bytes("licence: свободная".encode("cp1251"))
    with pytest.raises(errors.Misconfigured, match=r"net\.yaml cannot be read: .*UTF-8"):
        model_files.find("net", [tmp_path])


def test_a_model_may_want_pictures_squashed_and_may_read_texts() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["resize"]["mode"] = "squash"
    document["text"] = {"file": "net.text.onnx", "tokenizer": "net.tokenizer.json", "input": "ids", "output": "vector"}
    description = ModelDescription.from_document(document)
    assert description.text is not None and description.text.input_name == "ids"
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 40:] = 255
    squashed = preprocessing.fit(picture, description.resize)
    side = description.resize.size
    assert squashed.shape == (side, side, 3)
    assert squashed[:, 2].max() == 0 and squashed[:, -2].min() == 255
    del document["text"]["tokenizer"]
    with pytest.raises(errors.Misconfigured, match="tokenizer"):
        ModelDescription.from_document(document)


def test_a_graph_that_may_not_be_read_is_told(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = encoders.write_model(tmp_path)

    def refused(_path: pathlib.Path) -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(pathlib.Path, "read_bytes", refused)
    with pytest.raises(errors.Misconfigured, match=r"cells\.onnx cannot be read: Permission denied"):
        model_files.find(str(described), [])


def test_a_model_that_takes_one_picture_at_a_time_must_say_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(errors.Misconfigured, match="batch: 1"):
        known_answer.of(model_files.find(str(encoders.write_single_model(tmp_path)), []))
    assert len(known_answer.of(model_files.find(str(encoders.write_single_model(tmp_path, batch=1)), []))) == 27
