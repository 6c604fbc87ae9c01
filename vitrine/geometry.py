"""The geometric check: which points of two photographs agree under one similarity transformation.

RootSIFT (Arandjelović and Zisserman, CVPR 2012), Lowe's ratio test against what lies elsewhere (Mishkin, Matas and
Perdoch, CVIU 2015), RANSAC, a second look where the transformation expects points, and the points' colours: nothing is
learned, so nothing has to be downloaded and no catalogue is foreign to it. All functions are pure and deterministic,
and the heavy steps (SIFT, the matrix product, RANSAC) release the GIL, so worker threads run side by side. How many
threads OpenCV and BLAS may use is a decision of the process: nothing here sets it, and a worker with several slots
should give both one thread.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from vitrine.domain import Evidence, Region
from vitrine.local_features import UNIT, Colours, LocalFeatures, Points

CHECK = "rootsift-guided-coloured"
"""The way in which inliers are counted: what was calibrated by another way's counts says nothing of this one's."""

# A nearest descriptor counts where the nearest one elsewhere is this much farther away (distances, not their squares).
_RATIO = 0.75
# Elsewhere is farther than this share of the longer side, 10 px of 384: one spot has points of several scales and
# orientations, which are alike and would reject each other.
_ELSEWHERE = 10 / 384
# Where the transformation says where a point should be, little is left to chance: it need only be somewhat nearer than
# what lies elsewhere.
_GUIDED_RATIO = 0.95
# The strongest points are asked first, and the others only where two of these find a clear partner: six of ten pictures
# of something else are out so early, one of sixty with 9 to 12 inliers, and none with more.
_STRONGEST = 200
_FEWEST_OF_STRONGEST = 2
# Points agree within this share of the picture's longer side: 8 px of 384. A similarity cannot follow perspective and
# relief, so a tighter bound loses views of round objects and a wider one lets chance in.
_TOLERANCE = 8 / 384
_RANSAC_TRIALS = 1000
_RANSAC_CONFIDENCE = 0.995
_FEWEST = 4
_SCALES = (0.1, 10.0)
# Inliers on less than this share of the longer side are one spot found many times, not an object.
_SPREAD = 0.02
# Two labels of one print differ in colour only. A point counts where nothing but the light has changed its colour: its
# brightness, and a white balance that is the same for all points and moves a channel by a quarter at most. What is left
# may be 6 %, for a light is uneven.
_WHITE_BALANCE = 0.25
_COLOUR_TOLERANCE = 0.06
# Added to 0..255 before the logarithm: the colour of what is nearly black is noise.
_DARK = 64
# SIFT gives one corner several orientations: points nearer than this share of the longer side are one point.
_SAME_POINT = 1 / 384

Cosines = npt.NDArray[np.float32]
Pairs = npt.NDArray[np.intp]
_NO_PAIRS: Pairs = np.empty((0, 2), np.intp)

# Chance leaves up to five inliers between pictures of different things: they do not move a match. Of 100 neighbours
# that show something else three have more, and most of these do share something: a ground, a print.
_CHANCE_INLIERS = 5
_INLIER_WEIGHT = 0.1


def compare(query: LocalFeatures, candidates: Sequence[LocalFeatures]) -> list[Evidence]:
    """What speaks for each candidate, in their order. The same inputs always give the same answer."""
    unit = query.descriptors.astype(np.float32) / np.float32(UNIT * UNIT)
    return [_evidence(query, candidate, _agreeing(unit, query, candidate)) for candidate in candidates]


def on_whole_picture(evidence: Evidence, region: Region) -> Evidence:
    """Evidence found on a region of the query, with the query's points in fractions of the whole picture."""
    points = evidence.points.copy()
    points[:, 0] = region.x + points[:, 0] * region.width
    points[:, 1] = region.y + points[:, 1] * region.height
    return Evidence(inliers=evidence.inliers, points=points)


def score(similarity: float, inliers: float) -> float:
    """What orders matches: the similarity, and what the inliers over chance add to it. Inliers may be shared out."""
    return similarity + _INLIER_WEIGHT * math.log1p(max(inliers - _CHANCE_INLIERS, 0))


def _agreeing(unit: Cosines, query: LocalFeatures, candidate: LocalFeatures) -> Pairs:
    """Pairs of points that show the same spot under the transformation that most of the clear ones agree on.

    One product a candidate rather than one for all: the same arithmetic, but its 1 MB of cosines stays in the cache.
    """
    if len(query) == 0 or len(candidate) < 2:
        return _NO_PAIRS
    side = max(candidate.width, candidate.height)
    here_px, there_px = query.points * _size(query), candidate.points * _size(candidate)
    elsewhere_px, tolerance_px = _ELSEWHERE * side, _TOLERANCE * side
    theirs = candidate.descriptors.astype(np.float32).T
    cosines: Cosines = np.empty((len(query), len(candidate)), np.float32)
    np.matmul(unit[:_STRONGEST], theirs, out=cosines[:_STRONGEST])
    if len(_clear(cosines[:_STRONGEST], there_px, elsewhere_px)) < _FEWEST_OF_STRONGEST:
        return _NO_PAIRS
    np.matmul(unit[_STRONGEST:], theirs, out=cosines[_STRONGEST:])
    clear = _clear(cosines, there_px, elsewhere_px)
    transform = _transform(here_px[clear[:, 0]], there_px[clear[:, 1]], tolerance_px)
    if transform is None:
        return _NO_PAIRS
    expected_px = np.asarray(here_px @ transform[:, :2].T + transform[:, 2], np.float32)
    # Whose nearest point is not even near is more like something elsewhere: so it is for most points of most pictures.
    near = np.linalg.norm(there_px[cosines.argmax(axis=1)] - expected_px, axis=1) < tolerance_px + elsewhere_px
    rows = np.flatnonzero(near)
    expected = _squared_distances(expected_px[rows], there_px) < tolerance_px**2
    return _guided(cosines, rows, expected, there_px, elsewhere_px)


def _clear(cosines: Cosines, there_px: Points, elsewhere_px: float) -> Pairs:
    """Pairs that pass the ratio test wherever they lie."""
    rows = np.arange(len(cosines))
    nearest = cosines.argmax(axis=1)
    best = cosines[rows, nearest]
    cosines[rows, nearest] = -np.inf
    second = cosines.argmax(axis=1)
    rival = cosines[rows, second]
    cosines[rows, nearest] = best
    # Only where the second nearest lies beside the nearest is there more to look at.
    beside = np.flatnonzero(np.linalg.norm(there_px[second] - there_px[nearest], axis=1) < elsewhere_px)
    rival[beside] = _nearest_elsewhere(cosines[beside], there_px[nearest[beside]], there_px, elsewhere_px)
    return _each_once(rows, nearest, best, _stands_out(best, rival, _RATIO))


def _guided(
    cosines: Cosines, rows: npt.NDArray[np.intp], expected: npt.NDArray[np.bool_], there_px: Points, elsewhere_px: float
) -> Pairs:
    """Pairs of these rows that are ``expected``, [len(rows), m], and not found as well elsewhere."""
    places, candidates = np.nonzero(expected)
    best_first = np.lexsort((-cosines[rows[places], candidates], places))
    places, first = np.unique(places[best_first], return_index=True)
    rows, nearest = rows[places], candidates[best_first][first]
    rival = _nearest_elsewhere(cosines[rows], there_px[nearest], there_px, elsewhere_px)
    best = cosines[rows, nearest]
    return _each_once(rows, nearest, best, _stands_out(best, rival, _GUIDED_RATIO))


def _nearest_elsewhere(lines: Cosines, spots_px: Points, there_px: Points, elsewhere_px: float) -> Cosines:
    """The best of each line, which is changed, among points that do not lie beside its spot; -inf where none does."""
    lines[_squared_distances(spots_px, there_px) < elsewhere_px**2] = -np.inf
    best: Cosines = lines.max(axis=1)
    return best


def _stands_out(best: Cosines, rival: Cosines, ratio: float) -> npt.NDArray[np.bool_]:
    """The squared distance of unit vectors is 2 - 2 cos; quantisation can bring a cosine above 1."""
    passed: npt.NDArray[np.bool_] = np.maximum(1 - best, 0) < ratio * ratio * (1 - rival)
    # Where all points lie in one spot, nothing tells that the match is clear.
    return passed & np.isfinite(rival)


def _each_once(
    rows: npt.NDArray[np.intp], nearest: npt.NDArray[np.intp], best: Cosines, passed: npt.NDArray[np.bool_]
) -> Pairs:
    """Those that passed, [n, 2] of query and candidate numbers, each number at most once."""
    rows, nearest = rows[passed], nearest[passed]
    # Many points on one are a repeating pattern or chance: the best of them stays.
    order = np.argsort(-best[passed], kind="stable")
    _, first = np.unique(nearest[order], return_index=True)
    kept = np.sort(order[first])
    return np.stack([rows[kept], nearest[kept]], axis=1)


def _transform(here_px: Points, there_px: Points, tolerance_px: float) -> npt.NDArray[np.float32] | None:
    """The similarity, [2, 3], that most of these pairs follow; None where too few do or its scale is beyond sense."""
    if len(here_px) < _FEWEST:
        return None
    # OpenCV seeds this RANSAC anew with a constant at each call.
    found, inlying = cv2.estimateAffinePartial2D(
        here_px,
        there_px,
        method=cv2.RANSAC,
        ransacReprojThreshold=tolerance_px,
        maxIters=_RANSAC_TRIALS,
        confidence=_RANSAC_CONFIDENCE,
        refineIters=10,
    )
    if found is None or np.count_nonzero(inlying) < _FEWEST:
        return None
    transform = np.asarray(found, np.float32)
    return transform if _SCALES[0] <= math.hypot(transform[0, 0], transform[1, 0]) <= _SCALES[1] else None


def _evidence(query: LocalFeatures, candidate: LocalFeatures, pairs: Pairs) -> Evidence:
    # So it is for most candidates, and what follows takes as long for none as for many.
    if len(pairs) < _FEWEST:
        return _nothing()
    here, there = query.points[pairs[:, 0]], candidate.points[pairs[:, 1]]
    here_px, there_px = here * _size(query), there * _size(candidate)
    kept = _distinct(here_px, query)
    kept = kept[_distinct(there_px[kept], candidate)]
    if query.colours is not None and candidate.colours is not None:
        kept = kept[_same_but_for_the_light(query.colours[pairs[kept, 0]], candidate.colours[pairs[kept, 1]])]
    if len(kept) < _FEWEST or not (_spread(here_px[kept], query) and _spread(there_px[kept], candidate)):
        return _nothing()
    return Evidence(inliers=len(kept), points=np.concatenate([here[kept], there[kept]], axis=1))


def _same_but_for_the_light(here: Colours, there: Colours) -> npt.NDArray[np.bool_]:
    """Which of the pairs, [n, 3] each, have one colour under two lights."""
    change = np.log(there.astype(np.float32) + _DARK) - np.log(here.astype(np.float32) + _DARK)
    change -= change.mean(axis=1, keepdims=True)
    white_balance = np.clip(np.median(change, axis=0), -_WHITE_BALANCE, _WHITE_BALANCE)
    same: npt.NDArray[np.bool_] = np.abs(change - white_balance).max(axis=1) < _COLOUR_TOLERANCE
    return same


def _squared_distances(one_px: Points, other_px: Points) -> Points:
    """[n, m] of points [n, 2] and [m, 2]."""
    x, y = (np.subtract.outer(one_px[:, axis], other_px[:, axis]) for axis in (0, 1))
    squared: Points = x * x + y * y
    return squared


def _distinct(points_px: npt.NDArray[np.float32], of: LocalFeatures) -> npt.NDArray[np.intp]:
    cells = np.rint(points_px / (_SAME_POINT * max(of.width, of.height))).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return np.sort(first)


def _spread(points_px: npt.NDArray[np.float32], of: LocalFeatures) -> bool:
    return bool(np.linalg.norm(points_px.std(axis=0)) >= _SPREAD * max(of.width, of.height))


def _size(features: LocalFeatures) -> npt.NDArray[np.float32]:
    return np.array([features.width, features.height], np.float32)


def _nothing() -> Evidence:
    return Evidence(inliers=0, points=np.empty((0, 4), np.float32))
