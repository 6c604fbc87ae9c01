"""First weights without training: PCA of descriptors, then k-means. What works already is where learning starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from sklearn.cluster import MiniBatchKMeans
from torch.nn import functional

from modelling import gradients
from modelling.model import VitrineS
from vitrine.domain import Pixels

BATCH = 16
PLACES = 120
"""Descriptors taken of a picture and scale: neighbours overlap, more would only repeat each other."""

SHARPNESS = 100.0
"""Of the assignment to gradient words. Softer lost much on held-out views: R@1 .28 at 15, .53 at 60, .73 at 100."""


def start(model: VitrineS, squares: Pixels, seed: int) -> None:
    """Sets everything but the projection and the student, from pictures uint8 [n, size, size, 3]."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        _start_gradients(model, squares, generator, seed)
        _start_colours(model, squares, generator, seed)


def _start_gradients(model: VitrineS, squares: Pixels, generator: torch.Generator, seed: int) -> None:
    whole = gradients.DIRECTIONS * gradients.GRID**2
    learned, model.sift = model.sift, gradients.RootSift(whole).to(model.device)
    model.sift.project.weight.copy_(torch.eye(whole).reshape(model.sift.project.weight.shape))
    found = []
    for rgb in _batches(squares, model.device):
        for described, contrast in model.descriptors(rgb):
            places = described.permute(0, 2, 3, 1).reshape(-1, whole)
            textured = torch.nonzero(contrast.flatten() > model.shape.contrast).flatten()
            found.append(_some(places[textured], len(rgb) * PLACES, generator))
    model.sift = learned
    sample = torch.cat(found)
    mean = sample.mean(dim=0)
    _, axes = torch.linalg.eigh(torch.cov((sample - mean).double().T))
    basis = axes.flip(1)[:, : model.shape.descriptor].T.float()
    model.sift.project.weight.copy_(basis.reshape(model.sift.project.weight.shape))
    model.sift.mean.copy_(basis @ mean)
    centres, _ = _k_means((sample - mean) @ basis.T, model.shape.words, seed)
    model.words.start_from(centres, SHARPNESS)


def _start_colours(model: VitrineS, squares: Pixels, generator: torch.Generator, seed: int) -> None:
    points, statistics = [], []
    for rgb in _batches(squares, model.device):
        coloured = model.points(rgb)
        points.append(_some(_places(functional.avg_pool2d(coloured, 2)), len(rgb) * PLACES, generator))
        statistics.append(_some(_places(model.local_colours.statistics(coloured)), len(rgb) * PLACES, generator))
    codebook, spread = _k_means(torch.cat(points), model.shape.colours, seed)
    model.colours.start_from(codebook, 0.5 / spread)
    sample = torch.cat(statistics)
    mean = sample.mean(dim=0)
    variances, axes = torch.linalg.eigh(torch.cov((sample - mean).double().T))
    # Half-way to whitening: full whitening would make as much of the noise as of the colour.
    project = (axes / variances.clamp(min=1e-4) ** 0.25).float()
    model.local_colours.mean.copy_(mean)
    model.local_colours.project.copy_(project)
    centres, spread = _k_means((sample - mean) @ project, model.shape.local_colour_words, seed)
    model.colour_words.start_from(centres, 2.0 / spread)


def _k_means(sample: torch.Tensor, count: int, seed: int) -> tuple[torch.Tensor, float]:
    """Centres [count, d], and the mean squared distance to the nearest one."""
    points: npt.NDArray[np.float32] = sample.cpu().numpy()
    chosen = np.random.default_rng(seed).permutation(len(points))[:200_000]
    found = MiniBatchKMeans(count, n_init=1, batch_size=8192, max_iter=60, random_state=seed).fit(points[chosen])
    centres = torch.from_numpy(np.asarray(found.cluster_centers_, np.float32))
    return centres, float(found.inertia_) / len(chosen)


def _places(grid: torch.Tensor) -> torch.Tensor:
    return grid.permute(0, 2, 3, 1).reshape(-1, grid.shape[1])


def _some(rows: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    # Drawn on the processor, so that every device takes the same ones.
    return rows[torch.randperm(len(rows), generator=generator)[:count].to(rows.device)]


def _batches(squares: Pixels, device: torch.device) -> Iterator[torch.Tensor]:
    for first in range(0, len(squares), BATCH):
        part = torch.from_numpy(squares[first : first + BATCH]).to(device)
        yield part.permute(0, 3, 1, 2).float() / 255.0
