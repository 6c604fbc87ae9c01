"""The decoder of JPEG files: what is rendered fits together, and what decodes differently is found out."""

from __future__ import annotations

import dataclasses
import pathlib
import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tritonclient.grpc import model_config_pb2

from tests.servers.triton_repository import head, shipped_model
from triton_models import decoding_check, repository
from triton_models.__main__ import main
from vitrine import errors, preparation, triton_contract
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import Pixels
from vitrine.ports import Encoded
from vitrine.preprocessing import Resize

Config = Any


@pytest.fixture(autouse=True)
def home(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VITRINE_MODEL", "vitrine-s")


@pytest.fixture
def plan(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "model.plan"
    path.write_bytes(b"a plan")
    return path


def rendered(out: pathlib.Path, plan: pathlib.Path, resize: Resize) -> pathlib.Path:
    model = shipped_model()
    repository.Repository(
        description=dataclasses.replace(model.description, resize=resize),
        graph=model.graph,
        model_id=model.model_id,
        known_answer=np.zeros(256, np.float32),
        head=head(256),
        target=repository.GPU,
        plan=plan,
        decodes=True,
    ).render(out)
    return out


def config(out: pathlib.Path, model: str) -> Config:
    """As Triton's own grammar reads it."""
    return text_format.Parse((out / model / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())


def tensors(described: Sequence[Any]) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {tensor.name: (tensor.data_type, tuple(tensor.dims)) for tensor in described}


def test_every_step_takes_what_the_one_before_gives(tmp_path: pathlib.Path, plan: pathlib.Path) -> None:
    out = tmp_path / "models"
    assert main(["render", "--target", "gpu", "--plan", str(plan), "--decode", "gpu", "--out", str(out)]) == 0
    ensemble = config(out, triton_contract.JPEG_ENSEMBLE)
    known = tensors(ensemble.input)
    assert known == {triton_contract.JPEG: (model_config_pb2.TYPE_UINT8, (-1,))}
    for step in ensemble.ensemble_scheduling.step:
        taken, given = config(out, step.model_name), tensors(config(out, step.model_name).output)
        assert {inner: known[outer] for inner, outer in step.input_map.items()} == tensors(taken.input)
        assert taken.max_batch_size == ensemble.max_batch_size
        known |= {outer: given[inner] for inner, outer in step.output_map.items()}
    # The classifier's head may grow: an ensemble promises no number of classes.
    promised = {name: shape for name, shape in tensors(ensemble.output).items() if name != "probabilities"}
    assert promised.items() <= known.items()
    assert tensors(ensemble.output) == tensors(config(out, triton_contract.ENSEMBLE).output)


@pytest.mark.parametrize(
    ("resize", "told"),
    [
        (Resize(mode="center_crop", size=224, shorter_side=256), ("224", "256", "types.INTERP_LINEAR")),
        (Resize(mode="center_crop", size=224, interpolation="bicubic"), ("224", "224", "types.INTERP_CUBIC")),
        (Resize(mode="squash", size=256, interpolation="bicubic"), ("256", "None", "types.INTERP_CUBIC")),
    ],
)
def test_the_pipeline_has_the_models_own_numbers(
    resize: Resize, told: tuple[str, ...], tmp_path: pathlib.Path, plan: pathlib.Path
) -> None:
    pipeline = (rendered(tmp_path / "models", plan, resize) / "decoder" / "1" / "dali.py").read_text()
    compile(pipeline, "dali.py", "exec")
    for name, value in zip(("SIZE", "SHORTER_SIDE", "INTERPOLATION"), told, strict=True):
        assert f"\n{name} = {value}\n" in pipeline
    (given,) = config(tmp_path / "models", triton_contract.DECODER).input
    # DALI's backend knows a pipeline's inputs by their names.
    assert f'name="{given.name}"' in pipeline and given.allow_ragged_batch
    assert f"batch_size={config(tmp_path / 'models', triton_contract.DECODER).max_batch_size}," in pipeline


def test_what_the_card_cannot_draw_is_refused(tmp_path: pathlib.Path, plan: pathlib.Path) -> None:
    with pytest.raises(errors.Misconfigured, match="render without --decode gpu"):
        rendered(tmp_path / "models", plan, Resize(mode="letterbox", size=224))


def test_processors_have_no_decoder_of_that_kind(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--target", "cpu", "--decode", "gpu", "--out", str(tmp_path / "models")]) == 78
    assert "--target gpu" in capsys.readouterr().err


def test_rendered_anew_without_a_decoder_there_is_none(tmp_path: pathlib.Path, plan: pathlib.Path) -> None:
    arguments = ["render", "--target", "gpu", "--plan", str(plan), "--out", str(tmp_path / "models")]
    assert main([*arguments, "--decode", "gpu"]) == 0
    assert (tmp_path / "models" / "decoder").is_dir() and (tmp_path / "models" / "vitrine_jpeg").is_dir()
    assert main(arguments) == 0
    assert {path.name for path in (tmp_path / "models").iterdir() if path.is_dir()} == {
        "vitrine",
        "embedder",
        "classifier",
    }


class AnotherDecoder(OnnxEncoder):
    """The shipped model, and in Triton's place a preprocessing that is told."""

    def __init__(self, theirs: Resize) -> None:
        super().__init__(shipped_model())
        self._theirs = theirs

    def encode_jpegs(self, files: Sequence[bytes]) -> Encoded:
        return Encoded(embeddings=self.encode(np.stack([self._square(file) for file in files])))

    def _square(self, file: bytes) -> Pixels:
        decoder = SubprocessDecoder(slots=1)
        try:
            square = preparation.decoded(file, decoder, self._theirs).model_input
        finally:
            decoder.close()
        assert square is not None
        return square


@pytest.fixture
def photographs(tmp_path: pathlib.Path) -> pathlib.Path:
    """Six JPEG files, one that is damaged, and one of another kind."""
    folder = tmp_path / "photographs"
    (folder / "below").mkdir(parents=True)
    for number in range(6):
        rng = np.random.default_rng(number)
        tiles = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
        tiles.resize((480, 360), Image.Resampling.BICUBIC).save(folder / "below" / f"{number}.jpg", quality=90)
    (folder / "damaged.jpeg").write_bytes(b"\xff\xd8 no picture")
    tiles.save(folder / "other.png")
    return folder


def compared(photographs: pathlib.Path, theirs: Resize) -> decoding_check.Comparison:
    decoder = SubprocessDecoder(slots=1)
    try:
        return decoding_check.compared(decoding_check.chosen(photographs, 100), decoder, AnotherDecoder(theirs))
    finally:
        decoder.close()


def test_the_same_preprocessing_passes_and_unreadable_files_are_counted(photographs: pathlib.Path) -> None:
    model = shipped_model()
    told = compared(photographs, model.description.resize).verdict(model.model_id)
    assert "6 photographs, cosine 1.00000" in told and "1 that Vitrine does not read" in told


def test_another_preprocessing_is_refused_and_told_to_have_an_id_of_its_own(photographs: pathlib.Path) -> None:
    other = dataclasses.replace(shipped_model().description.resize, mode="squash", shorter_side=None)
    with pytest.raises(errors.Misconfigured, match="a model id of its own") as refused:
        compared(photographs, other).verdict("vitrine-s@0")
    assert "below 0.999" in refused.value.message and str(photographs / "below") in refused.value.message


def test_one_picture_below_the_bound_is_enough_and_so_is_no_number() -> None:
    near, far = pathlib.Path("near.jpg"), pathlib.Path("far.jpg")
    assert "may embed" in decoding_check.Comparison(cosines={near: 0.999}).verdict("m@0")
    for wrong in (0.9989, float("nan")):
        with pytest.raises(errors.Misconfigured, match=r"far\.jpg"):
            decoding_check.Comparison(cosines={near: 1.0, far: wrong}).verdict("m@0")
    with pytest.raises(errors.Misconfigured, match="None of these"):
        decoding_check.Comparison(cosines={}, refused=[near]).verdict("m@0")


def test_photographs_are_chosen_from_all_of_the_folder(photographs: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert [path.name for path in decoding_check.chosen(photographs, 3)] == ["0.jpg", "2.jpg", "4.jpg"]
    shutil.rmtree(photographs / "below")
    (photographs / "damaged.jpeg").unlink()
    with pytest.raises(errors.Misconfigured, match="no JPEG files"):
        decoding_check.chosen(photographs, 3)
