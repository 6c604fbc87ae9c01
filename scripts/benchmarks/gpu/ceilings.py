"""What the device can do at most: large matrix products, and copies. Measured here, not read in a datasheet."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

import torch

from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import Row
from scripts.benchmarks.gpu.timing import timed

_TYPES = {"float32": torch.float32, "TF32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@contextlib.contextmanager
def float32_products(*, tf32: bool) -> Iterator[None]:
    """Whether products of float32 may be computed in TF32, which tensor cores have and ten bits of fraction."""
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    try:
        yield
    finally:
        torch.set_float32_matmul_precision("highest")
        torch.backends.cudnn.allow_tf32 = False


def matmul(device: Device, side: int, seconds: float) -> Iterator[Row]:
    """Random numbers: a card computes zeros faster. ``data`` holds operations a second."""
    for name, kind in _TYPES.items():
        if name == "TF32" and not device.is_card:
            continue
        left, right = (torch.randn(side, side, device=device.torch_device).to(kind) for _ in range(2))
        out = torch.empty_like(left)
        with float32_products(tf32=name == "TF32"):
            found = timed(functools.partial(_product, left, right, out), device.wait, seconds)
        per_s = 2 * side**3 / found.best_s
        yield Row(
            measured=f"matrix product {side}³, {name}",
            figure=f"{per_s / 1e12:.3g} TFLOP/s",
            ceiling="ceiling",
            data={"peak": name, "flops_per_s": per_s},
        )


def _product(left: torch.Tensor, right: torch.Tensor, out: torch.Tensor, _number: int) -> None:
    torch.matmul(left, right, out=out)


def copy(device: Device, size: int, seconds: float) -> Iterator[Row]:
    """``size`` in bytes. Bytes read and bytes written are both counted."""
    source = torch.randint(0, 256, (size,), dtype=torch.uint8, device=device.torch_device)
    target = torch.empty_like(source)
    found = timed(lambda _: target.copy_(source), device.wait, seconds)
    per_s = 2 * size / found.best_s
    yield Row(
        measured=f"copy of {size / 1e9:.3g} GB on the device, read and written",
        figure=f"{per_s / 1e9:.4g} GB/s",
        ceiling="ceiling",
        data={"bandwidth_bytes_per_s": per_s},
    )
    device.needs_card("a copy to the card")
    held = torch.randint(0, 256, (min(size, 1 << 28),), dtype=torch.uint8).pin_memory()
    there = torch.empty_like(held, device=device.torch_device)
    found = timed(lambda _: there.copy_(held, non_blocking=True), device.wait, seconds)
    yield Row(
        measured=f"copy of {held.numel() / 1e9:.3g} GB from pinned memory to the card",
        figure=f"{held.numel() / found.best_s / 1e9:.3g} GB/s",
        data={"to_card_bytes_per_s": held.numel() / found.best_s},
    )
