"""A model of two real towers that both know three colours: pictures by their mean, texts by their words.

A red picture and the words «red» and «красный» point in one direction, so that what a test finds, it finds by meaning.
"""

from __future__ import annotations

import io
import pathlib
from collections.abc import Mapping

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from vitrine.adapters import model_files
from vitrine.adapters.model_files import ModelFiles

SIZE, CONTEXT = 32, 6
# Red minus green, green minus blue, blue minus red.
_DIRECTIONS = {"red": (1.0, 0.0, -1.0), "green": (-1.0, 1.0, 0.0), "blue": (0.0, -1.0, 1.0)}
_WORDS = {
    **dict.fromkeys(("red", "красный", "красное", "scarlet"), "red"),
    **dict.fromkeys(("green", "зеленый", "зеленое"), "green"),
    **dict.fromkeys(("blue", "синий", "синее"), "blue"),
}
COLOURS: Mapping[str, tuple[int, int, int]] = {"red": (200, 30, 40), "green": (40, 180, 60), "blue": (30, 50, 190)}


def write(folder: pathlib.Path, *, text: bool = True, name: str = "colours") -> pathlib.Path:
    """Both towers, the tokenizer and the description in ``folder``; returns the description's path."""
    folder.mkdir(parents=True, exist_ok=True)
    _save(_image_tower(), folder / f"{name}.onnx")
    document = {
        "id": name,
        "file": f"{name}.onnx",
        "licence": "Apache-2.0",
        "input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": SIZE},
        "resize": {"mode": "squash", "interpolation": "bilinear"},
        "output": {"name": "embedding", "dimension": 3},
    }
    if text:
        _save(_text_tower(), folder / f"{name}.text.onnx")
        _tokenizer().save(str(folder / f"{name}.tokenizer.json"))
        document["text"] = {
            "file": f"{name}.text.onnx",
            "tokenizer": f"{name}.tokenizer.json",
            "input": "tokens",
            "output": "embedding",
        }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def written(folder: pathlib.Path) -> ModelFiles:
    return model_files.find(str(write(folder)), [])


def picture(colour: str, seed: int = 0) -> bytes:
    """A JPEG of about this colour; another seed is another picture."""
    rng = np.random.default_rng(seed)
    pixels = np.array(COLOURS[colour]) + rng.integers(-25, 26, (24, 32, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).resize((320, 240)).save(out, "JPEG", quality=92)
    return out.getvalue()


def _vocabulary() -> dict[str, int]:
    return {word: number for number, word in enumerate(["[pad]", "[unknown]", *_WORDS])}


def _tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel(_vocabulary(), unk_token="[unknown]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.enable_truncation(CONTEXT)
    made.enable_padding(length=CONTEXT, pad_id=0, pad_token="[pad]")
    return made


def _image_tower() -> onnx.GraphProto:
    difference = np.array([[1, 0, -1], [-1, 1, 0], [0, -1, 1]], np.float32) / 255
    nodes = [
        helper.make_node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "difference"], ["embedding"]),
    ]
    return helper.make_graph(
        nodes,
        "mean colour",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", SIZE, SIZE, 3])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(difference, "difference")],
    )


def _text_tower() -> onnx.GraphProto:
    """The sum of what each word says; a word that it does not know says next to nothing."""
    rows = np.zeros((len(_vocabulary()), 3), np.float32)
    rows[1] = (0.01, 0.01, 0.01)
    for word, number in _vocabulary().items():
        if word in _WORDS:
            rows[number] = _DIRECTIONS[_WORDS[word]]
    nodes = [
        helper.make_node("Gather", ["rows", "tokens"], ["words"]),
        helper.make_node("ReduceSum", ["words", "axes"], ["embedding"], keepdims=0),
    ]
    return helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("tokens", TensorProto.INT64, ["n", CONTEXT])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(rows, "rows"), numpy_helper.from_array(np.array([1], np.int64), "axes")],
    )


def _save(graph: onnx.GraphProto, path: pathlib.Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
