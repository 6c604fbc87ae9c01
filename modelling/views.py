"""Pairs of views of one object, what the graph makes of them, and the projection that follows."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch

from modelling import augment, data, retrieval, whitening
from modelling.model import VitrineS
from vitrine import preprocessing
from vitrine.domain import Pixels

BATCH = 16
# Made views in memory at a time.
_TOGETHER = 256

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pairs:
    """``second[i]`` shows what ``first[owner[i]]`` shows; both hold the graph's raw blocks."""

    first: Floats
    second: Floats
    owner: npt.NDArray[np.intp]

    @classmethod
    def take(
        cls, model: VitrineS, things: Sequence[data.Thing], resize: preprocessing.Resize, rng: np.random.Generator
    ) -> Pairs:
        """Each thing's catalogue view beside a phone's view made from it, and beside its other sides."""
        sides = [(number, side) for number, thing in enumerate(things) for side in thing.views[1:]]
        prepared = (preprocessing.fit(side, resize) for _, side in sides)
        second = run(model, model.raw, itertools.chain(phone(things, resize.size, rng), prepared))
        owner = np.array([*range(len(things)), *(number for number, _ in sides)], np.intp)
        return cls(first=run(model, model.raw, catalogue(things, resize)), second=second, owner=owner)

    def project(self, model: VitrineS, teaching: float, sides: int) -> None:
        """Sets the model's projection. A photographed side speaks ``sides`` times, a made view once."""
        photographed = np.arange(len(self.first), len(self.owner))
        heard = np.concatenate([np.arange(len(self.owner)), np.tile(photographed, sides - 1)])
        first, second = self.first[self.owner[heard]], self.second[heard]
        found = whitening.fit(first, second, model.shape.dimension, told=model.shape.student, teaching=teaching)
        with torch.no_grad():
            model.project.weight.copy_(torch.from_numpy(found.weight))
            model.project.bias.copy_(torch.from_numpy(found.bias))


def catalogue(things: Iterable[data.Thing], resize: preprocessing.Resize) -> Iterator[Pixels]:
    """Each thing as the catalogue holds it."""
    return (preprocessing.fit(thing.views[0], resize) for thing in things)


def phone(things: Sequence[data.Thing], size: int, rng: np.random.Generator) -> Iterator[Pixels]:
    """Each thing as a phone might see it, before another thing's picture."""
    others = rng.integers(0, len(things), len(things))
    seeds = rng.integers(0, 2**62, len(things))

    def seen(number: int) -> Pixels:
        behind = things[others[number]].views[0]
        return augment.phone_view(things[number].views[0], behind, size, np.random.default_rng(seeds[number]))

    # Each has its seed, so that as many threads as there are cores draw what one would.
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        for start in range(0, len(things), _TOGETHER):
            yield from threads.map(seen, range(start, min(start + _TOGETHER, len(things))))


def run(model: VitrineS, function: Callable[[torch.Tensor], torch.Tensor], squares: Iterator[Pixels]) -> Floats:
    rows: list[Floats] = []
    with torch.no_grad():
        while batch := list(itertools.islice(squares, BATCH)):
            rows.append(function(torch.from_numpy(np.stack(batch)).to(model.device)).cpu().numpy())
    return np.concatenate(rows)


def recall(model: VitrineS, things: Sequence[data.Thing], resize: preprocessing.Resize) -> dict[str, float]:
    """Views of objects that nothing was learned from, asked among all of their catalogue views."""
    gallery = run(model, model, catalogue(things, resize))
    names = [str(number) for number in range(len(things))]
    made = run(model, model, phone(things, resize.size, np.random.default_rng(0)))
    found = {"phone_recall_at_1": retrieval.figures(made, gallery, names, names).recall_at_1}
    sides = [(name, side) for name, thing in zip(names, things, strict=True) for side in thing.views[1:]]
    if sides:
        seen = run(model, model, (preprocessing.fit(side, resize) for _, side in sides))
        asked = retrieval.figures(seen, gallery, [name for name, _ in sides], names)
        found["other_side_recall_at_1"] = asked.recall_at_1
    classes = retrieval.leave_one_out(gallery, [thing.kind for thing in things])
    return {**found, "class_map_at_10": classes.map_at_10}
