"""The same work on several threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

_THREADS = 4


def agreeing(encode: Callable[[], npt.NDArray[np.float32]], *, within: float) -> list[bool]:
    """Of each thread: whether it came to what one thread alone comes to."""
    wanted = encode()
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(np.allclose(encode(), wanted, atol=within)))
        for _ in range(_THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
