"""`python -m triton_models`: render the repository that Triton serves, give it a new classifier, check its decoder."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Sequence

import onnx
import pydantic

from triton_models import decoding_check, graphs, repository
from vitrine import errors, plans, triton_contract
from vitrine.adapters import decoders, known_answer, model_files
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.classifier import Head
from vitrine.settings import Settings

# From sysexits.h, so that a script can tell a server that is away from a wrong setting.
_TRY_AGAIN, _WRONG_SETTING = 75, 78


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        print(_run(options, Settings()))
    except pydantic.ValidationError as error:
        print(f"triton_models: a setting is wrong: {error}", file=sys.stderr)
        return _WRONG_SETTING
    except errors.VitrineError as error:
        print(f"triton_models: {error.message}", file=sys.stderr)
        return _TRY_AGAIN if isinstance(error, errors.DependencyUnavailable) else _WRONG_SETTING
    except OSError as error:
        print(f"triton_models: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace, settings: Settings) -> str:
    model = model_files.find(options.model or settings.model, settings.model_folders)
    if options.command == "check-decoding":
        return _decoding(options, settings, model)
    if options.command == "graph":
        # Whoever builds a plan of it should learn now what `render` would refuse.
        known_answer.of(model)
        onnx.save(graphs.embedder(model.graph, model.description, model.model_id), options.out)
        return f"{options.out}: the graph of {model.model_id}, uint8 in. Next:\n{_build_command(model, options.out)}"
    head = _head(model, options.snapshot, settings)
    told = f"with the head {head.id} of {len(head.classes)} classes" if head else "without a classifier head"
    if options.command == "head":
        version = repository.add_head(options.out, model.model_id, head)
        return f"{options.out}: classifier version {version}, {told}. Have Triton load the model `classifier` again."
    _rendering(model, head, options).render(options.out)
    return f"{options.out}: {model.model_id} for {options.target}, {told}"


def _rendering(model: ModelFiles, head: Head | None, options: argparse.Namespace) -> repository.Repository:
    if options.instances < 0:
        raise errors.Misconfigured(
            "--instances is how many copies of the model are served: 1 at least, or 0 for one a core."
        )
    cores = options.instances or len(os.sched_getaffinity(0))
    return repository.Repository(
        description=model.description,
        graph=model.graph,
        model_id=model.model_id,
        known_answer=known_answer.of(model),
        head=head,
        target=repository.cpu(cores) if options.target == "cpu" else repository.GPU,
        plan=_plan(model, options),
        decodes=_decodes(options),
    )


def _decodes(options: argparse.Namespace) -> bool:
    if options.decode == "gpu" and options.target != "gpu":
        raise errors.Misconfigured("--decode gpu needs a graphics card: it goes with --target gpu.")
    return bool(options.decode == "gpu")


def _plan(model: ModelFiles, options: argparse.Namespace) -> pathlib.Path | None:
    plan: pathlib.Path | None = options.plan
    if options.target == "cpu":
        if plan is not None:
            raise errors.Misconfigured("A plan is for --target gpu; processors serve the ONNX graph.")
        return None
    if plan is None or not plan.is_file() or not plan.stat().st_size:
        asked = options.model or model.description.id
        missing = f"There is no plan at {plan}, or nothing in it." if plan else "--target gpu needs --plan model.plan."
        raise errors.Misconfigured(
            f"{missing} A plan is built where it will run, by the TensorRT of the container that serves it:\n"
            f"  python -m triton_models graph --model {shlex.quote(asked)} --out embedder.onnx\n"
            f"{_build_command(model, pathlib.Path('embedder.onnx'))}\n"
            "Then run this command again with --plan model.plan. docs/triton.md tells more."
        )
    _check_plan(plan, model, options)
    return plan


def _check_plan(plan: pathlib.Path, model: ModelFiles, options: argparse.Namespace) -> None:
    """By the notes that `python -m modelling tensorrt` wrote beside it; one by trtexec alone has the known answer."""
    path = plan.with_suffix(".json")
    if not path.is_file():
        _warn(
            f"{path} is missing, so it was not compared whether {plan} is of this model, card and TensorRT. Copy the"
            " file that lay beside the plan, or compare by hand if trtexec built it."
        )
        return
    notes = plans.PlanNotes.from_text(path.read_bytes())
    machine = plans.Machine(gpu=options.gpu or _gpu_here(), tensorrt=options.tensorrt)
    notes.check(
        model_id=model.model_id,
        sha256=hashlib.sha256(plan.read_bytes()).hexdigest(),
        batch=repository.GPU.max_batch,
        machine=machine,
    )
    if unknown := notes.uncompared(machine):
        _warn(f"not compared: {' and '.join(unknown)}. Give --gpu NAME and --tensorrt VERSION of what will serve it.")


def _warn(message: str) -> None:
    print(f"triton_models: {message}", file=sys.stderr)


def _gpu_here() -> str:
    """The name of this machine's first graphics card; empty where there is none."""
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", "--id=0"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _build_command(model: ModelFiles, graph: pathlib.Path) -> str:
    side, most = model.description.resize.size, repository.GPU.max_batch
    shapes = [
        f"--{which}Shapes={triton_contract.IMAGE}:{count}x{side}x{side}x3"
        for which, count in (("min", 1), ("opt", most // 2), ("max", most))
    ]
    return "  " + shlex.join(["trtexec", f"--onnx={graph}", *shapes, "--saveEngine=model.plan"])


def _decoding(options: argparse.Namespace, settings: Settings, model: ModelFiles) -> str:
    url = options.url or settings.triton_url
    if not url:
        raise errors.Misconfigured("Which Triton? Name it by --url HOST:PORT or VITRINE_TRITON_URL.")
    paths = decoding_check.chosen(options.photographs, max(1, options.count))
    with contextlib.ExitStack() as opened:
        encoder = TritonEncoder(model, url=url, deadline_s=max(60.0, settings.triton_deadline_s), concurrency=1)
        opened.callback(encoder.close)
        encoder.check()
        encoder.check_decoder()
        decoder = decoders.configured(settings, slots=1)
        opened.callback(decoder.close)
        return decoding_check.compared(paths, decoder, encoder).verdict(model.model_id)


def _head(model: ModelFiles, folder: pathlib.Path | None, settings: Settings) -> Head | None:
    """Of the snapshot that is named, else the one that is served; none where that is damaged.

    Triton is needed for the embeddings; workers whose head it has not use their own.
    """
    if folder is None:
        try:
            return _served_head(model.model_id, settings)
        except (errors.DamagedSnapshot, errors.NotFound) as error:
            print(f"triton_models: no classifier, workers use what they have: {error.message}", file=sys.stderr)
            return None
    folder = folder.resolve()
    if folder.parent.name != model.model_id:
        raise errors.Misconfigured(
            f"{folder} is no snapshot of {model.model_id}: that is the name of its folder's parent."
        )
    return SnapshotFolder(folder.parents[1]).open(model.model_id, folder.name).head


def _served_head(model_id: str, settings: Settings) -> Head | None:
    """The active version under VITRINE_HOME, else the current snapshot's own."""
    heads = HeadFolder(settings.home / "heads")
    if (version := heads.active_version(model_id)) is not None:
        return heads.open(model_id, version).head
    snapshots = SnapshotFolder(settings.home / "snapshots")
    name = snapshots.current_name(model_id)
    return snapshots.open(model_id, name).head if name else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m triton_models", description=__doc__)
    subcommands = parser.add_subparsers(dest="command", required=True)
    render = subcommands.add_parser("render", help="write a model repository")
    render.add_argument("--target", choices=("cpu", "gpu"), required=True, help="ONNX Runtime, or a TensorRT plan")
    render.add_argument("--plan", type=pathlib.Path, metavar="FILE", help="the plan, for --target gpu")
    render.add_argument(
        "--decode",
        choices=("cpu", "gpu"),
        default="cpu",
        help="gpu: beside `vitrine` an ensemble `vitrine_jpeg`, which takes JPEG files (default: cpu, workers decode)",
    )
    render.add_argument("--gpu", default="", metavar="NAME", help="card that will serve it (default: the one here)")
    render.add_argument("--tensorrt", default="", metavar="VERSION", help="of the Triton that will serve it")
    render.add_argument("--instances", type=int, default=0, metavar="N", help="for cpu (default: one for each core)")
    head = subcommands.add_parser("head", help="add the classifier that is active now to a rendered repository")
    graph = subcommands.add_parser("graph", help="write the graph that a TensorRT plan is built from")
    check = subcommands.add_parser("check-decoding", help="whether Triton's decoder gives the embeddings of ours")
    check.add_argument("--photographs", type=pathlib.Path, required=True, metavar="DIR", help="your own JPEG files")
    check.add_argument("--count", type=int, default=200, help="of them, at most (default: %(default)s)")
    check.add_argument("--url", metavar="HOST:PORT", help="gRPC of the Triton (default: VITRINE_TRITON_URL)")
    for command in (render, head, graph, check):
        command.add_argument("--model", metavar="MODEL", help="id or description's path (default: VITRINE_MODEL)")
    for command in (render, head, graph):
        command.add_argument("--out", type=pathlib.Path, required=True, help="where to write")
    for command in (render, head):
        command.add_argument(
            "--snapshot",
            type=pathlib.Path,
            metavar="DIR",
            help="folder of the snapshot whose classifier is served (default: the active version under VITRINE_HOME)",
        )
    return parser


if __name__ == "__main__":
    sys.exit(main())
