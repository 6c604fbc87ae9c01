"""``python -m modelling export``: the shipped model from its weights, or an open_clip model by name."""

from __future__ import annotations

import argparse
import os
import pathlib

from modelling.downloads import Hub
from vitrine import errors

_HUB = "https://huggingface.co"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="siglip2-b16, clip-b32, or MODEL[:PRETRAINED] of open_clip")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("models"), help="folder (default: models)")
    parser.add_argument("--weights", type=pathlib.Path, default=pathlib.Path("build/vitrine-s/vitrine-s.pt"))
    parser.add_argument("--image-only", action="store_true", help="leave the text tower out")
    parser.add_argument("--random-weights", action="store_true", help="without a network: to try what follows")
    parser.add_argument("--int8", action="store_true", help="make the int8 graph for processors too")
    parser.add_argument("--images", type=pathlib.Path, metavar="DIR", help="your pictures, which --int8 is judged on")
    parser.add_argument(
        "--hub",
        default=os.environ.get("HF_ENDPOINT") or _HUB,
        help=f"address of the model hub, or file:// and a folder like it (default: HF_ENDPOINT, else {_HUB})",
    )
    parser.add_argument("--downloads", type=pathlib.Path, default=pathlib.Path("build/downloads"))
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    if arguments.int8 and arguments.images is None:
        raise errors.Misconfigured("--int8 is kept only where it finds as much in your pictures: add --images DIR.")
    if arguments.int8:
        from modelling import int8

        # Before the export, which takes minutes.
        paths = int8.readable(arguments.images)
    described = _open_clip(arguments) if arguments.model else _shipped(arguments)
    print(f"{described}: serve it with VITRINE_MODEL={described}")
    if arguments.int8:
        written, comparison = int8.quantise(described, paths)
        print(f"{written}: {comparison.told()}")


def _shipped(arguments: argparse.Namespace) -> pathlib.Path:
    from modelling import export

    return export.export_weights(arguments.weights, arguments.out)


def _open_clip(arguments: argparse.Namespace) -> pathlib.Path:
    from modelling.architectures import Architecture
    from modelling.open_clip_export import Export

    architecture = Architecture.named(arguments.model)
    export = Export(architecture=architecture, out=arguments.out, text=not arguments.image_only)
    if arguments.random_weights:
        return export.random()
    return export.published(Hub(base=arguments.hub, folder=arguments.downloads))
