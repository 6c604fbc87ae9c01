"""Runs the naive search (naive.py) in an interpreter with torch, in the two ways that somebody might start it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess

from scripts.benchmarks import process_cpu
from scripts.benchmarks.server import ROOT, DidNotStart

DEFAULT_PYTHON = ROOT / ".venv-modelling" / "bin" / "python"
_SCRIPT = pathlib.Path(__file__).with_name("naive.py")
_NEEDS = "import faiss, numpy, PIL, torch"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Naive:
    """Photographs a second on all cores: ``spread``, a process of one thread for each core; ``single``, one process.

    The single one has as many threads as cores, as torch sets it by itself.
    """

    spread_per_s: float
    single_per_s: float

    @property
    def per_s(self) -> float:
        """Of the faster way."""
        return max(self.spread_per_s, self.single_per_s)


def missing(python: pathlib.Path) -> str | None:
    """Why the baseline cannot be measured with this interpreter; None where it can."""
    if not python.exists():
        return f"there is no {python.name} at --torch-python"
    done = subprocess.run([python, "-c", _NEEDS], capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def measured(python: pathlib.Path, pictures: pathlib.Path, *, vectors: int, seconds: float) -> Naive:
    """``pictures``: a folder; ``seconds``: for both ways together. Raises DidNotStart."""
    cores = process_cpu.cores()
    spread, single = (
        _per_s(python, pictures, vectors, seconds / 2, processes=processes, threads=threads)
        for processes, threads in ((cores, 1), (1, cores))
    )
    return Naive(spread_per_s=spread, single_per_s=single)


def _per_s(
    python: pathlib.Path, pictures: pathlib.Path, vectors: int, seconds: float, *, processes: int, threads: int
) -> float:
    options = {"seconds": seconds, "vectors": vectors, "processes": processes, "threads": threads}
    done = subprocess.run(
        [python, _SCRIPT, f"--photographs={pictures}", *(f"--{name}={value}" for name, value in options.items())],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise DidNotStart(f"the naive search failed: {done.stderr}")
    return float(json.loads(done.stdout)["per_s"])
