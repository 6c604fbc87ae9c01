"""The benchmark measures what it says: an encoder as large as ViT-B-32, and searches on the real server."""

from __future__ import annotations

import io
import os
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from PIL import Image

from scripts.benchmarks import (
    __main__,
    baseline,
    client,
    distributed,
    photographs,
    process_cpu,
    report,
    server,
    streams,
    verdicts,
    vit,
)
from tests.servers import mariadb, rabbitmq, triton

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


def test_two_clients_with_numbers_of_their_own_never_send_the_same_bytes() -> None:
    pictures = photographs.of_objects([1, 2])
    ours, theirs = photographs.each_once(pictures), photographs.each_once(pictures, first=100)
    assert len({next(uploads) for uploads in (ours, theirs) for _ in range(4)}) == 8


def told(status: str, at: str) -> bytes:
    return b'data: {"search_id": "a", "status": "%b", "at": "%b", "problem": null}\n' % (status.encode(), at.encode())


def test_the_age_of_an_event_counts_from_its_own_time_and_history_is_left_out() -> None:
    clock = iter([100.5, 101.25])
    stream = [
        b": connected\n",
        told("accepted", "1970-01-01T00:01:40.400+00:00"),
        b'data: {"queue_position": 3}\n',
        told("running", "1970-01-01T00:01:41.000+00:00"),
        b'data: {"batch_id": "b"}\n',
    ]
    assert list(streams.ages(iter(stream), lambda: next(clock))) == [0.25]


def test_a_search_that_fails_on_a_watched_stream_ends_the_measurement() -> None:
    stream = [b": connected\n", told("failed", "1970-01-01T00:01:41.000+00:00")]
    with pytest.raises(client.SearchNotCompleted):
        list(streams.ages(iter(stream), lambda: 0.0))


def test_rates_and_cpu_of_searches_are_for_one_search_with_the_client_told_apart() -> None:
    load = client.Load(latencies_s=(0.1,) * 50, wall_s=2.0, client_cpu_s=0.05)
    searches = distributed.Searches(load=load, cpu_ms={"API": 5.0, "worker": 20.0}, others_share=0.0)
    assert searches.per_s == 25
    assert searches.client_ms == pytest.approx(1)
    assert searches.all_cpu_ms == pytest.approx(26)
    assert distributed.Scaling(one=20, two=30).gain == 1.5
    assert baseline.Naive(spread_per_s=6, single_per_s=4).per_s == 6


def test_a_figure_is_the_median_of_its_rounds_between_the_least_and_the_most() -> None:
    assert report.spread([3.0, 1.0, 2.0], lambda value: value, " ms") == "2.0 ms (1.0–3.0)"
    assert report.spread([1.0], lambda value: value, "/s") == "1.0/s"
    assert report.percentile(range(100), 95) == 95


def test_without_the_environment_of_the_tests_the_command_that_makes_it_is_told(tmp_path: pathlib.Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = shutil.copy(server.ROOT / "scripts/bench", tmp_path / "scripts")
    done = subprocess.run([script, "pipeline", "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "") and "Run: make .venv/dev.stamp" in done.stderr


def test_an_interpreter_without_torch_is_told_apart_from_none(tmp_path: pathlib.Path) -> None:
    assert baseline.missing(tmp_path / "python") is not None
    reason = baseline.missing(pathlib.Path(sys.executable))
    assert reason is not None and "torch" in reason


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_distributed_size_is_measured_on_real_servers(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if missing := [reason for of in (mariadb, rabbitmq, triton) if (reason := of.missing())]:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("; ".join(missing))
    onnx.save(vit.graph(SMALL), tmp_path / "small.onnx")
    (tmp_path / "small.yaml").write_text(SMALL_DESCRIPTION)
    sizes = {"--seconds": "1", "--rounds": "1", "--in-flight": "3", "--catalogue": "4", "--streams": "3"}
    where = ["--encoder", str(tmp_path / "small.yaml"), "--torch-python", str(tmp_path / "python")]
    assert __main__.main(["distributed", *where, *(part for pair in sizes.items() for part in pair)]) == 0
    table = capsys.readouterr().out
    assert "| distributed / raw |" in table
    assert "| CPU of a search: broker |" in table
    assert "not measured: there is no python" in table


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


@pytest.mark.slow
@pytest.mark.enable_socket
def test_the_verdicts_of_a_museum_are_counted_by_what_the_records_are(museum: pathlib.Path) -> None:
    told = verdicts.measured("vitrine-s", museum, 12)
    assert (told.catalogue, told.asked_known, told.unfinished) == (12, 24, 0)
    assert sum(sum(by_verdict.values()) for by_verdict in told.shown.values()) == 10 * (
        told.asked_known + told.asked_strangers
    )
    assert 0 < told.recognised <= told.asked_known
    assert "| the same object |" in verdicts.markdown([told], "vitrine-s", "scripts/bench verdicts")
    with pytest.raises(server.DidNotStart, match="must leave some out"):
        verdicts.measured("vitrine-s", museum, 10_000)
