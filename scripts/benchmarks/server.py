"""The real server in a process of its own, on a catalogue of its own that the real import has filled."""

from __future__ import annotations

import contextlib
import csv
import os
import pathlib
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence

from scripts.benchmarks import process_cpu

ROOT = pathlib.Path(__file__).resolve().parents[2]
_STOP_S = 30
# Some fields repeat from record to record as they do in a catalogue: the description draft weighs them.
_TYPOLOGIES = ("Гравюра", "Керамика", "Нумизматика", "Скульптура")
_PERIODS = ("XVIII век", "Начало XIX века", "1880-е годы")


class DidNotStart(Exception):
    """The import or the server ended before its time; the message holds what it said."""


class Server:
    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port

    @property
    def cpu_s(self) -> float:
        """Of the server with its decoders, since it began."""
        return process_cpu.of_tree(self._process.pid)


def write_table(home: pathlib.Path, pictures: Sequence[bytes], kind: str = "bench") -> pathlib.Path:
    """A table of one record a picture, with the pictures beside it. Records of another kind are other records."""
    table = home / "museum.csv"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["external_id", "inventory_no", "name", "description", "typology", "period", "museum", "image"])
        for number, picture in enumerate(pictures):
            image = home / f"{number:05d}.jpg"
            image.write_bytes(picture)
            rows.writerow([f"{kind}-{number}", *_row(number, image.name)])
    return table


def fill(home: pathlib.Path, model: str, pictures: Sequence[bytes], **settings: str) -> None:
    """A catalogue of one record a picture, imported by `python -m indexer add`. Raises DidNotStart."""
    add(home, model, write_table(home, pictures), **settings)


def add(home: pathlib.Path, model: str, table: pathlib.Path, *options: str, **settings: str) -> None:
    """`python -m indexer add`. Raises DidNotStart."""
    added = subprocess.run(
        [sys.executable, "-m", "indexer", "add", str(table), *options],
        cwd=ROOT,
        env=environment(home, model, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if added.returncode:
        raise DidNotStart(f"the import failed: {added.stderr}")


@contextlib.contextmanager
def running(home: pathlib.Path, model: str) -> Iterator[Server]:
    """`python -m local` on a free port. Raises DidNotStart."""
    port = free_port()
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env=environment(home, model, PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout
    try:
        if f":{port}" not in process.stdout.readline():
            raise DidNotStart(f"the server did not start: {(home / 'server.log').read_text()}")
        yield Server(process, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_S)
        process.stdout.close()


def _row(number: int, image: str) -> list[str]:
    typology, period = _TYPOLOGIES[number % len(_TYPOLOGIES)], _PERIODS[number % len(_PERIODS)]
    name = f"{typology} № {number}"
    text = f"{name}. {period}. Предмет поступил в собрание с описью {number % 17}; состояние хорошее, утрат нет. " * 3
    return [f"Б-{number}", name, text, typology, period, "Музей замеров", image]


def environment(home: pathlib.Path, model: str, **settings: str) -> dict[str, str]:
    """Of a process of Vitrine: none of the caller's own settings. ``model``: an id or the path of a description."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")}
    # One client sends what many visitors would.
    unlimited = {"VITRINE_SEARCHES_PER_MINUTE": "0"}
    return {**kept, **unlimited, "VITRINE_HOME": str(home), "VITRINE_MODEL": model, **settings}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
