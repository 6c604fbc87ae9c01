"""Text encoder in process: a tokenizer of the library `tokenizers`, and the text tower in ONNX Runtime."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from vitrine import errors
from vitrine.adapters import onnx_session
from vitrine.adapters.model_files import ModelFiles
from vitrine.models import TextTower

# A tower of a hundred million weights takes a gigabyte at work: one text after the other goes through it.
_TOGETHER = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Loaded:
    tokenizer: Tokenizer
    session: onnxruntime.InferenceSession


class OnnxTextEncoder:
    """Loads the tower at the first text: a service that nobody asks in words never pays its memory."""

    def __init__(self, model: ModelFiles, tower: TextTower) -> None:
        """Raises Misconfigured where a file that the description names is not there."""
        self._model = model
        self._tower = tower
        self._lock = threading.Lock()
        for name in (tower.file, tower.tokenizer):
            if not self._path(name).is_file():
                raise errors.Misconfigured(
                    f"{name} must lie beside {model.graph}. Export {model.description.id} again, or remove the part "
                    "`text` of its description to do without texts."
                )

    @property
    def model_id(self) -> str:
        return self._model.model_id

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self._model.description.dimension), np.float32)
        with self._lock:
            chunks = [texts[first : first + _TOGETHER] for first in range(0, len(texts), _TOGETHER)]
            return np.concatenate([self._encoded(chunk) for chunk in chunks])

    def _encoded(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        loaded = self._loaded
        # One by one: what encodes a batch would start threads of its own.
        tokens = np.array([loaded.tokenizer.encode(text).ids for text in texts], np.int64)
        try:
            (output,) = loaded.session.run([self._tower.output_name], {self._tower.input_name: tokens})
        except Exception as error:
            raise errors.DependencyUnavailable(f"The text tower failed: {error}") from error
        return onnx_session.unit_rows(output, len(texts))

    @functools.cached_property
    def _loaded(self) -> _Loaded:
        path = self._path(self._tower.tokenizer)
        try:
            tokenizer = Tokenizer.from_file(str(path))
        # The library raises nothing more precise.
        except Exception as error:
            raise errors.Misconfigured(f"{path} is no tokenizer: {error}") from error
        if tokenizer.padding is None or tokenizer.truncation is None:
            raise errors.Misconfigured(f"{path} must pad and cut texts to one length. Export the model again.")
        session = onnx_session.opened(self._path(self._tower.file))
        description = self._model.description
        onnx_session.check(
            session,
            f"the texts of {description.id}",
            source=self._tower.input_name,
            output=self._tower.output_name,
            dimension=description.dimension,
        )
        return _Loaded(tokenizer=tokenizer, session=session)

    def _path(self, name: str) -> pathlib.Path:
        return self._model.graph.parent / pathlib.PurePath(name).name
