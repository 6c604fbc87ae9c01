"""What the way to Triton costs: one picture at a time, encoded in this process and behind gRPC, by turns."""

from __future__ import annotations

import dataclasses
import statistics
import time

from scripts.benchmarks import encoders, process_cpu
from vitrine import triton_contract
from vitrine.adapters import model_files
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.domain import Pixels
from vitrine.ports import Encoder

_DEADLINE_S = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Side:
    """Seconds of wall and of this process's CPU, a value for each request."""

    wall_s: list[float]
    cpu_s: list[float]

    @property
    def p50_ms(self) -> float:
        return 1000 * statistics.median(self.wall_s)

    @property
    def cpu_ms(self) -> float:
        return 1000 * statistics.mean(self.cpu_s)


def measured(url: str, model: str, requests: int) -> tuple[Side, Side]:
    """In process, and behind Triton. Raises Misconfigured or DependencyUnavailable."""
    files = model_files.find(str(encoders.description(model)), [])
    here = OnnxEncoder(files)
    there = TritonEncoder(files, url=url, deadline_s=_DEADLINE_S, concurrency=1)
    there.check()
    picture = triton_contract.known_picture(files.description.resize.size)[None]
    in_process, behind_triton = Side(wall_s=[], cpu_s=[]), Side(wall_s=[], cpu_s=[])
    for _ in range(requests):
        _ask(here, picture, in_process)
        _ask(there, picture, behind_triton)
    there.close()
    return in_process, behind_triton


def _ask(encoder: Encoder, picture: Pixels, side: Side) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    encoder.encode(picture)
    side.wall_s.append(time.perf_counter() - wall)
    side.cpu_s.append(time.process_time() - cpu)


def markdown(sides: tuple[Side, Side], model: str, command: str) -> str:
    here, there = sides
    return "\n".join(
        [
            f"`{command}`",
            "",
            f"{process_cpu.cores()} cores of {process_cpu.model()}; encoder {model}; {len(here.wall_s)} pictures, one "
            "at a time, by turns. CPU is this process's: behind Triton, the encoding itself is not in it.",
            "",
            "| one picture | p50 | CPU of the client |",
            "|---|---|---|",
            f"| in process | {here.p50_ms:.2f} ms | {here.cpu_ms:.2f} ms |",
            f"| behind Triton | {there.p50_ms:.2f} ms | {there.cpu_ms:.2f} ms |",
            f"| the way there and back | {there.p50_ms - here.p50_ms:.2f} ms | {there.cpu_ms:.2f} ms |",
        ]
    )
