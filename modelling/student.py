"""The part of the graph that is learned by gradient descent: a small residual network that tells what a teacher would.

The other parts know structure and colour; what kind of thing it is takes more layers than they have.
"""

from __future__ import annotations

import itertools

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (32, 64, 128, 256)
SHRINKING = 2
"""It looks at half the resolution: a kind of thing does not hang on the finest lines."""

EVEN = SHRINKING * 2 ** len(WIDTHS)
"""Sides are multiples of it: the shortcut and the convolutions beside it halve odd ones differently."""


class Student(nn.Module):
    """Float RGB [n, 3, h, w] in 0..1 → [n, dimension] of unit length."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTHS[0], 5, 2, 2, bias=False)
        self.norm = nn.BatchNorm2d(WIDTHS[0])
        steps = itertools.pairwise(WIDTHS)
        self.blocks = nn.Sequential(*(Block(narrow, wide) for narrow, wide in steps))
        self.project = nn.Linear(self.features, dimension)

    @property
    def features(self) -> int:
        return 2 * WIDTHS[-1]

    def forward(self, rgb: torch.Tensor) -> torch.Tensor:
        return self.told(self.seen(functional.avg_pool2d(rgb, SHRINKING)))

    def seen(self, small: torch.Tensor) -> torch.Tensor:
        """[n, features] of pictures that are shrunk already: means and largest values of what the last block finds."""
        found = self.blocks(functional.relu(self.norm(self.stem((small - 0.5) / 0.25))))
        return torch.cat([found.mean(dim=(2, 3)), found.amax(dim=(2, 3))], dim=1)

    def told(self, features: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.project(features), dim=1)


class Block(nn.Module):
    """Two convolutions beside a shortcut, to half the resolution (He et al. 2016; averaged: He et al. 2019)."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(narrow, wide, 3, 2, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(wide)
        self.second = nn.Conv2d(wide, wide, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(wide)
        self.shortcut = nn.Conv2d(narrow, wide, 1, bias=False)
        self.shortcut_norm = nn.BatchNorm2d(wide)
        # It begins as its shortcut, which every depth can learn through.
        nn.init.zeros_(self.second_norm.weight)

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        found = functional.relu(self.first_norm(self.first(given)))
        found = self.second_norm(self.second(found))
        beside = self.shortcut_norm(self.shortcut(functional.avg_pool2d(given, 2)))
        return functional.relu(found + beside)
