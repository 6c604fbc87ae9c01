"""The int8 graph for processors: made from a graph in full precision, and kept only where it finds as much."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import yaml
from onnxruntime import quantization

from modelling import augment, pictures, replacing
from vitrine import errors, preprocessing
from vitrine.adapters import model_files, onnx_encoder
from vitrine.domain import Pixels

LARGEST_LOSS = 0.01
# One picture of a hundred is not more than a hundredth, however the shares were rounded.
_ROUNDING = 1e-9
FEWEST_PICTURES = 100
"""With fewer, one picture that is not found is a loss of more than one per cent."""

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
_FOUND_AMONG = 10

_log = logging.getLogger(__name__)

Vectors = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """Both graphs on the same pictures. ``neighbours``: the share of the ten nearest that both have in common."""

    pictures: int
    recall_at_10: float
    int8_recall_at_10: float
    neighbours: float

    @property
    def loss(self) -> float:
        return self.recall_at_10 - self.int8_recall_at_10

    def told(self) -> str:
        return (
            f"recall@10 of {self.pictures} pictures by a made phone view of each: {self.recall_at_10:.4f} in full"
            f" precision, {self.int8_recall_at_10:.4f} in int8; {self.neighbours:.1%} of the ten nearest agree"
        )


def readable(folder: pathlib.Path) -> list[pathlib.Path]:
    """The folder's pictures, those that are broken left out with a warning. Raises Misconfigured: too few."""
    found: list[pathlib.Path] = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES):
        try:
            pictures.read_picture(path)
        except errors.BrokenPicture as error:
            _log.warning("left out: %s", error.message)
        else:
            found.append(path)
    if len(found) < FEWEST_PICTURES:
        raise errors.Misconfigured(
            f"{folder} has {len(found)} pictures that can be read. The loss of recall is measured on {FEWEST_PICTURES} "
            "or more: --images DIR."
        )
    return found


def quantise(described: pathlib.Path, paths: Sequence[pathlib.Path]) -> tuple[pathlib.Path, Comparison]:
    """Writes ID-int8.onnx and its description beside ``described``; returns the description's path.

    Raises Misconfigured where more than a hundredth of the recall is lost in the pictures. Before it is judged, nothing
    lies where a model could be served from.
    """
    full = model_files.find(str(described), [])
    document = yaml.safe_load(described.read_text(encoding="utf-8"))
    document |= {
        "id": f"{full.description.id}-int8",
        "file": f"{full.description.id}-int8.onnx",
        # What flows through the graph is scaled by its largest number in the whole batch. One by one, a picture's
        # embedding does not depend on whose came with it, and it is the one that is judged here.
        "input": {**document["input"], "batch": 1},
    }
    with replacing.in_folder(described.parent) as folder:
        written = folder / f"{document['id']}.yaml"
        _write_graph(full.graph, folder / document["file"])
        _describe(written, document)
        int8 = model_files.find(str(written), [])
        found = compare(onnx_encoder.OnnxEncoder(full), onnx_encoder.OnnxEncoder(int8), paths)
        if found.loss > LARGEST_LOSS + _ROUNDING:
            raise errors.Misconfigured(f"The int8 graph was refused: {found.told()}. Serve {described} as it is.")
        document["provenance"] = {**document.get("provenance", {}), "made_from": full.model_id}
        document["metrics"] = {name: round(value, 5) for name, value in dataclasses.asdict(found).items()}
        _describe(written, document)
    return described.parent / written.name, found


def compare(
    full: onnx_encoder.OnnxEncoder, int8: onnx_encoder.OnnxEncoder, paths: Sequence[pathlib.Path]
) -> Comparison:
    """Every picture is asked for by a view made of it, as a phone would see it, among all the pictures."""
    gallery = _embeddings([full, int8], _squares(paths, full.resize))
    views = _embeddings([full, int8], _phone_views(paths, full.resize.size))
    recalls = [_recall(asked, among) for asked, among in zip(views, gallery, strict=True)]
    return Comparison(
        pictures=len(paths),
        recall_at_10=recalls[0],
        int8_recall_at_10=recalls[1],
        neighbours=_common(*(_nearest(vectors) for vectors in gallery)),
    )


def _describe(path: pathlib.Path, document: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _write_graph(source: pathlib.Path, target: pathlib.Path) -> None:
    """Products with weights in 8 bits, a scale for each channel; what flows between them is scaled as it comes.

    A graph in which there is nothing to gain is refused with Misconfigured.
    """
    quantization.quantize_dynamic(
        source,
        target,
        op_types_to_quantize=["MatMul", "Gemm", "Attention"],
        per_channel=True,
        # Without the instructions for it, sums of products of 8 bits by 8 overflow; by 7 they do not.
        reduce_range=True,
        weight_type=quantization.QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    if not any(node.op_type == "MatMulInteger" for node in onnx.load(target).graph.node):
        raise errors.Misconfigured(f"{source} has no products with weights that int8 would make cheaper.")


def _squares(paths: Sequence[pathlib.Path], resize: preprocessing.Resize) -> Iterator[Pixels]:
    return (preprocessing.fit(pictures.read_picture(path), resize) for path in paths)


def _phone_views(paths: Sequence[pathlib.Path], size: int) -> Iterator[Pixels]:
    """Each picture before another one, its neighbour in the list."""
    for number, path in enumerate(paths):
        other = pictures.read_picture(paths[number - 1])
        yield augment.phone_view(pictures.read_picture(path), other, size, np.random.default_rng(number))


def _embeddings(encoders: Sequence[onnx_encoder.OnnxEncoder], squares: Iterator[Pixels]) -> list[Vectors]:
    """One by one, as they are served in process (`quantise`)."""
    rows = [[encoder.encode(square[None])[0] for encoder in encoders] for square in squares]
    return [np.stack(column) for column in zip(*rows, strict=True)]


def _recall(asked: Vectors, among: Vectors) -> float:
    """What is as similar as the right one, or cannot be compared, stands before it: a graph that tells all pictures the
    same finds nothing."""
    similarities = asked @ among.T
    before = (~(similarities < np.diag(similarities)[:, None])).sum(axis=1) - 1
    return float((before < _FOUND_AMONG).mean())


def _nearest(vectors: Vectors) -> npt.NDArray[np.intp]:
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -np.inf)
    return np.argsort(-similarities, axis=1, kind="stable")[:, :_FOUND_AMONG]


def _common(first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> float:
    shared = [len(set(left) & set(right)) for left, right in zip(first, second, strict=True)]
    return sum(shared) / (len(shared) * _FOUND_AMONG)
