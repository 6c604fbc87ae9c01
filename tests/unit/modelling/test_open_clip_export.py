"""Models of open_clip, by name: real architectures with random weights, from a hub on this machine.

In the export environment (`pip install -r requirements/export.txt pytest pytest-timeout pytest-socket`):
`.venv-modelling/bin/python -m pytest --noconftest tests/unit/modelling/test_open_clip_export.py`.
"""

from __future__ import annotations

import importlib
import json
import pathlib
import sys
from typing import Any

import numpy as np
import pytest
import yaml

from tests.servers.model_hub import ModelHub, serving
from vitrine.adapters import model_files, onnx_encoder

pytest.importorskip("torch", reason="the export environment (requirements/export.txt) has it")
pytest.importorskip("tokenizers", reason="the export environment (requirements/export.txt) has it")
sys.path.append(str(pathlib.Path(__file__).parent))
importlib.import_module("torchvision_operators")
pytest.importorskip("open_clip", reason="the export environment (requirements/export.txt) has it")

NAME = "tiny-clip"
# CLIP's architecture, two blocks deep.
CLIP: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2},
}
# SigLIP2's: its pooling, its text tower without a mask, its hub tokenizer; a smaller trunk.
SIGLIP: dict[str, Any] = {
    "embed_dim": 192,
    "init_logit_bias": -10,
    "custom_text": True,
    "vision_cfg": {
        "image_size": 224,
        "timm_model_name": "vit_tiny_patch16_224",
        "timm_model_pretrained": False,
        "timm_pool": "map",
        "timm_proj": "none",
    },
    "text_cfg": {
        "context_length": 64,
        "vocab_size": 300,
        "hf_tokenizer_name": "museum/tiny-siglip",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "width": 192,
        "heads": 3,
        "layers": 2,
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
        "norm_kwargs": {"eps": 1e-6},
        "act_kwargs": {"approximate": "tanh"},
    },
}
# The same text tower beside a ResNet, which normalises by batches.
RESNET: dict[str, Any] = {
    **CLIP,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "head_width": 32, "patch_size": None},
}
PREPARED = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5), "interpolation": "bicubic"}


@pytest.fixture(autouse=True)
def architectures(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """open_clip knows three small models more, and where their weights are."""
    import open_clip
    from open_clip import factory, pretrained

    folder = tmp_path / "configs"
    folder.mkdir()
    monkeypatch.setattr(factory, "_MODEL_CONFIG_PATHS", list(factory._MODEL_CONFIG_PATHS))
    for name, config in ((NAME, CLIP), ("tiny-resnet", RESNET), ("tiny-siglip", SIGLIP)):
        (folder / f"{name}.json").write_text(json.dumps(config))
        squashed = "squash" if name == "tiny-siglip" else "shortest"
        published = {**PREPARED, "resize_mode": squashed, "hf_hub": f"museum/{name}/", "url": ""}
        monkeypatch.setitem(pretrained._PRETRAINED, name, {"webli": published})
    open_clip.add_model_config(folder)


def byte_tokenizer() -> bytes:
    """A stand-in for SigLIP2's vocabulary of 256,000 words: a token for each byte, as a tokenizer.json of a hub."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<eos>", "<bos>", *letters])}
    made = Tokenizer(models.BPE(vocabulary, []))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return str(made.to_str()).encode()


def hub_files(name: str, weights: bytes) -> dict[str, bytes]:
    config = {"add_bos_token": False, "add_eos_token": True, "eos_token": "<eos>", "pad_token": {"content": "<pad>"}}
    below = f"/museum/{name}/resolve/main"
    return {
        f"{below}/open_clip_model.safetensors": weights,
        f"{below}/tokenizer.json": byte_tokenizer(),
        f"{below}/tokenizer_config.json": json.dumps(config).encode(),
        f"{below}/README.md": b"---\nlicense: apache-2.0\n---\n# A tiny model\n",
    }


def published_weights(name: str) -> bytes:
    import safetensors.torch

    from modelling.architectures import Architecture

    model = Architecture.named(name).model(None)
    data: bytes = safetensors.torch.save({key: value.contiguous() for key, value in model.state_dict().items()})
    return data


@pytest.mark.parametrize("name", [NAME, "tiny-resnet", "tiny-siglip"])
def test_a_model_is_downloaded_exported_and_served(
    name: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling.__main__ import main

    files = hub_files(name, published_weights(name))
    with serving(ModelHub(files=files, breaks_after=200_000)) as hub:
        given = ["--hub", hub.address, "--downloads", str(tmp_path / "kept"), "--out", str(tmp_path / "models")]
        assert main(["export", "--model", f"{name}:webli", *given]) == 0, capsys.readouterr().err
    described = tmp_path / "models" / f"{name}-webli.yaml"
    assert f"VITRINE_MODEL={described}" in capsys.readouterr().out
    document = yaml.safe_load(described.read_text())
    assert document["licence"] == "apache-2.0"
    assert document["provenance"]["commit"] == "c0ffee"
    assert min(document["metrics"].values()) >= 0.9999
    encoder = onnx_encoder.OnnxEncoder(model_files.find(str(described), []))
    assert encoder.resize.mode == ("squash" if name == "tiny-siglip" else "center_crop")
    size = encoder.resize.size
    noise = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
    assert encoder.encode(noise).shape == (3, encoder.dimension)
    assert "A tiny model" in described.with_suffix(".md").read_text()


def test_a_graph_that_differs_from_torch_is_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelling import towers
    from modelling.architectures import Architecture
    from modelling.open_clip_export import Export
    from vitrine import errors

    monkeypatch.setattr(towers, "LEAST_COSINE", 1.1)
    with pytest.raises(errors.Misconfigured, match="refused"):
        Export(architecture=Architecture.named(NAME), out=tmp_path / "models").random()
    assert not list((tmp_path / "models").iterdir())


def test_an_export_that_breaks_off_leaves_the_one_before(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelling import towers
    from modelling.architectures import Architecture
    from modelling.open_clip_export import Export

    export = Export(architecture=Architecture.named(NAME), out=(out := tmp_path / "models"))
    export.random()
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    writing = towers.write

    def full_disk(tower: Any, example: Any, name: str, graph: pathlib.Path) -> float:
        if name == towers.TOKENS:
            graph.write_bytes(b"half a graph")
            raise OSError(28, "No space left on device")
        graph.write_bytes(b"another graph")
        return writing(tower, example, name, graph)

    monkeypatch.setattr(towers, "write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        export.random()
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_siglip_texts_are_cleaned_ended_padded_and_cut(tmp_path: pathlib.Path) -> None:
    from modelling import tokenizer_file

    (file := tmp_path / "tokenizer.json").write_bytes(byte_tokenizer())
    config = {"add_eos_token": True, "eos_token": "<eos>", "pad_token": "<pad>"}
    made = tokenizer_file.of_hub(file, config, "canonicalize", 16)
    plain, dressed = made.encode("a gilt vase").ids, made.encode("  A GILT,   vase! ").ids
    assert plain == dressed and len(plain) == 16
    assert plain[11:] == [1, 0, 0, 0, 0]
    cut = made.encode("самовар " * 20).ids
    assert len(cut) == 16 and cut[-1] == 1


def test_random_weights_of_a_model_whose_tokenizer_is_on_the_hub_come_without_texts(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling.__main__ import main

    given = ["export", "--model", "tiny-siglip", "--random-weights", "--out", str(tmp_path)]
    assert main(given) == 78
    assert "--image-only" in capsys.readouterr().err
    assert main([*given, "--image-only"]) == 0
    assert "text" not in yaml.safe_load((tmp_path / "tiny-siglip-webli-random.yaml").read_text())


def test_weights_are_read_from_the_file_that_open_clip_names(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from open_clip import pretrained

    from modelling.architectures import Architecture
    from modelling.downloads import Hub

    named = {**PREPARED, "resize_mode": "shortest", "hf_hub": f"museum/{NAME}/pytorch_model.bin", "url": ""}
    monkeypatch.setitem(pretrained._PRETRAINED, NAME, {"webli": named})
    (file := tmp_path / "hub" / "museum" / NAME / "resolve" / "main" / "pytorch_model.bin").parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    architecture = Architecture.named(NAME)
    assert architecture.repository == f"museum/{NAME}"
    hub = Hub(base=(tmp_path / "hub").as_uri(), folder=tmp_path / "kept")
    assert architecture.weights(hub).path.read_bytes() == b"weights"


def test_an_architecture_without_published_weights_is_tried_with_random_ones(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from open_clip import pretrained

    from modelling.__main__ import main

    monkeypatch.delitem(pretrained._PRETRAINED, NAME)
    assert main(["export", "--model", NAME, "--random-weights", "--image-only", "--out", str(tmp_path)]) == 0
    assert yaml.safe_load((tmp_path / f"{NAME}-random.yaml").read_text())["resize"]["mode"] == "center_crop"


@pytest.mark.parametrize("weights", [b"", b"no weights", b"PK\x03\x04 half an archive"])
@pytest.mark.parametrize("file", ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"])
def test_a_damaged_file_of_weights_is_named(
    file: str, weights: bytes, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling.__main__ import main

    (path := tmp_path / "hub" / "museum" / NAME / "resolve" / "main" / file).parent.mkdir(parents=True)
    path.write_bytes(weights)
    given = ["--hub", (tmp_path / "hub").as_uri(), "--out", str(tmp_path / "models"), "--image-only"]
    assert main(["export", "--model", NAME, *given]) == 78
    assert str(path) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "told"), [("no-such-net", "no model"), (f"{NAME}:nobody", "webli"), ("ViT-B-32", "one of: openai")]
)
def test_unknown_models_and_weights_are_told_what_there_is(
    name: str, told: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling.__main__ import main

    assert main(["export", "--model", name, "--out", str(tmp_path), "--hub", tmp_path.as_uri()]) == 78
    assert told in capsys.readouterr().err


def test_a_torchvision_of_another_build_is_told_with_what_to_install(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import modelling
    from modelling.__main__ import main

    (tmp_path / "open_clip.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delattr(modelling, "architectures", raising=False)
    for name in ("open_clip", "modelling.architectures"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert main(["export", "--model", NAME, "--out", str(tmp_path)]) == 78
    told = capsys.readouterr().err
    assert "torchvision::nms" in told and "requirements/export.txt" in told


def museum_of(count: int, folder: pathlib.Path) -> pathlib.Path:
    from PIL import Image

    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        coarse = rng.integers(0, 256, (6, 6, 3), np.uint8)
        Image.fromarray(coarse).resize((120, 90)).save(folder / f"{number}.jpg")
    return folder


def test_int8_leaves_a_broken_picture_out_and_counts_before_anything_is_exported(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from modelling import int8
    from modelling.__main__ import main

    photographs = museum_of(int8.FEWEST_PICTURES, tmp_path / "photographs")
    (photographs / "7.jpg").write_bytes((photographs / "8.jpg").read_bytes()[:400])
    given = ["export", "--model", NAME, "--random-weights", "--image-only", "--int8", "--images", str(photographs)]
    assert main([*given, "--out", str(tmp_path / "models")]) == 78
    assert "99 pictures" in capsys.readouterr().err and "7.jpg" in caplog.text
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("told", [1.0, 0.0, np.nan])
def test_a_graph_that_tells_all_pictures_the_same_finds_none(told: float) -> None:
    from modelling import int8

    known = np.eye(40, 8, dtype=np.float32) + 0.01
    assert int8._recall(known[:8], known[:8]) == 1.0
    assert int8._recall(np.full((40, 8), told, np.float32), np.full((40, 8), told, np.float32)) == 0.0


def test_an_int8_graph_that_nobody_has_judged_is_nowhere(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelling import int8
    from modelling.architectures import Architecture
    from modelling.open_clip_export import Export

    described = Export(architecture=Architecture.named(NAME), out=tmp_path / "models", text=False).random()
    before = sorted((tmp_path / "models").iterdir())
    taken = museum_of(3, tmp_path / "photographs")
    # Neither one of Vitrine's own errors nor one that anybody expects.
    monkeypatch.setattr(int8, "_recall", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        int8.quantise(described, sorted(taken.iterdir()))
    assert sorted((tmp_path / "models").iterdir()) == before


def test_int8_is_measured_on_the_users_pictures_and_refused_where_it_finds_less(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from modelling import int8
    from modelling.__main__ import main

    photographs = museum_of(int8.FEWEST_PICTURES, tmp_path / "photographs")
    out = tmp_path / "models"
    given = ["export", "--model", NAME, "--random-weights", "--image-only", "--int8", "--out", str(out)]
    assert main(given) == 78
    assert "--images DIR" in capsys.readouterr().err
    assert main([*given, "--images", str(out)]) == 78
    monkeypatch.setattr(int8, "LARGEST_LOSS", -1.0)
    assert main([*given, "--images", str(photographs)]) == 78
    assert "int8 graph was refused" in capsys.readouterr().err
    assert not (out / f"{NAME}-webli-random-int8.yaml").exists()
    monkeypatch.setattr(int8, "LARGEST_LOSS", 1.0)
    assert main([*given, "--images", str(photographs)]) == 0, capsys.readouterr().err
    document = yaml.safe_load((out / f"{NAME}-webli-random-int8.yaml").read_text())
    # What flows through it is scaled batch by batch: whose picture comes along must not change an embedding.
    assert document["input"]["batch"] == 1
    assert document["metrics"]["pictures"] == 100 and document["metrics"]["neighbours"] > 0.5
    sizes = [(out / f"{NAME}-webli-random{kind}.onnx").stat().st_size for kind in ("", "-int8")]
    assert sizes[1] < sizes[0] * 0.7
