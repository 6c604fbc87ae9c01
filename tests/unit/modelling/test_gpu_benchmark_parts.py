"""The parts of `scripts/bench gpu` that need torch: towers as large as the originals, and an exact search.

In the modelling environment (with pytest, pytest-timeout and pytest-socket):
`.venv-modelling/bin/python -m pytest --noconftest tests/unit/modelling/test_gpu_benchmark_parts.py`.
"""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from scripts.benchmarks.gpu import towers
from scripts.benchmarks.gpu.rows import Deadline, NotHere

torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")


@pytest.mark.parametrize(("tower", "weights"), [(towers.VIT_B_32, 87_849_216), (towers.SIGLIP2_B_16, 92_930_304)])
def test_a_tower_written_here_has_the_weights_and_the_work_of_the_original(tower: towers.Tower, weights: int) -> None:
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from scripts.benchmarks.gpu.torch_towers import Plain

    plain = Plain(tower).eval()
    assert sum(values.numel() for values in plain.parameters()) == weights
    # Attention as the products that it is: torch counts none of its fused forms on processors.
    with FlopCounterMode(display=False) as counted, sdpa_kernel(SDPBackend.MATH):
        plain(torch.zeros(1, 3, tower.size, tower.size))
    assert counted.get_total_flops() == tower.flops


@pytest.mark.parametrize("count", [1000, 2500, 10_007])
def test_the_search_finds_what_a_search_of_all_finds(count: int) -> None:
    from scripts.benchmarks.gpu import search
    from scripts.benchmarks.gpu.device import Device

    scores = torch.randn(5, count, generator=torch.Generator().manual_seed(count))
    assert torch.equal(search._best(scores).sort(dim=1).values, scores.topk(search.TOP).indices.sort(dim=1).values)
    found = list(search.rows(Device.named("cpu"), count, 16, 0.01, 1e9, Deadline.within(1)))
    assert [row.data["recall_at_10"] >= 0.99 for row in found if "recall_at_10" in row.data][:2] == [True, True]
    assert "not_run" in found[-1].data


def test_graphs_take_any_batch_in_half_precision_and_cast_before_all_else(tmp_path: pathlib.Path) -> None:
    import onnx
    import onnxruntime

    from scripts.benchmarks.gpu import workloads
    from scripts.benchmarks.gpu.graph_engines import Graphs

    workload = workloads.of_tower(towers.tiny(towers.SIGLIP2_B_16), tmp_path)
    session = onnxruntime.InferenceSession(str(Graphs(tmp_path).half(workload)), providers=["CPUExecutionProvider"])
    for batch in (1, 3, 4):
        (found,) = session.run([workloads.EMBEDDING], {workloads.IMAGE: workload.pictures(4)[:batch]})
        assert (found * workload.expected[:batch]).sum(axis=1).min() >= 0.999
    for made in (workload, workloads.vitrine_s()):
        graph = onnx.load(Graphs(tmp_path)._served(made)).graph
        assert [node.op_type for node in graph.node if workloads.IMAGE in node.input] == ["Cast"]
        assert workloads.EMBEDDING in [output.name for output in graph.output]


def test_an_engine_whose_embeddings_are_wrong_has_no_speed(tmp_path: pathlib.Path) -> None:
    from scripts.benchmarks.gpu import engines, workloads
    from scripts.benchmarks.gpu.device import Device

    device = Device.named("cpu")
    workload = workloads.of_tower(towers.tiny(towers.VIT_B_32), tmp_path)
    wrong = engines.Engine(name="wrong", peak="none", make=lambda *_: lambda pictures: torch.ones(len(pictures), 64))
    measuring = engines.Measuring(device=device, batches=(2,), seconds=0.01, deadline=Deadline.within(1), peaks={})
    (row,) = measuring.rows(workload, wrong)
    assert "its embeddings are wrong" in row.figure
    assert not measuring.fastest


def test_without_a_card_it_says_what_can_be_tried() -> None:
    from scripts.benchmarks.gpu.device import Device

    if torch.cuda.is_available():
        pytest.skip("there is a card")
    with pytest.raises(NotHere, match="--device cpu --tiny"):
        Device.named("cuda")


def test_training_runs_where_it_is_told_and_refuses_what_is_not_there(tmp_path: pathlib.Path) -> None:
    from modelling import train
    from modelling.model import Shape
    from scripts.benchmarks.gpu import training
    from vitrine import errors
    from vitrine.adapters import model_files, onnx_encoder

    training.draw(tmp_path / "classes", 48)
    recipe = train.Recipe(
        classes=tmp_path / "classes",
        museum=None,
        teacher=None,
        out=tmp_path / "out",
        shape=Shape(size=64, descriptor=16, words=8, colours=8, local_colour_words=8, student=0, dimension=16),
        device="nowhere",
    )
    with pytest.raises(errors.Misconfigured, match="--device cpu"):
        train.train(recipe)
    import dataclasses

    described = train.train(dataclasses.replace(recipe, device="cpu"))
    encoder = onnx_encoder.OnnxEncoder(model_files.find(str(described), []))
    assert encoder.encode(np.zeros((1, 64, 64, 3), np.uint8)).shape == (1, 16)
