"""Files that are made together, and are put in place together when all of them are found good."""

from __future__ import annotations

import contextlib
import pathlib
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def in_folder(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """A folder to write into; at the end of the block its files replace their namesakes in ``folder``.

    However the block breaks off, what lay in ``folder`` before lies there as it was, and nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as made:
        yield pathlib.Path(made)
        descriptions = sorted(pathlib.Path(made).glob("*.yaml"))
        # A description is there when everything that it names is: the former goes first, the new one comes last.
        for path in descriptions:
            (folder / path.name).unlink(missing_ok=True)
        for path in [*sorted(set(pathlib.Path(made).iterdir()) - set(descriptions)), *descriptions]:
            path.replace(folder / path.name)
