"""A process that imports a table into a SQLite catalogue and kills itself at a moment of the test's choice.

python dying_import.py TABLE HOME [PORT.METHOD NUMBER SIGNAL]
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

from indexer import interruption, profile_file, progress, run
from indexer.mapping import RecordMapping
from indexer.photographs import Ports
from indexer.rejects import Rejects
from indexer.sources.registry import open_source
from vitrine.adapters import sql_migrations
from vitrine.adapters.image_folder import ImageFolder
from vitrine.adapters.sql_catalogue import SqlCatalogue
from vitrine.adapters.sql_engine import Database
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.testing import ToyEncoder


@contextlib.contextmanager
def opened(home: pathlib.Path) -> Iterator[Ports]:
    database = Database(f"sqlite:///{home / 'catalogue.sqlite3'}")
    sql_migrations.migrate(database)
    decoder = SubprocessDecoder(slots=2)
    try:
        yield Ports(
            catalogue=SqlCatalogue(database),
            images=ImageFolder(home / "images"),
            encoder=ToyEncoder(),
            decoder=decoder,
        )
    finally:
        decoder.close()
        database.close()


def _signalling(call: Callable[..., Any], number: int, name: str) -> Callable[..., Any]:
    calls = 0

    def counted(*positional: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            os.kill(os.getpid(), signal.Signals[name])
        return call(*positional, **named)

    return counted


def main(table: pathlib.Path, home: pathlib.Path, *moment: str) -> int:
    with opened(home) as ports:
        if moment:
            port_name, method = moment[0].split(".")
            port = getattr(ports, port_name)
            setattr(port, method, _signalling(getattr(port, method), int(moment[1]), moment[2]))
        source = open_source(table)
        with interruption.on_signals() as asked, Rejects(None, source.columns) as rejects:
            task = run.Task(
                source=source,
                source_name=table.name,
                mapping=RecordMapping(profile_file.load(profile_file.DEFAULT), source.columns),
                roots=[table.parent],
                rejects=rejects,
                progress=progress.SilentProgress(),
                interruption=asked,
            )
            summary = run.add(task, ports)
    sys.stdout.write("\n".join(summary.lines()))
    return 130 if summary.interrupted else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]))
