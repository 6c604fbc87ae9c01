"""`python -m indexer`: the command line, and the wiring of adapters."""

from __future__ import annotations

from indexer import interruption

if __name__ == "__main__":
    # What is imported below takes seconds, and Ctrl-C is understood from the first of them.
    interruption.end_at_once()

import argparse
import contextlib
import functools
import logging
import os
import pathlib
import socket
import sys
from collections.abc import Iterable, Iterator, Sequence

import pydantic

from indexer import commands, profile_file, progress
from indexer.classifier import commands as classifier_commands
from indexer.embedding_by_workers import EmbeddingByWorkers
from indexer.embedding_here import EmbeddingHere
from indexer.photographs import Ports, StartEmbedding
from indexer.rejects import default_path
from indexer.sources import registry
from vitrine import errors
from vitrine.adapters import (
    brokers,
    decoders,
    encoders,
    model_files,
    scheduling,
    sql_failures,
    sql_migrations,
    text_encoders,
    threads,
)
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.sql_leases import SqlLeases
from vitrine.settings import Settings

# From sysexits.h, so that scripts can tell a wrong file from a server that is away.
_WRONG_DATA, _NO_INPUT, _NOTHING_THERE, _NOT_WRITTEN, _TRY_AGAIN, _WRONG_SETTING = 65, 66, 69, 74, 75, 78
# Counts and lists of a whole catalogue may take a server minutes, and no visitor waits for them.
_LONGEST_ANSWER_S = 3600
# Who embeds: the choices of --via.
_HERE, _QUEUE = "process", "queue"
_CODES = {"no_source": _NO_INPUT, "no_profile": _NO_INPUT, "bad_profile": _WRONG_DATA}


def main(arguments: Sequence[str] | None = None) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s", stream=sys.stderr)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    options = _parser().parse_args(arguments)
    threads.one_thread_each()
    output = _Output()
    return _ended(options, output) or output.status


class _Output:
    """Standard output. Where nobody takes it any more, the work goes on, and ``status`` tells."""

    status = 0

    def say(self, line: str) -> None:
        try:
            print(line, flush=True)
        except OSError as error:
            _complain(f"the output cannot be written: {error.strerror}")
            self.status = _NOT_WRITTEN
            # The rest, too, and what the interpreter still holds when it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ended(options: argparse.Namespace, output: _Output) -> int:
    try:
        return _run(options, Settings(), output)
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return _WRONG_SETTING
    except errors.VitrineError as error:
        _complain(error.message)
        return _exit_code(error)
    except KeyboardInterrupt:
        interruption.tell_stopped()
        return interruption.EXIT_STATUS


def _run(options: argparse.Namespace, settings: Settings, output: _Output) -> int:
    if options.command == "add":
        return _add(options, settings, output)
    if options.command == "embed":
        return _embed(options, settings, output)
    with interruption.raised(), _opened(settings) as index:
        lines: Iterable[str]
        if options.command == "classifier":
            lines = classifier_commands.run(options, index)
        elif options.command == "build":
            lines = commands.build(index, shown=progress.for_stream(sys.stderr))
        elif options.command == "verify":
            lines = commands.verify(index)
        else:
            lines = commands.status(index)
        for line in lines:
            output.say(line)
    return 0


def _add(options: argparse.Namespace, settings: Settings, output: _Output) -> int:
    rejects = options.rejects
    if rejects is None and not options.dry_run:
        rejects = default_path(settings.home, options.source, options.where)
    add = commands.AddOptions(
        source=options.source,
        mapping=options.mapping,
        images=options.images,
        where=tuple(options.where),
        rejects=rejects,
        dry_run=options.dry_run,
        build=options.build,
    )
    with interruption.on_signals() as asked:
        result = commands.add(
            add,
            lambda: _opened(settings, options.via),
            shown=progress.for_stream(sys.stderr),
            interruption=asked,
            say=output.say,
        )
    return interruption.EXIT_STATUS if result.interrupted else 0


def _embed(options: argparse.Namespace, settings: Settings, output: _Output) -> int:
    with interruption.on_signals() as asked, _opened(settings, options.via) as index:
        result = commands.embed(
            index,
            build_after=options.build,
            shown=progress.for_stream(sys.stderr),
            interruption=asked,
            say=output.say,
        )
    return interruption.EXIT_STATUS if result.interrupted else 0


@contextlib.contextmanager
def _opened(settings: Settings, via: str = _HERE) -> Iterator[commands.Index]:
    with contextlib.ExitStack() as opened:
        embedding = opened.enter_context(_embedding(settings, via))
        settings.make_home()
        encoder = encoders.configured(settings)
        database = Database(settings.sqlalchemy_url, answer_timeout_s=_LONGEST_ANSWER_S)
        opened.callback(database.close)
        decoder = decoders.configured(settings, slots=settings.decoder_slots, visitors_first=via == _QUEUE)
        opened.callback(decoder.close)
        sql_migrations.migrate_at(settings.sqlalchemy_url)
        ports = Ports(
            catalogue=SqlCatalogue(database),
            images=ImageFolder(settings.home / "images"),
            encoder=encoder,
            decoder=decoder,
        )
        snapshots = SnapshotFolder(settings.home / "snapshots")
        heads = HeadFolder(settings.home / "heads")
        yield commands.Index(
            ports=ports,
            snapshots=snapshots,
            heads=heads,
            leases=SqlLeases(database),
            embedding=embedding,
            open_texts=lambda: text_encoders.of(model_files.find(settings.model, settings.model_folders)),
        )


@contextlib.contextmanager
def _embedding(settings: Settings, via: str) -> Iterator[StartEmbedding]:
    if via == _HERE:
        yield EmbeddingHere
        return
    if not settings.broker_url:
        raise errors.Misconfigured(
            "--via queue publishes to the workers: set VITRINE_BROKER_URL to the RabbitMQ that they consume from."
        )
    # The workers do the work, and visitors wait for them. Where this process embeds, it is as important as any other.
    scheduling.visitors_first()
    broker = brokers.open_broker(settings.broker_url, name=f"indexer-{socket.gethostname()}")
    with contextlib.closing(broker):
        yield functools.partial(EmbeddingByWorkers, broker)


def _exit_code(error: errors.VitrineError) -> int:
    if error.code in _CODES:
        return _CODES[error.code]
    if isinstance(error, errors.IndexNotReady):
        return _NOTHING_THERE
    if isinstance(error, sql_failures.Unusable):
        return _WRONG_SETTING
    if isinstance(error, errors.DependencyUnavailable):
        _complain("run the same command again to resume")
        return _TRY_AGAIN
    return _WRONG_SETTING if isinstance(error, errors.Misconfigured) else _WRONG_DATA


def _complain(message: str) -> None:
    print(f"indexer: {message}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m indexer", description=__doc__)
    subcommands = parser.add_subparsers(dest="command", required=True)
    add = subcommands.add_parser("add", help="import a table with photographs")
    add.add_argument("source", type=pathlib.Path, help=f"the table: {', '.join(registry.suffixes())}")
    add.add_argument(
        "--mapping",
        default=profile_file.DEFAULT,
        metavar="PROFILE",
        help=f"which column is which field: {', '.join(profile_file.shipped())}, or a YAML file (default: %(default)s)",
    )
    add.add_argument("--images", type=pathlib.Path, metavar="DIR", help="folder that paths of photographs begin in")
    add.add_argument(
        "--where",
        action="append",
        default=[],
        type=_condition,
        metavar="COLUMN=VALUE",
        help="only rows with this value; may be given again: values of one column are alternatives",
    )
    add.add_argument("--rejects", type=pathlib.Path, metavar="FILE", help="where rejected rows are written")
    add.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    embed = subcommands.add_parser("embed", help="embed what another model has embedded, from the kept originals")
    for embedding in (add, embed):
        embedding.add_argument(
            "--no-build", dest="build", action="store_false", help="leave the snapshot as it is: more will be added"
        )
        embedding.add_argument(
            "--via",
            choices=(_HERE, _QUEUE),
            default=_HERE,
            help="who embeds: this process, or all running workers through the queue (default: %(default)s)",
        )
    subcommands.add_parser("build", help="make a new snapshot: index, calibration, classifier")
    subcommands.add_parser("status", help="say what is there")
    subcommands.add_parser(
        "verify", help="read every byte of the snapshot, and look for every original and its local features"
    )
    classifier = subcommands.add_parser("classifier", help="versions of the classifier, and classes added by hand")
    classifier_commands.add_options(classifier)
    return parser


def _condition(text: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=VALUE")
    return column, value


if __name__ == "__main__":
    sys.exit(main())
