"""What a part says that cannot do its work."""

from __future__ import annotations

from collections.abc import Callable

from vitrine import errors


def refusal(asked: Callable[[], object]) -> str:
    """The message of the DependencyUnavailable that is raised; empty where none is."""
    try:
        asked()
    except errors.DependencyUnavailable as error:
        return error.message
    return ""
