"""How many threads the numerical libraries may use in a process that runs work side by side itself."""

from __future__ import annotations

import cv2
import threadpoolctl


def one_thread_each() -> None:
    """One search is one core's work: BLAS and OpenCV run on the thread that calls them; FAISS's adapter sees to itself.

    Called by entry points, once, before the first search.
    """
    threadpoolctl.threadpool_limits(1)
    cv2.setNumThreads(1)
