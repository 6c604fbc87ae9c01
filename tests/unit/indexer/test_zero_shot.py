"""Classes from their names alone, by a real text tower: through the same gate, versions and ways back as any other."""

from __future__ import annotations

import argparse
import dataclasses
import pathlib

import numpy as np
import pytest

from indexer.classifier import commands as classifier_commands
from indexer.classifier import fitting, zero_shot
from indexer.classifier.versions import Versions
from indexer.commands import Index
from indexer.photographs import Ports
from tests import colour_model
from tests.unit.indexer.test_classifier_versions import OneProcess
from vitrine import errors
from vitrine.adapters import text_encoders
from vitrine.adapters.head_folder import HeadFolder
from vitrine.adapters.model_files import ModelFiles
from vitrine.adapters.onnx_encoder import OnnxEncoder
from vitrine.adapters.snapshot_folder import SnapshotFolder
from vitrine.adapters.subprocess_decoder import SubprocessDecoder
from vitrine.domain import RecordContent
from vitrine.ports import DecodeRequest, TextEncoder
from vitrine.testing import MemoryCatalogue, MemoryImageStore

RUSSIAN = {"red": "красный", "green": "зеленый", "blue": "синий"}


@pytest.fixture
def model(tmp_path: pathlib.Path) -> ModelFiles:
    return colour_model.written(tmp_path / "model")


@pytest.fixture
def texts(model: ModelFiles) -> TextEncoder:
    made = text_encoders.of(model)
    assert made is not None
    return made


@pytest.fixture
def index(model: ModelFiles, texts: TextEncoder, decoder: SubprocessDecoder, tmp_path: pathlib.Path) -> Index:
    """Pictures of five objects of each colour, embedded and without a typology."""
    encoder, catalogue = OnnxEncoder(model), MemoryCatalogue()
    for colour in RUSSIAN:
        for number in range(5):
            record_id, _ = catalogue.put_record(RecordContent(external_id=f"{colour}-{number}"))
            image_id, _ = catalogue.add_image(record_id, sha256=f"{record_id:064x}", width=1, height=1, source="")
            request = DecodeRequest(model_input=encoder.resize)
            square = decoder.decode(colour_model.picture(colour, number), request).model_input
            assert square is not None
            catalogue.add_embeddings(encoder.model_id, {image_id: encoder.encode(square[None])[0]})
    return Index(
        ports=Ports(catalogue=catalogue, images=MemoryImageStore(), encoder=encoder, decoder=decoder),
        snapshots=SnapshotFolder(tmp_path / "snapshots"),
        heads=HeadFolder(tmp_path / "heads"),
        leases=OneProcess(),
        open_texts=lambda: texts,
    )


def label(index: Index, *, english: bool = True) -> None:
    """Each object gets its colour as typology, in Russian."""
    for number in range(1, 16):
        content = index.ports.catalogue.record(number).content
        colour = content.external_id.partition("-")[0]
        translations = {"en": {"typology": colour}} if english else {}
        changed = dataclasses.replace(content, typology=RUSSIAN[colour], translations=translations)
        index.ports.catalogue.put_record(changed)


def run(index: Index, *arguments: str) -> list[str]:
    parser = argparse.ArgumentParser()
    classifier_commands.add_options(parser)
    return classifier_commands.run(parser.parse_args(arguments), index)


def versions_of(index: Index) -> Versions:
    return classifier_commands.versions_of(index)


def told(index: Index, version: int) -> list[str]:
    """The class of each of the fifteen objects, in order."""
    head = index.heads.open(index.ports.encoder.model_id, version).head
    rows = index.ports.catalogue.embeddings_after(index.ports.encoder.model_id, 0, 100)
    return [head.classify(row.vector).name for row in rows]


def test_names_alone_tell_classes_apart_where_nothing_is_labelled(index: Index) -> None:
    lines = run(index, "zero-shot", "красный", "зеленый", "синий")
    assert lines[0].startswith("version 1: 3 classes by name; balanced accuracy — on 0 labelled objects")
    assert told(index, 1) == ["красный"] * 5 + ["зеленый"] * 5 + ["синий"] * 5
    assert run(index, "activate", "1")
    assert "zero-shot" in run(index, "list")[1] and "—" in run(index, "list")[1]


def test_labelled_objects_judge_the_names_and_set_the_temperature(index: Index) -> None:
    label(index)
    lines = run(index, "zero-shot", "--from-typologies")
    assert "balanced accuracy 1.000 on 15 labelled objects; temperature measured on them" in lines[0]
    stored = index.heads.open(index.ports.encoder.model_id, 1)
    assert stored.manifest["origin"] == "zero-shot" and stored.manifest["report"]["calibrated"] is True
    assert stored.manifest["report"]["classes"] == {"зеленый": 5, "красный": 5, "синий": 5}
    assert stored.head.translations["красный"] == {"en": "red"}
    assert len(stored.exam.objects) == 15


def test_a_class_without_a_labelled_object_does_not_count_against_the_others(index: Index) -> None:
    for number in range(1, 11):
        content = index.ports.catalogue.record(number).content
        colour = RUSSIAN[content.external_id.partition("-")[0]]
        index.ports.catalogue.put_record(dataclasses.replace(content, typology=colour))
    run(index, "zero-shot", "красный", "зеленый", "синий")
    report = index.heads.open(index.ports.encoder.model_id, 1).manifest["report"]
    assert report["recall"] == {"красный": 1.0, "зеленый": 1.0} and report["balanced_accuracy"] == 1.0
    assert report["classes"] == {"красный": 5, "зеленый": 5, "синий": 0}


def test_it_goes_through_the_gate_and_back_like_any_other(index: Index) -> None:
    label(index)
    run(index, "zero-shot", "--from-typologies")
    run(index, "activate", "1")
    # The tower reads the wrong words, and nothing else differs.
    wrong = {"красный": {"en": "blue"}, "синий": {"en": "red"}, "зеленый": {"en": "green"}}
    named = zero_shot.naming(list(wrong), wrong, language="en")
    texts = index.open_texts()
    assert texts is not None
    labels = index.ports.catalogue.labels().typologies
    rows = index.ports.catalogue.embeddings_after(index.ports.encoder.model_id, 0, 100)
    fitted = zero_shot.fit(
        named,
        texts,
        np.stack([row.vector for row in rows]),
        [labels[row.record_id] for row in rows],
        np.array([row.record_id for row in rows], np.int64),
    )
    worse = versions_of(index).add_fitted(fitted, origin="zero-shot", snapshot=None, watermark=0)
    with pytest.raises(errors.RejectedInput, match="is worse than version 1"):
        run(index, "activate", str(worse))
    run(index, "activate", str(worse), "--force", "to see it")
    assert run(index, "rollback") == ["version 1 is active again"]


def test_a_version_that_nothing_examined_stands_in_nobodys_way_and_passes_nobody_by(index: Index) -> None:
    run(index, "zero-shot", "красный", "зеленый", "синий")
    run(index, "activate", "1")
    with pytest.raises(errors.RejectedInput, match="zero-shot"):
        versions_of(index).add_class("маска", np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1]], {})
    label(index)
    run(index, "fit", "--kind", "prototype")
    run(index, "activate", "2")
    with pytest.raises(errors.RejectedInput, match="cannot be compared"):
        run(index, "activate", "1")


def test_a_fitted_head_and_one_by_names_are_compared_on_the_same_objects(index: Index) -> None:
    label(index)
    run(index, "fit")
    run(index, "activate", "1")
    run(index, "zero-shot", "--from-typologies")
    run(index, "activate", "2")
    active = index.heads.active(index.ports.encoder.model_id)
    assert active is not None and active["version"] == 2


def test_names_that_leave_an_examined_class_out_are_refused(index: Index) -> None:
    label(index)
    run(index, "fit")
    run(index, "activate", "1")
    run(index, "zero-shot", "красный", "синий")
    with pytest.raises(errors.RejectedInput, match="never finds: зеленый"):
        run(index, "activate", "2")
    assert run(index, "activate", "2", "--force", "sold")[0].endswith("; no longer known: зеленый")


def test_a_class_by_hand_that_cannot_go_on_without_labels_is_named_and_not_given_up_unasked(
    index: Index, caplog: pytest.LogCaptureFixture
) -> None:
    label(index)
    run(index, "fit")
    run(index, "activate", "1")
    examples = np.eye(index.ports.encoder.dimension, dtype=np.float32)[[0, 1, 2, 0, 1]]
    versions_of(index).activate(versions_of(index).add_class("маска", examples, {}), forced_because="to see it")
    for number in range(1, 16):
        content = index.ports.catalogue.record(number).content
        index.ports.catalogue.put_record(dataclasses.replace(content, typology=""))
    run(index, "zero-shot", "красный", "синий")
    assert "маска was added by hand" in caplog.text
    with pytest.raises(errors.RejectedInput, match="never finds: зеленый, маска"):
        run(index, "activate", "3")


def test_prompts_are_in_the_language_of_each_wording_or_as_templates_say() -> None:
    translations = {"ваза": {"en": "vase"}}
    named = zero_shot.naming(["ваза", "coin"], translations)
    assert {"фотография: ваза", "a photograph of vase", "vase"} <= set(named.prompts("ваза"))
    assert not [prompt for prompt in named.prompts("coin") if "фото" in prompt]
    templated = zero_shot.naming(["ваза", "coin"], translations, templates=["an etching of {}"])
    assert templated.prompts("ваза") == ["an etching of ваза", "an etching of vase"]
    both = {**translations, "coin": {"en": "coin"}}
    assert zero_shot.naming(["ваза", "coin"], both, templates=["{}!"], language="en").prompts("ваза") == ["vase!"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Name two classes"),
        (["красный", " красный "], "Name two classes"),
        (["красный", "синий", "--language", "en"], "No record of the catalogue says"),
    ],
)
def test_what_makes_no_classes_is_refused(index: Index, arguments: list[str], told: str) -> None:
    with pytest.raises(errors.RejectedInput, match=told):
        run(index, "zero-shot", *arguments)


def test_a_template_without_a_place_for_the_name_is_refused(index: Index, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(index, "zero-shot", "a", "b", "--template", "a photograph")
    assert "in the place of the name" in capsys.readouterr().err


def test_a_model_without_a_text_tower_says_what_to_do(index: Index) -> None:
    wordless = dataclasses.replace(index, open_texts=lambda: None)
    with pytest.raises(errors.Misconfigured, match="siglip2-b16"):
        run(wordless, "zero-shot", "красный", "синий")


def test_fitted_heads_report_as_before(index: Index) -> None:
    label(index)
    rows = index.ports.catalogue.embeddings_after(index.ports.encoder.model_id, 0, 100)
    labels = index.ports.catalogue.labels().typologies
    fitted = fitting.fit(
        np.stack([row.vector for row in rows]),
        [labels[row.record_id] for row in rows],
        np.array([row.record_id for row in rows], np.int64),
    )
    assert set(fitted.report["recall"]) == set(RUSSIAN.values())
