"""The classifier as a value: a linear layer on the embedding. `indexer.classifier` fits it, this applies it."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Self

import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.domain import ClassVerdict, Embedding

_FORMAT = 1
_ALTERNATIVES = 4


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LinearHead:
    """classes [c]; weights float32 [c, d]; bias float32 [c].

    temperature: logits are divided by it, so that of the answers given with 0.8 about 80 % are right.
    translations: class → language → its name there.
    """

    classes: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float = 1.0
    translations: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.classes)
        if count < 2 or self.weights.ndim != 2 or len(self.weights) != count or self.bias.shape != (count,):
            raise ValueError(
                f"{count} classes, weights {self.weights.shape}, bias {self.bias.shape} do not fit together"
            )
        if not (self.temperature > 0 and np.isfinite(self.weights).all() and np.isfinite(self.bias).all()):
            raise ValueError("weights and bias must be finite and the temperature positive")

    @property
    def dimension(self) -> int:
        return int(self.weights.shape[1])

    @functools.cached_property
    def id(self) -> str:
        """16 hex digits that change with whatever changes an answer; heads of one id give the same probabilities."""
        digest = hashlib.sha256(json.dumps([self.classes, self.temperature, self.weights.shape]).encode())
        for numbers in (self.weights, self.bias):
            digest.update(np.ascontiguousarray(numbers, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def probabilities(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 [n, d] in, float32 [n, c] out; each row sums to 1. Raises ValueError where d is another."""
        logits = (embeddings @ self.weights.T + self.bias) / np.float32(self.temperature)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True), np.float32)

    def classify(self, embedding: Embedding) -> ClassVerdict:
        """The most probable class and up to four runners-up. Raises ValueError where the dimension is another."""
        return self.verdict(self.probabilities(embedding[None])[0])

    def verdict(self, probabilities: npt.NDArray[np.float32]) -> ClassVerdict:
        """float32 [c], as `probabilities` gives them for one embedding."""
        order = np.argsort(-probabilities, kind="stable")[: 1 + _ALTERNATIVES]
        named = [(self.classes[number], float(probabilities[number])) for number in order]
        return ClassVerdict(
            name=named[0][0],
            probability=named[0][1],
            alternatives=tuple(named[1:]),
            translations={name: self.translations[name] for name, _ in named if name in self.translations},
        )

    def to_bytes(self) -> bytes:
        """An .npz without pickle; the same head gives the same bytes."""
        document = {
            "format": _FORMAT,
            "classes": self.classes,
            "temperature": self.temperature,
            "translations": {name: dict(known) for name, known in self.translations.items()},
        }
        text = json.dumps(document, ensure_ascii=False).encode()
        buffer = io.BytesIO()
        np.savez(buffer, weights=self.weights, bias=self.bias, document=np.frombuffer(text, np.uint8))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises DamagedSnapshot where this is not what `to_bytes` wrote."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                document = json.loads(arrays["document"].tobytes())
                if document["format"] != _FORMAT:
                    raise ValueError(f"format {document['format']}")
                return cls(
                    classes=tuple(document["classes"]),
                    weights=np.asarray(arrays["weights"], np.float32),
                    bias=np.asarray(arrays["bias"], np.float32),
                    temperature=float(document["temperature"]),
                    translations=document["translations"],
                )
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise errors.DamagedSnapshot(f"The classifier cannot be read: {error}.") from error
