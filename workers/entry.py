"""What a supervisor has each of its processes run.

Not in `__main__`, which such a process cannot import; and light, because the supervisor imports it too.
"""

from __future__ import annotations

import pathlib

PRELOADED = "workers.child"
"""What a process is forked with: the adapters, imported."""


def work(number: int, *, shared: pathlib.Path) -> None:
    """One process: it searches until it is asked to stop, or its supervisor is gone."""
    # Imported here, where it is needed: without the adapters a supervisor has its first process up sooner.
    from workers import child

    child.work(number, shared=shared)
