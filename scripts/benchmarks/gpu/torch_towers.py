"""The towers in torch, with random weights: open_clip's own, or the same layers written here where it is not."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from scripts.benchmarks.gpu.towers import Tower

_SHORT_NAMES = {"ViT-B-32": "clip-b32", "ViT-B-16-SigLIP2-256": "siglip2-b16"}


class Shown(nn.Module):
    """uint8 RGB [n, size, size, 3] → float32 [n, dimension] of unit length, computed in the type of the weights."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        weights = next(self.tower.parameters())
        # The cast comes first: TensorRT can do nothing else with uint8.
        planes = (image.to(weights.dtype).permute(0, 3, 1, 2) - 127.5) / 127.5
        return functional.normalize(self.tower(planes).float(), dim=-1)


def made(tower: Tower) -> tuple[nn.Module, str]:
    """In float32 on the processor, for inference; and of which make it is."""
    torch.manual_seed(0)
    visual, make = _of_open_clip(tower)
    return Shown(visual if visual is not None else Plain(tower)).eval(), make


def _of_open_clip(tower: Tower) -> tuple[nn.Module | None, str]:
    if not tower.model:
        return None, "plain torch"
    try:
        from modelling.architectures import Architecture

        whole: Any = Architecture.named(_SHORT_NAMES[tower.model]).model(None)
        return whole.visual, "open_clip"
    # open_clip imports torchvision, which fails in many ways beside a torch that it was not built for.
    except Exception as error:  # noqa: BLE001
        return None, f"plain torch, the same layers (open_clip: {type(error).__name__})"


class Plain(nn.Module):
    """float [n, 3, size, size] → [n, output]. As many weights as the original, and the same products."""

    def __init__(self, tower: Tower) -> None:
        super().__init__()
        width, self.class_token = tower.width, tower.pooling == "class_token"
        self.patches = nn.Conv2d(3, width, tower.patch, tower.patch, bias=not self.class_token)
        self.positions = nn.Parameter(torch.randn(1, tower.tokens, width) * 0.02)
        self.blocks = nn.Sequential(*(_Block(width, tower.heads, tower.hidden) for _ in range(tower.layers)))
        self.after = nn.LayerNorm(width)
        if self.class_token:
            self.first = nn.Parameter(torch.randn(1, 1, width) * 0.02)
            self.before = nn.LayerNorm(width)
            self.project = nn.Linear(width, tower.output, bias=False)
        else:
            self.pool = _Pool(width, tower.heads, tower.hidden)

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        tokens = self.patches(planes).flatten(2).transpose(1, 2)
        if self.class_token:
            tokens = torch.cat([self.first.expand(tokens.shape[0], -1, -1), tokens], 1)
            tokens = self.after(self.blocks(self.before(tokens + self.positions))[:, 0])
            projected: torch.Tensor = self.project(tokens)
            return projected
        pooled: torch.Tensor = self.pool(self.after(self.blocks(tokens + self.positions)))
        return pooled


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        query, key, value = (
            _heads(part, self.heads) for part in self.mixed(self.before_attention(tokens)).chunk(3, dim=-1)
        )
        tokens = tokens + self.out(_joined(functional.scaled_dot_product_attention(query, key, value)))
        return tokens + self.mlp(self.before_mlp(tokens))


class _Pool(nn.Module):
    """One learnt query asks all tokens."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.asked = nn.Parameter(torch.randn(1, 1, width) * 0.02)
        self.query, self.told, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        query = _heads(self.query(self.asked.expand(tokens.shape[0], -1, -1)), self.heads)
        key, value = (_heads(part, self.heads) for part in self.told(tokens).chunk(2, dim=-1))
        found = self.out(_joined(functional.scaled_dot_product_attention(query, key, value)))
        return (found + self.mlp(self.norm(found)))[:, 0]


def _heads(tokens: torch.Tensor, heads: int) -> torch.Tensor:
    """[n, t, width] → [n, heads, t, width / heads]."""
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def _joined(heads: torch.Tensor) -> torch.Tensor:
    return heads.transpose(1, 2).flatten(2)
