"""Tokenizers as one file that the library `tokenizers` reads: cleaning, padding and truncation are in it.

Whoever serves a text tower needs nothing of open_clip: text in, token ids of one fixed length out.
"""

from __future__ import annotations

import gzip
import pathlib
from collections.abc import Mapping
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from vitrine import errors

_WORDS = r"""<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""
_SPACES = [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
# As open_clip cleans texts before they are tokenized, without its repair of broken Unicode and of HTML.
_CLEANING: Mapping[str, list[Any]] = {
    "whitespace": _SPACES,
    "lower": [*_SPACES, normalizers.Lowercase()],
    "canonicalize": [
        normalizers.Replace("_", " "),
        normalizers.Replace(Regex(r"[!-/:-@\[-`{-~]"), ""),
        normalizers.Lowercase(),
        *_SPACES,
    ],
}


def of_clip(vocabulary: pathlib.Path, context: int) -> Tokenizer:
    """CLIP's own, from the merges that open_clip brings along (bpe_simple_vocab_16e6.txt.gz)."""
    lines = gzip.decompress(vocabulary.read_bytes()).decode("utf-8").split("\n")
    merges = [(first, second) for first, second in (line.split() for line in lines[1 : 49152 - 256 - 2 + 1])]
    # CLIP numbers bytes by their code points, the printable ones first.
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*letters, *(letter + "</w>" for letter in letters), *(first + second for first, second in merges)]
    start, end = "<start_of_text>", "<end_of_text>"
    numbered = {token: number for number, token in enumerate([*tokens, start, end])}
    made = Tokenizer(models.BPE(numbered, merges, end_of_word_suffix="</w>", unk_token=end))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.post_processor = _framed(made, start, end)
    return _fixed(made, "lower", context, pad_token="")


def of_hub(tokenizer: pathlib.Path, config: Mapping[str, Any], cleaning: str, context: int) -> Tokenizer:
    """A repository's tokenizer.json, with its tokenizer_config.json. Raises Misconfigured."""
    if cleaning not in _CLEANING:
        raise errors.Misconfigured(f"Texts would be cleaned by {cleaning!r}; known: {', '.join(_CLEANING)}.")
    try:
        made = Tokenizer.from_file(str(tokenizer))
    # The library raises nothing more precise.
    except Exception as error:
        raise errors.Misconfigured(f"{tokenizer} is no tokenizer: {error}") from error
    if "add_bos_token" in config or "add_eos_token" in config:
        first = _token(config, "bos_token") if config.get("add_bos_token") else ""
        last = _token(config, "eos_token") if config.get("add_eos_token") else ""
        made.post_processor = _framed(made, first, last)
    return _fixed(made, cleaning, context, pad_token=_token(config, "pad_token"))


def _token(config: Mapping[str, Any], key: str) -> str:
    value = config.get(key) or ""
    return str(value["content"] if isinstance(value, dict) else value)


def _framed(made: Tokenizer, first: str, last: str) -> Any:
    special = [(token, made.token_to_id(token)) for token in (first, last) if token]
    return processors.TemplateProcessing(single=f"{first} $A {last}".strip(), special_tokens=special)


def _fixed(made: Tokenizer, cleaning: str, context: int, pad_token: str) -> Tokenizer:
    theirs = [made.normalizer] if made.normalizer is not None else []
    made.normalizer = normalizers.Sequence([*_CLEANING[cleaning], *theirs])
    made.enable_truncation(context)
    pad = made.token_to_id(pad_token) if pad_token else 0
    if pad is None:
        raise errors.Misconfigured(f"The tokenizer does not know its own padding {pad_token!r}.")
    made.enable_padding(length=context, pad_id=pad, pad_token=pad_token or "!")
    return made
