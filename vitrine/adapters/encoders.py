"""The encoder of the configured size: in this process, or behind Triton."""

from __future__ import annotations

import logging

from vitrine import errors
from vitrine.adapters import model_files
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.ports import Encoder
from vitrine.settings import Settings

_log = logging.getLogger(__name__)


def configured(settings: Settings) -> Encoder:
    """Raises Misconfigured, also where Triton serves another model. A Triton that is away is waited for by searches.

    Call it in the process that encodes: gRPC's channel does not survive a fork.
    """
    model = model_files.find(settings.model, settings.model_folders)
    if not settings.triton_url:
        return _in_process(model)
    encoder = TritonEncoder(
        model,
        url=settings.triton_url,
        deadline_s=settings.triton_deadline_s,
        concurrency=settings.triton_concurrency,
    )
    try:
        encoder.check()
    except errors.DependencyUnavailable as error:
        _log.warning("starting without the encoder; searches wait for it: %s", error.message)
    return encoder


def _in_process(model: ModelFiles) -> Encoder:
    try:
        # Here and not above: the worker's image, which asks Triton, is without ONNX Runtime.
        from vitrine.adapters.onnx_encoder import OnnxEncoder
    except ImportError as error:
        raise errors.Misconfigured(
            "ONNX Runtime is not installed here. Set VITRINE_TRITON_URL, or install requirements/serve.txt."
        ) from error
    return OnnxEncoder(model)
