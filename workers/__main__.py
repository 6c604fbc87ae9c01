"""`python -m workers --processes N`: search workers, each in a process of its own."""

from __future__ import annotations

import argparse
import functools
import logging
import os
import pathlib
import signal
import sys
import tempfile
from collections.abc import Sequence

import pydantic
from prometheus_client import multiprocess

from vitrine import errors, logs
from vitrine.settings import Settings
from workers import entry, operations
from workers.operations import Heartbeats
from workers.supervisor import Supervisor

_log = logging.getLogger("workers")
# Beyond the searches in hand: closing connections and decoders.
_CLOSING_S = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = Settings()
        logs.configure("worker", settings.log_format)
        if not settings.broker_url:
            raise errors.Misconfigured(
                "Set VITRINE_BROKER_URL to the RabbitMQ that the API publishes to; python -m local needs none."
            )
        return _supervise(options.processes, settings)
    except pydantic.ValidationError as error:
        print(*Settings.complaints(error), sep="\n", file=sys.stderr)
        return 78
    except errors.VitrineError as error:
        _log.error(error.message)
        return 1


def _supervise(processes: int, settings: Settings) -> int:
    with tempfile.TemporaryDirectory(prefix="vitrine-workers-") as folder:
        shared = pathlib.Path(folder)
        heartbeats = Heartbeats(shared)

        def gone(number: int, pid: int) -> None:
            heartbeats.forget(number)
            # What it had in hand when it was killed, nobody has.
            multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]

        # Read by prometheus_client when the processes import it.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        # Its threads would not survive a fork, and one search is one core's work.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        supervisor = Supervisor(
            functools.partial(entry.work, shared=shared),
            processes=processes,
            grace_s=settings.grace_s + _CLOSING_S,
            preload=[entry.PRELOADED],
            gone=gone,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.stop())
        with operations.served(
            settings.operations_host,
            settings.operations_port,
            processes=processes,
            alive=lambda: supervisor.alive,
            heartbeats=heartbeats,
            metrics=shared,
        ) as port:
            _log.info("%d processes; health and metrics on %s:%d", processes, settings.operations_host, port)
            return supervisor.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m workers", description=__doc__)
    parser.add_argument("--processes", type=int, default=1, metavar="N", help="worker processes (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
