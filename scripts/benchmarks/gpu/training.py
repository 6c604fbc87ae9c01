"""`python -m modelling train` on the device, on drawn pictures: the stages of the real one, made small.

The teacher is the shipped model, which is at hand everywhere.
"""

from __future__ import annotations

import csv
import io
import pathlib
import tempfile
from collections.abc import Iterator

import numpy as np
from PIL import Image

from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import Deadline, Row

_CLASSES = 16
_WIDTH, _HEIGHT = 208, 180
# One batch of so many is learned from: it tells how long they take, and all would take longer than everything else.
_SHARE = 10
_TEACHER = pathlib.Path(__file__).resolve().parents[3] / "models" / "vitrine-s.yaml"


def rows(device: Device, pictures: int, deadline: Deadline, *, tiny: bool) -> Iterator[Row]:
    deadline.check()
    from modelling import train
    from modelling.model import Shape

    small = Shape(size=64, descriptor=16, words=8, colours=8, local_colour_words=8, student=8, dimension=16)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        draw(folder / "classes", pictures)
        recipe = train.Recipe(
            classes=folder / "classes",
            museum=None,
            teacher=_TEACHER,
            out=folder / "out",
            device=str(device.torch_device),
            shape=small if tiny else Shape(),
            steps=4 if tiny else train.Recipe.steps // _SHARE,
        )
        train.train(recipe)
        stages = _stages((folder / "out" / "curve.csv").read_text(encoding="utf-8"))
    seconds = stages[-1][1]
    yield Row(
        measured=f"training of vitrine-s{' (tiny)' if tiny else ''} on {pictures} drawn pictures",
        figure=f"{seconds:.0f} s: " + ", ".join(f"{stage} at {at:.0f}" for stage, at in stages),
        data={"training_s": seconds, "stages": dict(stages), "pictures": pictures},
    )


def draw(folder: pathlib.Path, count: int) -> None:
    """JPEG files in a folder for each class: coarse fields of colour below finer ones."""
    for number in range(count):
        generator = np.random.default_rng(number)
        below, above = (
            Image.fromarray(generator.integers(0, 256, sides, np.uint8)).resize((_WIDTH, _HEIGHT), how)
            for sides, how in (
                ((5, 6, 3), Image.Resampling.BICUBIC),
                ((36, 42, 3), Image.Resampling.NEAREST),
            )
        )
        target = folder / f"{number % _CLASSES:02}" / f"{number:05}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.blend(below, above, 0.3).save(target, quality=90)


def _stages(text: str) -> list[tuple[str, float]]:
    """Of `modelling.train.Curve`'s file: what was reached, and after how many seconds."""
    found = []
    for row in csv.reader(io.StringIO(text)):
        values = dict(entry.split("=", 1) for entry in row)
        found.append((values["stage"], float(values["seconds"])))
    return found
