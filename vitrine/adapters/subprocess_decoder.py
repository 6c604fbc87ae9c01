"""Decoding in child processes: a picture that kills, hangs or bloats its decoder takes nobody else down."""

from __future__ import annotations

import json
import math
import os
import pathlib
import queue
import select
import struct
import subprocess
import sys
import time
from typing import IO

import numpy as np

from vitrine import errors
from vitrine.adapters import decoder_child
from vitrine.ports import Decoded, DecodeRequest

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_REFUSALS = {
    kind.__name__: kind
    for kind in (errors.UnsupportedPicture, errors.BrokenPicture, errors.TooLarge, errors.RejectedInput)
}
_UNAVAILABLE = errors.DependencyUnavailable.__name__
# Libraries leak a little; a fresh child every so many pictures keeps a long run flat.
_PICTURES_PER_CHILD = 5_000
_KEPT_MEMORY_BYTES = 64 << 20
# A picture is not to blame for cores that are full of visitors' searches.
_STARVED = 30
_PASSED_ON = {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
# A GIF of one pixel.
_SMALLEST_PICTURE = bytes.fromhex("47494638396101000100800000ffffff0000002c00000000010001000002024401003b")


class _ChildDied(Exception):
    """The child ended in the middle of a picture."""


class _Child:
    def __init__(self, *, memory_bytes: int, max_pixels: int, cpu_s: float, visitors_first: bool) -> None:
        environment = {
            # No passwords: what runs there has read a stranger's bytes.
            **{name: value for name, value in os.environ.items() if name in _PASSED_ON},
            "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
            # The address-space limit counts thread stacks and BLAS buffers, and one picture is one core's work.
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            # Each picture asks for the same few megabytes: keep them, instead of having the kernel clear new pages.
            "MALLOC_MMAP_THRESHOLD_": str(_KEPT_MEMORY_BYTES),
            "MALLOC_TRIM_THRESHOLD_": str(_KEPT_MEMORY_BYTES),
            "PILLOW_BLOCKS_MAX": "32",
        }
        order = [sys.executable, "-m", decoder_child.__name__, str(memory_bytes), str(max_pixels), str(cpu_s)]
        self._process = subprocess.Popen(
            [*order, decoder_child.VISITORS_FIRST] if visitors_first else order,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            bufsize=0,
        )
        assert self._process.stdin and self._process.stdout
        self._stdin: IO[bytes] = self._process.stdin
        self._stdout: IO[bytes] = self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        self.pictures = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    def decode(self, data: bytes, request: DecodeRequest, timeout_s: float) -> Decoded:
        """Raises _ChildDied, TimeoutError, DependencyUnavailable, or what the child refused with."""
        deadline = time.monotonic() + timeout_s
        self.pictures += 1
        self._send(decoder_child.request_header(len(data), request), deadline)
        self._send(data, deadline)
        header = json.loads(self._receive(struct.unpack("<I", self._receive(4, deadline))[0], deadline))
        if "error" in header:
            if header["error"] == _UNAVAILABLE:
                raise errors.DependencyUnavailable(header["message"])
            raise _REFUSALS[header["error"]](header["message"], code=header["code"])
        parts = {
            name: np.frombuffer(self._receive(math.prod(shape), deadline), np.uint8).reshape(shape)
            for name, shape in header["shapes"].items()
        }
        features, jpeg = parts.get("features"), parts.get("jpeg")
        return Decoded(
            width=header["width"],
            height=header["height"],
            model_input=parts.get("model_input"),
            preview=parts.get("preview"),
            features=features.tobytes() if features is not None else None,
            jpeg=jpeg.tobytes() if jpeg is not None else None,
        )

    def _send(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            self._wait(self._stdin.fileno(), select.POLLOUT, deadline)
            try:
                sent = os.write(self._stdin.fileno(), view)
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise _ChildDied from error
            view = view[sent:]

    def _receive(self, size: int, deadline: float) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        while view:
            self._wait(self._stdout.fileno(), select.POLLIN, deadline)
            received = os.readv(self._stdout.fileno(), [view])
            if not received:
                raise _ChildDied
            view = view[received:]
        return data

    def _wait(self, descriptor: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError

    def kill(self) -> None:
        self._process.kill()
        self._close()

    def close(self) -> None:
        """Its input ends, so it ends by itself."""
        self._stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._close()

    def _close(self) -> None:
        self._process.wait()
        for pipe in (self._stdin, self._stdout):
            pipe.close()


class SubprocessDecoder:
    """``slots`` children; limits on address space (bytes), pixels, and time (seconds) of one picture.

    ``visitors_first``: for bulk work. The children take what others leave of the cores, so the time is their CPU's; of
    wall time they have thirty times as much.
    """

    def __init__(
        self,
        *,
        slots: int,
        timeout_s: float = 20.0,
        memory_bytes: int = 2 << 30,
        max_pixels: int = 100_000_000,
        visitors_first: bool = False,
    ) -> None:
        self.slots = slots
        self._cpu_s = timeout_s
        self._timeout_s = timeout_s * _STARVED if visitors_first else timeout_s
        self._memory_bytes = memory_bytes
        self._max_pixels = max_pixels
        self._visitors_first = visitors_first
        # None stands for a child that is not started yet; the queue's length never changes.
        self._idle: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(slots):
            self._idle.put(None)

    def decode(self, data: bytes, request: DecodeRequest, *, patience_s: float | None = None) -> Decoded:
        timeout_s = min(self._timeout_s, patience_s or self._timeout_s)
        child = self._idle.get()
        try:
            for last_try in (False, True):
                child = child or self._start()
                try:
                    return child.decode(data, request, timeout_s)
                except TimeoutError:
                    child.kill()
                    child = None
                    raise errors.SlowPicture(
                        f"Decoding the picture took longer than {timeout_s:.0f} s. Save it anew, or smaller."
                    ) from None
                except _ChildDied:
                    # Perhaps somebody else's doing (the kernel's memory killer): a picture is guilty the second time.
                    child.kill()
                    child = None
                    if last_try:
                        break
                except errors.VitrineError:
                    raise
                except BaseException:
                    # Its answer is still to come, and would be taken for the next picture's.
                    child.kill()
                    child = None
                    raise
            raise errors.BrokenPicture("The picture's decoder crashed on it. Save the picture anew in another format.")
        finally:
            if child is not None and child.pictures >= _PICTURES_PER_CHILD:
                child.close()
                child = None
            self._idle.put(child)

    def warm_up(self) -> None:
        """Start all children at once and have each decode a picture, so that the first visitor does not wait.

        Raises DependencyUnavailable.
        """
        children = [self._idle.get() for _ in range(self.slots)]
        try:
            for place, child in enumerate(children):
                children[place] = child or self._start()
            for place, child in enumerate(children):
                if child is not None:
                    # One that fails is killed, and its place is empty.
                    children[place] = None
                    children[place] = self._warmed(child)
        finally:
            for child in children:
                self._idle.put(child)

    def _warmed(self, child: _Child) -> _Child:
        try:
            child.decode(_SMALLEST_PICTURE, DecodeRequest(preview_size=1), self._timeout_s)
        except (TimeoutError, _ChildDied) as error:
            child.kill()
            raise errors.DependencyUnavailable(
                "A decoder process cannot decode its first picture: it died, or took longer than "
                f"{self._timeout_s:g} s. See to the memory that is free, and to VITRINE_DECODE_TIMEOUT_S and "
                "VITRINE_DECODE_MEMORY_MIB."
            ) from error
        return child

    def close(self) -> None:
        """Waits for pictures in hand."""
        for child in [self._idle.get() for _ in range(self.slots)]:
            if child is not None:
                child.close()
            self._idle.put(None)

    def _start(self) -> _Child:
        try:
            return _Child(
                memory_bytes=self._memory_bytes,
                max_pixels=self._max_pixels,
                cpu_s=self._cpu_s,
                visitors_first=self._visitors_first,
            )
        except OSError as error:
            raise errors.DependencyUnavailable(
                f"A decoder process cannot be started: {error.strerror}. See to the memory that is free, and to how "
                "many processes and open files this account may have."
            ) from error
