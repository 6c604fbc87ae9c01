"""What is written is what was built, and its description is one that the product reads."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
pytest.importorskip("onnx", reason="the training environment (requirements/modelling.txt) has it")


def test_the_written_graph_agrees_with_the_model_in_any_batch(tmp_path: pathlib.Path) -> None:
    from modelling import export
    from modelling.model import Shape, VitrineS

    torch.manual_seed(0)
    model = VitrineS(Shape(size=96, words=8, colours=8, local_colour_words=4, dimension=16)).eval()
    noise = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    described = export.export(model, tmp_path, noise)
    for count in (1, 2, 3):
        assert export.agreement(model, described, noise[:count]) >= export.LEAST_COSINE
