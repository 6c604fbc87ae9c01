"""`python -m indexer classifier …`: its options, and what each of them does."""

from __future__ import annotations

import argparse
import pathlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from indexer import embedded
from indexer.classifier import figures, zero_shot
from indexer.classifier.adding import FEWEST_PICTURES
from indexer.classifier.examples import Floats
from indexer.classifier.recipes import KINDS
from indexer.classifier.versions import Versions, unknown
from indexer.commands import Index
from indexer.photographs import Ports
from vitrine import errors
from vitrine.ports import DecodeRequest


def add_options(parser: argparse.ArgumentParser) -> None:
    subcommands = parser.add_subparsers(dest="classifier_command", required=True)
    subcommands.add_parser("list", help="say which versions there are, and which one is active")
    fit = subcommands.add_parser("fit", help="fit a version on the catalogue as it is now; it is not activated")
    fit.add_argument("--kind", choices=KINDS, help="only this kind (default: the best of all on held-out objects)")
    _zero_shot_options(subcommands.add_parser("zero-shot", help="make a version from the names of classes alone"))
    activate = subcommands.add_parser("activate", help="have a version served, if it is as good as the active one")
    activate.add_argument("version", type=int)
    activate.add_argument("--force", default="", metavar="REASON", help="even if it is worse; the reason is kept")
    rollback = subcommands.add_parser("rollback", help="have the version served again that was active before")
    rollback.add_argument("--reason", default="", help="kept with the rollback")
    add_class = subcommands.add_parser("add-class", help="extend the active version by a class, from a few pictures")
    add_class.add_argument("name", type=_name)
    add_class.add_argument(
        "pictures",
        nargs="+",
        type=pathlib.Path,
        metavar="PICTURE",
        help=f"{FEWEST_PICTURES} or more pictures of different objects, or a folder of them",
    )
    add_class.add_argument(
        "--translation", action="append", default=[], type=_translation, metavar="LANGUAGE=NAME", help="may be repeated"
    )
    add_class.add_argument("--no-activate", dest="activate", action="store_false", help="keep it, and serve it later")


def _zero_shot_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="of a class")
    parser.add_argument("--from-typologies", action="store_true", help="the catalogue's typologies are classes")
    parser.add_argument(
        "--template",
        action="append",
        default=[],
        type=_template,
        help="sentence with {} for the name; may be repeated (default: three in Russian or English, as the name is)",
    )
    parser.add_argument("--language", help="read names in this language only, as the catalogue translates typologies")


def run(options: argparse.Namespace, index: Index) -> list[str]:
    """Raises RejectedInput, NotFound, IndexNotReady, DamagedSnapshot or DependencyUnavailable."""
    versions = versions_of(index)
    command: str = options.classifier_command
    if command == "list":
        return _listed(versions)
    if command == "fit":
        return _fit(options.kind, index, versions)
    if command == "zero-shot":
        return _zero_shot(options, index, versions)
    if command == "activate":
        gone = versions.activate(options.version, forced_because=options.force.strip())
        return [f"version {options.version} is active; workers take it up at their next refresh{unknown(gone)}"]
    if command == "rollback":
        return [f"version {versions.roll_back(options.reason)} is active again"]
    return _add_class(options, index.ports, versions)


def versions_of(index: Index) -> Versions:
    return Versions(heads=index.heads, leases=index.leases, model_id=index.ports.encoder.model_id)


def _listed(versions: Versions) -> list[str]:
    manifests = versions.heads.manifests(versions.model_id)
    if not manifests:
        return [
            "There is no version of the classifier. python -m indexer build makes one where 5 objects have one "
            "typology and 5 another; with fewer labels: python -m indexer classifier zero-shot NAME NAME …"
        ]
    activations = versions.heads.activations(versions.model_id)
    lines = [f"  {'version':<8} {'kind':<11} {'classes':>7} {'balanced':>8}  created"]
    for manifest in manifests:
        mark = "*" if activations and manifest["version"] == activations[-1].version else " "
        lines.append(f"{mark} {manifest['version']:<8} {_line(manifest)}")
    for activation in activations:
        reason = f": {activation.reason}" if activation.reason else ""
        lines.append(f"{activation.at}  version {activation.version} by {activation.how}{reason}")
    return lines


def _line(manifest: Mapping[str, Any]) -> str:
    report = manifest["report"]
    came = {"add-class": f"extends {manifest['parent']}"}.get(manifest["origin"], manifest["origin"])
    added = f", with {', '.join(manifest['added'])} by hand" if manifest["added"] else ""
    return (
        f"{report['kind']:<11} {len(report['classes']):>7} {figures.told(report['balanced_accuracy']):>8}  "
        f"{manifest['created_at']} {came}{added}"
    )


def _fit(kind: str | None, index: Index, versions: Versions) -> list[str]:
    catalogue = index.ports.catalogue
    rows = embedded.read(catalogue, versions.model_id)
    served = index.snapshots.current(versions.model_id)
    version = versions.add_fitted(
        embedded.classifier(catalogue, rows, kind=kind),
        origin="fit",
        snapshot=served["name"] if served else None,
        watermark=rows.watermark,
    )
    report = versions.heads.open(versions.model_id, version).manifest["report"]
    return [
        *(
            f"{tried['kind']:<11} {_settings(tried):<14} balanced accuracy {tried['balanced_accuracy']:.3f}, "
            f"log loss {tried['log_loss']:.3f}"
            for tried in report["tried"]
        ),
        f"version {version}: {report['kind']}, {len(report['recall'])} classes, balanced accuracy "
        f"{report['balanced_accuracy']:.3f} on {report['objects']} held-out objects",
        f"next: python -m indexer classifier activate {version}",
    ]


def _zero_shot(options: argparse.Namespace, index: Index, versions: Versions) -> list[str]:
    texts = index.open_texts()
    if texts is None:
        raise errors.Misconfigured(
            f"The model {versions.model_id} has no text tower, so the name of a class says nothing to it. Set "
            "VITRINE_MODEL to one that has (siglip2-b16; docs/models.md), and index again."
        )
    catalogue = index.ports.catalogue
    labels = catalogue.labels()
    names = [*options.names, *(sorted(set(labels.typologies.values())) if options.from_typologies else ())]
    named = zero_shot.naming(names, labels.translations, templates=options.template, language=options.language)
    rows = embedded.read(catalogue, versions.model_id)
    served = index.snapshots.current(versions.model_id)
    version = versions.add_fitted(
        zero_shot.fit(named, texts, *embedded.labelled(catalogue, rows, labels)),
        origin="zero-shot",
        snapshot=served["name"] if served else None,
        watermark=rows.watermark,
    )
    report = versions.heads.open(versions.model_id, version).manifest["report"]
    judged = f"balanced accuracy {figures.told(report['balanced_accuracy'])} on {report['objects']} labelled objects"
    measured = "measured on them" if report["calibrated"] else "not measured: too few labelled objects"
    return [
        f"version {version}: {len(report['classes'])} classes by name; {judged}; temperature {measured}",
        f"next: python -m indexer classifier activate {version}",
    ]


def _template(text: str) -> str:
    if "{}" not in text:
        raise argparse.ArgumentTypeError(f"{text!r} has no {{}} in the place of the name")
    return text


def _settings(tried: Mapping[str, Any]) -> str:
    told = ("kind", "balanced_accuracy", "log_loss")
    return ", ".join(f"{name} {value:g}" for name, value in tried.items() if name not in told)


def _add_class(options: argparse.Namespace, ports: Ports, versions: Versions) -> list[str]:
    pictures = _embedded(_files(options.pictures), ports)
    version = versions.add_class(options.name, pictures, dict(options.translation), activate=options.activate)
    report = versions.heads.open(versions.model_id, version).manifest["report"]
    lines = [
        f"version {version}: {options.name} from {len(pictures)} pictures, recall "
        f"{report['recall'][options.name]:.2f}; of the other classes' right answers, {report['kept']:.1%} stay"
    ]
    if not options.activate:
        return [*lines, f"next: python -m indexer classifier activate {version}"]
    return [*lines, f"version {version} is active; workers take it up at their next refresh"]


def _files(given: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    files = [found for path in given for found in (_lying_in(path) if path.is_dir() else [path])]
    return [path for path in files if not path.name.startswith(".")]


def _lying_in(folder: pathlib.Path) -> list[pathlib.Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(path: pathlib.Path, error: OSError) -> errors.RejectedInput:
    return errors.RejectedInput(f"{path} cannot be read: {error.strerror}.", code="no_source")


def _embedded(files: Sequence[pathlib.Path], ports: Ports) -> Floats:
    """float32 [n, d]. The same bytes count once, however often they are given. Raises RejectedInput with the path."""
    squares: dict[bytes, np.ndarray[Any, np.dtype[np.uint8]]] = {}
    for path in files:
        try:
            data = path.read_bytes()
            if data not in squares:
                decoded = ports.decoder.decode(data, DecodeRequest(model_input=ports.encoder.resize))
                assert decoded.model_input is not None
                squares[data] = decoded.model_input
        except OSError as error:
            raise _unreadable(path, error) from error
        except errors.RejectedInput as error:
            raise errors.RejectedInput(f"{path}: {error.message}", code=error.code) from error
    if not squares:
        raise errors.RejectedInput("There are no pictures in what was given.", code="no_source")
    return np.concatenate([ports.encoder.encode(square[None]) for square in squares.values()])


def _name(text: str) -> str:
    name = text.strip()
    if not name or any(unicodedata.category(letter) == "Cc" for letter in name):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a class: give one line of text")
    return name


def _translation(text: str) -> tuple[str, str]:
    language, equals, name = text.partition("=")
    if not (language and equals and name):
        raise argparse.ArgumentTypeError(f"{text!r} is not LANGUAGE=NAME")
    return language, name
