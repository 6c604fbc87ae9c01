"""Who is found: catalogue photographs indexed, phone photographs searched over HTTP, with and without the check."""

from __future__ import annotations

import csv
import dataclasses
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from scripts.benchmarks import asking, server

_MISSED = 10**6


@dataclasses.dataclass(frozen=True, kw_only=True)
class Query:
    photograph: pathlib.Path
    external_id: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ranks:
    """Place of the right record for each query, from 0; searches that did not complete are counted apart."""

    geometric_check: bool
    ranks: tuple[int, ...]
    unfinished: int

    def recall_at(self, k: int) -> float:
        return sum(rank < k for rank in self.ranks) / max(1, len(self.ranks))


def measured(model: str, objects: pathlib.Path) -> list[Ranks]:
    """Packages of ``objects``: their view ``catalogue`` is indexed, their view ``phone`` searched for."""
    queries = _phone_photographs(objects)
    with tempfile.TemporaryDirectory(prefix="vitrine-retrieval-") as folder:
        home = pathlib.Path(folder)
        conditions = ("--where", "class=package", "--where", "view=catalogue")
        server.add(home, model, objects / "manifest.csv", "--mapping", "objects", *conditions)
        with server.running(home, model) as running:
            return [_ranks(running.port, queries, geometric_check=check) for check in (False, True)]


def markdown(found: Sequence[Ranks], model: str, command: str) -> str:
    lines = [
        f"`{command}`: {len(found[0].ranks)} phone photographs searched over HTTP, model {model}.",
        "",
        "| geometric check | R@1 | R@5 | R@10 | not completed |",
        "|---|---|---|---|---|",
    ]
    for one in found:
        recalls = " | ".join(f"{one.recall_at(k):.3f}" for k in (1, 5, 10))
        lines.append(f"| {'on' if one.geometric_check else 'off'} | {recalls} | {one.unfinished} |")
    return "\n".join(lines)


def _phone_photographs(objects: pathlib.Path) -> list[Query]:
    with (objects / "manifest.csv").open(newline="") as file:
        return [
            Query(photograph=objects / row["path"], external_id=row["object_id"])
            for row in csv.DictReader(file)
            if row["class"] == "package" and row["view"] == "phone"
        ]


def _ranks(port: int, queries: Sequence[Query], *, geometric_check: bool) -> Ranks:
    results = asking.results(port, (query.photograph for query in queries), geometric_check=geometric_check)
    ranks = tuple(_rank(query, result) for query, result in zip(queries, results, strict=True) if result is not None)
    return Ranks(geometric_check=geometric_check, ranks=ranks, unfinished=len(results) - len(ranks))


def _rank(query: Query, result: Mapping[str, Any]) -> int:
    matches = [match["record"]["external_id"] for match in result["matches"]]
    return matches.index(query.external_id) if query.external_id in matches else _MISSED
