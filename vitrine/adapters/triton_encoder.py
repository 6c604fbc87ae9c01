"""Encoder behind Triton: the ensemble `vitrine` over gRPC, with the classifier's answer in the same pass."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tritonclient.grpc as triton_grpc
from tritonclient.utils import InferenceServerException

from vitrine import errors, triton_contract
from vitrine.adapters.model_files import ModelFiles
from vitrine.domain import Embedding, Pixels
from vitrine.ports import Encoded
from vitrine.preprocessing import Resize

_log = logging.getLogger(__name__)

# With the second until the channel looks for the server again, searches are resumed within five of its return.
_RETRY_AFTER_S = 2.0
_CHANNEL = [
    # gRPC would wait up to two minutes before it looks for a server again.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
]
# Half precision on a graphics card stays far above; any other model, or a broken one, far below.
_LEAST_COSINE = 0.99
_JPEG = b"\xff\xd8"


class TritonEncoder:
    """One client for all threads of a process, with a bounded number of requests under way.

    Every answer names the model and the head that made it. An answer of another model is never returned, whether the
    server was restarted with it, swapped it, or stands behind a load balancer beside the right one.
    """

    def __init__(self, model: ModelFiles, *, url: str, deadline_s: float, concurrency: int, max_batch: int = 8) -> None:
        """``url``: HOST:PORT of Triton's gRPC. Contacts nobody: see `check`. ``max_batch``: pictures in one request."""
        self._description = model.description
        self._model_id = model.model_id
        self._url = url
        self._deadline_s = deadline_s
        self._max_batch = max_batch
        self._free = threading.BoundedSemaphore(concurrency)
        self._client = triton_grpc.InferenceServerClient(url, channel_args=_CHANNEL)

    @property
    def model_id(self) -> str:
        return self._model_id

    @property
    def resize(self) -> Resize:
        return self._description.resize

    @property
    def dimension(self) -> int:
        return self._description.dimension

    def encode(self, batch: Pixels) -> npt.NDArray[np.float32]:
        return self.encode_with_class(batch).embeddings

    def encode_with_class(self, batch: Pixels) -> Encoded:
        """Raises DependencyUnavailable after the deadline at the latest, for each ``max_batch`` pictures."""
        return _joined(
            [
                self._infer(triton_contract.ENSEMBLE, triton_contract.IMAGE, batch[part])
                for part in self._parts(len(batch))
            ]
        )

    def encode_jpegs(self, files: Sequence[bytes]) -> Encoded:
        """Of JPEG files that Triton decodes itself, where its repository was rendered with a decoder.

        Raises UnsupportedPicture for a file of another kind, and DependencyUnavailable: also where one file cannot be
        decoded, because Triton then refuses what came with it.
        """
        for file in files:
            if not file.startswith(_JPEG):
                raise errors.UnsupportedPicture("Only JPEG files are decoded behind Triton.")
        return _joined(
            [
                self._infer(triton_contract.JPEG_ENSEMBLE, triton_contract.JPEG, _padded(files[part]))
                for part in self._parts(len(files))
            ]
        )

    def check(self) -> None:
        """Ask for the one answer that is known. Raises Misconfigured where another model answers, or this one wrongly.

        Raises DependencyUnavailable where nobody does. A server's own word is not enough: it calls a model ready whose
        process was killed.
        """
        parameters = self._parameters(triton_contract.ENSEMBLE)
        known = triton_contract.answer_from_text(parameters[triton_contract.KNOWN_ANSWER].string_value)
        picture = triton_contract.known_picture(self.resize.size)
        answer = self._infer(triton_contract.ENSEMBLE, triton_contract.IMAGE, picture[None])
        cosine = _cosine(answer.embeddings[0], known)
        if not cosine >= _LEAST_COSINE:
            raise errors.Misconfigured(
                f"Triton at {self._url} encodes the known picture wrongly (cosine {cosine:.3f}): was the plan built "
                "from another graph? Render the repository anew: python -m triton_models render"
            )

    def check_decoder(self) -> None:
        """Raises Misconfigured where Triton decodes nothing, or for another model, and DependencyUnavailable."""
        try:
            there = self._client.is_model_ready(triton_contract.JPEG_ENSEMBLE, client_timeout=self._deadline_s)
        except InferenceServerException as error:
            raise self._unavailable(error) from error
        if not there:
            raise errors.Misconfigured(
                f"Triton at {self._url} decodes no JPEG files. Render its repository with a decoder, and have it load"
                f" {triton_contract.JPEG_ENSEMBLE}: python -m triton_models render --target gpu --decode gpu"
            )
        self._parameters(triton_contract.JPEG_ENSEMBLE)

    def healthy(self) -> bool:
        """Whether the known answer comes, and is right; why not is logged. Takes two deadlines at most."""
        try:
            self.check()
        except errors.VitrineError as error:
            _log.warning("the encoder is not healthy: %s", error.message)
            return False
        return True

    def close(self) -> None:
        self._client.close()

    def _parts(self, count: int) -> list[slice]:
        return [slice(start, start + self._max_batch) for start in range(0, count, self._max_batch)]

    def _parameters(self, ensemble: str) -> Any:
        """Of its configuration. Raises Misconfigured where it is of another model, and DependencyUnavailable."""
        try:
            config = self._client.get_model_config(ensemble, client_timeout=self._deadline_s).config
        except InferenceServerException as error:
            raise self._unavailable(error) from error
        served = config.parameters[triton_contract.MODEL_ID].string_value
        if served != self._model_id:
            raise errors.Misconfigured(
                f"Triton at {self._url} serves {served or 'no model of Vitrine'}, but VITRINE_MODEL is "
                f"{self._model_id}. Render its repository for this model (python -m triton_models render) and start "
                "Triton again: it keeps what it has loaded."
            )
        return config.parameters

    def _infer(self, ensemble: str, name: str, batch: npt.NDArray[np.uint8]) -> Encoded:
        deadline = time.monotonic() + self._deadline_s
        if not self._free.acquire(timeout=self._deadline_s):
            raise errors.DependencyUnavailable(
                f"Triton at {self._url} is busy: no request ended within {self._deadline_s:g} s.",
                retry_after_s=_RETRY_AFTER_S,
            )
        try:
            given = triton_grpc.InferInput(name, list(batch.shape), "UINT8")
            given.set_data_from_numpy(np.ascontiguousarray(batch))
            # All outputs: Triton answers a part of an ensemble's outputs with an error (server#7482).
            answer = self._client.infer(ensemble, [given], client_timeout=max(0.001, deadline - time.monotonic()))
        except InferenceServerException as error:
            raise self._unavailable(error) from error
        finally:
            self._free.release()
        return self._read(answer, len(batch))

    def _read(self, answer: triton_grpc.InferResult, count: int) -> Encoded:
        embeddings = answer.as_numpy(triton_contract.EMBEDDING)
        models = answer.as_numpy(triton_contract.MODEL)
        if embeddings is None or models is None or embeddings.shape != (count, self.dimension):
            raise self._another_model("a model of another form")
        for model in np.unique(models, axis=0):
            if (served := triton_contract.hex_digits(model)) != triton_contract.digest_of(self._model_id):
                raise self._another_model(f"the model …@{served}")
        probabilities, heads = answer.as_numpy(triton_contract.PROBABILITIES), answer.as_numpy(triton_contract.HEAD)
        head_id = triton_contract.hex_digits(heads[0]) if heads is not None else ""
        if not head_id or head_id == triton_contract.NO_HEAD or (heads != heads[0]).any():
            return Encoded(embeddings=embeddings)
        return Encoded(embeddings=embeddings, probabilities=probabilities, head_id=head_id)

    def _another_model(self, served: str) -> errors.DependencyUnavailable:
        """Searches wait until the right model is back: none of them is to blame."""
        return errors.DependencyUnavailable(
            f"Triton at {self._url} answered by {served}, not by {self._model_id}.", retry_after_s=_RETRY_AFTER_S
        )

    def _unavailable(self, error: InferenceServerException) -> errors.DependencyUnavailable:
        return errors.DependencyUnavailable(
            f"Triton at {self._url} did not answer: {error.status() or 'error'}: {error.message()}",
            retry_after_s=_RETRY_AFTER_S,
        )


def _joined(parts: Sequence[Encoded]) -> Encoded:
    embeddings = np.concatenate([part.embeddings for part in parts])
    head_ids = {part.head_id for part in parts}
    probabilities = [part.probabilities for part in parts if part.probabilities is not None]
    # A head that was swapped half-way is none: whoever asked applies a head of their own.
    if len(head_ids) > 1 or len(probabilities) < len(parts):
        return Encoded(embeddings=embeddings)
    return Encoded(embeddings=embeddings, probabilities=np.concatenate(probabilities), head_id=head_ids.pop())


def _padded(files: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    """uint8 [n, longest]: decoders stop at a file's own end."""
    rows = np.zeros((len(files), max(map(len, files))), np.uint8)
    for row, file in zip(rows, files, strict=True):
        row[: len(file)] = np.frombuffer(file, np.uint8)
    return rows


def _cosine(embedding: Embedding, known: Embedding | None) -> float:
    if known is None or known.shape != embedding.shape:
        return 0.0
    return float(embedding @ known)
