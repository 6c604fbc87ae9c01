"""What is asked and what is compared, from manifests written here."""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import pytest

import modelling
from modelling import evaluate
from modelling.__main__ import main

MANIFEST = """path,object_id,class,view,near_dup_of
images/a1.jpg,a,package,catalogue,
images/a2.jpg,a,package,phone,
images/b1.jpg,b,package,catalogue,
images/c1.jpg,c,mosaic,main,
images/c2.jpg,c,mosaic,detail,
images/c3.jpg,c,mosaic,detail,images/c2.jpg
"""

MUSEUM = """external_id,kind,image,view,view_no
VM-1,vase,images/1-a.jpg,общий вид,1
VM-1,vase,images/1-b.jpg,снимок на телефон,2
VM-2,coin,images/2-a.jpg,аверс,1
VM-2,coin,images/2-b.jpg,снимок на телефон,2
"""


def test_near_duplicates_are_left_out(tmp_path: pathlib.Path) -> None:
    (tmp_path / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    photographs = evaluate.read_objects(tmp_path)
    assert [photograph.path.name for photograph in photographs] == ["a1.jpg", "a2.jpg", "b1.jpg", "c1.jpg", "c2.jpg"]


def test_phones_ask_catalogue_pictures_only(tmp_path: pathlib.Path) -> None:
    (tmp_path / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    photographs = evaluate.read_objects(tmp_path)
    # a's phone photograph lies nearest to b's catalogue picture; c's two pictures are one.
    vectors = np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], np.float32)
    found = evaluate.answered(photographs, evaluate.of_objects(photographs), vectors)
    assert found["phone -> catalogue"].queries == 1
    assert found["phone -> catalogue"].recall_at_1 == 0.0
    assert found["multi-view, museum objects"].recall_at_1 == 1.0
    assert found["multi-view"].queries == 4


def test_the_museums_catalogue_views_ask_the_other_views(tmp_path: pathlib.Path) -> None:
    (tmp_path / "museum.csv").write_text(MUSEUM, encoding="utf-8")
    photographs = evaluate.read_museum(tmp_path)
    vectors = np.array([[1, 0], [0, 1], [0.8, 0.6], [0.6, 0.8]], np.float32)
    found = evaluate.answered(photographs, evaluate.of_museum(photographs), vectors)["catalogue -> other views"]
    assert (found.queries, found.recall_at_1) == (2, 0.5)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (None, "manifest.csv cannot be read"),
        (b"", "has no column path, object_id"),
        (b"\xff\xfe", "cannot be read as a table"),
        (b"path,object_id,class,view,near_dup_of\n", "has no rows"),
        (b"path,object_id,class,near_dup_of\na.jpg,a,b,\n", "has no column view"),
        (
            b"path,object_id,class,view,near_dup_of\nbroken.jpg,a,b,c,\n",
            "broken.jpg is not there or is no whole picture",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_told_in_a_line(
    table: bytes | None, told: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if table is not None:
        (tmp_path / "manifest.csv").write_bytes(table)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    assert main(["evaluate", "--histogram", "--objects", str(tmp_path)]) == 78
    assert told in capsys.readouterr().err


def test_who_says_nothing_of_photographs_is_asked_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "--histogram"]) == 78
    assert "--objects DIR" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "x", str(2**32)])
def test_a_seed_is_one_that_everybody_takes(seed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--seed", seed])
    assert "is not a whole number" in capsys.readouterr().err


def test_without_torch_the_environment_that_has_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("train", "export", "architectures"):
        monkeypatch.delitem(sys.modules, f"modelling.{name}", raising=False)
        monkeypatch.delattr(modelling, name, raising=False)
    for command in (["train"], ["export"], ["export", "--model", "clip-b32"]):
        assert main(command) == 78
        assert "is not installed here. What needs torch" in capsys.readouterr().err


def test_the_table_has_a_row_a_part(tmp_path: pathlib.Path) -> None:
    (tmp_path / "museum.csv").write_text(MUSEUM, encoding="utf-8")
    photographs = evaluate.read_museum(tmp_path)
    found = evaluate.answered(photographs, evaluate.of_museum(photographs), np.eye(4, dtype=np.float32))
    assert evaluate.table("a model", found).count("\n| ") == 1 + len(found)
