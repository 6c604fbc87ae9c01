"""The one command that makes the shipped model: start from what works, teach the student, learn a projection, write."""

from __future__ import annotations

import csv
import ctypes
import dataclasses
import logging
import pathlib
import time
from collections.abc import Sequence

import cv2
import numpy as np
import threadpoolctl
import torch

from modelling import data, distillation, export, pictures, starting, views
from modelling.model import Shape, VitrineS
from vitrine import errors

STARTING_PICTURES = 1500
"""For PCA and k-means: some 540,000 descriptors."""

TEACHING = 0.4
"""How long what the student tells is beside the other features. Held out, objects are found better with it (made views
.905 to .915), classes as before; from .7 on, a student that knew classes better cost objects (models/vitrine-s.md)."""

SIDES = 3
"""How often a museum's real other side is heard: there are three times as many made views, of other things."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What the shipped model was made with."""

    classes: pathlib.Path
    museum: pathlib.Path | None
    teacher: pathlib.Path | None
    """A model description; only what it says of the pictures is learned, never its weights."""
    out: pathlib.Path
    seed: int = 1
    device: str = "cpu"
    """Where the graph runs, as torch names it. Made views are drawn on processors whatever it is."""
    shape: Shape = dataclasses.field(default_factory=Shape)
    steps: int = 4000
    """Batches that the student learns from."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curve:
    """A row a stage, in ``curve.csv`` and on the terminal."""

    path: pathlib.Path
    began: float

    def note(self, stage: str, **values: float) -> None:
        row: dict[str, str] = {"seconds": f"{time.monotonic() - self.began:.0f}", "stage": stage}
        row |= {name: f"{value:.4f}" for name, value in values.items()}
        logging.getLogger(__name__).info("  ".join(f"{name} {value}" for name, value in row.items()))
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(f"{name}={value}" for name, value in row.items())


def train(recipe: Recipe) -> pathlib.Path:
    """Returns the path of the description of the model that was made. Raises Misconfigured."""
    device = _device(recipe.device)
    teacher = pictures.open_model(recipe.teacher) if recipe.teacher else None
    if teacher and teacher.encoder.dimension < recipe.shape.student:
        raise errors.Misconfigured(
            f"{recipe.teacher} tells {teacher.encoder.dimension} numbers of a picture, and the student learns "
            f"{recipe.shape.student}: --teacher with a model of more."
        )
    _settle(recipe.seed, one_thread=device.type == "cpu")
    recipe.out.mkdir(parents=True, exist_ok=True)
    curve = Curve(path=recipe.out / "curve.csv", began=time.monotonic())
    resize = export.resize(recipe.shape.size)
    collections = [data.read_classes(recipe.classes)]
    if recipe.museum:
        collections.append(data.read_museum(recipe.museum))
    learned = [thing for collection in collections for thing in collection.learned]
    held_out = [thing for collection in collections for thing in collection.held_out]
    _check_enough(learned, recipe.shape.dimension)
    curve.path.unlink(missing_ok=True)
    curve.note("read", learned=len(learned), held_out=len(held_out))
    rng = np.random.default_rng(recipe.seed)
    shape = recipe.shape if teacher else dataclasses.replace(recipe.shape, student=0)
    model = VitrineS(shape).eval().to(device)
    chosen = rng.permutation(len(learned))[:STARTING_PICTURES]
    starting.start(model, data.squares([learned[index] for index in chosen], resize), recipe.seed)
    curve.note("started")
    if teacher and model.student:
        lessons = distillation.Lessons.draw(teacher.encoder, learned, resize, shape.student, rng)
        curve.note("teacher asked", photographs=len(lessons.squares))
        curve.note("student taught", **distillation.teach(model.student, lessons, recipe.steps, rng))
        del lessons
    pairs = views.Pairs.take(model, learned, resize, rng)
    curve.note("pairs taken", pairs=len(pairs.second))
    pairs.project(model, TEACHING, SIDES)
    # Kept before it is measured: what follows may fail, and this took the time.
    torch.save({name: value.cpu() for name, value in model.state_dict().items()}, recipe.out / "vitrine-s.pt")
    # Fewer classes or objects than data.HELD_OUT leave none to measure on.
    curve.note("projected", **(views.recall(model, held_out, resize) if held_out else {}))
    model.cpu()
    sample = data.squares([learned[index] for index in chosen[:8]], resize)
    return export.export(model, recipe.out, sample)


def _check_enough(learned: Sequence[data.Thing], directions: int) -> None:
    pairs = len(learned) + SIDES * sum(len(thing.views) - 1 for thing in learned)
    if pairs <= directions:
        raise errors.Misconfigured(
            f"{len(learned)} objects to learn from make {pairs} pairs of views, and {directions + 1} are the fewest: "
            "--classes and --museum with more pictures."
        )


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        # Whether it is there shows only when it is used.
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        told = str(error).splitlines()[0]
        raise errors.Misconfigured(f"--device {name} cannot be used here: {told} Use --device cpu.") from error
    return device


def _settle(seed: int, *, one_thread: bool) -> None:
    torch.manual_seed(seed)
    if one_thread:
        torch.set_num_threads(1)
        threadpoolctl.threadpool_limits(1)
    cv2.setNumThreads(1)
    # Without this, glibc returns every activation to the kernel and asks for it again: two thirds of the time.
    libc = ctypes.CDLL(None)
    libc.mallopt(-1, 1 << 30)
    libc.mallopt(-3, 1 << 30)
