"""Which open_clip model a name means, and the model itself, with its published weights or with random ones."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import pickle
from collections.abc import Mapping
from typing import Any

import safetensors
import torch

from modelling import tokenizer_file
from modelling.downloads import Fetched, Hub, fetch
from vitrine import errors

try:
    import open_clip
    from open_clip import transform
# torchvision raises RuntimeError where it was built for another torch.
except (ImportError, RuntimeError) as error:
    raise errors.Misconfigured(
        f"open_clip cannot be imported here ({error}). Its torch and torchvision must be of one build: "
        ".venv-modelling/bin/pip install -r requirements/export.txt"
    ) from error

# The names of the design, and what they stand for.
SHORT_NAMES = {"siglip2-b16": "ViT-B-16-SigLIP2-256:webli", "clip-b32": "ViT-B-32:laion2b_s34b_b79k"}
_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")

# What torch, pickle, safetensors and open_clip raise of files that are no weights or another model's.
_UNREADABLE = (
    *(RuntimeError, ValueError, KeyError, TypeError, AttributeError, ImportError, OSError, EOFError),
    *(pickle.UnpicklingError, safetensors.SafetensorError),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Architecture:
    """``id`` is what the exported model is called. ``published``: what open_clip knows of these weights."""

    id: str
    name: str
    tag: str
    published: Mapping[str, Any]

    @classmethod
    def named(cls, wanted: str) -> Architecture:
        """A short name, MODEL or MODEL:PRETRAINED of open_clip. Raises Misconfigured."""
        name, _, tag = SHORT_NAMES.get(wanted, wanted).partition(":")
        if open_clip.get_model_config(name) is None:
            raise errors.Misconfigured(
                f"open_clip has no model {name!r}. Short names are {', '.join(SHORT_NAMES)};"
                " python -c 'import open_clip; print(open_clip.list_models())' lists the others."
            )
        tags = open_clip.list_pretrained_tags_by_model(name)
        tag = tag or (tags[0] if len(tags) == 1 else "")
        if tag not in ("", *tags):
            raise errors.Misconfigured(f"{name} has no weights {tag!r}; it has {', '.join(tags) or 'none'}.")
        identity = wanted if wanted in SHORT_NAMES else "-".join(part for part in (name, tag) if part).lower()
        # Without a tag it can still be made with random weights; then any tag tells how pictures are prepared, or where
        # there is none what open_clip would take.
        published = open_clip.get_pretrained_cfg(name, tag or tags[0]) if tags else vars(transform.PreprocessCfg())
        return cls(id=identity, name=name, tag=tag, published=published)

    @property
    def config(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = open_clip.get_model_config(self.name)
        return found

    @property
    def context(self) -> int:
        return int(self.config["text_cfg"].get("context_length", 77))

    @property
    def repository(self) -> str:
        return self._on_the_hub[0]

    @property
    def _on_the_hub(self) -> tuple[str, str]:
        """Repository and file of ORGANISATION/NAME/FILE; without a file, the usual ones of open_clip are meant."""
        repository, _, file = str(self.published.get("hf_hub", "")).rpartition("/")
        return repository, file

    def model(self, weights: pathlib.Path | None) -> Any:
        """For inference. None: random weights, the same ones each time. Raises Misconfigured."""
        torch.manual_seed(0)
        quick = bool(self.published.get("quick_gelu"))
        try:
            made = open_clip.create_model(
                self.name, load_weights=False, force_quick_gelu=quick, output_dict=False, pretrained_text=False
            )
            if weights is not None:
                open_clip.load_checkpoint(made, str(weights))
        except _UNREADABLE as error:
            raise errors.Misconfigured(
                f"{self.name} cannot be made of {weights or 'random weights'}: {error}. Where the file is damaged, "
                "replace or remove it: what was downloaded is then downloaded anew."
            ) from error
        return made.eval()

    def weights(self, hub: Hub) -> Fetched:
        """Raises NotFound, DependencyUnavailable and Misconfigured."""
        if not self.tag:
            tags = ", ".join(open_clip.list_pretrained_tags_by_model(self.name)) or "none"
            raise errors.Misconfigured(f"Which weights of {self.name}? Write {self.name}:TAG with one of: {tags}.")
        repository, file = self._on_the_hub
        if repository and file:
            return hub.fetch(repository, file)
        if repository:
            try:
                return hub.fetch(repository, _WEIGHTS[0])
            except errors.NotFound:
                return hub.fetch(repository, _WEIGHTS[1])
        url = str(self.published.get("url", ""))
        if not url:
            raise errors.Misconfigured(f"open_clip does not say where the weights {self.tag} of {self.name} are.")
        return fetch(url, hub.folder / self.id / url.rpartition("/")[2])

    def tokenizer(self, hub: Hub | None) -> Any:
        """A `tokenizers.Tokenizer`; without a hub only CLIP's own can be had. Raises what `Hub.fetch` raises."""
        text = self.config["text_cfg"]
        repository = text.get("hf_tokenizer_name")
        if not repository:
            vocabulary = pathlib.Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
            return tokenizer_file.of_clip(vocabulary, self.context)
        if hub is None:
            raise errors.Misconfigured(f"The tokenizer of {self.name} is on the hub, {repository}: add --image-only.")
        config = json.loads(hub.fetch(repository, "tokenizer_config.json").path.read_text(encoding="utf-8"))
        cleaning = text.get("tokenizer_kwargs", {}).get("clean", "whitespace")
        return tokenizer_file.of_hub(hub.fetch(repository, "tokenizer.json").path, config, cleaning, self.context)
