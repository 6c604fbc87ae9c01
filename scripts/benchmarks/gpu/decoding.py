"""Photographs a second from JPEG files to embeddings: decoded on all cores, or on the card."""

from __future__ import annotations

import concurrent.futures
import functools
import itertools
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from scripts.benchmarks import process_cpu
from scripts.benchmarks.gpu import squares
from scripts.benchmarks.gpu.device import Device
from scripts.benchmarks.gpu.rows import Deadline, NotHere, Row, rows_of
from scripts.benchmarks.gpu.timing import timed

Run = Callable[[torch.Tensor], torch.Tensor]
Decode = Callable[[Sequence[bytes]], list[torch.Tensor]]


def rows(
    device: Device,
    files: Sequence[bytes],
    size: int,
    encoder: tuple[str, Run] | None,
    batch: int,
    seconds: float,
    deadline: Deadline,
) -> Iterator[Row]:
    """``encoder``: what embeds uint8 [batch, size, size, 3] fastest, and its name; None: decoding alone is measured."""
    shown = f"JPEG of {squares.megapixels(files[0]):.1f} MP"
    processors = f"{shown}, decoded on {process_cpu.cores()} cores"
    part = functools.partial(_on_processors, processors, device, files, size, encoder, batch, seconds)
    yield from rows_of(processors, part)
    for kind, make in (("torchvision (nvJPEG)", _by_torchvision), ("nvimgcodec", _by_nvimgcodec)):
        name = f"{shown}, decoded on the card by {kind}"
        deadline.check()
        part = functools.partial(_on_card, name, device, make, files, size, encoder, batch, seconds)
        yield from rows_of(name, part)


def _row(name: str, per_s: float, **data: Any) -> Row:
    return Row(measured=name, figure=f"{per_s:,.0f} photographs/s", data={"decoding": name, "per_s": per_s, **data})


def _on_processors(
    name: str,
    device: Device,
    files: Sequence[bytes],
    size: int,
    encoder: tuple[str, Run] | None,
    batch: int,
    seconds: float,
) -> Iterator[Row]:
    """Processes, because threads would wait for each other; as many as cores, and the card is fed by this one."""
    endless = itertools.cycle([files[start : start + 8] for start in range(0, len(files), 8)])
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(process_cpu.cores(), context) as pool:
        waiting = [pool.submit(squares.of_files, next(endless), size) for _ in range(3 * process_cpu.cores())]
        for begun in waiting[: process_cpu.cores()]:
            begun.result()

        def count(taken: Callable[[Any], None]) -> float:
            done, started = 0, time.perf_counter()
            while time.perf_counter() - started < seconds:
                found = waiting.pop(0).result()
                waiting.append(pool.submit(squares.of_files, next(endless), size))
                taken(found)
                done += len(found)
            return done / (time.perf_counter() - started)

        yield _row(name, count(lambda _: None))
        if encoder is not None:
            feed = _Feed(device, encoder[1], batch)
            per_s = count(feed.take)
            device.wait()
            yield _row(f"{name}, embedded by {encoder[0]}", per_s)
        for begun in waiting:
            begun.cancel()


class _Feed:
    """Collects squares until there are enough for the encoder; the card works while the next ones are decoded."""

    def __init__(self, device: Device, run: Run, batch: int) -> None:
        self._device, self._run, self._batch = device, run, batch
        self._parts: list[Any] = []

    def take(self, part: Any) -> None:
        self._parts.append(part)
        if sum(map(len, self._parts)) < self._batch:
            return
        together = np.concatenate(self._parts)
        self._parts = [together[self._batch :]]
        given = torch.from_numpy(together[: self._batch])
        if self._device.is_card:
            given = given.pin_memory()
        with torch.no_grad():
            self._run(given.to(self._device.torch_device, non_blocking=True))


def _on_card(
    name: str,
    device: Device,
    make: Callable[[Device], Decode],
    files: Sequence[bytes],
    size: int,
    encoder: tuple[str, Run] | None,
    batch: int,
    seconds: float,
) -> Iterator[Row]:
    device.needs_card("nvJPEG")
    decode = make(device)
    together = list(itertools.islice(itertools.cycle(files), batch))
    found = timed(lambda _: decode(together), device.wait, seconds)
    yield _row(name, batch / found.best_s)
    if encoder is None:
        return

    def embed(_number: int) -> None:
        with torch.no_grad():
            encoder[1](torch.cat([_square(picture, size) for picture in decode(together)]))

    found = timed(embed, device.wait, seconds)
    yield _row(f"{name}, embedded by {encoder[0]}", batch / found.best_s)


def _square(picture: torch.Tensor, size: int) -> torch.Tensor:
    """uint8 [h, w, 3] → [1, size, size, 3], antialiased: the work of the preprocessing, though not its very pixels."""
    planes = picture.permute(2, 0, 1)[None].float()
    small = functional.interpolate(planes, (size, size), mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)


def _by_torchvision(device: Device) -> Decode:
    from torchvision.io import ImageReadMode, decode_jpeg

    def decode(files: Sequence[bytes]) -> list[torch.Tensor]:
        given = [torch.frombuffer(bytearray(file), dtype=torch.uint8) for file in files]
        found = decode_jpeg(given, mode=ImageReadMode.RGB, device=device.torch_device)
        return [picture.permute(1, 2, 0) for picture in found]

    return decode


def _by_nvimgcodec(device: Device) -> Decode:
    from nvidia import nvimgcodec

    decoder = nvimgcodec.Decoder(device_id=device.torch_device.index or 0)

    def decode(files: Sequence[bytes]) -> list[torch.Tensor]:
        found = decoder.decode(list(files))
        if any(picture is None for picture in found):
            raise NotHere("nvimgcodec could not decode one of the photographs")
        return [torch.as_tensor(picture, device=device.torch_device) for picture in found]

    return decode
