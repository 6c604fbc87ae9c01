"""``python -m modelling``: train, export, evaluate and time embedding models."""

from __future__ import annotations

import argparse
import logging
import pathlib
import sys
from collections.abc import Sequence

from modelling import benchmark, evaluate, export_command, histogram, pictures, tensorrt_command
from vitrine import errors

# From sysexits.h, so that a script can tell a server that is away from a wrong setting.
_TRY_AGAIN, _WRONG_SETTING = 75, 78

SHARED = pathlib.Path("../shared")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m modelling", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _train_command(commands.add_parser("train", help="make the shipped model from pictures"))
    export_command.configure(commands.add_parser("export", help="write a model as ONNX with its description"))
    tensorrt_command.configure(commands.add_parser("tensorrt", help="build the plan that Triton serves on a GPU"))
    _evaluate_command(commands.add_parser("evaluate", help="recall of a model on photographs it was not trained on"))
    _benchmark_command(commands.add_parser("benchmark", help="milliseconds a picture on one core"))
    arguments = parser.parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        arguments.run(arguments)
    except errors.VitrineError as error:
        print(f"modelling: {error.message}", file=sys.stderr)
        return _TRY_AGAIN if isinstance(error, errors.DependencyUnavailable) else _WRONG_SETTING
    return 0


def _train_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--classes", type=pathlib.Path, default=SHARED / "data/caltech101", help="a folder per class")
    parser.add_argument("--museum", type=pathlib.Path, help="a demo museum (folder with museum.csv)")
    parser.add_argument(
        "--teacher",
        type=pathlib.Path,
        default=SHARED / "weights/mobilenetv2_1.0_224_fp16w.yaml",
        help="description of the model to learn likeness from",
    )
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/vitrine-s"))
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> None:
    # torch is imported by the commands that need it: evaluation runs in the serving environment.
    from modelling import train

    recipe = train.Recipe(
        classes=arguments.classes,
        museum=arguments.museum,
        teacher=arguments.teacher,
        out=arguments.out,
        seed=arguments.seed,
    )
    print(train.train(recipe))


def _evaluate_command(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", type=pathlib.Path, help="a model description (YAML)")
    what.add_argument("--histogram", action="store_true", help="the colour histogram instead of a model")
    parser.add_argument("--objects", type=pathlib.Path, help="folder with manifest.csv")
    parser.add_argument("--museum", type=pathlib.Path, help="folder with museum.csv")
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    embed: pictures.Embed = histogram.embed if arguments.histogram else pictures.open_model(arguments.model)
    name = "The HSV histogram" if arguments.histogram else str(arguments.model)
    if arguments.objects:
        photographs = evaluate.read_objects(arguments.objects)
        vectors = embed([photograph.path for photograph in photographs])
        print(evaluate.table(f"{name} on {arguments.objects}", evaluate.on_objects(photographs, vectors)))
    if arguments.museum:
        photographs = evaluate.read_museum(arguments.museum)
        vectors = embed([photograph.path for photograph in photographs])
        print(evaluate.table(f"{name} on {arguments.museum}", evaluate.on_museum(photographs, vectors)))


def _benchmark_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("models/vitrine-s.yaml"))
    parser.set_defaults(run=_benchmark)


def _benchmark(arguments: argparse.Namespace) -> None:
    median, best = benchmark.milliseconds(arguments.model)
    print(f"{arguments.model}: median {median:.1f} ms, best {best:.1f} ms a picture on one core")


if __name__ == "__main__":
    sys.exit(main())
