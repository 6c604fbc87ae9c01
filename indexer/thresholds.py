"""From measured pairs to the thresholds and rates of `vitrine.verdict`: the reasons for every choice stand here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vitrine.domain import VerdictKind
from vitrine.verdict import (
    FLATNESS_RANK,
    QUANTILES,
    Calibration,
    Genuine,
    GenuineSource,
    Rates,
    Thresholds,
    kind_of,
    surplus,
)

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

# An object that is not in the catalogue, photographed in the catalogue's own studio, may be taken for one that is in
# this share of searches; by the rule for what is filed twice, in this share more. Another record's image is rarely
# taken for the same photograph: such a pair usually *is* one photograph filed twice.
_OBJECT_MISTAKEN, _TWIN_MISTAKEN, _PHOTOGRAPH_MISTAKEN = 0.02, 0.005, 0.005
# Another photograph of the record's object is taken for the same photograph.
_OTHER_PHOTOGRAPH_MISTAKEN = 0.02
# So many standard deviations stand for the rare query, where fewer were met than that it could be among them.
_RARE_SIGMA = 2.33
# Of mild copies, these shares may fall short in similarity or in inliers.
_COPIES_MISSED = (0.05, 0.1, 0.2, 0.35, 0.5)
# Of a similarity between studio photographs, this much is left where a visitor takes one of them: such a photograph is
# .61 (lower quartile) to .68 (median) like the studio's of the same object (demo museum, MobileNetV2).
_VISITORS_SHARE = 2 / 3
# Fewer points than this are no proof, even where a collection's pictures are faint or no two of them share any point.
_FEWEST_PHOTOGRAPH_INLIERS, _FEWEST_OBJECT_INLIERS = 30, 15
_FEWEST_COPIES = _FEWEST_STRANGERS = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pairs:
    """A picture and others: records int64 [n] of the others; similarities float32 [n]; inliers int64 [n], -1 where the
    two were not compared; rivals int64 [n], the most inliers of a third record's image in the same search, -1: unknown.
    """

    records: Rows
    similarities: Floats
    inliers: Rows
    rivals: Rows

    def __len__(self) -> int:
        return len(self.similarities)

    @property
    def checked(self) -> Pairs:
        return self.where(self.inliers >= 0)

    @property
    def surpluses(self) -> Floats:
        return np.array(
            [surplus(*row) for row in zip(self.inliers.tolist(), self.rivals.tolist(), strict=True)], np.float32
        )

    def where(self, kept: npt.NDArray[np.bool_]) -> Pairs:
        return Pairs(
            records=self.records[kept],
            similarities=self.similarities[kept],
            inliers=self.inliers[kept],
            rivals=self.rivals[kept],
        )

    def kinds(self, limits: Thresholds, *, checked: bool) -> list[VerdictKind]:
        """``checked``: by all that is known; otherwise by similarity alone."""
        rows = zip(self.similarities.tolist(), self.inliers.tolist(), self.rivals.tolist(), strict=True)
        return [
            kind_of(similarity, inliers if checked else None, limits, rival_inliers=rival if rival >= 0 else None)
            for similarity, inliers, rival in rows
        ]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """What was sampled: for each query its impostors; then pairs that belong together, and pairs at random."""

    impostors: Sequence[Pairs]
    mild_copies: Pairs
    genuine: Pairs
    genuine_source: GenuineSource
    random_similarities: Floats
    falls: Floats


def derive(measured: Measured, *, records: int) -> Calibration:
    """There is at least one query with an impostor, and at least one random pair."""
    met = [pairs for pairs in measured.impostors if len(pairs)]
    compared = [pairs.checked for pairs in met if len(pairs.checked)]
    limits = _photograph(Thresholds(), met, compared, measured)
    limits = _object(limits, met, compared)
    limits = _similar(limits, met, measured)
    return Calibration(
        records=records,
        queries=len(met),
        thresholds=limits,
        checked=_rates(compared, limits, measured.random_similarities, checked=True) if compared else {},
        unchecked=_rates(met, limits, measured.random_similarities, checked=False),
        genuine=_genuine(measured, limits),
        duplicates=float(np.mean([_duplicates(pairs, limits).any() for pairs in met])),
        distributions=_distributions(met, measured),
    )


def _photograph(limits: Thresholds, met: Sequence[Pairs], compared: Sequence[Pairs], measured: Measured) -> Thresholds:
    copies = measured.mild_copies
    if len(copies.checked) >= _FEWEST_COPIES:
        limits = _photograph_checked(limits, compared, copies.checked, measured.genuine.checked)
    nearest = [pairs.similarities.max() for pairs in _met_strangers(met, limits)]
    reached = _seldom_reached(np.array(nearest), _PHOTOGRAPH_MISTAKEN) if nearest else limits.photograph_unchecked
    enough = len(copies) >= _FEWEST_COPIES
    like_copies = float(np.quantile(copies.similarities, 0.25)) if enough else limits.photograph_unchecked
    # Without points to compare, nothing but a similarity that no other object reaches tells a copy from a twin.
    return dataclasses.replace(limits, photograph_unchecked=max(like_copies, reached))


def _photograph_checked(
    limits: Thresholds, compared: Sequence[Pairs], copies: Pairs, other_photographs: Pairs
) -> Thresholds:
    """Of the pairs of thresholds that other records and other photographs seldom reach, what most mild copies reach.

    Where there is none, records share photographs; the strictest pair is kept, because sharing is no reason to unlearn
    what a copy looks like.
    """
    choices = [
        dataclasses.replace(
            limits,
            photograph_similarity=float(np.quantile(copies.similarities, missed_similarity)),
            photograph_inliers=max(_FEWEST_PHOTOGRAPH_INLIERS, int(np.quantile(copies.inliers, missed_inliers))),
        )
        for missed_similarity in _COPIES_MISSED
        for missed_inliers in _COPIES_MISSED
    ]
    for choice in sorted(choices, key=lambda choice: -int(_duplicates(copies, choice).sum())):
        records = np.mean([_duplicates(pairs, choice).any() for pairs in compared]) if compared else 0.0
        photographs = _duplicates(other_photographs, choice).mean() if len(other_photographs) else 0.0
        if records <= _PHOTOGRAPH_MISTAKEN and photographs <= _OTHER_PHOTOGRAPH_MISTAKEN:
            return choice
    return choices[-1]


def _object(limits: Thresholds, met: Sequence[Pairs], compared: Sequence[Pairs]) -> Thresholds:
    """What the best impostor of a query seldom reaches.

    Records that share a photograph with the query's are left out of the thresholds, or a few of them would make the
    verdict unreachable for all; they stay in the rates, because theirs are pictures of another record.
    """
    if strangers := _met_strangers(met, limits):
        similarities = np.array([pairs.similarities.max() for pairs in strangers])
        limits = dataclasses.replace(limits, object_unchecked=_seldom_reached(similarities, _OBJECT_MISTAKEN))
    if not (strangers := _met_strangers(compared, limits)):
        return limits
    return dataclasses.replace(
        limits,
        object_surplus=max(
            _FEWEST_OBJECT_INLIERS,
            _seldom_reached(np.array([pairs.surpluses.max() for pairs in strangers]), _OBJECT_MISTAKEN),
        ),
        object_inliers=max(
            _FEWEST_OBJECT_INLIERS,
            _seldom_reached(np.array([pairs.inliers.max() for pairs in strangers], np.float32), _TWIN_MISTAKEN),
        ),
    )


def _similar(limits: Thresholds, met: Sequence[Pairs], measured: Measured) -> Thresholds:
    """Half way from what two things of the catalogue have in common anyway to what is nearest to a thing in it.

    But no higher than what is left of the latter in a visitor's photograph: in a collection of one kind of thing,
    studio photographs of different objects are more alike than a visitor's is to its own object's. Both of the typical
    thing: by what nearly every thing finds (the lowest twentieth), most of what is shown to a visitor is similar,
    whatever it is (docs/benchmarks.md).
    """
    nearest = np.array([pairs.similarities.max() for pairs in met])
    typical, unrelated = float(np.median(nearest)), float(np.median(measured.random_similarities))
    known = len(measured.falls) >= FLATNESS_RANK
    return dataclasses.replace(
        limits,
        similar=min((unrelated + typical) / 2, _VISITORS_SHARE * typical),
        flat_below=float(np.quantile(nearest, 0.05)) if known else -1.0,
        flat_fall=_VISITORS_SHARE * float(np.quantile(measured.falls, 0.05)) / 2 if known else 0.0,
    )


def _seldom_reached(best: npt.NDArray[np.floating], share: float) -> float:
    """The least value that at most this share of queries' best impostors reach."""
    allowed = int(share * len(best))
    least = float(np.sort(best)[::-1][allowed])
    if allowed == 0:
        least = max(least, float(best.mean() + _RARE_SIGMA * best.std()))
    return math.nextafter(least, math.inf)


def _duplicates(pairs: Pairs, limits: Thresholds) -> npt.NDArray[np.bool_]:
    """Of other records, and yet the same photograph; without points to compare, only the same file is that certain."""
    exact = pairs.similarities >= limits.photograph_exact
    together = (pairs.similarities >= limits.photograph_similarity) & (pairs.inliers >= limits.photograph_inliers)
    return np.asarray(exact | together)


def _strangers(pairs: Pairs, limits: Thresholds) -> Pairs:
    return pairs.where(~np.isin(pairs.records, pairs.records[_duplicates(pairs, limits)]))


def _met_strangers(met: Sequence[Pairs], limits: Thresholds) -> list[Pairs]:
    """Of the queries that met any; of too few, none: where nearly all records share a picture, nothing is measured."""
    strangers = [pairs for pairs in (_strangers(pairs, limits) for pairs in met) if len(pairs)]
    return strangers if len(strangers) >= _FEWEST_STRANGERS else []


def _rates(met: Sequence[Pairs], limits: Thresholds, at_random: Floats, *, checked: bool) -> Rates:
    """None of n queries is not a rate of zero: one more is counted among them, as conformal prediction does."""
    kinds = [set(pairs.kinds(limits, checked=checked)) for pairs in met]
    photograph = sum(VerdictKind.SAME_PHOTOGRAPH in one for one in kinds)
    identity = sum(bool(one & {VerdictKind.SAME_PHOTOGRAPH, VerdictKind.SAME_OBJECT}) for one in kinds)
    alike = int(np.count_nonzero(at_random >= limits.similar))
    return {
        VerdictKind.SAME_PHOTOGRAPH: (photograph + 1) / (len(met) + 1),
        VerdictKind.SAME_OBJECT: (identity + 1) / (len(met) + 1),
        VerdictKind.SIMILAR: (alike + 1) / (len(at_random) + 1),
        VerdictKind.DISTANT: 1.0,
    }


def _genuine(measured: Measured, limits: Thresholds) -> Genuine:
    def recognised(pairs: Pairs, *, checked: bool) -> float | None:
        kinds = pairs.kinds(limits, checked=checked)
        same = [kind in (VerdictKind.SAME_PHOTOGRAPH, VerdictKind.SAME_OBJECT) for kind in kinds]
        return float(np.mean(same)) if same else None

    return Genuine(
        source=measured.genuine_source,
        pairs=len(measured.genuine),
        recognised_checked=recognised(measured.genuine.checked, checked=True),
        recognised_unchecked=recognised(measured.genuine, checked=False),
    )


def _distributions(met: Sequence[Pairs], measured: Measured) -> dict[str, tuple[float, ...]]:
    compared = [pairs.checked for pairs in met if len(pairs.checked)]
    values = {
        "random_similarity": measured.random_similarities,
        "best_impostor_similarity": np.array([pairs.similarities.max() for pairs in met]),
        "best_impostor_inliers": np.array([pairs.inliers.max() for pairs in compared]),
        "best_impostor_surplus": np.array([pairs.surpluses.max() for pairs in compared]),
        "genuine_similarity": measured.genuine.similarities,
        "genuine_inliers": measured.genuine.checked.inliers,
        "copy_similarity": measured.mild_copies.similarities,
        "copy_inliers": measured.mild_copies.checked.inliers,
        "fall": measured.falls,
    }
    return {
        name: tuple(round(float(quantile), 4) for quantile in np.quantile(measurement, QUANTILES))
        for name, measurement in values.items()
        if len(measurement)
    }
