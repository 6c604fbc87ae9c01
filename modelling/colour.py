"""Colour inside the graph: soft bins, so that a little more light moves a little weight instead of flipping bins."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class SoftColours(nn.Module):
    """Points [n, places, 3] and weights [1, places, 1] → shares of the colours of a codebook, [n, colours].

    The codebook lives in an opponent space (lightness, two chroma axes): distance there is roughly what the eye sees.
    """

    OPPONENT = ((0.299, 0.587, 0.114), (0.50, -0.50, 0.0), (0.25, 0.25, -0.50))

    def __init__(self, colours: int) -> None:
        super().__init__()
        self.opponent = nn.Conv2d(3, 3, 1, bias=False)
        self.opponent.weight = nn.Parameter(torch.tensor(self.OPPONENT)[:, :, None, None], requires_grad=False)
        self.assign = nn.Linear(3, colours)

    def start_from(self, codebook: torch.Tensor, sharpness: float) -> None:
        with torch.no_grad():
            self.assign.weight.copy_(2.0 * sharpness * codebook)
            self.assign.bias.copy_(-sharpness * (codebook * codebook).sum(dim=1))

    def points(self, rgb: torch.Tensor) -> torch.Tensor:
        """Chroma is divided by the root of lightness: shadows keep their colour."""
        opponent = self.opponent(rgb)
        lightness = (opponent[:, :1] + 0.02).sqrt()
        return torch.cat([lightness, opponent[:, 1:] / lightness], dim=1)

    def forward(self, points: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        share = torch.softmax(self.assign(points), dim=2)
        pooled = (share * weights).sum(dim=1) / weights.sum(dim=1)
        return functional.normalize((pooled + 1e-6).sqrt(), dim=1)


class LocalColours(nn.Module):
    """Colour points [n, 3, h, w] → means and deviations in 2 x 2 neighbouring cells, decorrelated, [n, 24, h', w']."""

    DIMENSION = 24

    def __init__(self, cell: int) -> None:
        super().__init__()
        self.cell = cell
        self.mean = nn.Parameter(torch.zeros(self.DIMENSION))
        self.project = nn.Parameter(torch.eye(self.DIMENSION))

    def statistics(self, points: torch.Tensor) -> torch.Tensor:
        mean = functional.avg_pool2d(points, self.cell)
        variance = functional.avg_pool2d(points * points, self.cell) - mean * mean
        cells = torch.cat([mean, (functional.relu(variance) + 1e-4).sqrt()], dim=1)
        height, width = cells.shape[2] - 1, cells.shape[3] - 1
        shifted = [cells[:, :, y : y + height, x : x + width] for y in (0, 1) for x in (0, 1)]
        return torch.cat(shifted, dim=1)

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        weight = self.project.T[:, :, None, None]
        return functional.conv2d(self.statistics(points), weight, -(self.mean @ self.project))
