"""How the student learns: parts and made views of photographs, what the teacher says of them, and what they show."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import math
import os
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional

from modelling import augment, data
from modelling.student import SHRINKING, Student
from vitrine import preprocessing
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.domain import Pixels

PARTS = 6
"""Of each photograph the teacher is asked about, the first of them as a catalogue's picture is prepared."""
MADE = 3
"""Phone's views of each, of which the teacher should say what it says of the catalogue's picture."""
MARGIN = 8
"""Pixels that a square is larger than what is looked at, for another cut each time."""

BATCH = 128
"""Photographs, two of each object."""
PEAK_RATE, WARM_UP, WEIGHT_DECAY = 3e-3, 0.04, 0.05
"""AdamW's; the rate climbs for that share of the steps, then falls along a cosine to nothing."""
TEMPERATURE = 0.1
"""Of the likenesses within a batch, for the teacher's and for the student's."""
KIND_WEIGHT, OBJECT_WEIGHT = 0.3, 0.5
"""Of naming the class and of telling the other view, beside what the teacher says."""
OBJECT_DIMENSION = 128
"""Numbers that views are told apart by while learning; the graph has no use for them."""
SEVERAL_SIDES = 0.25
"""Share of a batch's objects that were photographed from several sides: among all objects there are few of them."""
LONGEST_STEP = 2.0
"""Longer gradients are cut to it."""

Floats = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lessons:
    """``squares`` uint8 [n, PARTS + MADE, side, side, 3]; ``told``, of unit length, [n, PARTS, dimension].

    ``kinds`` [n]; ``first`` and ``photographs``, for each object: its first row, and how many follow one another.
    """

    squares: Pixels
    told: Floats
    kinds: npt.NDArray[np.intp]
    first: npt.NDArray[np.intp]
    photographs: npt.NDArray[np.intp]

    @classmethod
    def draw(
        cls,
        teacher: OnnxEncoder,
        things: Sequence[data.Thing],
        resize: preprocessing.Resize,
        dimension: int,
        rng: np.random.Generator,
    ) -> Lessons:
        """``dimension``: how many of the teacher's principal directions are taught."""
        photographs = [(view, thing.kind) for thing in things for view in thing.views]
        others = rng.integers(0, len(photographs), len(photographs))
        seeds = rng.integers(0, 2**62, len(photographs))
        side = resize.size // SHRINKING + MARGIN
        squares = np.empty((len(photographs), PARTS + MADE, side, side, 3), np.uint8)
        told = np.empty((len(photographs), PARTS, teacher.dimension), np.float32)

        def lesson(number: int) -> None:
            view, own = photographs[number][0], np.random.default_rng(seeds[number])
            parts = [preprocessing.fit(view, resize), *(_part(view, own) for _ in range(PARTS - 1))]
            told[number] = teacher.encode(np.stack([_square(part, teacher.resize.size) for part in parts]))
            behind = photographs[others[number]][0]
            parts += [augment.phone_view(view, behind, resize.size, own) for _ in range(MADE)]
            squares[number] = [_square(part, side) for part in parts]

        # Each has its seed, so that as many threads as there are cores draw what one would.
        with concurrent.futures.ThreadPoolExecutor(_cores()) as threads:
            for _ in threads.map(lesson, range(len(photographs))):
                pass
        _, kinds = np.unique([kind for _, kind in photographs], return_inverse=True)
        counts = np.array([len(thing.views) for thing in things], np.intp)
        return cls(
            squares=squares,
            told=_principal(told, dimension),
            kinds=kinds,
            first=np.cumsum(counts) - counts,
            photographs=counts,
        )

    def pairs(self, count: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
        """Rows of as many objects, and in the same order rows of the same objects once more."""
        several = rng.permutation(np.flatnonzero(self.photographs > 1))[: int(SEVERAL_SIDES * count)]
        others = np.setdiff1d(np.arange(len(self.photographs)), several)
        chosen = np.concatenate([several, rng.permutation(others)[: count - len(several)]])
        return np.concatenate([self.first[chosen] + rng.integers(0, self.photographs[chosen]) for _ in range(2)])


def teach(student: Student, lessons: Lessons, steps: int, rng: np.random.Generator) -> dict[str, float]:
    """Mean losses of the last steps. The student is left as it is used, in evaluation mode."""
    device = student.project.weight.device
    kinds = nn.Linear(student.features, int(lessons.kinds.max()) + 1).to(device)
    objects = nn.Linear(student.features, OBJECT_DIMENSION).to(device)
    weights = [*student.parameters(), *kinds.parameters(), *objects.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=PEAK_RATE, weight_decay=WEIGHT_DECAY, betas=(0.9, 0.98))
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step / steps))
    last: list[torch.Tensor] = []
    student.train().to(memory_format=torch.channels_last)
    with _all_cores():
        for _ in range(steps):
            squares, told, kind = (part.to(device) for part in _batch(lessons, rng))
            features = student.seen(squares)
            answered = student.told(features)
            losses = (
                1.0 - (answered * told).sum(dim=1).mean(),
                _likeness(answered, told),
                functional.cross_entropy(kinds(features), kind, label_smoothing=0.1),
                _same_object(functional.normalize(objects(features), dim=1)),
            )
            optimiser.zero_grad(set_to_none=True)
            (losses[0] + losses[1] + KIND_WEIGHT * losses[2] + OBJECT_WEIGHT * losses[3]).backward()
            nn.utils.clip_grad_norm_(weights, LONGEST_STEP)
            optimiser.step()
            rate.step()
            last = [*last[-(steps // 30) :], torch.stack(losses).detach()]
    student.eval().to(memory_format=torch.contiguous_format)
    distance, *others = torch.stack(last).mean(dim=0).tolist()
    return {"cosine": 1.0 - distance, **dict(zip(("likeness", "kind", "same_object"), others, strict=True))}


def _likeness(answered: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
    """Whom of a batch each is like: Kullback-Leibler divergence of the student's shares from the teacher's."""
    student, teacher = (_to_the_others(side).log_softmax(dim=1) for side in (answered, told))
    return functional.kl_div(student, teacher, log_target=True, reduction="batchmean")


def _same_object(marks: torch.Tensor) -> torch.Tensor:
    """Cross entropy of telling, in a batch, the other view of each object (InfoNCE; van den Oord et al. 2018)."""
    other = torch.arange(len(marks), device=marks.device).roll(len(marks) // 2)
    return functional.cross_entropy(_to_the_others(marks), other)


def _to_the_others(units: torch.Tensor) -> torch.Tensor:
    """Logits [n, n] of each row's likeness to the others; to itself none."""
    itself = torch.eye(len(units), dtype=torch.bool, device=units.device)
    return (units @ units.T / TEMPERATURE).masked_fill(itself, -1e4)


def _rate(done: float) -> float:
    return min(1.0, done / WARM_UP) * 0.5 * (1.0 + math.cos(math.pi * done))


def _batch(lessons: Lessons, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    which = lessons.pairs(BATCH // 2, rng)
    part = rng.integers(0, PARTS + MADE, len(which))
    top, left = rng.integers(0, MARGIN + 1, 2)
    seen = lessons.squares.shape[2] - MARGIN
    cut = lessons.squares[which, part, top : top + seen, left : left + seen]
    squares = torch.from_numpy(cut).permute(0, 3, 1, 2).float() / 255.0
    mirrored = torch.from_numpy(rng.random(len(which)) < 0.5)[:, None, None, None]
    squares = torch.where(mirrored, squares.flip(3), squares)
    told = lessons.told[which, np.where(part < PARTS, part, 0)]
    lit = _light(squares, rng).contiguous(memory_format=torch.channels_last)
    return lit, torch.from_numpy(told), torch.from_numpy(lessons.kinds[which])


def _light(squares: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Another exposure, tint and saturation for each."""
    count = len(squares)
    tint = rng.normal(0.0, 1.0, (count, 3)) * (0.08, 0.03, 0.08) + rng.normal(0.0, 0.15, (count, 1))
    lit = squares * torch.from_numpy(np.exp(tint).astype(np.float32))[:, :, None, None]
    grey = lit.mean(dim=1, keepdim=True)
    saturation = torch.from_numpy(np.exp(rng.normal(0.0, 0.2, (count, 1, 1, 1))).astype(np.float32))
    return (grey + (lit - grey) * saturation).clamp(0.0, 1.0)


def _part(view: Pixels, rng: np.random.Generator) -> Pixels:
    """A third of the picture or more, unless it is very long, a bit wider or higher, mirrored every second time."""
    height, width = view.shape[:2]
    area, shape = height * width * rng.uniform(0.3, 1.0), np.exp(rng.uniform(-0.29, 0.29))
    wide, high = min(width, round((area * shape) ** 0.5)), min(height, round((area / shape) ** 0.5))
    left, top = rng.integers(0, width - wide + 1), rng.integers(0, height - high + 1)
    part = view[top : top + high, left : left + wide]
    return part[:, ::-1] if rng.random() < 0.5 else part


def _square(part: Pixels, side: int) -> Pixels:
    how = cv2.INTER_AREA if min(part.shape[:2]) > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=how), np.uint8)


def _principal(told: Floats, dimension: int) -> Floats:
    """What the teacher says, less what it says of everything, in its directions of most variance, of unit length."""
    centred = told - told[:, 0].mean(axis=0)
    catalogue = centred[:, 0].astype(np.float64)
    _, axes = np.linalg.eigh(catalogue.T @ catalogue)
    turned = centred @ axes[:, ::-1][:, :dimension].astype(np.float32)
    return np.asarray(turned / np.linalg.norm(turned, axis=2, keepdims=True), np.float32)


@contextlib.contextmanager
def _all_cores() -> Iterator[None]:
    """Gradients use as many threads as there are cores; everything else here runs on one, beside its like."""
    before = torch.get_num_threads()
    torch.set_num_threads(_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _cores() -> int:
    return len(os.sched_getaffinity(0))
