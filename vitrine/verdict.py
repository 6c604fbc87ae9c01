"""What a match is worth in this catalogue: the same photograph, the same object, something similar, or merely nearest.

No cutoff is universal: 0.91 is distant for one model or collection and near for another. So thresholds and rates are
measured when a snapshot is built (`indexer.calibration`), and this module only applies them. Two bases are used:

- *the best impostor a query meets* for the two verdicts of identity. A catalogue image is searched for as if its
  record were not there, and it counts when **any** neighbour the search would show is taken for the same object. That
  is the mistake a cataloguer would see; it grows with the catalogue. A rate over random pairs would be thousands of
  times smaller and tell nobody anything, because searches never show random pairs.
- *random pairs of different records* for ``similar``, which claims no identity: how much of the catalogue is as alike.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from vitrine import errors, geometry
from vitrine.domain import Match, Verdict, VerdictKind

FEWEST_RECORDS = 30
"""With fewer records than this, rates are None and thresholds are the careful ones of `Thresholds`."""

FLATNESS_RANK = 10
"""Flatness is what the similarity falls from the first record to this one."""

_RIVAL_WEIGHT = 1.5
_IDENTITY = (VerdictKind.SAME_PHOTOGRAPH, VerdictKind.SAME_OBJECT)

Rates = Mapping[VerdictKind, float]
"""Verdict → how often a picture of another object reaches it or a better one."""

GenuineSource = Literal["same_record", "distorted_copies", "none"]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where one verdict ends and the next begins; the values here are careful guesses for want of measurements.

    Similarities are inner products of unit vectors; scores are those of `geometry.score`. *Checked* matches have their
    inliers counted, *unchecked* ones have nothing but their similarity.
    """

    photograph_similarity: float = 0.95
    photograph_inliers: int = 120
    """Both together: the same photograph, where checked."""
    photograph_exact: float = 0.998
    """So similar that it is the same file, although a faint picture has too few points to show it."""
    photograph_unchecked: float = 0.99
    object_surplus: float = 45.0
    """`surplus` of inliers over the rival's: the same object."""
    object_inliers: float = 120.0
    """The same object whatever the rival reaches: an object may be filed twice."""
    object_unchecked: float = 0.97
    similar: float = 0.45
    """Score, where checked; similarity, where not."""
    flat_below: float = -1.0
    """Best similarity under which a flat list says that nothing is similar; -1: never."""
    flat_fall: float = 0.0
    """A list is flat where the similarity falls by less than this down to `FLATNESS_RANK`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Genuine:
    """Pairs that show one object, as far as the catalogue has them, and the share of them that is recognised as such.

    ``source``: other images of the same record; or, where records have one image, distorted copies, which flatter.
    """

    source: GenuineSource = "none"
    pairs: int = 0
    recognised_checked: float | None = None
    recognised_unchecked: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was measured when the snapshot was built.

    records: in the catalogue; queries: images that were searched for. distributions: name of a measured quantity →
    its quantiles at `QUANTILES`, for people and dashboards. duplicates: share of queries with another record that
    shows the same photograph; where a catalogue has such, they count in the rates.
    """

    records: int = 0
    queries: int = 0
    thresholds: Thresholds = dataclasses.field(default_factory=Thresholds)
    checked: Rates = dataclasses.field(default_factory=dict)
    unchecked: Rates = dataclasses.field(default_factory=dict)
    genuine: Genuine = dataclasses.field(default_factory=Genuine)
    duplicates: float | None = None
    distributions: Mapping[str, Sequence[float]] = dataclasses.field(default_factory=dict)
    check: str = geometry.CHECK
    """The `geometry.CHECK` by whose counts of inliers it was measured; empty where that was not noted yet."""

    @property
    def up_to_date(self) -> bool:
        """Whether inliers are counted today as they were then."""
        return self.check == geometry.CHECK

    @classmethod
    def default(cls, records: int = 0) -> Self:
        """For a catalogue that is too small to measure: careful thresholds and no rates."""
        return cls(records=records)

    def to_document(self) -> dict[str, Any]:
        document = dataclasses.asdict(self)
        document["checked"] = {kind.value: rate for kind, rate in self.checked.items()}
        document["unchecked"] = {kind.value: rate for kind, rate in self.unchecked.items()}
        document["distributions"] = {name: list(values) for name, values in self.distributions.items()}
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Raises DamagedSnapshot where the document is not one of `to_document`."""
        try:
            return cls(
                records=int(document["records"]),
                queries=int(document["queries"]),
                thresholds=Thresholds(**document["thresholds"]),
                checked=_rates(document["checked"]),
                unchecked=_rates(document["unchecked"]),
                genuine=Genuine(**document["genuine"]),
                duplicates=document["duplicates"],
                distributions={name: tuple(values) for name, values in document["distributions"].items()},
                check=str(document.get("check", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise errors.DamagedSnapshot(f"The snapshot's calibration cannot be read: {error!r}.") from error


def judge(
    similarity: float, inliers: int | None, calibration: Calibration, *, rival_inliers: int | None = None
) -> Verdict:
    """``inliers`` is None where the geometric check was left out; more of either never worsens the verdict.

    ``rival_inliers``: the most that an image of another record reached in the same search, None where that is unknown;
    more of them never betters it.
    """
    kind = kind_of(similarity, inliers, calibration.thresholds, rival_inliers=rival_inliers)
    rates = calibration.unchecked if inliers is None else calibration.checked
    return Verdict(kind=kind, false_positive_rate=rates.get(kind))


def kind_of(
    similarity: float, inliers: int | None, thresholds: Thresholds, *, rival_inliers: int | None = None
) -> VerdictKind:
    """The verdict's kind alone. Each kind is an upward-closed region of similarity and inliers, so it is monotone."""
    if _same_photograph(similarity, inliers, thresholds):
        return VerdictKind.SAME_PHOTOGRAPH
    if _same_object(similarity, inliers, rival_inliers, thresholds):
        return VerdictKind.SAME_OBJECT
    score = similarity if inliers is None else geometry.score(similarity, inliers)
    return VerdictKind.SIMILAR if score >= thresholds.similar else VerdictKind.DISTANT


def surplus(inliers: int, rival_inliers: int) -> float:
    """By how much more points agree than chance, shared print or a common mould would explain.

    Two medals from one die, two covers of one series, two pictures with one watermark share dozens of points, so no
    count of inliers means an object. What tells is that *no other record* comes near: the ratio test once more, between
    records. On 240 objects in 15 kinds of the demo museum (photographed like a phone's, 2 % of unknown objects taken
    for known) it recognises .39, a cutoff on inliers .23, one on the score .04.
    """
    return inliers - _RIVAL_WEIGHT * rival_inliers


def nothing_similar(best_matches: Sequence[Match], calibration: Calibration) -> bool:
    """Whether the catalogue holds nothing like the query.

    Either every match is distant; or the list is flat. A query that is at home in the catalogue is much nearer to its
    first neighbour than to its tenth, and one from elsewhere is about equally far from everything (Immich #5996: one
    cutoff for all queries does not work). How flat is flat, and how near is too near to be doubted, is measured.
    """
    kinds = {match.verdict.kind for match in best_matches}
    if kinds <= {VerdictKind.DISTANT}:
        return True
    if kinds.intersection(_IDENTITY) or len(best_matches) < FLATNESS_RANK:
        return False
    similarities = sorted((match.similarity for match in best_matches), reverse=True)
    limits = calibration.thresholds
    if max(match.score for match in best_matches) >= limits.flat_below:
        return False
    return similarities[0] - similarities[FLATNESS_RANK - 1] < limits.flat_fall


def _same_photograph(similarity: float, inliers: int | None, thresholds: Thresholds) -> bool:
    if inliers is None:
        return similarity >= thresholds.photograph_unchecked
    if similarity >= thresholds.photograph_exact:
        return True
    return similarity >= thresholds.photograph_similarity and inliers >= thresholds.photograph_inliers


def _same_object(similarity: float, inliers: int | None, rival_inliers: int | None, thresholds: Thresholds) -> bool:
    if inliers is None:
        return similarity >= thresholds.object_unchecked
    if inliers >= thresholds.object_inliers:
        return True
    return rival_inliers is not None and surplus(inliers, rival_inliers) >= thresholds.object_surplus


def _rates(document: Mapping[str, float]) -> Rates:
    return {VerdictKind(kind): float(rate) for kind, rate in document.items()}
