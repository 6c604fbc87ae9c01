"""Measures, when a snapshot is built, what similarity and inliers mean in a catalogue (`vitrine.verdict` applies it).

Sampled catalogue images are searched for as if their records were not there: what is found then is an impostor, however
alike. Catalogue photographs share studio and light, so they meet nearer impostors than a visitor's photograph does, and
the rates err on the careful side. Everything is sampled: seconds for 2,000 images, under a minute for millions.
"""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Callable, Sequence
from typing import Protocol

import cv2
import numpy as np

from indexer import thresholds
from indexer.thresholds import Floats, Measured, Pairs, Rows
from vitrine import geometry, local_features, ranking
from vitrine.domain import Embedding, Pixels
from vitrine.verdict import FEWEST_RECORDS, FLATNESS_RANK, Calibration, GenuineSource

_MOST_NEIGHBOURS = 1_000
_RANDOM_PAIRS = 20_000
# With fewer pairs of one record than this, distorted copies stand in for them.
_FEWEST_GENUINE = 30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Budget:
    """At most so much is sampled: images searched for, pairs compared by geometry, images copied for each strength."""

    queries: int = 400
    comparisons: int = 6_000
    copies: int = 60


class Strength(enum.Enum):
    """MILD: another scan or export of the photograph. STRONG: stands in for another photograph of the object."""

    MILD = "mild"
    STRONG = "strong"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Copy:
    """A distorted copy of a catalogue image, embedded like any picture."""

    vector: Embedding
    features: local_features.LocalFeatures | None


class Neighbours(Protocol):
    """`SnapshotDraft.neighbours`: similarities float32 [n, k] and rows int64 [n, k] (-1: none), best first."""

    def __call__(self, queries: Floats, k: int) -> tuple[Floats, Rows]: ...


Features = Callable[[int], local_features.LocalFeatures | None]
Copies = Callable[[int, Strength], Copy | None]


def calibrate(
    vectors: Floats,
    record_ids: Rows,
    *,
    neighbours: Neighbours,
    features: Features,
    copies: Copies | None = None,
    budget: Budget | None = None,
    seed: int = 0,
) -> Calibration:
    """Rows of ``vectors`` (float32 [n, d], unit) are images of ``record_ids`` (int64 [n]); the callables take rows.

    ``copies`` makes a distorted copy (`distorted`) of a row's image and embeds it; without it, what one photograph
    looks like twice is guessed. With fewer than FEWEST_RECORDS records nothing is measured.
    """
    budget = budget or Budget()
    records = np.unique(record_ids)
    if len(records) < FEWEST_RECORDS:
        return Calibration.default(len(records))
    rng = np.random.default_rng(seed)
    catalogue = _Catalogue(vectors=vectors, record_ids=record_ids, features=features, copies=copies)
    rows = _one_row_each(record_ids, rng)[: budget.queries]
    found = _impostors(catalogue, rows, neighbours)
    geometric = len(rows) * budget.comparisons // max(budget.comparisons, len(rows) * ranking.CHECKED_IMAGES)
    impostors = [
        catalogue.compared(row, others, check=number < geometric)
        for number, (row, others) in enumerate(zip(rows.tolist(), found, strict=True))
    ]
    if not any(len(pairs) for pairs in impostors):
        return Calibration.default(len(records))
    copied = rows[: budget.copies].tolist()
    genuine = _same_records(catalogue, rows.tolist(), impostors, rng)
    source: GenuineSource = "same_record"
    if len(genuine) < _FEWEST_GENUINE:
        genuine = _copied(catalogue, copied, impostors, Strength.STRONG)
        source = "distorted_copies" if len(genuine) else "none"
    measured = Measured(
        impostors=impostors,
        mild_copies=_copied(catalogue, copied, impostors, Strength.MILD),
        genuine=genuine,
        genuine_source=source,
        random_similarities=_random_similarities(catalogue, rng),
        falls=_falls(impostors),
    )
    return thresholds.derive(measured, records=len(records))


def distorted(picture: Pixels, strength: Strength, rng: np.random.Generator) -> Pixels:
    """A copy of an upright picture as another export, or another hand with a camera, would have made it."""
    turn_deg, kept, slant, light, blur = (
        (2, 0.94, 0.0, 0.08, 0.0) if strength is Strength.MILD else (20, 0.7, 0.1, 0.3, 1.2)
    )
    height, width = picture.shape[:2]
    size = np.array([width, height], np.float64)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float64) / 2
    angle = math.radians(rng.uniform(-turn_deg, turn_deg))
    rotation = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    side = rng.uniform(kept, 1)
    middle = 0.5 + rng.uniform(-1, 1, 2) * (1 - side) / 2
    seen = (corners * side * size) @ rotation.T + middle * size + rng.uniform(-slant, slant, (4, 2)) * size
    matrix = cv2.getPerspectiveTransform(seen.astype(np.float32), ((corners + 0.5) * size).astype(np.float32))
    copy = cv2.warpPerspective(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    if blur:
        copy = cv2.GaussianBlur(copy, (0, 0), blur * max(width, height) / local_features.PREVIEW_SIZE)
    gain, gamma = 1 + rng.uniform(-light, light), 1 + rng.uniform(-light, light)
    copy = np.clip((copy.astype(np.float32) / 255) ** gamma * gain * 255, 0, 255).astype(np.uint8)
    quality = int(rng.integers(60, 90))
    _, jpeg = cv2.imencode(".jpg", copy, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def _one_row_each(record_ids: Rows, rng: np.random.Generator) -> Rows:
    """One image of each record, in random order: a record with a hundred images speaks once."""
    order = rng.permutation(len(record_ids))
    _, first = np.unique(record_ids[order], return_index=True)
    return np.asarray(rng.permutation(order[first]), np.int64)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Catalogue:
    vectors: Floats
    record_ids: Rows
    features: Features
    copies: Copies | None

    def compared(self, row: int, others: Rows, *, check: bool) -> Pairs:
        """``others`` keep their order; the similarities are exact even where the index's are not."""
        inliers = np.full(len(others), -1, np.int64)
        query = self.features(row) if check else None
        if query is not None:
            known = [(number, self.features(other)) for number, other in enumerate(others.tolist())]
            kept = [(number, features) for number, features in known if features is not None]
            evidence = geometry.compare(query, [features for _, features in kept])
            inliers[[number for number, _ in kept]] = [one.inliers for one in evidence]
        records = self.record_ids[others]
        return Pairs(
            records=records,
            similarities=np.asarray(self.vectors[others] @ self.vectors[row], np.float32),
            inliers=inliers,
            rivals=np.array([inliers[records != record].max(initial=0) for record in records], np.int64),
        )

    def copied(self, row: int, strength: Strength) -> Pairs | None:
        """A row with a distorted copy of its image."""
        copy = self.copies(row, strength) if self.copies else None
        if copy is None:
            return None
        known = self.features(row)
        inliers = geometry.compare(copy.features, [known])[0].inliers if copy.features and known else -1
        return Pairs(
            records=self.record_ids[[row]],
            similarities=np.array([copy.vector @ self.vectors[row]], np.float32),
            inliers=np.array([inliers], np.int64),
            rivals=np.zeros(1, np.int64),
        )


def _impostors(catalogue: _Catalogue, rows: Rows, neighbours: Neighbours) -> list[Rows]:
    """For each row, the rows of other records that its search would show, most similar first."""
    record_ids = catalogue.record_ids
    _, sizes = np.unique(record_ids, return_counts=True)
    k = min(len(record_ids), 3 * ranking.CHECKED_IMAGES + int(sizes.max()), _MOST_NEIGHBOURS)
    _, found = neighbours(np.asarray(catalogue.vectors[rows], np.float32), k)
    return [_shown(record_ids, row, line[line >= 0]) for row, line in zip(rows, found, strict=True)]


def _shown(record_ids: Rows, row: int, line: Rows) -> Rows:
    others: Rows = line[record_ids[line] != record_ids[row]]
    places = ranking.checked_places(record_ids[others].tolist())
    shown: Rows = others[np.array(places, np.int64)]
    return shown


def _same_records(
    catalogue: _Catalogue, rows: Sequence[int], impostors: Sequence[Pairs], rng: np.random.Generator
) -> Pairs:
    """Each row with another image of its record, where there is one; its rival is the best impostor's."""
    order = np.argsort(catalogue.record_ids, kind="stable")
    ordered = catalogue.record_ids[order]
    found: list[Pairs] = []
    for row, strangers in zip(rows, impostors, strict=True):
        record = catalogue.record_ids[row]
        own = order[np.searchsorted(ordered, record, "left") : np.searchsorted(ordered, record, "right")]
        others = own[own != row]
        if len(others):
            pair = catalogue.compared(row, rng.choice(others, 1), check=len(strangers.checked) > 0)
            found.append(_rivalled(pair, strangers))
    return _joined(found)


def _copied(catalogue: _Catalogue, rows: Sequence[int], impostors: Sequence[Pairs], strength: Strength) -> Pairs:
    """Each row with a distorted copy; its rival is the image's own, which is nearer than the copy's would be."""
    pairs = [(catalogue.copied(row, strength), strangers) for row, strangers in zip(rows, impostors, strict=False)]
    return _joined([_rivalled(pair, strangers) for pair, strangers in pairs if pair is not None])


def _rivalled(pair: Pairs, strangers: Pairs) -> Pairs:
    rival = int(strangers.inliers.max(initial=0))
    return dataclasses.replace(pair, rivals=np.full(len(pair), rival, np.int64))


def _joined(pairs: Sequence[Pairs]) -> Pairs:
    return Pairs(
        records=np.concatenate([np.empty(0, np.int64), *(one.records for one in pairs)]),
        similarities=np.concatenate([np.empty(0, np.float32), *(one.similarities for one in pairs)]),
        inliers=np.concatenate([np.empty(0, np.int64), *(one.inliers for one in pairs)]),
        rivals=np.concatenate([np.empty(0, np.int64), *(one.rivals for one in pairs)]),
    )


def _random_similarities(catalogue: _Catalogue, rng: np.random.Generator) -> Floats:
    one, other = rng.integers(0, len(catalogue.record_ids), (2, _RANDOM_PAIRS))
    apart = catalogue.record_ids[one] != catalogue.record_ids[other]
    pairs = zip(one[apart].tolist(), other[apart].tolist(), strict=True)
    return np.array([catalogue.vectors[row] @ catalogue.vectors[stranger] for row, stranger in pairs], np.float32)


def _falls(impostors: Sequence[Pairs]) -> Floats:
    """How far the similarity falls from the first record to the one at FLATNESS_RANK, where so many were met."""
    falls: list[float] = []
    for pairs in impostors:
        _, first = np.unique(pairs.records, return_index=True)
        if len(first) >= FLATNESS_RANK:
            similarities = pairs.similarities[np.sort(first)]
            falls.append(float(similarities[0] - similarities[FLATNESS_RANK - 1]))
    return np.array(falls, np.float32)
