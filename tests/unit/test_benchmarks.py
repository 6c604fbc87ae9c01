"""The benchmark measures what it says: an encoder as large as ViT-B-32, and searches on the real server."""

from __future__ import annotations

import io
import os
import pathlib
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from PIL import Image

from scripts.benchmarks import __main__, photographs, process_cpu, vit

SMALL = vit.Shape(size=64, patch=16, width=64, layers=2, heads=4, hidden=128, output=32)
SMALL_DESCRIPTION = """\
id: small
file: small.onnx
input: {name: pixels, layout: NHWC, dtype: uint8, size: 64}
resize: {mode: center_crop, shorter_side: 64}
output: {name: embedding, dimension: 32}
"""


def embedded(graph: pathlib.Path, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    (embeddings,) = session.run(["embedding"], {"pixels": pixels})
    return np.asarray(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), np.float32)


@pytest.mark.slow
def test_the_encoder_is_as_large_as_vit_b_32_and_int8_agrees_with_float32(tmp_path: pathlib.Path) -> None:
    model = vit.graph(vit.Shape())
    assert vit.parameters(model) == 87_849_216
    onnx.save(model, tmp_path / "fp32.onnx")
    vit.quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx")
    tiles = np.random.default_rng(0).integers(0, 256, (3, 7, 7, 3), np.uint8)
    pixels = tiles.repeat(32, axis=1).repeat(32, axis=2)
    whole, rounded = (embedded(tmp_path / name, pixels) for name in ("fp32.onnx", "int8.onnx"))
    assert whole.shape == (3, 512)
    assert (whole * rounded).sum(axis=1).min() > 0.99


def test_each_upload_has_bytes_of_its_own_and_shows_the_same_picture() -> None:
    (picture,) = photographs.seen_again([3])
    first, second = (upload for upload, _ in zip(photographs.each_once([picture]), range(2), strict=False))
    assert len({picture, first, second}) == 3
    assert all(np.array_equal(shown(upload), shown(picture)) for upload in (first, second))
    height, width, _ = shown(picture).shape
    assert 0.9e6 < height * width < 1.1e6


def shown(picture: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture)))


def test_the_cpu_of_a_process_holds_that_of_its_children() -> None:
    before = process_cpu.of_tree(os.getpid())
    subprocess.run([sys.executable, "-c", "for _ in range(3_000_000): pass"], check=True)
    assert process_cpu.of_tree(os.getpid()) > before


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_pipeline_is_measured_on_the_real_server(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(vit.graph(SMALL), tmp_path / "small.onnx")
    (tmp_path / "small.yaml").write_text(SMALL_DESCRIPTION)
    sizes = {"--seconds": "1", "--rounds": "1", "--in-flight": "3", "--catalogue": "4", "--alone": "2"}
    encoder = ["--encoder", str(tmp_path / "small.yaml")]
    assert __main__.main(["pipeline", *encoder, *(part for pair in sizes.items() for part in pair)]) == 0
    table = capsys.readouterr().out
    assert "| pipeline / raw |" in table
    assert "| … with the geometric check, in all |" in table
