"""``python -m modelling``: train, export, evaluate and time embedding models."""

from __future__ import annotations

import argparse
import logging
import pathlib
import sys
from collections.abc import Mapping, Sequence

from modelling import benchmark, checked_search, evaluate, export_command, histogram, pictures, tensorrt_command
from vitrine import errors
from vitrine.adapters import threads

# From sysexits.h, so that a script can tell a server that is away from a wrong setting.
_TRY_AGAIN, _WRONG_SETTING = 75, 78

_ENVIRONMENT = (
    "What needs torch runs in an environment of its own: python3 -m venv .venv-modelling && .venv-modelling/bin/pip "
    "install -r requirements/export.txt, then .venv-modelling/bin/python -m modelling … (to train, requirements/"
    "modelling.txt is enough)"
)

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
    except ModuleNotFoundError as error:
        print(f"modelling: {error.name} is not installed here. {_ENVIRONMENT}", file=sys.stderr)
        return _WRONG_SETTING
    # Paths that were given are read and written everywhere below: a folder in the place of a file, a full disk.
    except OSError as error:
        print(f"modelling: {error}. Give a path that can be read and written, on a disk with room.", file=sys.stderr)
        return _WRONG_SETTING
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
    parser.add_argument("--seed", type=_seed, default=1)
    parser.add_argument("--device", default="cpu", help="where the graph runs, such as cuda (default: cpu)")
    parser.set_defaults(run=_train)


def _seed(text: str) -> int:
    """As all who draw by it take it: numpy, torch, scikit-learn."""
    if not (text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return int(text)


def _train(arguments: argparse.Namespace) -> None:
    # torch is imported by the commands that need it: evaluation runs in the serving environment.
    from modelling import train

    recipe = train.Recipe(
        classes=arguments.classes,
        museum=arguments.museum,
        teacher=arguments.teacher,
        out=arguments.out,
        seed=arguments.seed,
        device=arguments.device,
    )
    print(train.train(recipe))


def _evaluate_command(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", type=pathlib.Path, help="a model description (YAML)")
    what.add_argument("--histogram", action="store_true", help="the colour histogram instead of a model")
    parser.add_argument("--objects", type=pathlib.Path, help="folder with manifest.csv")
    parser.add_argument("--museum", type=pathlib.Path, help="folder with museum.csv")
    parser.add_argument(
        "--geometric-check",
        action="store_true",
        help="also the whole search: the nearest compared point by point, objects ranked, CPU time of the comparison",
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    if not (arguments.objects or arguments.museum):
        raise errors.Misconfigured("Which photographs? Give --objects DIR, --museum DIR or both.")
    threads.one_thread_each()
    embed: pictures.Embed = histogram.embed if arguments.histogram else pictures.open_model(arguments.model)
    name = "The HSV histogram" if arguments.histogram else str(arguments.model)
    if arguments.objects:
        photographs = evaluate.read_objects(arguments.objects)
        _answer(f"{name} on {arguments.objects}", photographs, evaluate.of_objects(photographs), embed, arguments)
    if arguments.museum:
        photographs = evaluate.read_museum(arguments.museum)
        _answer(f"{name} on {arguments.museum}", photographs, evaluate.of_museum(photographs), embed, arguments)


def _answer(
    name: str,
    photographs: Sequence[evaluate.Photograph],
    questions: Mapping[str, evaluate.Question],
    embed: pictures.Embed,
    arguments: argparse.Namespace,
) -> None:
    paths = [photograph.path for photograph in photographs]
    vectors = embed(paths)
    found = evaluate.answered(photographs, questions, vectors)
    if arguments.geometric_check:
        checked = evaluate.answered(photographs, questions, vectors, checked_search.features(paths))
        found |= {f"{part}, checked": figures for part, figures in checked.items()}
    print(evaluate.table(name, found))


def _benchmark_command(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=pathlib.Path, default=pathlib.Path("models/vitrine-s.yaml"))
    parser.set_defaults(run=_benchmark)


def _benchmark(arguments: argparse.Namespace) -> None:
    median, best = benchmark.milliseconds(arguments.model)
    print(f"{arguments.model}: median {median:.1f} ms, best {best:.1f} ms a picture on one core")


if __name__ == "__main__":
    sys.exit(main())
