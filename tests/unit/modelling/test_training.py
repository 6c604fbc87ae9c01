"""The closed-form projection and the graph's parts; the parts need torch, the projection does not."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from modelling import whitening
from tests.contract import encoders
from vitrine import errors


def test_what_differs_between_views_of_an_object_is_turned_down() -> None:
    rng = np.random.default_rng(0)
    identity, nuisance = rng.normal(size=(500, 4)), rng.normal(size=(2, 500, 4)) * 5
    first, second = (np.hstack([identity, noise]).astype(np.float32) for noise in nuisance)
    found = whitening.fit(first, second, dimension=4, shrinkage=0.01)
    assert np.linalg.norm(found.weight[:, :4]) > 10 * np.linalg.norm(found.weight[:, 4:])


def test_the_projection_is_centred() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(3.0, 1.0, (300, 6)).astype(np.float32)
    found = whitening.fit(first, first + rng.normal(size=first.shape).astype(np.float32) * 0.1, dimension=3)
    np.testing.assert_allclose((first @ found.weight.T + found.bias).mean(axis=0), 0.0, atol=1e-4)


def test_what_a_network_tells_stands_beside_the_whitened_features_as_long_as_is_asked_for() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(600, 10)).astype(np.float32)
    second = first + rng.normal(size=first.shape).astype(np.float32) * 0.3
    # That the network says otherwise of the second view is no reason to hear less of it.
    second[:, 8:] = rng.normal(size=(600, 2))
    lengths = []
    for teaching in (0.0, 0.5, 2.0):
        found = whitening.fit(first, second, dimension=10, told=2, teaching=teaching)
        centred = first - first.mean(axis=0)
        features, told = centred[:, :8] @ found.weight[:, :8].T, centred[:, 8:] @ found.weight[:, 8:].T
        lengths.append(np.linalg.norm(told) / np.linalg.norm(features))
    np.testing.assert_allclose(lengths, [0.0, 0.5, 2.0], rtol=0.05, atol=1e-6)


def test_too_few_pairs_are_refused() -> None:
    few = np.zeros((5, 12), np.float32)
    with pytest.raises(ValueError, match="more pictures"):
        whitening.fit(few, few, dimension=8)


def classes_of(pictures: int, folder: pathlib.Path) -> pathlib.Path:
    """Two classes of coarse noise."""
    rng = np.random.default_rng(0)
    for number in range(pictures):
        (path := folder / f"class-{number % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize((96, 96)).save(path / f"{number}.jpg")
    return folder


def test_few_classes_make_a_model_that_nothing_is_measured_of(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import train
    from modelling.model import Shape

    recipe = train.Recipe(
        classes=classes_of(24, tmp_path / "classes"),
        museum=None,
        teacher=None,
        out=tmp_path / "out",
        shape=Shape(size=96, descriptor=16, words=8, colours=8, local_colour_words=4, dimension=8),
    )
    for _ in range(2):
        assert train.train(recipe).name == "vitrine-s.yaml"
    stages = [row.split(",")[1] for row in (tmp_path / "out" / "curve.csv").read_text().splitlines()]
    assert stages == ["stage=read", "stage=started", "stage=pairs taken", "stage=projected"]
    assert (tmp_path / "out" / "vitrine-s.pt").exists()


def coloured(folder: pathlib.Path) -> pathlib.Path:
    """Two classes that a colour tells apart."""
    rng = np.random.default_rng(0)
    for number in range(24):
        picture = rng.integers(0, 60, (96, 96, 3), np.uint8)
        picture[:, :, 2 * (number % 2)] += 190
        (path := folder / f"class-{number % 2}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path / f"{number}.jpg")
    return folder


def test_a_student_learns_what_its_teacher_says_and_is_put_beside_the_features(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import distillation, train
    from modelling.model import Shape

    monkeypatch.setattr(distillation, "BATCH", 16)
    recipe = train.Recipe(
        classes=coloured(tmp_path / "classes"),
        museum=None,
        teacher=encoders.write_model(tmp_path),
        out=tmp_path / "out",
        shape=Shape(size=96, descriptor=16, words=8, colours=8, local_colour_words=4, student=4, dimension=8),
        steps=45,
    )
    assert train.train(recipe).name == "vitrine-s.yaml"
    rows = [row.split(",") for row in (tmp_path / "out" / "curve.csv").read_text().splitlines()]
    assert [row[1] for row in rows][2:4] == ["stage=teacher asked", "stage=student taught"]
    assert float(rows[3][2].removeprefix("cosine=")) > 0.7
    weights = torch.load(tmp_path / "out" / "vitrine-s.pt", weights_only=True)
    assert float(weights["project.weight"][:, -4:].norm()) > 0.0


def test_a_batch_has_two_photographs_of_each_object_and_those_seen_from_several_sides_in_their_share() -> None:
    pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import distillation

    photographs = np.array([1, 3, 1, 2] * 10, np.intp)
    first = np.cumsum(photographs) - photographs
    owner = np.repeat(np.arange(40), photographs)
    lessons = distillation.Lessons(
        squares=np.empty((70, 9, 8, 8, 3), np.uint8),
        told=np.empty((70, 6, 4), np.float32),
        kinds=np.zeros(70, np.intp),
        first=first,
        photographs=photographs,
    )
    seen: set[int] = set()
    for seed in range(20):
        rows = lessons.pairs(16, np.random.default_rng(seed)).reshape(2, 16)
        np.testing.assert_array_equal(owner[rows[0]], owner[rows[1]])
        assert len(set(owner[rows[0]])) == 16
        assert (photographs[owner[rows[0]][:4]] > 1).all()
        seen.update(rows.ravel().tolist())
    assert len(seen) == 70


def test_a_teacher_that_tells_less_than_the_student_learns_is_refused_at_once(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import train

    teacher = encoders.write_model(tmp_path)
    recipe = train.Recipe(classes=tmp_path / "nowhere", museum=None, teacher=teacher, out=tmp_path / "out")
    with pytest.raises(errors.Misconfigured, match="tells 27 numbers of a picture, and the student learns 256"):
        train.train(recipe)


def test_too_few_pictures_are_told_before_anything_is_computed(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import train

    classes = classes_of(24, tmp_path / "classes")
    recipe = train.Recipe(classes=classes, museum=None, teacher=None, out=tmp_path / "out")
    with pytest.raises(errors.Misconfigured, match="24 objects to learn from make 24 pairs of views, and 257"):
        train.train(recipe)


@pytest.mark.parametrize("part", ["classes", "museum", "teacher"])
def test_what_is_not_there_to_learn_from_is_named(part: str, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import train

    recipe = train.Recipe(classes=tmp_path, museum=None, teacher=None, out=tmp_path / "out")
    missing: dict[str, Any] = {part: tmp_path / "nowhere.yaml"}
    with pytest.raises(errors.Misconfigured, match=r"nowhere\.yaml"):
        train.train(dataclasses.replace(recipe, **missing))


def test_what_a_photographed_side_changes_is_turned_down_more_the_oftener_it_is_heard() -> None:
    torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import views
    from modelling.model import Shape, VitrineS

    rng = np.random.default_rng(0)
    # Made views change the first number of four, and a few photographed sides the second.
    first = rng.normal(size=(400, 4)).astype(np.float32)
    made, sides = first.copy(), first[:40].copy()
    made[:, 0] += rng.normal(size=400).astype(np.float32)
    sides[:, 1] += rng.normal(size=40).astype(np.float32)
    pairs = views.Pairs(
        first=first, second=np.vstack([made, sides]), owner=np.array([*range(400), *range(40)], np.intp)
    )
    model = VitrineS(Shape(dimension=4, student=0))
    model.project = torch.nn.Linear(4, 4)
    lengths = []
    for heard in (1, 10):
        pairs.project(model, 0.0, heard)
        length = model.project.weight.detach().norm(dim=0)
        lengths.append(float(length[1] / length[2]))
    assert lengths[1] < 0.8 * lengths[0]


def test_rootsift_descriptors_of_texture_have_unit_length_and_ignore_contrast() -> None:
    torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import gradients

    whole = gradients.DIRECTIONS * gradients.GRID**2
    sift = gradients.RootSift(whole)
    with torch.no_grad():
        sift.project.weight.copy_(torch.eye(whole).reshape(sift.project.weight.shape))
        texture = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
        cells = gradients.OrientedCells(stride=4)
        strong, _ = sift(cells(texture))
        weak, _ = sift(cells(texture * 0.5))
    np.testing.assert_allclose(strong.norm(dim=1).numpy(), 1.0, atol=1e-2)
    np.testing.assert_allclose(strong.numpy(), weak.numpy(), atol=1e-2)


def test_a_gradient_falls_into_the_cell_of_its_direction() -> None:
    torch = pytest.importorskip("torch", reason="the training environment (requirements/modelling.txt) has it")
    from modelling import gradients

    ramp = torch.linspace(0, 1, 32)[None, None, None, :].expand(1, 1, 32, 32)
    cells = gradients.OrientedCells(stride=4)(ramp)
    assert int(cells[0, :, 4, 4].argmax()) == 0
    turned = gradients.OrientedCells(stride=4)(ramp.transpose(2, 3))
    assert int(turned[0, :, 4, 4].argmax()) == gradients.DIRECTIONS // 4
