"""Declares the operators that torchvision, built for CUDA, looks for when it is imported beside a torch for processors.

open_clip imports torchvision for its preprocessing, which Vitrine does not use. Import this before open_clip.
"""

from __future__ import annotations

import torch

_MISSING = ("nms", "qnms")
_library = torch.library.Library("torchvision", "FRAGMENT")
for _name in _MISSING:
    if not hasattr(torch.ops.torchvision, _name):
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
