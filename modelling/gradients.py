"""Dense RootSIFT as convolutions: what OpenCV computes around key points, at every cell of a grid, inside the graph."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

DIRECTIONS = 8
GRID = 4
"""A descriptor looks at GRID x GRID cells, as SIFT does."""


class OrientedCells(nn.Module):
    """float [n, 1, h, w] in 0..1 → energy of eight gradient directions a cell, [n, 8, h/stride, w/stride]."""

    slopes: torch.Tensor
    directions: torch.Tensor
    window: torch.Tensor

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        # A 5-tap derivative of a Gaussian: a plain difference would answer to the camera's noise.
        smooth = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16.0
        slope = torch.tensor([-1.0, -2.0, 0.0, 2.0, 1.0]) / 8.0
        across = smooth[:, None] * slope[None, :]
        self.register_buffer("slopes", torch.stack([across, across.T])[:, None])
        angles = torch.arange(DIRECTIONS) * (2.0 * math.pi / DIRECTIONS)
        self.register_buffer("directions", torch.stack([angles.cos(), angles.sin()], dim=1)[:, :, None, None])
        # A triangular window twice the stride wide shares each pixel between neighbouring cells, linearly.
        ramp = 1.0 - (torch.arange(2 * stride) - (stride - 0.5)).abs() / stride
        window = ramp[:, None] * ramp[None, :]
        self.register_buffer("window", (window / window.sum()).expand(DIRECTIONS, 1, -1, -1).clone())

    def forward(self, grey: torch.Tensor) -> torch.Tensor:
        slope = functional.conv2d(functional.pad(grey, (2, 2, 2, 2), mode="replicate"), self.slopes)
        energy = (slope * slope).sum(dim=1, keepdim=True) + 1e-8
        along = functional.relu(functional.conv2d(slope, self.directions))
        # |g|·cos³: narrow enough that a direction is shared by two bins, and smooth.
        shared = along * along * along / energy
        pad = self.stride // 2
        return functional.conv2d(shared, self.window, stride=self.stride, padding=pad, groups=DIRECTIONS)


class RootSift(nn.Module):
    """Cells [n, 8, h, w] → descriptors [n, d, h-3, w-3] of unit length before the projection, and their contrast.

    The square root is taken of the cells and the L1 norm of a whole descriptor divided afterwards, which is the same
    thing, so that the projection is one convolution.
    """

    ones: torch.Tensor

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(DIRECTIONS, dimension, GRID, bias=False)
        self.mean = nn.Parameter(torch.zeros(dimension))
        self.register_buffer("ones", torch.ones(1, DIRECTIONS, GRID, GRID))

    def forward(self, cells: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        contrast = functional.conv2d(cells, self.ones) + 1e-6
        projected: torch.Tensor = self.project((cells + 1e-9).sqrt()) / contrast.sqrt()
        return projected - self.mean[None, :, None, None], contrast
