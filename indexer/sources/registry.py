"""Which module reads which file."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping

from indexer.sources.csv_source import CsvSource
from indexer.sources.source import Source
from vitrine import errors

_FORMATS: Mapping[str, Callable[[pathlib.Path], Source]] = {
    ".csv": CsvSource.open,
    ".tsv": CsvSource.open,
    ".tab": CsvSource.open,
    ".txt": CsvSource.open,
}


def open_source(path: pathlib.Path) -> Source:
    """Raises RejectedInput: ``no_source`` where there is no such file, ``bad_source`` where its head is wrong."""
    reader = _FORMATS.get(path.suffix.lower())
    if reader is None:
        raise errors.RejectedInput(
            f"{path.name} is of a format that is not read. Save it as one of: {', '.join(sorted(_FORMATS))}.",
            code="bad_source",
        )
    return reader(path)


def suffixes() -> list[str]:
    """Of file names that can be read."""
    return sorted(_FORMATS)
