"""The decoder of the configured limits."""

from __future__ import annotations

from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.settings import Settings


def configured(settings: Settings, *, slots: int, visitors_first: bool = False) -> SubprocessDecoder:
    """``slots`` child processes, which give way to everybody else with ``visitors_first``; the caller closes it."""
    return SubprocessDecoder(
        slots=slots,
        timeout_s=settings.decode_timeout_s,
        memory_bytes=settings.decode_memory_mib * 2**20,
        max_pixels=settings.max_pixels,
        visitors_first=visitors_first,
    )
