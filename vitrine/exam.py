"""The exam of a head: held-out pictures, and what a head that had seen nothing of their objects said of them."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from typing import Self

import numpy as np
import numpy.typing as npt

from vitrine import errors


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Exam:
    """vectors float32 [m, d]; classes int64 [m], numbers of the head's classes; logits float32 [m, c], untempered.

    objects int64 [m]: record numbers; negative for a picture that was given by hand as an example of an added class.
    """

    vectors: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]
    objects: npt.NDArray[np.int64]
    logits: npt.NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """An .npz without pickle."""
        buffer = io.BytesIO()
        np.savez(buffer, vectors=self.vectors, classes=self.classes, objects=self.objects, logits=self.logits)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises DamagedSnapshot."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                return cls(
                    vectors=np.asarray(arrays["vectors"], np.float32),
                    classes=np.asarray(arrays["classes"], np.int64),
                    objects=np.asarray(arrays["objects"], np.int64),
                    logits=np.asarray(arrays["logits"], np.float32),
                )
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise errors.DamagedSnapshot(f"The exam of the classifier cannot be read: {error}.") from error
