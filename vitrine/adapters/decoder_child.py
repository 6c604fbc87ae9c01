"""The child process of the subprocess decoder: reads a request, answers, waits for the next; ends with its parent.

A frame is a 4-byte length, a JSON header of that length, then the binary parts whose sizes the header names.
"""

from __future__ import annotations

import dataclasses
import json
import math
import resource
import signal
import struct
import sys
from typing import Any, BinaryIO

import numpy as np

from vitrine import errors
from vitrine.adapters import picture_decoding, scheduling
from vitrine.domain import Region
from vitrine.ports import Decoded, DecodeRequest
from vitrine.preprocessing import Resize

VISITORS_FIRST = "visitors-first"


def request_header(size: int, request: DecodeRequest) -> bytes:
    return _framed({"size": size, **dataclasses.asdict(request)})


def _request(header: dict[str, Any]) -> DecodeRequest:
    region, model_input = header["region"], header["model_input"]
    return DecodeRequest(
        region=Region(**region) if region else None,
        model_input=Resize(**model_input) if model_input else None,
        preview_size=header["preview_size"],
        features=header["features"],
        jpeg_size=header["jpeg_size"],
    )


def _answer(decoded: Decoded) -> list[bytes]:
    parts = {
        "model_input": decoded.model_input,
        "preview": decoded.preview,
        "features": np.frombuffer(decoded.features, np.uint8) if decoded.features else None,
        "jpeg": np.frombuffer(decoded.jpeg, np.uint8) if decoded.jpeg else None,
    }
    shapes = {name: part.shape for name, part in parts.items() if part is not None}
    header = _framed({"width": decoded.width, "height": decoded.height, "shapes": shapes})
    return [header, *(part.tobytes() for part in parts.values() if part is not None)]


def _refusal(error: errors.VitrineError) -> list[bytes]:
    return [_framed({"error": type(error).__name__, "message": error.message, "code": error.code})]


def _framed(header: dict[str, Any]) -> bytes:
    encoded = json.dumps(header).encode()
    return struct.pack("<I", len(encoded)) + encoded


def _limit_cpu(more_s: float) -> None:
    """The kernel ends this process after so much more of its own time; the parent then knows which picture it was."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    # Whole seconds, and one more: where cores are free, the parent's patience ends first.
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime + more_s) + 1, hard))


def _serve(source: BinaryIO, sink: BinaryIO, *, max_pixels: int, cpu_s: float) -> None:
    while prefix := source.read(4):
        header = json.loads(source.read(struct.unpack("<I", prefix)[0]))
        data = source.read(header["size"])
        _limit_cpu(cpu_s)
        try:
            answer = _answer(picture_decoding.decode(data, _request(header), max_pixels=max_pixels))
        except errors.VitrineError as error:
            answer = _refusal(error)
        except MemoryError:
            answer = _refusal(errors.TooLarge("Decoding this picture takes too much memory. Save a smaller copy."))
        except ImportError as error:
            # Under little memory a library is not mapped; the picture has nothing to do with it.
            answer = _refusal(
                errors.DependencyUnavailable(
                    f"The decoder cannot load what it needs ({error}). Give it more memory "
                    "(VITRINE_DECODE_MEMORY_MIB), or install Vitrine anew."
                )
            )
        # The process boundary: the parent hears of everything, and this child lives on.
        except Exception as error:  # noqa: BLE001
            answer = _refusal(errors.BrokenPicture(f"The picture could not be decoded ({error!r}). Save it anew."))
        for part in answer:
            sink.write(part)
        sink.flush()


def main() -> None:
    memory_bytes, max_pixels, cpu_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    # Ctrl-C reaches the whole process group; the parent decides when this process ends (by closing its input).
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    scheduling.long_turns()
    if VISITORS_FIRST in sys.argv:
        scheduling.visitors_first()
    sink = sys.stdout.buffer
    # Whatever a library prints must not end up in the middle of a frame.
    sys.stdout = sys.stderr
    _serve(sys.stdin.buffer, sink, max_pixels=max_pixels, cpu_s=cpu_s)


if __name__ == "__main__":
    main()
