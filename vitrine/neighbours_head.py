"""The head that asks the nearest known pictures, and the reading of any head from its bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from vitrine import classifier
from vitrine.classifier import Head, LinearHead

FLOOR = 1e-3
"""What the vote of a class is at least, of 1 for all: a class without a neighbour is unlikely and not impossible."""

# Similarities of so many pictures with the whole bank are held at a time.
_AT_A_TIME = 1_000


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class NeighboursHead(Head):
    """The ``count`` most similar of the bank vote.

    bank: float32 [n, d] of unit length; members: int64 [n], the class number of each; shares: float32 [n], what the
    vote of each counts; sharpness: a vote falls by e with each 1 / sharpness of similarity. rows float32 [a, d] and
    row_bias float32 [a]: classes that were added later, the last ones; they have a logit of their own.
    """

    bank: npt.NDArray[np.float32]
    members: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float32]
    count: int
    sharpness: float
    rows: npt.NDArray[np.float32]
    row_bias: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        shapes = {self.members.shape, self.shares.shape, self.bank.shape[:1]}
        if self.bank.ndim != 2 or len(shapes) != 1 or not 1 <= self.count <= len(self.bank):
            raise ValueError(f"a bank {self.bank.shape} does not fit to {shapes} and {self.count} neighbours")
        if self.rows.shape != (len(self.row_bias), self.dimension):
            raise ValueError(f"rows {self.rows.shape} and their bias {self.row_bias.shape} do not fit together")
        if self.members.min() < 0 or self.members.max() >= self.voting:
            raise ValueError(f"the bank has classes beyond the {self.voting} that there are")
        super().__post_init__()

    @property
    def dimension(self) -> int:
        return int(self.bank.shape[1])

    @property
    def voting(self) -> int:
        """Classes that the bank votes for: all but those that were added later."""
        return len(self.classes) - len(self.row_bias)

    def logits(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        parts = [
            self._logits(embeddings[start : start + _AT_A_TIME]) for start in range(0, len(embeddings), _AT_A_TIME)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)), np.float32)

    def _logits(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        similarities = embeddings @ self.bank.T
        nearest = np.argpartition(-similarities, self.count - 1, axis=1)[:, : self.count]
        near = np.take_along_axis(similarities, nearest, axis=1)
        votes = np.exp((near - near.max(axis=1, keepdims=True)) * self.sharpness) * self.shares[nearest]
        shares = np.zeros((len(embeddings), self.voting), np.float32)
        np.add.at(shares, (np.arange(len(embeddings))[:, None], self.members[nearest]), votes)
        logits = np.log(shares / shares.sum(axis=1, keepdims=True) + FLOOR)
        return np.hstack([logits, embeddings @ self.rows.T + self.row_bias]).astype(np.float32)

    def extended(self, name: str, weights: npt.NDArray[np.float32], bias: float) -> Self:
        return dataclasses.replace(
            self,
            classes=(*self.classes, name),
            rows=np.vstack([self.rows, weights]).astype(np.float32),
            row_bias=np.append(self.row_bias, bias).astype(np.float32),
        )

    def _numbers(self) -> Sequence[npt.NDArray[Any]]:
        return self.bank, self.members, self.shares, self.rows, self.row_bias

    def _identity(self) -> list[Any]:
        return [self.bank.shape, self.count, self.sharpness]

    def to_bytes(self) -> bytes:
        return classifier.packed(
            self,
            more={"kind": "neighbours", "count": self.count, "sharpness": self.sharpness},
            bank=self.bank,
            members=self.members,
            shares=self.shares,
            rows=self.rows,
            row_bias=self.row_bias,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises DamagedSnapshot where this is not what `to_bytes` wrote."""
        return classifier.unpacked(
            data,
            lambda document, arrays: cls(
                **classifier.common(document),
                count=int(document["count"]),
                sharpness=float(document["sharpness"]),
                members=np.asarray(arrays["members"], np.int64),
                bank=np.asarray(arrays["bank"], np.float32),
                shares=np.asarray(arrays["shares"], np.float32),
                rows=np.asarray(arrays["rows"], np.float32),
                row_bias=np.asarray(arrays["row_bias"], np.float32),
            ),
        )


def read_head(data: bytes) -> Head:
    """A head of either kind. Raises DamagedSnapshot."""
    kind = classifier.unpacked(data, lambda document, _arrays: document.get("kind", "linear"))
    return (NeighboursHead if kind == "neighbours" else LinearHead).from_bytes(data)
