"""The device that is measured, and what it and the libraries beside it are called."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping
from typing import Any

import torch

from scripts.benchmarks import process_cpu
from scripts.benchmarks.gpu.rows import NotHere

_LIBRARIES = (
    *("torch", "torchvision", "open_clip_torch", "onnx", "onnxruntime", "onnxruntime-gpu", "tensorrt", "tensorrt-rtx"),
    *("faiss-cpu", "faiss-gpu-cu12", "nvidia-nvimgcodec-cu12", "nvidia-nvimgcodec-cu13", "numpy", "pillow"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Device:
    torch_device: torch.device

    @classmethod
    def named(cls, name: str) -> Device:
        """Raises NotHere."""
        device = torch.device(name)
        if device.type == "cuda" and not torch.cuda.is_available():
            raise NotHere("torch sees no graphics card here; --device cpu --tiny tries the script without one")
        return cls(torch_device=device)

    @property
    def is_card(self) -> bool:
        return bool(self.torch_device.type == "cuda")

    def wait(self) -> None:
        if self.is_card:
            torch.cuda.synchronize(self.torch_device)

    def needs_card(self, what: str) -> None:
        """Raises NotHere on a processor."""
        if not self.is_card:
            raise NotHere(f"{what} needs a graphics card")

    def free_bytes(self) -> int:
        """Of the card; of a processor's memory nothing is asked."""
        return int(torch.cuda.mem_get_info(self.torch_device)[0]) if self.is_card else 2**63

    def release(self) -> None:
        """What torch keeps of memory that nobody uses; other libraries want some too."""
        if self.is_card:
            torch.cuda.empty_cache()

    def about(self) -> dict[str, Any]:
        return {
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "device": self._described(),
            "processor": process_cpu.model(),
            "cores": process_cpu.cores(),
            "versions": {"python": platform.python_version(), **_versions()},
        }

    def _described(self) -> str:
        if not self.is_card:
            return "no graphics card"
        card = torch.cuda.get_device_properties(self.torch_device)
        memory = f"{card.total_memory / 2**30:.0f} GiB, {card.multi_processor_count} multiprocessors"
        return f"{card.name}, {memory}, driver {_driver() or 'unknown'}, CUDA {torch.version.cuda}"


def _versions() -> Mapping[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _driver() -> str:
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader", "--id=0"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
