"""The same search as one writes it first: Pillow, torch in float32 one picture at a time, and an exact FAISS index.

A script of its own, for an interpreter with torch, faiss, numpy and Pillow; it imports nothing of Vitrine. The encoder
is ViT-B-32's image tower with random weights, as large as the original. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import pathlib
import time
from collections.abc import Callable
from typing import Any

import faiss
import numpy as np
import torch
from PIL import Image
from torch import nn

_SIZE, _PATCH, _WIDTH, _LAYERS, _HEADS, _HIDDEN, _OUTPUT = 224, 32, 768, 12, 12, 3072, 512
_MEAN, _STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
_WARM_UP = 3


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before_attention, self.before_mlp = nn.LayerNorm(_WIDTH), nn.LayerNorm(_WIDTH)
        self.attention = nn.MultiheadAttention(_WIDTH, _HEADS, batch_first=True)
        self.wide, self.narrow = nn.Linear(_WIDTH, _HIDDEN), nn.Linear(_HIDDEN, _WIDTH)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        normal = self.before_attention(tokens)
        tokens = tokens + self.attention(normal, normal, normal, need_weights=False)[0]
        inner = self.wide(self.before_mlp(tokens))
        # CLIP's QuickGELU.
        return tokens + self.narrow(inner * torch.sigmoid(1.702 * inner))


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, _WIDTH, _PATCH, _PATCH, bias=False)
        self.first = nn.Parameter(torch.randn(1, 1, _WIDTH) * 0.02)
        self.positions = nn.Parameter(torch.randn((_SIZE // _PATCH) ** 2 + 1, _WIDTH) * 0.02)
        self.before, self.after = nn.LayerNorm(_WIDTH), nn.LayerNorm(_WIDTH)
        self.blocks = nn.Sequential(*(_Block() for _ in range(_LAYERS)))
        self.project = nn.Linear(_WIDTH, _OUTPUT, bias=False)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """float32 [1, 3, 224, 224] → unit length float32 [1, 512]."""
        patches = self.patches(pixels).flatten(2).transpose(1, 2)
        tokens = self.blocks(self.before(torch.cat([self.first, patches], 1) + self.positions))
        return nn.functional.normalize(self.project(self.after(tokens[:, 0])), dim=1)


def _decoded(path: pathlib.Path) -> torch.Tensor:
    """float32 [1, 3, 224, 224]: shorter side to 224, bicubic, the middle of it."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    scale = _SIZE / min(picture.size)
    width, height = round(picture.width * scale), round(picture.height * scale)
    left, top = (width - _SIZE) // 2, (height - _SIZE) // 2
    small = picture.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + _SIZE, top + _SIZE))
    pixels = torch.from_numpy(np.asarray(small, np.float32) / 255)
    return ((pixels - torch.tensor(_MEAN)) / torch.tensor(_STD)).permute(2, 0, 1)[None]


def _search(vectors: int) -> Callable[[pathlib.Path], None]:
    torch.manual_seed(32)
    encoder = _Encoder().eval()
    index: Any = faiss.IndexFlatIP(_OUTPUT)
    index.add(np.random.default_rng(0).normal(size=(vectors, _OUTPUT)).astype(np.float32))

    def search(path: pathlib.Path) -> None:
        with torch.inference_mode():
            index.search(encoder(_decoded(path)).numpy(), min(10, vectors))

    return search


def _worked(asked: argparse.Namespace, number: int, ready: Any, told: Any) -> None:
    torch.set_num_threads(asked.threads)
    paths = sorted(asked.photographs.iterdir())
    search = _search(asked.vectors)
    for path in paths[:_WARM_UP]:
        search(path)
    ready.wait()
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < asked.seconds:
        search(paths[(number + count * asked.processes) % len(paths)])
        count += 1
    told.put(count / (time.perf_counter() - started))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photographs", type=pathlib.Path, required=True, metavar="DIR", help="picture files only")
    parser.add_argument("--seconds", type=float, default=10, help="of the measurement (default: %(default)s)")
    parser.add_argument("--vectors", type=int, default=200, help="in the index (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=1, help="side by side (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of torch in each (default: %(default)s)")
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(asked.processes), context.Queue()
    processes = [
        context.Process(target=_worked, args=(asked, number, ready, told)) for number in range(asked.processes)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        raise SystemExit("a process failed")
    print(json.dumps({"per_s": sum(told.get() for _ in processes)}))


if __name__ == "__main__":
    main()
