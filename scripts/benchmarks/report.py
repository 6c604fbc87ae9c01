"""The figures as a Markdown table, each beside the limit that it is measured against."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Sequence
from typing import TypeVar

from scripts.benchmarks import process_cpu
from scripts.benchmarks.pipeline import Measured

RATIO_GOAL, _OVERHEAD_GOAL_MS, _ALONE_GOAL_MS, _CHECKED_GOAL_MS = 0.85, 4.0, 15.0, 300.0


T = TypeVar("T")


def markdown(found: Measured, command: str) -> str:
    options = found.options
    pictures = options.photographs.name if options.photographs else "drawn, about 1 MP"
    lines = [
        f"`{command}`",
        "",
        f"{platform.system()}, {process_cpu.cores()} cores of {process_cpu.model()}; encoder {options.encoder}; "
        f"{options.catalogue} catalogue pictures; photographs: {pictures}; "
        f"geometric check under load: {'on' if options.geometric_check else 'off'}; "
        f"{options.rounds} rounds of {options.seconds:g} s, medians (least to most).",
        "",
        "| measured | figure | limit or goal |",
        "|---|---|---|",
        *(f"| {name} | {figure} | {limit} |" for name, figure, limit in _rows(found)),
    ]
    return "\n".join(lines)


def _rows(found: Measured) -> list[tuple[str, str, str]]:
    rounds, alone = found.rounds, found.alone
    searches = sum(one.load.count for one in rounds)
    latencies_ms = [1000 * latency for one in rounds for latency in one.load.latencies_s]
    p50, p90, p99 = (percentile(latencies_ms, share) for share in (50, 90, 99))
    raw_ms, search_ms, checked_ms = (
        1000 * statistics.median(times) for times in (alone.raw_s, alone.search_s, alone.checked_s)
    )
    arrangement = statistics.mode(one.raw.arrangement for one in rounds)
    return [
        ("raw: decode + encode", spread(rounds, lambda one: one.raw.per_s, " photographs/s"), f"best: {arrangement}"),
        ("raw: CPU of a photograph", spread(rounds, lambda one: one.raw.cpu_ms, " ms"), ""),
        ("pipeline", spread(rounds, lambda one: one.per_s, " photographs/s"), "raw"),
        (
            "pipeline / raw",
            spread(rounds, lambda one: one.ratio, "", digits=3),
            f"1; goal ≥ {RATIO_GOAL} with vit-b-32",
        ),
        (
            "raw CPU / CPU of server and client",
            spread(rounds, lambda one: one.cpu_ratio, "", digits=3),
            "1; the same ratio, less spoilt by other processes",
        ),
        ("searches, all completed", str(searches), f"{found.options.in_flight} in flight"),
        ("latency p50 / p90 / p99", f"{p50:.0f} / {p90:.0f} / {p99:.0f} ms", "in flight / raw rate"),
        ("server: CPU of a search, children included", spread(rounds, lambda one: one.cpu_ms, " ms"), "raw CPU"),
        (
            "overhead: CPU of a search beyond raw",
            spread(rounds, lambda one: one.overhead_ms, " ms"),
            f"0; goal ≤ {_OVERHEAD_GOAL_MS:g} ms with vitrine-s",
        ),
        (
            "client: CPU of a search, on the same cores",
            spread(rounds, lambda one: one.client_ms, " ms"),
            "not the server's",
        ),
        ("other processes' share of the cores", spread(rounds, lambda one: 100 * one.others_share, " %"), "0 %"),
        ("one photograph alone: decode + encode", f"{raw_ms:.1f} ms", f"median of {len(alone.raw_s)}"),
        ("one photograph alone: search", f"{search_ms:.1f} ms", "decode + encode"),
        ("… beyond decode + encode", f"{search_ms - raw_ms:.1f} ms", f"0; goal ≤ {_ALONE_GOAL_MS:g} ms"),
        ("… with the geometric check, in all", f"{checked_ms:.1f} ms", f"goal ≤ {_CHECKED_GOAL_MS:g} ms"),
    ]


def spread(rounds: Sequence[T], figure: Callable[[T], float], unit: str, *, digits: int = 1) -> str:
    """Of the figure of each round the median, and the least and the most where there are several."""
    values = sorted(figure(one) for one in rounds)
    middle = f"{statistics.median(values):.{digits}f}{unit}"
    return middle if len(values) == 1 else f"{middle} ({values[0]:.{digits}f}–{values[-1]:.{digits}f})"


def percentile(values: Sequence[float], share: int) -> float:
    """``share`` in percent."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
