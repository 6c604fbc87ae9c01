"""Where photographs are looked for, and where never."""

from __future__ import annotations

import errno
import os
import pathlib

import pytest

from indexer import image_paths
from vitrine import errors


@pytest.fixture
def roots(tmp_path: pathlib.Path) -> list[pathlib.Path]:
    roots = [tmp_path / "images", tmp_path / "table"]
    for root in roots:
        root.mkdir()
    return roots


def test_the_named_folder_comes_before_the_folder_of_the_table(roots: list[pathlib.Path]) -> None:
    (roots[1] / "a.jpg").write_bytes(b"2")
    assert image_paths.locate("a.jpg", roots).path == roots[1] / "a.jpg"
    (roots[0] / "a.jpg").write_bytes(b"1")
    assert image_paths.locate("a.jpg", roots).path == roots[0] / "a.jpg"


def test_an_absolute_path_is_taken_as_it_is(roots: list[pathlib.Path], tmp_path: pathlib.Path) -> None:
    (tmp_path / "far.jpg").write_bytes(b"1")
    assert image_paths.locate(str(tmp_path / "far.jpg"), roots).path == tmp_path / "far.jpg"


def test_windows_separators_and_split_letters_are_understood(roots: list[pathlib.Path]) -> None:
    (roots[0] / "фото").mkdir()
    (roots[0] / "фото" / "ча\u0438\u0306ник.jpg").write_bytes(b"1")
    assert image_paths.locate("фото\\ча\u0439ник.jpg", roots).size == 1


@pytest.mark.parametrize("path", ["../secret.jpg", "a/../../secret.jpg", "..\\secret.jpg", ".."])
def test_no_relative_path_leads_out(roots: list[pathlib.Path], tmp_path: pathlib.Path, path: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"1")
    with pytest.raises(errors.RejectedInput) as refusal:
        image_paths.locate(path, roots)
    assert refusal.value.code in ("image_outside", "image_missing")


def test_dots_inside_a_folder_are_harmless(roots: list[pathlib.Path]) -> None:
    (roots[0] / "a.jpg").write_bytes(b"1")
    assert image_paths.locate("./b/../a.jpg", roots).size == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("https://museum.example/a.jpg", "image_is_url"),
        ("file:///etc/passwd", "image_is_url"),
        ("C:\\photos\\a.jpg", "image_missing"),
        ("nowhere.jpg", "image_missing"),
        ("a\nb.jpg", "image_missing"),
        ("x" * 5000, "image_missing"),
        (".", "image_missing"),
        ("/dev/zero", "image_missing"),
    ],
)
def test_what_is_no_file_of_ours_is_refused(roots: list[pathlib.Path], path: str, code: str) -> None:
    with pytest.raises(errors.RejectedInput) as refusal:
        image_paths.locate(path, roots)
    assert refusal.value.code == code


def test_a_changed_file_has_another_source(roots: list[pathlib.Path]) -> None:
    path = roots[0] / "a.jpg"
    path.write_bytes(b"1")
    first = image_paths.locate("a.jpg", roots).source
    assert image_paths.locate("a.jpg", roots).source == first
    os.utime(path, (1, 1))
    assert image_paths.locate("a.jpg", roots).source != first


def test_a_file_that_is_too_large_is_not_read(roots: list[pathlib.Path]) -> None:
    (roots[0] / "a.jpg").write_bytes(b"123")
    with pytest.raises(errors.TooLarge):
        image_paths.read(image_paths.locate("a.jpg", roots), at_most=2)


def test_a_disk_that_does_not_answer_is_no_fault_of_the_row(
    roots: list[pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_path: pathlib.Path) -> os.stat_result:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(pathlib.Path, "stat", gone)
    with pytest.raises(errors.DependencyUnavailable, match="does not answer"):
        image_paths.locate("a.jpg", roots)
