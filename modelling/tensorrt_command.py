"""``python -m modelling tensorrt``: a plan for Triton from a model, in the precision that is asked for."""

from __future__ import annotations

import argparse
import hashlib
import os
import pathlib
import shlex
import tempfile

import numpy as np
import onnx

from modelling import precision, tensorrt_build
from modelling.tensorrt_build import Batches
from triton_models import graphs, repository
from vitrine import errors, triton_contract
from vitrine.adapters import known_answer, model_files
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.domain import Pixels
from vitrine.plans import PlanNotes

LEAST_COSINE = 0.999
MODELS = pathlib.Path(__file__).resolve().parents[1] / "models"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", required=True, help="a description (YAML), or an id in models/ or VITRINE_HOME/models"
    )
    parser.add_argument("--precision", choices=precision.PRECISIONS, default="fp16")
    parser.add_argument("--batch", default="1..64", metavar="A..B", help="pictures at a time (default: 1..64)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/model.plan"), metavar="FILE")
    parser.add_argument("--onnx-only", action="store_true", help="convert the graph; print the trtexec command")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    batches = Batches.parsed(arguments.batch)
    if not (batches.least == 1 and batches.most >= repository.GPU.max_batch):
        raise errors.Misconfigured(
            f"--batch {arguments.batch}: Triton will ask for 1 to {repository.GPU.max_batch} pictures at a time, and a"
            f" plan for other batches would be refused. Build it for --batch 1..{repository.GPU.max_batch} or more."
        )
    model = model_files.find(arguments.model, _folders())
    known_answer.of(model)
    plan: pathlib.Path = arguments.out
    graph = plan.with_suffix(f".{arguments.precision}.onnx")
    converted = served(model, arguments.precision)
    try:
        plan.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(converted, graph)
    except OSError as error:
        raise errors.Misconfigured(f"{graph} cannot be written: {error}. Name another place by --out.") from error
    side = model.description.resize.size
    if arguments.onnx_only:
        command = shlex.join(["trtexec", *tensorrt_build.trtexec_arguments(graph, plan, batches, side)])
        print(f"{graph}: {model.model_id} in {arguments.precision}. Where it will run:\n  {command}")
        return
    machine = tensorrt_build.machine()
    data = tensorrt_build.build(graph, batches, side)
    cosine = checked(model, data, batches)
    plan.write_bytes(data)
    notes = PlanNotes(
        model_id=model.model_id,
        precision=arguments.precision,
        smallest_batch=batches.least,
        largest_batch=batches.most,
        machine=machine,
        sha256=hashlib.sha256(data).hexdigest(),
        cosine=cosine,
    )
    plan.with_suffix(".json").write_text(notes.to_text(), encoding="utf-8")
    print(f"{plan}: {model.model_id} in {arguments.precision}, cosine {cosine:.5f}, for {machine.gpu}")
    render = ["--target", "gpu", "--model", arguments.model, "--plan", str(plan), "--out", "models/"]
    # Its settings are read by a library that the environment of modelling has not.
    print(f"Next, in the environment that serves:\n  python -m triton_models render {shlex.join(render)}")


def _folders() -> list[pathlib.Path]:
    """As `Settings.model_folders`, whose library is not in the environment of modelling."""
    return [MODELS, pathlib.Path(os.environ.get("VITRINE_HOME", MODELS.with_name(".vitrine"))) / "models"]


def served(model: ModelFiles, wanted: precision.Precision) -> onnx.ModelProto:
    """The graph that Triton serves, uint8 in, unit embeddings and identity out, with the model's part converted."""
    converted = precision.converted(onnx.load(model.graph), wanted)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "converted.onnx"
        onnx.save(converted, path)
        return graphs.embedder(path, model.description, model.model_id)


def checked(model: ModelFiles, plan: bytes, batches: Batches) -> float:
    """The smallest cosine between plan and graph, in the smallest batch and in the largest.

    Raises Misconfigured where it is too small.
    """
    size = model.description.resize.size
    pictures = _pictures(size, batches.most)
    expected = OnnxEncoder(model).encode(pictures)
    # TensorRT may compute the two by different kernels.
    cosines = [
        (tensorrt_build.answers(plan, pictures[:count], model.description.dimension) * expected[:count]).sum(axis=1)
        for count in sorted({batches.least, batches.most})
    ]
    cosine = float(np.concatenate(cosines).min())
    if not cosine >= LEAST_COSINE:
        raise errors.Misconfigured(f"The plan was refused: cosine to the graph {cosine:.5f}, not {LEAST_COSINE}.")
    return cosine


def _pictures(size: int, count: int) -> Pixels:
    noise = np.random.default_rng(0).integers(0, 256, (count, size, size, 3), np.uint8)
    noise[0] = triton_contract.known_picture(size)
    return noise
