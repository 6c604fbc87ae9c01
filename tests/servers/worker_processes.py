"""The processes of a running `python -m workers`, to be killed."""

from __future__ import annotations

import contextlib
import pathlib


def of(supervisor: int) -> list[int]:
    """Process numbers, oldest first: the children of the server that forks them, which is the supervisor's child."""
    servers = [child for child in _children(supervisor) if b"forkserver" in _command(child)]
    return [process for server in servers for process in _children(server)]


def _children(pid: int) -> list[int]:
    # One that has ended has none.
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _command(pid: int) -> bytes:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
