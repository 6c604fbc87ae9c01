"""Pictures as museums and visitors send them, through the real child processes."""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from vitrine import errors, local_features
from vitrine.adapters import decoder_child, picture_decoding, subprocess_decoder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import Pixels, Region
from vitrine.ports import DecodeRequest
from vitrine.preprocessing import Resize

SQUARE = DecodeRequest(model_input=Resize(mode="center_crop", size=96, shorter_side=96))


@pytest.fixture(scope="module")
def decoder() -> Iterator[SubprocessDecoder]:
    made = SubprocessDecoder(slots=1)
    yield made
    made.close()


def picture() -> Image.Image:
    """Smooth, coloured and without symmetry, so that any turn or colour mistake shows."""
    rows, columns = np.mgrid[0:240, 0:320].astype(np.float32)
    red, green = columns / 320 * 255, rows / 240 * 255
    blue = 127 + 100 * np.sin(columns / 40) * np.cos(rows / 30)
    return Image.fromarray(np.stack([red, green, blue], -1).astype(np.uint8))


def saved(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def square(decoder: SubprocessDecoder, data: bytes) -> Pixels:
    found = decoder.decode(data, SQUARE).model_input
    assert found is not None
    return found


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(picture().rotate(90, expand=True), format="JPEG", quality=95, exif=exif)


def grey16() -> Image.Image:
    return Image.fromarray(np.asarray(picture().convert("L")).astype(np.uint16) * 257)


COLOURED: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(picture(), format="JPEG", quality=95),
    "progressive jpeg": lambda: saved(picture(), format="JPEG", quality=95, progressive=True),
    "exif-rotated": turned,
    "webp": lambda: saved(picture(), format="WEBP", quality=95),
    "avif": lambda: saved(picture(), format="AVIF", quality=95),
    "heic": lambda: saved(picture(), format="HEIF", quality=95),
    "jpeg 2000": lambda: saved(picture(), format="JPEG2000"),
    "tiff": lambda: saved(picture(), format="TIFF", compression="tiff_lzw"),
    "cmyk jpeg": lambda: saved(picture().convert("CMYK"), format="JPEG", quality=95),
    "cmyk tiff": lambda: saved(picture().convert("CMYK"), format="TIFF"),
    "palette": lambda: saved(picture().quantize(256), format="PNG"),
    "alpha": lambda: saved(picture().convert("RGBA"), format="PNG"),
    "animated gif": lambda: saved(picture(), format="GIF", save_all=True, append_images=[picture().rotate(90)]),
    "animated webp": lambda: saved(
        picture(), format="WEBP", quality=95, save_all=True, append_images=[picture().rotate(90)]
    ),
    "bmp": lambda: saved(picture(), format="BMP"),
}
GREY: dict[str, Callable[[], bytes]] = {
    "grey": lambda: saved(picture().convert("L"), format="PNG"),
    "16-bit png": lambda: saved(grey16(), format="PNG"),
    "16-bit tiff": lambda: saved(grey16(), format="TIFF"),
    "12 bits in 16": lambda: saved(Image.fromarray(np.asarray(grey16()) // 16), format="PNG"),
    "grey with alpha": lambda: saved(picture().convert("LA"), format="PNG"),
    "float tiff": lambda: saved(picture().convert("L").convert("F"), format="TIFF"),
}


@pytest.mark.parametrize("form", COLOURED)
def test_a_picture_looks_the_same_in_every_form(decoder: SubprocessDecoder, form: str) -> None:
    wanted = square(decoder, saved(picture(), format="PNG")).astype(float)
    assert np.abs(square(decoder, COLOURED[form]()) - wanted).mean() < 8


@pytest.mark.parametrize("form", GREY)
def test_a_grey_picture_keeps_its_tones(decoder: SubprocessDecoder, form: str) -> None:
    wanted = square(decoder, saved(picture().convert("L").convert("RGB"), format="PNG")).astype(float)
    assert np.abs(square(decoder, GREY[form]()) - wanted).mean() < 4


def test_a_wide_gamut_picture_is_brought_to_srgb(decoder: SubprocessDecoder) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    in_lab = ImageCms.profileToProfile(picture(), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    assert in_lab is not None
    data = saved(in_lab, format="TIFF", icc_profile=lab.tobytes())
    wanted = square(decoder, saved(picture(), format="PNG")).astype(float)
    assert np.abs(square(decoder, data) - wanted).mean() < 6


def test_transparency_lies_on_white(decoder: SubprocessDecoder) -> None:
    glass = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    assert square(decoder, saved(glass, format="PNG")).min() == 255


def test_a_large_jpeg_is_decoded_small_and_looks_the_same(decoder: SubprocessDecoder) -> None:
    large = picture().resize((3200, 2400), Image.Resampling.BICUBIC)
    decoded = decoder.decode(saved(large, format="JPEG", quality=90), SQUARE)
    assert (decoded.width, decoded.height) == (3200, 2400)
    wanted = square(decoder, saved(picture(), format="PNG")).astype(float)
    assert decoded.model_input is not None and np.abs(decoded.model_input - wanted).mean() < 3


def test_a_region_is_cut_out_of_the_upright_picture(decoder: SubprocessDecoder) -> None:
    request = DecodeRequest(region=Region(x=0.5, y=0, width=0.5, height=0.5), preview_size=384)
    preview = decoder.decode(turned(), request).preview
    assert preview is not None and preview.shape == (120, 160, 3)
    # Right and top: much red, little green.
    assert preview[..., 0].mean() > 170 > 80 > preview[..., 1].mean()


def test_local_features_are_those_of_the_preview(decoder: SubprocessDecoder) -> None:
    blocks = np.random.default_rng(1).integers(0, 256, (24, 32, 3), np.uint8)
    textured = saved(Image.fromarray(blocks).resize((640, 480)), format="PNG")
    region = Region(x=0.25, y=0, width=0.75, height=1)
    request = DecodeRequest(region=region, preview_size=384)
    preview = decoder.decode(textured, request).preview
    found = decoder.decode(textured, dataclasses.replace(request, features=True))
    assert preview is not None and found.features is not None and found.preview is None
    features = local_features.unpack(found.features)
    assert len(features) > 50
    assert found.features == local_features.pack(local_features.extract(preview))


def test_a_derivative_carries_no_metadata(decoder: SubprocessDecoder) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Secret camera"
    data = saved(picture(), format="JPEG", exif=exif)
    jpeg = decoder.decode(data, DecodeRequest(jpeg_size=160)).jpeg
    assert jpeg is not None and b"Secret" in data and b"Secret" not in jpeg
    assert max(Image.open(io.BytesIO(jpeg)).size) == 160


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n"


@pytest.mark.parametrize("data", [b"", b"just text" * 50, SVG, EPS, b"\x00" * 1000])
def test_what_is_no_picture_is_unsupported(decoder: SubprocessDecoder, data: bytes) -> None:
    with pytest.raises(errors.UnsupportedPicture):
        decoder.decode(data, SQUARE)


@pytest.mark.parametrize("form", ["jpeg", "webp", "tiff", "palette", "heic", "avif"])
def test_a_truncated_picture_is_broken(decoder: SubprocessDecoder, form: str) -> None:
    data = COLOURED[form]()
    with pytest.raises(errors.RejectedInput):
        decoder.decode(data[: len(data) // 2], SQUARE)


def test_a_bomb_is_refused_by_its_header(decoder: SubprocessDecoder) -> None:
    bomb = saved(Image.new("1", (12_000, 12_000)), format="PNG")
    assert len(bomb) < 20_000
    with pytest.raises(errors.TooLarge, match="144 megapixels"):
        decoder.decode(bomb, SQUARE)


def test_what_is_refused_by_its_header_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    large = saved(Image.new("RGB", (400, 300)), format="PNG")

    def decoded(_image: Image.Image) -> None:
        raise AssertionError

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", decoded)
    with pytest.raises(errors.TooLarge):
        picture_decoding.decode(large, SQUARE, max_pixels=1000)


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG", "WEBP", "AVIF"])
def test_a_turned_picture_is_told_as_it_is_seen(decoder: SubprocessDecoder, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = decoder.decode(saved(picture(), format=form, exif=exif), DecodeRequest(preview_size=320))
    assert found.preview is not None
    assert (found.width, found.height) == (240, 320) == found.preview.shape[1::-1]


def test_an_answer_that_was_not_heard_to_its_end_is_nobody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = SubprocessDecoder(slots=1)
    hear = subprocess_decoder._Child._receive

    def out_of_memory(child: subprocess_decoder._Child, size: int, deadline: float) -> bytearray:
        monkeypatch.setattr(subprocess_decoder._Child, "_receive", hear)
        raise MemoryError

    monkeypatch.setattr(subprocess_decoder._Child, "_receive", out_of_memory)
    with pytest.raises(MemoryError):
        decoder.decode(saved(Image.new("RGB", (96, 96), (255, 0, 0)), format="PNG"), SQUARE)
    blue = square(decoder, saved(Image.new("RGB", (96, 96), (0, 0, 255)), format="PNG"))
    assert blue[0, 0].tolist() == [0, 0, 255]
    decoder.close()


def test_a_picture_that_hangs_its_decoder_is_given_up_and_the_next_is_decoded() -> None:
    hasty = SubprocessDecoder(slots=1, timeout_s=0.0001)
    with pytest.raises(errors.BrokenPicture, match="longer"):
        hasty.decode(COLOURED["jpeg"](), SQUARE)
    patient = SubprocessDecoder(slots=1)
    assert square(patient, COLOURED["jpeg"]()).shape == (96, 96, 3)
    hasty.close()
    patient.close()


def test_a_picture_that_takes_too_much_memory_is_refused_and_the_next_is_decoded() -> None:
    decoder = SubprocessDecoder(slots=1, memory_bytes=450 << 20)
    large = saved(Image.new("RGB", (9_900, 9_900), (200, 10, 10)), format="PNG")
    with pytest.raises(errors.RejectedInput):
        decoder.decode(large, SQUARE)
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()


def test_a_picture_of_bulk_work_is_not_to_blame_for_cores_that_others_have() -> None:
    decoder = SubprocessDecoder(slots=1, timeout_s=0.5, visitors_first=True)
    decoder.warm_up()
    child = children()[-1]
    os.kill(child, signal.SIGSTOP)
    threading.Timer(1.0, os.kill, (child, signal.SIGCONT)).start()
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()


def test_a_child_that_uses_up_its_time_is_ended_by_the_kernel() -> None:
    endless = f"from {decoder_child.__name__} import _limit_cpu\n_limit_cpu(0.1)\nwhile True: pass"
    assert subprocess.run([sys.executable, "-c", endless]).returncode == -signal.SIGXCPU


def children() -> list[int]:
    """Decoder children of this process."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                with (entry / "stat").open() as stat, (entry / "cmdline").open() as line:
                    parent = int(stat.read().rsplit(")", 1)[1].split()[1])
                    if parent == os.getpid() and decoder_child.__name__ in line.read():
                        found.append(int(entry.name))
            except OSError:
                continue
    return found


def test_a_picture_that_kills_its_decoder_is_broken_and_the_next_is_decoded() -> None:
    decoder = SubprocessDecoder(slots=1)
    killing = threading.Event()

    def kill() -> None:
        while not killing.wait(0.005):
            for child in children():
                os.kill(child, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(errors.BrokenPicture, match="crashed"):
        decoder.decode(saved(Image.new("RGB", (4_000, 4_000)), format="PNG"), SQUARE)
    killing.set()
    killer.join()
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()


def test_a_child_that_died_between_pictures_costs_nobody_anything() -> None:
    decoder = SubprocessDecoder(slots=1)
    square(decoder, COLOURED["jpeg"]())
    mine = children()[-1]
    os.kill(mine, signal.SIGKILL)
    time.sleep(0.05)
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_decoder_knows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_DATABASE_URL", "mysql+pymysql://vitrine:secret@mysql/vitrine")
    decoder = SubprocessDecoder(slots=1)
    decoder.warm_up()
    known = pathlib.Path(f"/proc/{children()[-1]}/environ").read_bytes()
    decoder.close()
    assert b"OMP_NUM_THREADS=1" in known and b"secret" not in known


@pytest.mark.skipif(sys.platform != "linux", reason="policies are Linux's")
@pytest.mark.parametrize("visitors_first", [True, False])
def test_decoders_take_long_turns_and_those_of_bulk_work_come_last(visitors_first: bool) -> None:
    decoder = SubprocessDecoder(slots=1, visitors_first=visitors_first)
    decoder.warm_up()
    child = children()[-1]
    found = os.sched_getscheduler(child)
    decoder.close()
    assert found == (os.SCHED_IDLE if visitors_first else os.SCHED_BATCH)


def test_a_decoder_that_cannot_be_started_is_not_the_picture_s_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    decoder = SubprocessDecoder(slots=2)
    monkeypatch.setattr(subprocess, "Popen", refused)
    for ask in (decoder.warm_up, lambda: decoder.decode(COLOURED["jpeg"](), SQUARE)):
        with pytest.raises(errors.DependencyUnavailable, match="cannot be started: Resource temporarily unavailable"):
            ask()
    # Every slot was given back: closing waits for all of them.
    decoder.close()


def test_a_decoder_that_is_slow_to_start_says_what_to_see_to_and_is_started_anew() -> None:
    decoder = SubprocessDecoder(slots=2, timeout_s=0.01)
    with pytest.raises(errors.DependencyUnavailable, match=r"first picture.*VITRINE_DECODE_TIMEOUT_S"):
        decoder.warm_up()
    decoder._timeout_s = 30.0
    decoder.warm_up()
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()


def test_a_library_that_the_decoder_cannot_load_is_not_the_picture_s_fault(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where no memory is left to map it.
    (tmp_path / "cv2.py").write_text("raise ImportError('failed to map segment from shared object')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    decoder = SubprocessDecoder(slots=1)
    with pytest.raises(errors.DependencyUnavailable, match=r"failed to map.*VITRINE_DECODE_MEMORY_MIB"):
        decoder.decode(COLOURED["jpeg"](), DecodeRequest(preview_size=100, features=True))
    assert square(decoder, COLOURED["jpeg"]()).shape == (96, 96, 3)
    decoder.close()
