"""A trained graph as ONNX with its description beside it, checked against what was trained."""

from __future__ import annotations

import pathlib
import pickle
import warnings

import numpy as np
import onnx
import torch
import yaml

from modelling import onnx_halves, replacing
from modelling.model import Shape, VitrineS
from vitrine import errors, preprocessing
from vitrine.adapters import model_files, onnx_encoder
from vitrine.domain import Pixels

OPSET = 17
NAME = "vitrine-s"
LARGEST_BYTES = 10_000_000
LEAST_COSINE = 0.9999


def export(model: VitrineS, folder: pathlib.Path, sample: Pixels) -> pathlib.Path:
    """Writes the graph and its description; returns the description's path.

    ``sample``, uint8 [n, size, size, 3], goes through both. Raises Misconfigured where they disagree.
    """
    model.eval()
    with replacing.in_folder(folder) as made:
        graph, described = made / f"{NAME}.onnx", made / f"{NAME}.yaml"
        _write_graph(model, graph)
        described.write_text(_description(model), encoding="utf-8")
        cosine, size = agreement(model, described, sample), graph.stat().st_size
        # `not >=`: weights that are no numbers have no cosine either.
        if not cosine >= LEAST_COSINE or size > LARGEST_BYTES:
            raise errors.Misconfigured(
                f"{graph.name} was refused: cosine to the trained model {cosine:.6f}, not {LEAST_COSINE}, or "
                f"{size} bytes, more than {LARGEST_BYTES}."
            )
    return folder / described.name


def resize(size: int) -> preprocessing.Resize:
    """How the shipped model wants pictures prepared."""
    return preprocessing.Resize(mode="center_crop", size=size, shorter_side=round(size * 8 / 7))


def agreement(model: VitrineS, described: pathlib.Path, sample: Pixels) -> float:
    """The smallest cosine between what was trained and what was written."""
    encoder = onnx_encoder.OnnxEncoder(model_files.find(str(described), []))
    with torch.no_grad():
        expected = model(torch.from_numpy(sample)).numpy()
    return float((encoder.encode(sample) * expected).sum(axis=1).min())


def _write_graph(model: VitrineS, graph: pathlib.Path) -> None:
    example = torch.from_numpy(np.zeros((2, model.shape.size, model.shape.size, 3), np.uint8))
    with warnings.catch_warnings():
        # The tracing exporter is deprecated, but gives the plainest graph for a model without control flow.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            (example,),
            str(graph),
            dynamo=False,
            opset_version=OPSET,
            input_names=["image"],
            output_names=["embedding"],
            dynamic_axes={"image": {0: "n"}, "embedding": {0: "n"}},
        )
    written = onnx_halves.with_half_weights(onnx.load(str(graph)))
    onnx.checker.check_model(written)
    onnx.save(written, str(graph))


def _description(model: VitrineS) -> str:
    wanted = resize(model.shape.size)
    document = {
        "id": NAME,
        "file": f"{NAME}.onnx",
        "licence": "Apache-2.0",
        # Its intermediate results are larger than its weights: 7.5 ms a picture alone, 9.4 in a batch of eight.
        "input": {"name": "image", "layout": "NHWC", "dtype": "uint8", "size": wanted.size, "batch": 1},
        "resize": {"mode": wanted.mode, "shorter_side": wanted.shorter_side, "interpolation": wanted.interpolation},
        "output": {"name": "embedding", "dimension": model.shape.dimension},
    }
    return yaml.safe_dump(document, sort_keys=False, default_flow_style=None)


def export_weights(weights: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """What ``train`` saved, written again; checked on noise, because the pictures need not be at hand.

    Raises Misconfigured.
    """
    model = VitrineS(Shape())
    try:
        model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    # What torch and pickle raise of files that are not there, no weights, or another model's.
    except (OSError, RuntimeError, pickle.UnpicklingError, EOFError, ValueError, KeyError, TypeError) as error:
        raise errors.Misconfigured(
            f"{weights} holds no weights of {NAME}: {error}. --weights FILE takes what python -m modelling train "
            "saved; --model NAME exports another model."
        ) from error
    size = model.shape.size
    noise = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), np.uint8)
    return export(model, folder, noise)
