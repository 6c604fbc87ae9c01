"""A model as data: an ONNX graph and the description beside it (design, Models)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from vitrine import errors
from vitrine.preprocessing import Resize

# On one side. Models look at some hundred; such a square takes 200 MB as float32.
_MOST_PIXELS = 4096


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTower:
    """The graph that gives texts embeddings in the pictures' space, and its tokenizer, which pads and truncates.

    Token ids int64 [n, context] in, float32 [n, dimension] out. ``tokenizer`` is a file of the library `tokenizers`.
    """

    file: str
    tokenizer: str
    input_name: str
    output_name: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelDescription:
    """What a graph wants and gives. ``mean`` and ``std`` are of pixels scaled to 0..1; None: the graph normalises.

    ``batch``: pictures that a processor's core is given at a time at most. More of them share the reading of large
    weights; where weights are small, their intermediate results only drive each other out of the core's cache.
    """

    id: str
    file: str
    licence: str
    input_name: str
    layout: Literal["NHWC", "NCHW"]
    dtype: Literal["uint8", "float32"]
    mean: tuple[float, float, float] | None
    std: tuple[float, float, float] | None
    resize: Resize
    output_name: str
    dimension: int
    text: TextTower | None = None
    batch: int = 8

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ModelDescription:
        """The YAML document, already parsed. Raises Misconfigured with the key that is wrong."""
        try:
            return cls._parsed(document)
        except KeyError as error:
            raise errors.Misconfigured(f"The model description lacks the key {error}.") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise errors.Misconfigured(f"The model description is wrong: {error}.") from error

    @classmethod
    def _parsed(cls, document: Mapping[str, Any]) -> ModelDescription:
        source, resize, output = document["input"], document["resize"], document["output"]
        _one_of("input.layout", source["layout"], ("NHWC", "NCHW"))
        _one_of("input.dtype", source["dtype"], ("uint8", "float32"))
        _one_of("resize.mode", resize["mode"], ("center_crop", "letterbox", "squash"))
        _one_of("resize.interpolation", resize.get("interpolation", "bilinear"), ("bilinear", "bicubic"))
        size = _whole_number("input.size", source["size"], at_most=_MOST_PIXELS)
        return cls(
            id=_name(document["id"]),
            file=str(document["file"]),
            licence=str(document.get("licence") or ""),
            input_name=str(source["name"]),
            layout=source["layout"],
            dtype=source["dtype"],
            mean=_three("input.mean", source.get("mean")),
            std=_three("input.std", source.get("std")),
            resize=Resize(
                mode=resize["mode"],
                size=size,
                shorter_side=_whole_number(
                    "resize.shorter_side", resize.get("shorter_side", size), at_most=_MOST_PIXELS
                ),
                interpolation=resize.get("interpolation", "bilinear"),
            ),
            output_name=str(output["name"]),
            dimension=_whole_number("output.dimension", output["dimension"]),
            text=_text_tower(document.get("text")),
            batch=_whole_number("input.batch", source.get("batch", 8)),
        )

    def full_id(self, graph_sha256: str) -> str:
        """The id in the database. It changes with the graph and with anything that changes what the graph is shown."""
        shown = json.dumps([self.layout, self.dtype, self.mean, self.std, dataclasses.asdict(self.resize)])
        digest = hashlib.sha256(f"{graph_sha256}{shown}".encode()).hexdigest()
        return f"{self.id}@{digest[:16]}"

    def scale_and_shift(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """float32 [3] each: 0..255 times the one plus the other is (x / 255 - mean) / std."""
        mean, std = np.array(self.mean or (0, 0, 0)), np.array(self.std or (1, 1, 1))
        return (1 / 255 / std).astype(np.float32), (-mean / std).astype(np.float32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A model as the registry knows it. ``sha256``: name of each of its files → checksum; ``card``: Markdown."""

    id: str
    sha256: Mapping[str, str]
    licence: str
    provenance: Mapping[str, Any]
    metrics: Mapping[str, Any]
    card: str
    registered_at: float

    @property
    def name(self) -> str:
        return self.id.partition("@")[0]


def _text_tower(document: Mapping[str, Any] | None) -> TextTower | None:
    if document is None:
        return None
    return TextTower(
        file=str(document["file"]),
        tokenizer=str(document["tokenizer"]),
        input_name=str(document["input"]),
        output_name=str(document["output"]),
    )


def _name(value: object) -> str:
    """A file's name without an ending, and the part of the full id before its @."""
    name = str(value)
    if not name or set(name) & set("@/\\"):
        raise ValueError(f"id is {name!r}, but must be a name without @ and without slashes")
    return name


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{key} is {value!r}, but must be one of {', '.join(allowed)}")


def _whole_number(key: str, value: Any, *, at_most: int = 1_000_000) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if not 1 <= number <= at_most:
        raise ValueError(f"{key} is {value!r}, but must be a whole number from 1 to {at_most}")
    return number


def _three(key: str, value: Any) -> tuple[float, float, float] | None:
    if value is None:
        return None
    if len(value) != 3:
        raise ValueError(f"{key} needs three numbers")
    return float(value[0]), float(value[1]), float(value[2])
