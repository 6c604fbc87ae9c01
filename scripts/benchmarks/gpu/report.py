"""Table and log of the figures, and the goals that follow from several of them."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.benchmarks.gpu.rows import Row

FASTER_GOAL, PEAK_GOAL, BANDWIDTH_GOAL = 5.0, 0.6, 0.7
LARGEST_BATCH = 256
# Engines that compile what they run; whichever is best counts.
_COMPILED = ("torch.compile bf16", "TensorRT fp16", "TensorRT-RTX fp16", "ONNX Runtime CUDA fp16")
_EAGER = "torch eager float32"
_SHOWN = ("measured", "figure", "latency", "ceiling", "goal")


def goals(rows: Sequence[Row], tower: str, batch: int) -> list[Row]:
    """Of the compiled paths against plain torch, with ``tower`` at ``batch``."""
    found = {
        row.data["engine"]: row.data
        for row in rows
        if row.data.get("model") == tower and row.data.get("batch") == batch and "per_s" in row.data
    }
    compiled = {engine: found[engine] for engine in _COMPILED if engine in found}
    named = f"best compiled path, {tower}, batch {batch}"
    if not compiled:
        return [Row.not_run(named, "no compiled path was measured")]
    best = max(compiled, key=lambda engine: float(compiled[engine]["per_s"]))
    share = compiled[best].get("of_peak")
    rows = [
        Row(
            measured=f"{named}: of the matmul peak",
            figure=f"{share:.2f} ({best})" if share is not None else "not known: no peak was measured",
            goal=f"≥ {PEAK_GOAL}",
            data={"judged": "of_peak", "engine": best, "value": share},
        )
    ]
    if _EAGER in found:
        faster = float(compiled[best]["per_s"]) / float(found[_EAGER]["per_s"])
        told = Row(
            measured=f"{named} / {_EAGER}",
            figure=f"{faster:.1f} ({best})",
            goal=f"≥ {FASTER_GOAL:g}",
            data={"judged": "faster", "engine": best, "value": faster},
        )
    else:
        told = Row.not_run(f"{named} / {_EAGER}", f"{_EAGER} was not measured")
    return [told, *rows]


def markdown(rows: Sequence[Row], about: Mapping[str, Any], command: str) -> str:
    lines = [
        f"`{command}`",
        "",
        f"{about['date']}; {about['device']}; {about['cores']} cores of {about['processor']}; "
        + ", ".join(f"{name} {version}" for name, version in about["versions"].items())
        + ".",
        "",
        "| measured | figure | latency p50 / p99 | of the ceiling | goal |",
        "|---|---|---|---|---|",
        *(f"| {row.measured} | {row.figure} | {row.latency} | {row.ceiling} | {row.goal} |" for row in rows),
    ]
    return "\n".join(lines)


def table_of_log(path: pathlib.Path) -> str:
    """The table of a run that may have been ended in its middle. Raises OSError and ValueError."""
    document = json.loads(path.read_text(encoding="utf-8"))
    try:
        rows = [Row(**{name: entry[name] for name in _SHOWN}) for entry in document["rows"]]
        return markdown(rows, document, document["command"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"it lacks {error}") from error


def write_log(path: pathlib.Path, rows: Sequence[Row], about: Mapping[str, Any], command: str) -> None:
    """Whole after each part, so that an end in the middle loses nothing that was found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [{**row.data, **{name: getattr(row, name) for name in _SHOWN}} for row in rows]
    document = {"command": command, **about, "rows": entries}
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    temporary.replace(path)
