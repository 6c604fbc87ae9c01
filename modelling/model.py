"""The graph of vitrine-s: oriented gradients and colours, pooled where the object stands, and a small network beside
them, projected to 256 numbers."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn
from torch.nn import functional

from modelling import colour, gradients, student, vlad


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shape:
    """What must be known to build the graph; the values are the shipped model's (models/vitrine-s.md says why)."""

    size: int = 224
    descriptor: int = 64
    words: int = 64
    scales: tuple[int, ...] = (1, 2, 3)
    colours: int = 96
    local_colour_words: int = 32
    student: int = 256
    """What the small network tells; 0: there is none, because no teacher taught it."""
    dimension: int = 256
    centring: float = 1.2
    """Falloff of a place's weight with its squared distance from the middle; objects stand there."""
    contrast: float = 0.2
    """Gradient energy a descriptor at which its weight is a half: an empty ground says nothing."""
    gradient_weight: float = 1.0
    colour_weight: float = 0.5
    local_colour_weight: float = 0.5

    def __post_init__(self) -> None:
        if self.student and self.size % student.EVEN:
            raise ValueError(
                f"A picture of {self.size} px cannot be halved as often as the student does: {student.EVEN}."
            )

    @property
    def raw_dimension(self) -> int:
        gradient = self.descriptor * self.words
        colours = self.colours + self.local_colour_words * colour.LocalColours.DIMENSION
        return gradient + colours + self.student


class VitrineS(nn.Module):
    """uint8 RGB [n, size, size, 3] → [n, 256] of unit length."""

    luma: torch.Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.cells = gradients.OrientedCells(stride=4)
        self.sift = gradients.RootSift(shape.descriptor)
        self.words = vlad.Vlad(shape.descriptor, shape.words)
        self.colours = colour.SoftColours(shape.colours)
        self.local_colours = colour.LocalColours(cell=4)
        self.colour_words = vlad.Vlad(colour.LocalColours.DIMENSION, shape.local_colour_words)
        self.student = student.Student(shape.student) if shape.student else None
        self.project = nn.Linear(shape.raw_dimension, shape.dimension)
        self.register_buffer("luma", torch.tensor([0.299, 0.587, 0.114])[None, :, None, None])

    @property
    def device(self) -> torch.device:
        return self.luma.device

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return functional.normalize(self.project(self.raw(pictures)), dim=1)

    def raw(self, pictures: torch.Tensor) -> torch.Tensor:
        """[n, raw_dimension]: the blocks side by side, each of its weight's length; the student's comes last."""
        rgb = pictures.permute(0, 3, 1, 2).float() / 255.0
        points = self.points(rgb)
        local, coarse = self.local_colours(points), functional.avg_pool2d(points, 2)
        blocks = [
            self.shape.gradient_weight * self._gradients(rgb),
            self.shape.colour_weight * self.colours(_places(coarse), self._centred(coarse)),
            self.shape.local_colour_weight * self.colour_words(_places(local), self._centred(local)),
        ]
        if self.student is not None:
            blocks.append(self.student(rgb))
        return torch.cat(blocks, dim=1)

    def points(self, rgb: torch.Tensor) -> torch.Tensor:
        """Colours at half the resolution: nobody counts a hue by the pixel."""
        return self.colours.points(functional.avg_pool2d(rgb, 2))

    def descriptors(self, rgb: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Per scale: descriptors [n, d, h, w] and their contrast [n, 1, h, w]."""
        grey = (rgb * self.luma).sum(dim=1, keepdim=True)
        shrunk = [functional.avg_pool2d(grey, scale) if scale > 1 else grey for scale in self.shape.scales]
        return [self.sift(self.cells(plane)) for plane in shrunk]

    def _gradients(self, rgb: torch.Tensor) -> torch.Tensor:
        places, weights = [], []
        for described, contrast in self.descriptors(rgb):
            textured = _places(contrast / (contrast + self.shape.contrast))
            places.append(_places(described))
            # Between equal say for every place and equal say for every scale.
            weights.append(textured * self._centred(described) / float(textured.shape[1]) ** 0.5)
        found: torch.Tensor = self.words(torch.cat(places, dim=1), torch.cat(weights, dim=1))
        return found

    def _centred(self, grid: torch.Tensor) -> torch.Tensor:
        """Constant [1, places, 1]; folded into the exported graph."""
        height, width = int(grid.shape[2]), int(grid.shape[3])
        y = torch.linspace(-1.0, 1.0, height, device=grid.device)[:, None]
        x = torch.linspace(-1.0, 1.0, width, device=grid.device)[None, :]
        return torch.exp(-self.shape.centring * (y * y + x * x)).reshape(1, -1, 1)


def _places(grid: torch.Tensor) -> torch.Tensor:
    """[n, d, h, w] → [n, h·w, d]."""
    return grid.flatten(2).transpose(1, 2)
