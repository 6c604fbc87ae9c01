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


@pytest.mark.parametrize("damage", [None, b"", b"no weights", b"PK\x03\x04 half an archive", {"another": 1}, [1]])
def test_what_holds_no_weights_is_named(
    damage: object, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling.__main__ import main

    weights = tmp_path / "vitrine-s.pt"
    if isinstance(damage, bytes):
        weights.write_bytes(damage)
    elif damage is not None:
        torch.save(damage, weights)
    assert main(["export", "--weights", str(weights), "--out", str(tmp_path / "models")]) == 78
    assert f"{weights} holds no weights of vitrine-s" in capsys.readouterr().err


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    from modelling.__main__ import main
    from modelling.model import Shape, VitrineS

    torch.save(VitrineS(Shape()).state_dict(), tmp_path / "vitrine-s.pt")
    (tmp_path / "models").write_text("")
    assert main(["export", "--weights", str(tmp_path / "vitrine-s.pt"), "--out", str(tmp_path / "models")]) == 78
    assert str(tmp_path / "models") in capsys.readouterr().err
