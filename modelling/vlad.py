"""Vectors of locally aggregated descriptors, with soft assignment, so that gradients pass."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Vlad(nn.Module):
    """Descriptors [n, places, d] and weights [n or 1, places, 1] → [n, centres · d], of unit length."""

    def __init__(self, dimension: int, centres: int) -> None:
        super().__init__()
        self.assign = nn.Linear(dimension, centres)
        self.centres = nn.Parameter(torch.randn(centres, dimension) * 0.1)

    def start_from(self, centres: torch.Tensor, sharpness: float) -> None:
        """Assignment by distance: softmax(-sharpness · |x - c|²); the |x|² cancels."""
        with torch.no_grad():
            self.centres.copy_(centres)
            self.assign.weight.copy_(2.0 * sharpness * centres)
            self.assign.bias.copy_(-sharpness * (centres * centres).sum(dim=1))

    def forward(self, descriptors: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        # Places before words: a softmax over the last axis is several times as fast as over a strided one.
        share = (torch.softmax(self.assign(descriptors), dim=2) * weights).transpose(1, 2)
        seen = share.sum(dim=2, keepdim=True)
        residual = torch.bmm(share, descriptors) - seen * self.centres
        length = (residual * residual).sum(dim=2, keepdim=True)
        # Burstiness: a texture that repeats a hundred times says little more than one that repeats ten times.
        tempered = residual * (length + 1e-8).pow(-0.25)
        return functional.normalize(tempered.flatten(1), dim=1)
