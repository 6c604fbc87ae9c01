"""Who is found: catalogue photographs indexed, phone photographs searched over HTTP, with and without the check."""

from __future__ import annotations

import concurrent.futures
import csv
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from typing import Any

from scripts.benchmarks import server

_CLIENTS = 6
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
        _index(home, model, objects)
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


def _index(home: pathlib.Path, model: str, objects: pathlib.Path) -> None:
    conditions = ["--where", "class=package", "--where", "view=catalogue"]
    added = subprocess.run(
        [sys.executable, "-m", "indexer", "add", str(objects / "manifest.csv"), "--mapping", "objects", *conditions],
        cwd=server.ROOT,
        env=server.environment(home, model),
        capture_output=True,
        text=True,
        check=False,
    )
    if added.returncode:
        raise server.DidNotStart(f"the import failed: {added.stderr}")


def _ranks(port: int, queries: Sequence[Query], *, geometric_check: bool) -> Ranks:
    with concurrent.futures.ThreadPoolExecutor(_CLIENTS) as clients:
        found = list(clients.map(lambda query: _rank(port, query, geometric_check=geometric_check), queries))
    ranks = tuple(rank for rank in found if rank is not None)
    return Ranks(geometric_check=geometric_check, ranks=ranks, unfinished=len(found) - len(ranks))


def _rank(port: int, query: Query, *, geometric_check: bool) -> int | None:
    """None where the search did not complete."""
    boundary = "vitrine-retrieval"
    flag = "true" if geometric_check else "false"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="geometric_check"\r\n\r\n{flag}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="phone.jpg"\r\n\r\n'
    ).encode()
    body += query.photograph.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    posted = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/searches",
        data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    with urllib.request.urlopen(posted) as answer:
        url = json.load(answer)["url"]
    waiting = urllib.request.Request(f"http://127.0.0.1:{port}{url}", headers={"Prefer": "wait=20"})
    document: dict[str, Any] = {"status": "accepted"}
    while document["status"] in ("accepted", "running"):
        with urllib.request.urlopen(waiting) as answer:
            document = json.load(answer)
    if document["status"] != "completed":
        return None
    matches = [match["record"]["external_id"] for match in document["result"]["matches"]]
    return matches.index(query.external_id) if query.external_id in matches else _MISSED
