"""`scripts/bench gpu`: what it counts and tells is right without torch; with it, all of it runs on a processor."""

from __future__ import annotations

import dataclasses
import importlib.util
import itertools
import json
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import onnx
import pytest

from scripts.benchmarks import photographs, vit
from scripts.benchmarks.gpu import graph_flops, report, rows, squares, timing, towers
from scripts.benchmarks.gpu.rows import NotHere, Row
from tests.conftest import ROOT

ABOUT = {"date": "today", "device": "a card", "processor": "a processor", "cores": 2, "versions": {"torch": "2.13.0"}}
TORCH = ROOT / ".venv-modelling" / "bin" / "python"


def test_the_work_of_the_towers_is_what_is_published() -> None:
    # 4.4 and 23.4 billion multiplications and additions: SigLIP has 256 tokens and an attention over all of them.
    assert towers.VIT_B_32.flops / 2e9 == pytest.approx(4.41, abs=0.01)
    assert towers.SIGLIP2_B_16.flops / 2e9 == pytest.approx(23.4, abs=0.05)


def test_the_work_counted_in_a_graph_is_the_towers_formula() -> None:
    shape = vit.Shape(size=64, patch=16, width=64, layers=2, heads=4, hidden=128, output=32)
    tower = dataclasses.replace(towers.VIT_B_32, **dataclasses.asdict(shape))
    assert graph_flops.of_graph(vit.graph(shape)) == tower.flops


def test_convolutions_in_groups_and_turned_products_are_counted() -> None:
    pixels = onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["n", 4, 6, 6])
    out = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, None)
    nodes = [
        onnx.helper.make_node("Conv", ["pixels", "filters"], ["places"], group=2, strides=[2, 2]),
        onnx.helper.make_node("Flatten", ["places"], ["flat"]),
        onnx.helper.make_node("Gemm", ["flat", "weights"], ["out"], transB=1),
    ]
    weights = [
        onnx.numpy_helper.from_array(np.ones((8, 2, 2, 2), np.float32), "filters"),
        onnx.numpy_helper.from_array(np.ones((5, 72), np.float32), "weights"),
    ]
    graph = onnx.helper.make_graph(nodes, "products", [pixels], [out], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    # Nine places of eight filters of eight numbers, then five products of 72 numbers.
    assert graph_flops.of_graph(model) == 2 * (9 * 8 * 8 + 5 * 72)


def test_the_work_of_the_shipped_model_can_be_counted() -> None:
    assert 4e8 < graph_flops.of_file(ROOT / "models" / "vitrine-s.onnx") < 5e8


def failing() -> Iterator[Row]:
    yield Row(measured="first", figure="1")
    raise RuntimeError("\n  CUDA error: | out of memory\nand much more")


def test_a_part_that_fails_keeps_what_it_found_and_says_why() -> None:
    first, failed = rows.rows_of("part", failing)
    assert (first.measured, failed.measured) == ("first", "part")
    assert failed.figure == "not run: RuntimeError: CUDA error: / out of memory"


def test_what_is_absent_is_told_in_one_row_and_never_left_out() -> None:
    def absent() -> list[Row]:
        raise NotHere("there is no card")

    def unknown() -> list[Row]:
        import a_library_that_nobody_has  # type: ignore[import-not-found]

        return [a_library_that_nobody_has]

    (told,) = rows.rows_of("search", absent)
    assert told.figure == "not run: there is no card"
    (told,) = rows.rows_of("TensorRT", unknown)
    assert "a_library_that_nobody_has cannot be imported" in told.figure


def test_what_would_begin_after_the_time_is_told() -> None:
    deadline = rows.Deadline(minutes=8, ends=time.monotonic() - 1)
    with pytest.raises(NotHere, match="--minutes 8"):
        deadline.check()
    rows.Deadline.within(1).check()


def found(engine: str, per_s: float, of_peak: float | None, batch: int = 256) -> Row:
    data = {"model": "B/16", "engine": engine, "batch": batch, "per_s": per_s, "of_peak": of_peak}
    return Row(measured=engine, figure=f"{per_s}", data=data)


def test_the_goals_take_the_best_compiled_path_at_the_largest_batch() -> None:
    measured = [
        found("torch eager float32", 100, 0.9),
        found("torch eager bf16", 900, 0.9),
        found("torch.compile bf16", 600, 0.5),
        found("torch.compile bf16", 5000, 0.9, batch=64),
        found("TensorRT fp16", 800, 0.7),
        Row.not_run("B/16, TensorRT-RTX fp16", "tensorrt_rtx cannot be imported"),
    ]
    faster, share = report.goals(measured, "B/16", 256)
    assert faster.data["value"] == 8 and "TensorRT fp16" in faster.figure and faster.goal == "≥ 5"
    assert share.data["value"] == 0.7 and share.goal == "≥ 0.6"


def test_goals_that_cannot_be_judged_say_so() -> None:
    (told,) = report.goals([found("torch eager float32", 100, 0.9)], "B/16", 256)
    assert told.figure == "not run: no compiled path was measured"
    faster, share = report.goals([found("TensorRT fp16", 800, None)], "B/16", 256)
    assert "float32 was not measured" in faster.figure and "no peak" in share.figure


def test_the_table_and_the_log_hold_every_row(tmp_path: pathlib.Path) -> None:
    told = [found("TensorRT fp16", 800, 0.7), Row.not_run("FAISS GPU", "faiss cannot be imported")]
    table = report.markdown(told, ABOUT, "scripts/bench gpu")
    assert "today; a card; 2 cores of a processor; torch 2.13.0." in table
    assert "| FAISS GPU | not run: faiss cannot be imported |" in table
    assert {line.count("|") for line in table.splitlines() if line.startswith("|")} == {6}
    log = tmp_path / "below" / "gpu.json"
    report.write_log(log, told, ABOUT, "scripts/bench gpu")
    document = json.loads(log.read_text())
    assert document["versions"] == {"torch": "2.13.0"}
    assert [row.get("per_s") for row in document["rows"]] == [800, None]
    assert document["rows"][1]["not_run"] == "faiss cannot be imported"
    # A run that was ended in its middle has its table too.
    assert report.table_of_log(log) == table
    log.write_text('{"rows": [{}]}')
    with pytest.raises(ValueError, match="lacks"):
        report.table_of_log(log)


def test_runs_are_waited_for_one_by_one_and_all_together() -> None:
    numbers: list[int] = []
    waits = itertools.count()
    measured = timing.timed(numbers.append, lambda: (next(waits), None)[1], 0.01)
    # Once after the first runs, once after each of the single ones, and once at the end.
    assert next(waits) == len(measured.each_s) + 2
    assert len(numbers) > len(measured.each_s) >= 5
    measured = timing.Timed(each_s=tuple(number / 1000 for number in range(1, 101)), together_s=0.02)
    assert (measured.median_ms, measured.p99_ms, measured.best_s) == (50.5, 100, 0.02)


def test_processes_for_decoding_make_squares() -> None:
    files = photographs.of_objects([1, 2])
    made = squares.of_files(files, 64)
    assert made.shape == (2, 64, 64, 3) and made.dtype == np.uint8
    assert 0.9 < squares.megapixels(files[0]) < 1.1


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="this interpreter has torch")
def test_without_torch_it_says_which_interpreter_is_wanted() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.gpu", "--tiny"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "torch cannot be imported" in done.stderr and "requirements/modelling.txt" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_all_of_it_runs_on_a_processor_with_tiny_sizes(tmp_path: pathlib.Path) -> None:
    if not TORCH.exists():
        pytest.skip("no torch: make test-modelling brings it")
    log = tmp_path / "gpu.json"
    done = subprocess.run(
        [ROOT / "scripts" / "bench", "gpu", "--device", "cpu", "--tiny", "--minutes", "14", "--log", log],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {row["measured"]: row for row in json.loads(log.read_text())["rows"]}
    measured = {name for name, row in told.items() if "not_run" not in row}
    tower, other = "SigLIP2 B/16-256 (tiny)", "ViT-B-32 (tiny)"
    engines = ("torch eager float32", "torch eager bf16", "ONNX Runtime on processors")
    wanted = {f"{model}, {engine}, batch 2" for model in (tower, other, "vitrine-s") for engine in engines}
    wanted |= {"matrix product 256³, bf16", "training of vitrine-s (tiny) on 64 drawn pictures"}
    wanted |= {"flat search, 2,500 x 32 fp16, torch matmul + topk, 1 at a time"}
    assert wanted <= measured, done.stderr
    assert any("decoded on" in name and "embedded by" in name for name in measured)
    # Whatever is not run has a reason, and on a processor it is the card in most places: never an error of the script.
    reasons = {row["not_run"] for row in told.values() if "not_run" in row}
    assert any("needs a graphics card" in reason for reason in reasons)
    assert not [reason for reason in reasons if "Error" in reason and "compiler" not in reason.lower()], reasons
    searched = told["flat search, 2,500 x 32 fp16, torch matmul + topk, 1 at a time"]
    assert searched["recall_at_10"] >= 0.99
