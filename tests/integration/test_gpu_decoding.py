"""JPEG files decoded behind Triton: the rendered repository for graphics cards, DALI's own operators on processors.

What cannot be had without a card is nvJPEG itself, and DALI's backend for Triton: `tests/servers/dali_backend.py`
stands in its place.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import io
import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.conftest import run_module
from tests.servers.triton import TritonServer, require_dali
from tests.servers.triton_repository import Served, described, head, shipped_model
from triton_models import decoding_check, repository
from vitrine import errors, preparation
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.adapters.triton_encoder import TritonEncoder
from vitrine.domain import Embedding

_ORIENTATION = 0x0112


@pytest.fixture(scope="module")
def decoding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The configurations are those for cards; the plan is a stand-in that runs the graph."""
    require_dali()
    folder, model = tmp_path_factory.mktemp("decoding"), shipped_model()
    made = head(model.description.dimension)
    plan = folder / "model.plan"
    plan.write_bytes(b"a plan")
    rendered = described(model, made)
    rendered.render(folder / "cpu")
    dataclasses.replace(rendered, target=repository.GPU, plan=plan, decodes=True).render(folder / "models")
    graph = folder / "cpu" / "embedder" / "1" / "model.onnx"
    graph.rename(folder / "models" / "embedder" / "1" / "model.onnx")
    server = TritonServer(folder / "models", folder)
    server.start(["vitrine", "vitrine_jpeg"])
    yield Served(model=model, head=made, server=server)
    server.stop()


@pytest.fixture
def encoder(decoding: Served) -> Iterator[TritonEncoder]:
    with contextlib.closing(decoding.encoder()) as made:
        yield made


def ours(encoder: TritonEncoder, file: bytes) -> Embedding:
    decoder = SubprocessDecoder(slots=1)
    square = preparation.decoded(file, decoder, encoder.resize).model_input
    decoder.close()
    assert square is not None
    embedding: Embedding = encoder.encode(square[None])[0]
    return embedding


def jpeg(image: Image.Image, orientation: int = 1, **options: object) -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[_ORIENTATION] = orientation
    image.save(out, "JPEG", quality=92, exif=exif, **options)
    return out.getvalue()


def photograph(width: int, height: int) -> Image.Image:
    """No two corners alike."""
    rng = np.random.default_rng(width)
    coarse = Image.fromarray(rng.integers(0, 256, (7, 9, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    fine = Image.fromarray(rng.integers(0, 256, (height // 4, width // 4, 3), np.uint8)).resize((width, height))
    return Image.blend(coarse, fine, 0.2)


def test_the_check_passes_on_the_museums_photographs(decoding: Served, museum: pathlib.Path) -> None:
    asked = ["--photographs", str(museum), "--count", "60", "--url", decoding.server.url]
    done = run_module("triton_models", "check-decoding", *asked, home=museum)
    assert done.returncode == 0, done.stderr
    assert "60 photographs, cosine 0.999" in done.stdout and "may embed one catalogue" in done.stdout


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("size", [(900, 600), (600, 901), (3000, 2000), (240, 200)])
def test_pictures_of_every_size_and_orientation_are_the_same(
    encoder: TritonEncoder, size: tuple[int, int], orientation: int
) -> None:
    file = jpeg(photograph(*size), orientation)
    assert float(encoder.encode_jpegs([file]).embeddings[0] @ ours(encoder, file)) >= decoding_check.LEAST_COSINE


def test_grey_and_progressive_pictures_are_the_same(encoder: TritonEncoder) -> None:
    files = [jpeg(photograph(640, 480).convert("L")), jpeg(photograph(640, 480), progressive=True, subsampling=0)]
    found = encoder.encode_jpegs(files).embeddings
    cosines = [float(row @ ours(encoder, file)) for row, file in zip(found, files, strict=True)]
    assert min(cosines) >= decoding_check.LEAST_COSINE


def test_files_of_different_lengths_are_asked_for_together_and_at_once(encoder: TritonEncoder) -> None:
    files = [jpeg(photograph(300 + 40 * number, 300)) for number in range(11)]
    single = np.concatenate([encoder.encode_jpegs([file]).embeddings for file in files])
    np.testing.assert_allclose(encoder.encode_jpegs(files).embeddings, single, atol=1e-5)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda file: encoder.encode_jpegs([file]).embeddings[0], files))
    np.testing.assert_allclose(np.stack(answers), single, atol=1e-5)


def test_the_class_comes_with_the_embedding(encoder: TritonEncoder, decoding: Served) -> None:
    encoded = encoder.encode_jpegs([jpeg(photograph(400, 300))])
    assert encoded.head_id == decoding.head.id and encoded.probabilities is not None
    np.testing.assert_allclose(encoded.probabilities, decoding.head.probabilities(encoded.embeddings), atol=1e-4)


def test_a_file_of_another_kind_is_refused_and_a_broken_one_harms_nobody_else(encoder: TritonEncoder) -> None:
    with pytest.raises(errors.UnsupportedPicture, match="JPEG"):
        encoder.encode_jpegs([b"\x89PNG"])
    with pytest.raises(errors.DependencyUnavailable):
        encoder.encode_jpegs([b"\xff\xd8 no picture at all"])
    file = jpeg(photograph(400, 300))
    assert float(encoder.encode_jpegs([file]).embeddings[0] @ ours(encoder, file)) >= decoding_check.LEAST_COSINE


def test_a_triton_without_a_decoder_says_how_to_render_one(triton: Served, museum: pathlib.Path) -> None:
    asked = ["--photographs", str(museum), "--url", triton.server.url]
    done = run_module("triton_models", "check-decoding", *asked, home=museum)
    assert done.returncode == 78
    assert "--target gpu --decode gpu" in done.stderr
