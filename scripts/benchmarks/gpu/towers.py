"""The image towers that are measured, as numbers: enough to count their work without torch."""

from __future__ import annotations

import dataclasses
from typing import Literal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tower:
    """A vision transformer. ``model``: its name in open_clip; empty: only the plain form exists.

    ``pooling``: CLIP's class token and projection, or SigLIP's attention with one learnt query and an MLP behind it.
    """

    name: str
    model: str
    size: int
    patch: int
    width: int
    layers: int
    hidden: int
    heads: int
    output: int
    pooling: Literal["class_token", "attention"]

    @property
    def patches(self) -> int:
        return (self.size // self.patch) ** 2

    @property
    def tokens(self) -> int:
        return self.patches + (self.pooling == "class_token")

    @property
    def flops(self) -> int:
        """Of one picture: two for each multiplication of a matrix product and the addition behind it.

        What is no matrix product (normalisation, softmax, activation, biases) is not counted, as for the ceiling.
        """
        tokens, width = self.tokens, self.width
        block = 4 * width * width * tokens + 2 * tokens * tokens * width + 2 * width * self.hidden * tokens
        patches = self.patches * self.patch**2 * 3 * width
        return 2 * (patches + self.layers * block + self._pooling())

    def _pooling(self) -> int:
        if self.pooling == "class_token":
            return self.width * self.output
        # Keys and values of all tokens, the query, its weights and their sum, the projection, the MLP.
        projections = 2 * self.width * self.width * self.tokens + 2 * self.width * self.width
        return projections + 2 * self.tokens * self.width + 2 * self.width * self.hidden


VIT_B_32 = Tower(
    name="ViT-B-32",
    model="ViT-B-32",
    size=224,
    patch=32,
    width=768,
    layers=12,
    hidden=3072,
    heads=12,
    output=512,
    pooling="class_token",
)
SIGLIP2_B_16 = Tower(
    name="SigLIP2 B/16-256",
    model="ViT-B-16-SigLIP2-256",
    size=256,
    patch=16,
    width=768,
    layers=12,
    hidden=3072,
    heads=12,
    output=768,
    pooling="attention",
)


def tiny(tower: Tower) -> Tower:
    """The same form, small enough for a processor: two layers, 64 numbers wide."""
    return dataclasses.replace(
        tower,
        name=f"{tower.name} (tiny)",
        model="",
        size=64,
        patch=16,
        width=64,
        layers=2,
        hidden=128,
        heads=2,
        output=64,
    )
