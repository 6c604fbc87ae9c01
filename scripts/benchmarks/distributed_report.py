"""The distributed size's figures as a Markdown table, each beside the limit that it is measured against."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence

from scripts.benchmarks import process_cpu
from scripts.benchmarks.cluster import PARTS
from scripts.benchmarks.distributed import Measured, Round, Scaling, Searches
from scripts.benchmarks.report import RATIO_GOAL, percentile, spread

Row = tuple[str, str, str]

_AGE_GOAL_MS, _NAIVE_GOAL = 100, 4


def markdown(found: Measured, command: str) -> str:
    options = found.options
    pictures = options.photographs.name if options.photographs else "drawn, about 1 MP"
    rows = [*_rates(found), *_cpu(found.rounds), *_streams(found), *_scaled(found), *_against_naive(found)]
    lines = [
        f"`{command}`",
        "",
        f"{platform.system()}, {process_cpu.cores()} cores of {process_cpu.model()}, shared by all parts, "
        f"the client and whatever else runs; encoder {options.encoder} behind Triton; {options.catalogue} catalogue "
        f"pictures; photographs: {pictures}; {options.rounds} rounds of {options.seconds:g} s for each side, by turns; "
        "medians (least to most).",
        "",
        "| measured | figure | limit or goal |",
        "|---|---|---|",
        *(f"| {name} | {figure} | {limit} |" for name, figure, limit in rows),
    ]
    return "\n".join(lines)


def _rates(found: Measured) -> list[Row]:
    rounds = found.rounds
    arrangement = statistics.mode(one.raw.arrangement for one in rounds)
    latencies_ms = [1000 * latency for one in rounds for latency in one.unchecked.load.latencies_s]
    p50, p90, p99 = (percentile(latencies_ms, share) for share in (50, 90, 99))
    searches = sum(one.unchecked.load.count + one.checked.load.count for one in rounds)
    return [
        ("raw: decode + encode", spread(rounds, lambda one: one.raw.per_s, " photographs/s"), f"best: {arrangement}"),
        ("distributed, no geometric check", spread(rounds, lambda one: one.unchecked.per_s, " photographs/s"), "raw"),
        (
            "distributed / raw",
            spread(rounds, lambda one: one.unchecked.per_s / one.raw.per_s, "", digits=3),
            f"1; goal ≥ {RATIO_GOAL} with vit-b-32",
        ),
        (
            "raw CPU / CPU of all parts and client",
            spread(rounds, lambda one: one.raw.cpu_ms / one.unchecked.all_cpu_ms, "", digits=3),
            "1; the same ratio, less spoilt by other processes",
        ),
        ("distributed, geometric check", spread(rounds, lambda one: one.checked.per_s, " photographs/s"), "raw"),
        (
            "… / raw",
            spread(rounds, lambda one: one.checked.per_s / one.raw.per_s, "", digits=3),
            "1",
        ),
        ("searches, all completed", str(searches), f"{found.options.in_flight} in flight"),
        ("latency p50 / p90 / p99, no check", f"{p50:.0f} / {p90:.0f} / {p99:.0f} ms", "in flight / raw rate"),
        (
            "other processes' share of the cores",
            spread(rounds, lambda one: 100 * one.unchecked.others_share, " %"),
            "0 %",
        ),
    ]


def _cpu(rounds: Sequence[Round]) -> list[Row]:
    def of(part: str) -> Row:
        unchecked, checked = (
            spread([getattr(one, side) for one in rounds], lambda searches: _part_ms(searches, part), " ms")
            for side in ("unchecked", "checked")
        )
        return (f"CPU of a search: {part}", f"{unchecked}; with the check {checked}", "")

    raw_ms = spread(rounds, lambda one: one.raw.cpu_ms, " ms")
    total = spread(rounds, lambda one: one.unchecked.all_cpu_ms, " ms")
    return [*(of(part) for part in (*PARTS, "client")), ("CPU of a search: all of these", total, f"raw: {raw_ms}")]


def _part_ms(searches: Searches, part: str) -> float:
    return searches.client_ms if part == "client" else searches.cpu_ms[part]


def _streams(found: Measured) -> list[Row]:
    return [
        (f"from stage to browser, {when}: p50 / p95", _told(ages), f"goal p95 < {_AGE_GOAL_MS} ms")
        for when, ages in (("no other searches", found.idle_ages_s), ("under load", found.busy_ages_s))
    ]


def _told(ages_s: Sequence[float]) -> str:
    if not ages_s:
        return "not measured: all had ended before a stream was open"
    return f"{1000 * percentile(ages_s, 50):.0f} / {1000 * percentile(ages_s, 95):.0f} ms of {len(ages_s)} events"


def _scaled(found: Measured) -> list[Row]:
    def of(name: str, pairs: Sequence[Scaling]) -> Row:
        one, two = (spread(pairs, figure, "/s") for figure in (lambda pair: pair.one, lambda pair: pair.two))
        gain = spread(pairs, lambda pair: pair.gain, "", digits=2)
        return (f"1 → 2 workers, {name}", f"{one} → {two}: × {gain}", "raw, which is all cores")

    return [of("as they come", found.scaling), of("one search at a time each", found.narrow_scaling)]


def _against_naive(found: Measured) -> list[Row]:
    if found.no_naive:
        return [("naive: Pillow, torch float32, FAISS Flat", f"not measured: {found.no_naive}", "")]
    pairs = [(one.unchecked.per_s, one.naive) for one in found.rounds if one.naive]
    cores = process_cpu.cores()
    return [
        (
            "naive, a core: a process of one thread each",
            spread(pairs, lambda pair: pair[1].spread_per_s / cores, " photographs/s"),
            "",
        ),
        (
            "naive, a core: one process, torch's threads",
            spread(pairs, lambda pair: pair[1].single_per_s / cores, " photographs/s"),
            "",
        ),
        ("distributed, a core", spread(pairs, lambda pair: pair[0] / cores, " photographs/s"), ""),
        (
            "distributed / the faster naive one",
            spread(pairs, lambda pair: pair[0] / pair[1].per_s, "", digits=2),
            f"goal ≥ {_NAIVE_GOAL} with vit-b-32",
        ),
    ]
