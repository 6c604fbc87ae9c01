"""The classifier as a value: a head on the embedding. `indexer.classifier` fits it, this applies it."""

from __future__ import annotations

import abc
import dataclasses
import functools
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.domain import ClassVerdict, Embedding

_FORMAT = 1
_ALTERNATIVES = 4

Made = TypeVar("Made")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Head(abc.ABC):
    """What names a class from an embedding, whatever it does inside.

    temperature: logits are divided by it, so that of the answers given with 0.8 about 80 % are right.
    translations: class → language → its name there.
    """

    classes: tuple[str, ...]
    temperature: float = 1.0
    translations: Mapping[str, Mapping[str, str]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(f"two different classes are the fewest, and none may be there twice: {self.classes}")
        if not (self.temperature > 0 and all(np.isfinite(numbers).all() for numbers in self._numbers())):
            raise ValueError("every number must be finite and the temperature positive")

    @property
    @abc.abstractmethod
    def dimension(self) -> int: ...

    @abc.abstractmethod
    def logits(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 [n, d] in, float32 [n, c] out, before the temperature. Raises ValueError where d is another."""

    @abc.abstractmethod
    def extended(self, name: str, weights: npt.NDArray[np.float32], bias: float) -> Self:
        """With one more class, whose logit is ``weights`` [d] · embedding + bias; the other logits stay as they are."""

    @abc.abstractmethod
    def _numbers(self) -> Sequence[npt.NDArray[Any]]:
        """The arrays that answers depend on."""

    @abc.abstractmethod
    def _identity(self) -> list[Any]:
        """What else tells this head from others, as JSON."""

    @functools.cached_property
    def id(self) -> str:
        """16 hex digits that change with whatever changes an answer; heads of one id give the same probabilities."""
        digest = hashlib.sha256(json.dumps([self.classes, self.temperature, *self._identity()]).encode())
        for numbers in self._numbers():
            digest.update(np.ascontiguousarray(numbers).astype("<f4").tobytes())
        return digest.hexdigest()[:16]

    def probabilities(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """float32 [n, d] in, float32 [n, c] out; each row sums to 1. Raises ValueError where d is another."""
        logits = self.logits(embeddings) / np.float32(self.temperature)
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

    @abc.abstractmethod
    def to_bytes(self) -> bytes:
        """An .npz without pickle; the same head gives the same bytes."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class LinearHead(Head):
    """weights float32 [c, d]; bias float32 [c]. Logistic regression and prototypes are both of this form."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        count = len(self.classes)
        if self.weights.ndim != 2 or len(self.weights) != count or self.bias.shape != (count,):
            raise ValueError(
                f"{count} classes, weights {self.weights.shape}, bias {self.bias.shape} do not fit together"
            )
        super().__post_init__()

    @property
    def dimension(self) -> int:
        return int(self.weights.shape[1])

    def logits(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(embeddings @ self.weights.T + self.bias, np.float32)

    def extended(self, name: str, weights: npt.NDArray[np.float32], bias: float) -> Self:
        return dataclasses.replace(
            self,
            classes=(*self.classes, name),
            weights=np.vstack([self.weights, weights]).astype(np.float32),
            bias=np.append(self.bias, bias).astype(np.float32),
        )

    def _numbers(self) -> Sequence[npt.NDArray[Any]]:
        return self.weights, self.bias

    def _identity(self) -> list[Any]:
        return [self.weights.shape]

    def to_bytes(self) -> bytes:
        return packed(self, weights=self.weights, bias=self.bias)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises DamagedSnapshot where this is not what `to_bytes` wrote."""
        return unpacked(
            data,
            lambda document, arrays: cls(
                **common(document),
                weights=np.asarray(arrays["weights"], np.float32),
                bias=np.asarray(arrays["bias"], np.float32),
            ),
        )


def packed(head: Head, *, more: Mapping[str, Any] | None = None, **arrays: npt.NDArray[Any]) -> bytes:
    """The head's arrays, and in a document beside them what is common to all heads and what is ``more`` in this one."""
    document = {
        "format": _FORMAT,
        "classes": head.classes,
        "temperature": head.temperature,
        "translations": {name: dict(known) for name, known in head.translations.items()},
        **(more or {}),
    }
    text = json.dumps(document, ensure_ascii=False).encode()
    buffer = io.BytesIO()
    np.savez(buffer, **arrays, document=np.frombuffer(text, np.uint8))  # type: ignore[arg-type]
    return buffer.getvalue()


def unpacked(data: bytes, made: Callable[[Mapping[str, Any], Mapping[str, npt.NDArray[Any]]], Made]) -> Made:
    """What ``made`` makes of what `packed` wrote. Raises DamagedSnapshot."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            document = json.loads(arrays["document"].tobytes())
            if document["format"] != _FORMAT:
                raise ValueError(f"format {document['format']}")
            return made(document, arrays)
    except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise errors.DamagedSnapshot(f"The classifier cannot be read: {error}.") from error


def common(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Head` in a document of `packed`."""
    return {
        "classes": tuple(document["classes"]),
        "temperature": float(document["temperature"]),
        "translations": document["translations"],
    }
