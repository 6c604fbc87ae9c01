"""Whether pictures that Triton decodes get the embeddings of pictures that Vitrine decodes: measured, not believed."""

from __future__ import annotations

import dataclasses
import pathlib
import statistics
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vitrine import errors, preparation
from vitrine.domain import Pixels
from vitrine.ports import Decoder, Encoded
from vitrine.preprocessing import Resize

LEAST_COSINE = 0.999
_START_OF_JPEG = b"\xff\xd8"
_SHOWN = 5
# Files in memory at a time.
_TOGETHER = 32


class BothWays(Protocol):
    """One model, asked with squares and with JPEG files."""

    @property
    def model_id(self) -> str: ...

    @property
    def resize(self) -> Resize: ...

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]: ...

    def encode_jpegs(self, files: Sequence[bytes]) -> Encoded: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """``cosines``: of each file that was compared; ``refused``: files that Vitrine itself does not read."""

    cosines: dict[pathlib.Path, float]
    refused: Sequence[pathlib.Path] = ()

    def verdict(self, model_id: str) -> str:
        """Raises Misconfigured where one embedding is too far from ours, or nothing was compared."""
        if not self.cosines:
            raise errors.Misconfigured("None of these photographs could be compared: Vitrine reads none of them.")
        ranked = sorted(self.cosines.items(), key=lambda item: item[1])
        least, middle = ranked[0][1], statistics.median(self.cosines.values())
        told = f"{len(ranked)} photographs, cosine {least:.5f} at least, {middle:.5f} in the middle"
        if self.refused:
            told += f"; {len(self.refused)} that Vitrine does not read were left out"
        far = [(path, cosine) for path, cosine in ranked if not cosine >= LEAST_COSINE]
        if not far:
            return f"{told}: both ways may embed one catalogue of {model_id}."
        shown = "\n".join(f"  {cosine:.5f}  {path}" for path, cosine in far[:_SHOWN])
        raise errors.Misconfigured(
            f"{told}. {len(far)} are below {LEAST_COSINE}, these first:\n{shown}\n"
            f"What Triton decodes must not be mixed with embeddings of {model_id}. Decode without --decode gpu, or give"
            " it a model id of its own: copy the model's description under another `id`, set VITRINE_MODEL to the copy,"
            " render, and have catalogue and searched photographs alike decoded by Triton."
        )


def chosen(folder: pathlib.Path, count: int) -> list[pathlib.Path]:
    """At most ``count`` JPEG files below the folder, spread over all of it. Raises Misconfigured where it has none."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and _is_jpeg(path)]
    if not paths:
        raise errors.Misconfigured(f"There are no JPEG files in {folder}. Name a folder of your own photographs.")
    return [paths[number * len(paths) // count] for number in range(count)] if len(paths) > count else paths


def compared(paths: Sequence[pathlib.Path], decoder: Decoder, encoder: BothWays) -> Comparison:
    """Raises DependencyUnavailable, also where Triton cannot decode a file that Vitrine reads."""
    cosines: dict[pathlib.Path, float] = {}
    refused: list[pathlib.Path] = []
    for start in range(0, len(paths), _TOGETHER):
        squares: dict[pathlib.Path, Pixels] = {}
        files: list[bytes] = []
        for path in paths[start : start + _TOGETHER]:
            data = path.read_bytes()
            try:
                # As a catalogue's photograph is decoded, so that the same shortcuts are taken.
                square = preparation.decoded(data, decoder, encoder.resize).model_input
            except errors.RejectedInput:
                refused.append(path)
                continue
            assert square is not None
            squares[path] = square
            files.append(data)
        if squares:
            ours = encoder.encode(np.stack(list(squares.values())))
            theirs = encoder.encode_jpegs(files).embeddings
            cosines |= zip(squares, (ours * theirs).sum(axis=1).tolist(), strict=True)
    return Comparison(cosines=cosines, refused=refused)


def _is_jpeg(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_START_OF_JPEG)) == _START_OF_JPEG
