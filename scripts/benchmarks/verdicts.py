"""What verdicts say of the records shown: some objects of a generated museum are catalogued, others are strangers."""

from __future__ import annotations

import collections
import csv
import dataclasses
import pathlib
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scripts.benchmarks import asking, server
from vitrine.domain import VerdictKind

_OWN = "the same object"
_LIKE = "another object of its kind"
_UNLIKE = "an object of another kind"
# A row of museum.csv: a photograph, with what it shows.
_Row = Mapping[str, str]
_THE_SAME = (VerdictKind.SAME_PHOTOGRAPH, VerdictKind.SAME_OBJECT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdicts:
    """``shown[what the record is][verdict]``; ``recognised``: known objects whose own record is called the same one.

    ``mistaken``: photographs, of known objects and of strangers, for which another record is called the same object.
    """

    catalogue: int
    asked_known: int
    asked_strangers: int
    shown: Mapping[str, Mapping[str, int]]
    recognised: int
    mistaken_known: int
    mistaken_strangers: int
    unfinished: int


def measured(model: str, museum: pathlib.Path, known: int) -> Verdicts:
    """The catalogue photographs of ``known`` objects are indexed; the other views of all objects are searched for.

    Raises DidNotStart where the museum has no strangers left, or is none.
    """
    photographs = _photographs(museum)
    kinds = {row["external_id"]: row["kind"] for row in photographs}
    if not 0 < known < len(kinds):
        raise server.DidNotStart(f"of the {len(kinds)} objects in {museum}, --known must leave some out")
    catalogued = set(random.Random(0).sample(sorted(kinds), known))
    indexed = [row for row in photographs if row["view_no"] == "1" and row["external_id"] in catalogued]
    asked = [row for row in photographs if row["view_no"] != "1"]
    with tempfile.TemporaryDirectory(prefix="vitrine-verdicts-") as folder:
        home = pathlib.Path(folder)
        server.add(home, model, _table(home, indexed), "--mapping", "demo", "--images", str(museum))
        with server.running(home, model) as running:
            results = asking.results(running.port, (museum / row["image"] for row in asked), geometric_check=True)
    return _counted(zip(asked, results, strict=True), kinds, catalogued)


def markdown(found: Sequence[Verdicts], model: str, command: str) -> str:
    lines = [f"`{command}`: other views searched over HTTP with the geometric check, model {model}.", ""]
    for one in found:
        lines += [
            f"{one.catalogue} objects catalogued, one photograph each; {one.asked_known} photographs of these and "
            f"{one.asked_strangers} of strangers asked, {one.unfinished} not completed. Recognised: {one.recognised} "
            f"of {one.asked_known}. Another record called the same object: for {one.mistaken_known} of "
            f"{one.asked_known}, and for {one.mistaken_strangers} of the strangers' {one.asked_strangers}.",
            "",
            "| the record shown is | " + " | ".join(kind.value for kind in VerdictKind) + " |",
            "|---" * (1 + len(VerdictKind)) + "|",
            *(
                f"| {truth} | " + " | ".join(str(one.shown[truth][kind.value]) for kind in VerdictKind) + " |"
                for truth in (_OWN, _LIKE, _UNLIKE)
            ),
            "",
        ]
    return "\n".join(lines).rstrip()


def _photographs(museum: pathlib.Path) -> list[_Row]:
    table = museum / "museum.csv"
    if not table.is_file():
        raise server.DidNotStart(f"there is no {table}: python -m scripts.museum --out {museum} makes one")
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def _table(home: pathlib.Path, photographs: Sequence[_Row]) -> pathlib.Path:
    table = home / "catalogued.csv"
    with table.open("w", newline="") as file:
        rows = csv.DictWriter(file, list(photographs[0]))
        rows.writeheader()
        rows.writerows(photographs)
    return table


def _counted(
    answers: Iterable[tuple[_Row, Mapping[str, Any] | None]], kinds: Mapping[str, str], catalogued: set[str]
) -> Verdicts:
    shown: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    tally: collections.Counter[str] = collections.Counter()
    for photograph, result in answers:
        own = photograph["external_id"]
        known = own in catalogued
        tally["known" if known else "strangers"] += 1
        if result is None:
            tally["unfinished"] += 1
            continue
        the_same = set()
        for match in result["matches"]:
            record = match["record"]["external_id"]
            shown[_truth(own, record, kinds)][match["verdict"]] += 1
            if match["verdict"] in _THE_SAME:
                the_same.add(record)
        tally["recognised"] += own in the_same
        tally["mistaken known" if known else "mistaken strangers"] += bool(the_same - {own})
    return Verdicts(
        catalogue=len(catalogued),
        asked_known=tally["known"],
        asked_strangers=tally["strangers"],
        shown=shown,
        recognised=tally["recognised"],
        mistaken_known=tally["mistaken known"],
        mistaken_strangers=tally["mistaken strangers"],
        unfinished=tally["unfinished"],
    )


def _truth(own: str, record: str, kinds: Mapping[str, str]) -> str:
    if record == own:
        return _OWN
    return _LIKE if kinds[record] == kinds[own] else _UNLIKE
