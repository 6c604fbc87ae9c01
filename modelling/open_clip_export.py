"""An open_clip model as files that VITRINE_MODEL can name: graphs of both towers, tokenizer, description and card."""

from __future__ import annotations

import dataclasses
import logging
import pathlib
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from modelling import replacing, towers
from modelling.architectures import Architecture
from modelling.downloads import Fetched, Hub
from vitrine import errors
from vitrine.domain import Pixels

# Modes of open_clip's preprocessing in the words of a model description.
_RESIZE_MODES = {"shortest": "center_crop", "squash": "squash"}
_LICENCE = re.compile(r"^license:\s*(\S+)\s*$", re.MULTILINE)
_UNKNOWN_LICENCE = "unknown: ask the publisher of the weights"
# What both tokenizers and both towers are asked: two scripts, punctuation, nothing, and more than any context holds.
SENTENCES = ("a photograph of a samovar", "Самовар, медь, XIX в.", "it's 'gilt' & No. 1_2!", "", "ваза amphora " * 90)

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Export:
    """What is exported, and into which folder."""

    architecture: Architecture
    out: pathlib.Path
    text: bool = True

    def published(self, hub: Hub) -> pathlib.Path:
        """With the published weights; returns the description's path. Raises errors of vitrine."""
        weights = self.architecture.weights(hub)
        provenance = {
            "source": weights.url,
            "sha256": weights.sha256,
            "checksum": "announced by the server" if weights.announced else "of what was received",
            **({"commit": weights.commit} if weights.commit else {}),
            "open_clip": f"{self.architecture.name}:{self.architecture.tag}",
        }
        tokenizer = self.architecture.tokenizer(hub) if self.text else None
        return self._write(weights.path, tokenizer, provenance, self._card(hub))

    def random(self, tokenizer: Any = None) -> pathlib.Path:
        """The architecture with random weights, to try the export and what follows without a network.

        ``tokenizer`` stands in where the architecture's own is on a hub.
        """
        if self.text and tokenizer is None:
            tokenizer = self.architecture.tokenizer(None)
        provenance = {"source": "random weights: good for tests only", "open_clip": self.architecture.name}
        # A model of its own, which is never taken for the one with the published weights.
        named = dataclasses.replace(self.architecture, id=f"{self.architecture.id}-random")
        export = dataclasses.replace(self, architecture=named)
        return export._write(None, tokenizer if self.text else None, provenance, "")

    def _write(
        self, weights: pathlib.Path | None, tokenizer: Any, provenance: dict[str, str], card: str
    ) -> pathlib.Path:
        architecture, name = self.architecture, self.architecture.id
        model = architecture.model(weights)
        size, shown = _shown(architecture, model)
        tower = towers.ImageTower(model, architecture.published["mean"], architecture.published["std"])
        with replacing.in_folder(self.out) as folder:
            agreed = towers.write(tower, _pictures(size), towers.IMAGE, folder / f"{name}.onnx")
            document: dict[str, Any] = {
                "id": name,
                "file": f"{name}.onnx",
                "licence": _licence(card),
                "input": {"name": towers.IMAGE, "layout": "NHWC", "dtype": "uint8", "size": size},
                "resize": shown,
                "output": {"name": towers.EMBEDDING, "dimension": int(architecture.config["embed_dim"])},
            }
            metrics = {"image_cosine_to_torch": round(agreed, 7)}
            if tokenizer is not None:
                document["text"], metrics["text_cosine_to_torch"] = self._write_text(model, tokenizer, folder)
            document |= {"provenance": provenance, "metrics": metrics}
            (folder / f"{name}.md").write_text(card or f"# {name}\n\n{provenance['source']}\n", encoding="utf-8")
            described = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
            (folder / f"{name}.yaml").write_text(described, encoding="utf-8")
        return self.out / f"{name}.yaml"

    def _write_text(self, model: Any, tokenizer: Any, folder: pathlib.Path) -> tuple[dict[str, str], float]:
        name = self.architecture.id
        tokens = np.array([row.ids for row in tokenizer.encode_batch(list(SENTENCES))], np.int64)
        self._check_tokens(tokens)
        agreed = towers.write(towers.TextTower(model), tokens, towers.TOKENS, folder / f"{name}.text.onnx")
        tokenizer.save(str(folder / f"{name}.tokenizer.json"))
        described = {
            "file": f"{name}.text.onnx",
            "tokenizer": f"{name}.tokenizer.json",
            "input": towers.TOKENS,
            "output": towers.EMBEDDING,
        }
        return described, round(agreed, 7)

    def _check_tokens(self, tokens: npt.NDArray[np.int64]) -> None:
        """Against open_clip's own tokenizer, where that needs nothing that is not here."""
        import open_clip

        if self.architecture.config["text_cfg"].get("hf_tokenizer_name"):
            _log.info("The tokenizer is the hub's own file; open_clip's reading of it was not compared.")
            return
        expected = open_clip.get_tokenizer(self.architecture.name)(list(SENTENCES)).numpy()
        if not np.array_equal(tokens, expected):
            raise errors.Misconfigured(f"The tokenizer written for {self.architecture.name} differs from open_clip's.")

    def _card(self, hub: Hub) -> str:
        """The publisher's own page; empty where there is none."""
        if not self.architecture.repository:
            return ""
        try:
            card: Fetched = hub.fetch(self.architecture.repository, "README.md")
        except errors.NotFound:
            return ""
        return card.path.read_text(encoding="utf-8", errors="replace")


def _shown(architecture: Architecture, model: Any) -> tuple[int, dict[str, Any]]:
    """Side in px, and how pictures are brought to it. Raises Misconfigured for what Vitrine does not do."""
    sides = model.visual.image_size
    size, other = (sides, sides) if isinstance(sides, int) else sides
    mode = _RESIZE_MODES.get(architecture.published.get("resize_mode", ""))
    if size != other or mode is None:
        raise errors.Misconfigured(
            f"{architecture.name} wants {size} x {other} px by {architecture.published.get('resize_mode')!r};"
            f" Vitrine shows models squares, by {' or '.join(_RESIZE_MODES)}."
        )
    return size, {"mode": mode, "interpolation": architecture.published.get("interpolation", "bicubic")}


def _licence(card: str) -> str:
    found = _LICENCE.search(card.partition("\n---\n")[0])
    return found.group(1) if found else _UNKNOWN_LICENCE


def _pictures(size: int) -> Pixels:
    """Noise, black, white and a slope: uint8 [5, size, size, 3]."""
    noise = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, size).astype(np.uint8)[:, None, None], (size, size, 3))
    return np.stack([*noise, np.zeros_like(slope), np.full_like(slope, 255), slope])
