"""`scripts/bench`: what searches cost on this machine and whom they find, as tables for docs/benchmarks.md."""

from __future__ import annotations

import argparse
import pathlib
import shlex
import sys
from collections.abc import Sequence

from scripts.benchmarks import (
    baseline,
    client,
    distributed,
    distributed_report,
    encoders,
    faults,
    indexing,
    pipeline,
    remote,
    report,
    retrieval,
    server,
    verdicts,
)
from vitrine import errors


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        print(_table(_parser().parse_args(given), shlex.join(["scripts/bench", *given])))
    except (server.DidNotStart, client.SearchNotCompleted, errors.VitrineError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except BaseExceptionGroup as group:
        print(f"bench: {group.exceptions[0]}", file=sys.stderr)
        return 1
    return 0


def _table(asked: argparse.Namespace, command: str) -> str:
    if asked.command == "retrieval":
        return retrieval.markdown(retrieval.measured(asked.model, asked.objects), asked.model, command)
    if asked.command == "verdicts":
        found = [verdicts.measured(asked.model, asked.museum, known) for known in asked.known]
        return verdicts.markdown(found, asked.model, command)
    if asked.command == "indexing":
        options = indexing.Options(
            broker_url=asked.broker, model=asked.model, pictures=asked.photographs, processes=asked.processes
        )
        return indexing.markdown(indexing.measured(options), asked.model, command)
    if asked.command == "triton":
        return remote.markdown(remote.measured(asked.url, asked.model, asked.requests), asked.model, command)
    if asked.command == "faults":
        return faults.markdown(faults.measured(_faults_options(asked)), command)
    if asked.command == "distributed":
        return distributed_report.markdown(distributed.measured(_distributed_options(asked)), command)
    return report.markdown(pipeline.measured(_pipeline_options(asked)), command)


def _pipeline_options(asked: argparse.Namespace) -> pipeline.Options:
    return pipeline.Options(
        encoder=asked.encoder,
        seconds=asked.seconds,
        rounds=asked.rounds,
        in_flight=asked.in_flight,
        geometric_check=asked.geometric_check == "on",
        catalogue=asked.catalogue,
        alone=asked.alone,
        photographs=asked.photographs,
    )


def _distributed_options(asked: argparse.Namespace) -> distributed.Options:
    return distributed.Options(
        encoder=asked.encoder,
        seconds=asked.seconds,
        rounds=asked.rounds,
        in_flight=asked.in_flight,
        catalogue=asked.catalogue,
        streams=asked.streams,
        torch_python=asked.torch_python,
        photographs=asked.photographs,
    )


def _faults_options(asked: argparse.Namespace) -> faults.Options:
    return faults.Options(
        encoder=asked.encoder,
        searches=asked.searches,
        rounds=asked.rounds,
        workers=asked.workers,
        in_flight=asked.in_flight,
        catalogue=asked.catalogue,
        bulk=asked.bulk,
        per_s=asked.per_s,
        seconds=asked.seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description=__doc__, epilog="On a graphics card, with torch: scripts/bench gpu --help"
    )
    subcommands = parser.add_subparsers(dest="command", required=True)
    command = subcommands.add_parser("pipeline", help="raw decode + encode against real searches on a real server")
    _add_common(command)
    command.add_argument("--geometric-check", choices=("on", "off"), default="off", help="under load (default: off)")
    command.add_argument("--alone", type=int, default=30, help="photographs searched one by one (default: %(default)s)")
    command = subcommands.add_parser(
        "distributed", help="the same through MariaDB, RabbitMQ and Triton, beside a naive search in torch"
    )
    _add_common(command)
    command.add_argument(
        "--streams", type=int, default=30, help="uploads of four whose events are timed (default: %(default)s)"
    )
    command.add_argument(
        "--torch-python",
        type=pathlib.Path,
        default=baseline.DEFAULT_PYTHON,
        metavar="PYTHON",
        help="interpreter with requirements/modelling.txt (default: that of .venv-modelling)",
    )
    command = subcommands.add_parser("faults", help="latency with workers killed, and beside a bulk import")
    command.add_argument("--encoder", default="vitrine-s", metavar="MODEL", help="as in pipeline (default: vitrine-s)")
    command.add_argument("--searches", type=int, default=2000, help="with kills, and without (default: %(default)s)")
    command.add_argument("--rounds", type=int, default=2, help="that they are done in (default: %(default)s)")
    command.add_argument("--workers", type=int, default=3, help="processes, of two slots each (default: %(default)s)")
    command.add_argument("--in-flight", type=int, default=8, help="searches kept going (default: %(default)s)")
    command.add_argument("--catalogue", type=int, default=80, help="pictures in it (default: %(default)s)")
    command.add_argument("--bulk", type=int, default=10_000, help="images to import (default: %(default)s)")
    command.add_argument("--per-s", type=float, default=5, help="searches beside the import (default: %(default)s)")
    command.add_argument("--seconds", type=float, default=60, help="idle, and beside it (default: %(default)s)")
    command = subcommands.add_parser("retrieval", help="phone photographs searched in a catalogue of its objects")
    command.add_argument("--model", default="vitrine-s", metavar="MODEL", help="id or path (default: %(default)s)")
    command.add_argument("--objects", type=pathlib.Path, required=True, metavar="DIR", help="folder of manifest.csv")
    command = subcommands.add_parser("verdicts", help="what is called similar, and what the same object, in a museum")
    command.add_argument("--model", default="vitrine-s", metavar="MODEL", help="id or path (default: %(default)s)")
    command.add_argument(
        "--museum", type=pathlib.Path, required=True, metavar="DIR", help="of python -m scripts.museum"
    )
    command.add_argument(
        "--known", type=int, nargs="+", default=[40, 100], metavar="N", help="objects to catalogue (default: 40 100)"
    )
    command = subcommands.add_parser("triton", help="one picture encoded in process against behind a running Triton")
    command.add_argument("--url", required=True, metavar="HOST:PORT", help="gRPC of a Triton that serves the model")
    command.add_argument("--model", default="vitrine-s", metavar="MODEL", help="id or path (default: %(default)s)")
    command.add_argument("--requests", type=int, default=500, help="pictures for each side (default: %(default)s)")
    command = subcommands.add_parser("indexing", help="photographs that worker processes embed of a bulk import")
    command.add_argument("--broker", required=True, metavar="URL", help="AMQP URL of a RabbitMQ that nobody else uses")
    command.add_argument("--model", default="vitrine-s", metavar="MODEL", help="id or path (default: %(default)s)")
    command.add_argument("--photographs", type=int, default=600, help="to embed, 1900 at most (default: %(default)s)")
    command.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="of workers (default: 1 2)")
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--encoder",
        default=encoders.VIT,
        metavar="MODEL",
        help="vit-b-32 (int8, random weights), an id under models/ or a description's path (default: %(default)s)",
    )
    command.add_argument("--seconds", type=float, default=20, help="of a round for each side (default: %(default)s)")
    command.add_argument("--rounds", type=int, default=3, help="all sides by turns (default: %(default)s)")
    command.add_argument("--in-flight", type=int, default=16, help="searches kept going (default: %(default)s)")
    command.add_argument("--catalogue", type=int, default=200, help="pictures in it (default: %(default)s)")
    command.add_argument(
        "--photographs", type=pathlib.Path, metavar="DIR", help="pictures to use instead of drawn ones"
    )


if __name__ == "__main__":
    sys.exit(main())
