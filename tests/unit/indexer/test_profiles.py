"""Mapping profiles: what they make of a row, and what they say of a mistake."""

from __future__ import annotations

import pathlib
import unicodedata
from collections.abc import Mapping

import pytest

from indexer import profile_file
from indexer.mapping import MappedRow, RecordMapping
from indexer.sources.source import SourceRow
from vitrine import errors


def mapped(profile: str, values: Mapping[str, str]) -> MappedRow:
    mapping = RecordMapping(profile_file.parse(profile, "mine.yaml"), list(values))
    return mapping.apply(SourceRow(line=2, values=values))


def test_a_field_is_a_column_a_constant_a_template_or_the_first_of_several() -> None:
    profile = """
record:
  external_id: id
  name: [title, {template: "{kind} № {id}"}, kind]
  museum: {constant: Музей}
  place: {template: "{country}, {city}"}
"""
    row = {"id": "7", "title": " ", "kind": "Ваза", "country": "Россия", "city": ""}
    content = mapped(profile, row).content
    assert (content.name, content.museum, content.place) == ("Ваза № 7", "Музей", "")
    assert mapped(profile, {**row, "title": "Амфора", "city": "Псков"}).content.place == "Россия, Псков"


def test_authors_and_images_are_split_at_their_separators() -> None:
    profile = """
record:
  external_id: id
  authors: {column: who, separator: [";", "|"]}
images: {columns: [front, back], separator: "|"}
"""
    row = mapped(
        profile, {"id": "1", "who": "Иванов, И.; Петрова | Иванов, И.", "front": "a.jpg|b.jpg", "back": "c.jpg"}
    )
    assert row.content.authors == ("Иванов, И.", "Петрова")
    assert row.images == ("a.jpg", "b.jpg", "c.jpg")


def test_years_come_from_their_columns_or_else_from_free_text() -> None:
    profile = "record: {external_id: id, period: date, year_from: from, year_to: to, years: date}"
    row = {"id": "1", "date": "XIX в.", "from": "", "to": ""}
    assert (mapped(profile, row).content.year_from, mapped(profile, row).content.year_to) == (1801, 1900)
    exact = mapped(profile, {**row, "from": "1850", "to": "1860"}).content
    assert (exact.year_from, exact.year_to) == (1850, 1860)


def test_translations_hold_what_is_known() -> None:
    profile = """
record: {external_id: id, name: name_ru}
translations:
  en: {name: name_en, place: place_en}
  de: {name: name_de}
"""
    row = {"id": "1", "name_ru": "Ваза", "name_en": "Vase", "place_en": "", "name_de": ""}
    assert mapped(profile, row).content.translations == {"en": {"name": "Vase"}}


def test_columns_that_only_case_tells_apart_are_refused() -> None:
    with pytest.raises(errors.RejectedInput, match="columns 'Name' and 'name', and case does not matter: rename one"):
        RecordMapping(profile_file.load("plain"), ["ID", "Name", "name"])


def test_external_ids_are_of_one_column_whichever_else_has_numbers() -> None:
    mapping = RecordMapping(profile_file.load("plain"), ["id", "Номер в Госкаталоге"])
    row = {"id": "501", "Номер в Госкаталоге": "77"}
    assert mapping.apply(SourceRow(line=2, values=row)).content.external_id == "77"
    with pytest.raises(errors.RejectedInput, match="in 'Номер в Госкаталоге': fill it in, or name with") as refusal:
        mapping.apply(SourceRow(line=3, values={**row, "Номер в Госкаталоге": ""}))
    assert refusal.value.code == "no_external_id"
    assert mapping.unused == ("id",)


def test_templates_may_tell_the_numbers_of_several_columns_apart() -> None:
    profile = "record: {external_id: [{template: 'gk:{a}'}, {template: 'inv:{b}'}, b]}"
    assert mapped(profile, {"a": "1", "b": "1"}).content.external_id == "gk:1"
    assert mapped(profile, {"a": "", "b": "1"}).content.external_id == "inv:1"


def test_an_external_id_is_the_same_composed_and_decomposed() -> None:
    profile = "record: {external_id: id}"
    composed, decomposed = (
        mapped(profile, {"id": unicodedata.normalize(form, "КП-19й")}).content for form in ("NFC", "NFD")
    )
    assert composed == decomposed


def test_a_table_of_one_column_that_fits_nothing_is_asked_for_its_separator() -> None:
    with pytest.raises(errors.Misconfigured, match="Is the separator right"):
        RecordMapping(profile_file.load("plain"), ["number|name|image"])


def test_values_that_mean_nothing_are_empty() -> None:
    profile = 'record: {external_id: id, name: n}\nempty_values: ["NULL", "-"]'
    assert mapped(profile, {"id": "1", "n": "NULL"}).content.name == ""


def test_columns_are_found_whatever_their_case() -> None:
    profile = "record: {external_id: Номер, name: НАЗВАНИЕ}"
    assert mapped(profile, {" номер": "1", "Название ": "Ваза"}).content.name == "Ваза"


@pytest.mark.parametrize(
    ("values", "code", "told"),
    [
        ({"external_id": " "}, "no_external_id", "external id"),
        ({"external_id": "x" * 192}, "too_long", "external_id has 192"),
        ({"external_id": "1", "name": "x" * 1001}, "too_long", "name has 1001"),
        ({"external_id": "1", "description": "x" * 65_001}, "too_long", "description"),
        ({"external_id": "1", "name_en": "x" * 1001}, "too_long", r"name \(en\)"),
        ({"external_id": "1", "year_from": "soon"}, "bad_year", "year_from"),
        ({"external_id": "1", "year_from": "1900", "year_to": "1800"}, "bad_year", "after"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_with_its_field(values: dict[str, str], code: str, told: str) -> None:
    mapping = RecordMapping(profile_file.load("plain"), list(values))
    with pytest.raises(errors.RejectedInput, match=told) as refusal:
        mapping.apply(SourceRow(line=2, values=values))
    assert refusal.value.code == code


def test_conditions_of_the_profile_and_of_the_operator_are_both_kept() -> None:
    profile = profile_file.parse("record: {external_id: id}\nwhere: {view: [front, back], state: ok}", "mine.yaml")
    columns = ["id", "view", "state"]

    def kept(where: list[tuple[str, str]], view: str, state: str) -> bool:
        row = SourceRow(line=2, values={"id": "1", "view": view, "state": state})
        return RecordMapping(profile, columns, where).keeps(row)

    assert kept([], "front", "ok") and kept([], " back ", "ok")
    assert not kept([], "side", "ok") and not kept([], "front", "lost")
    assert kept([("view", "side"), ("view", "top")], "top", "ok")
    assert not kept([("view", "side")], "front", "ok")


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("", "empty"),
        ("record: [", "not YAML"),
        ("images: a", "'record' is missing"),
        ("record: {name: a}", "'external_id' is missing"),
        ("record: {external_id: id}\nimage: a", "line 2, key 'image': there is no such key. Did you mean 'images'"),
        ("record:\n  external_id: id\n  nmae: a", "line 3, key 'record.nmae': .* Did you mean 'name'"),
        ("record:\n  external_id: id\n  name: a\n  name: b", "line 4, key 'record.name': the key is here twice"),
        ("record:\n  external_id:", "line 2, key 'record.external_id': this is empty"),
        ("record: {external_id: {colum: id}}", "Did you mean 'column'"),
        ("record: {external_id: {column: id, constant: x}}", "exactly one of"),
        ("record: {external_id: id, name: {template: plain}}", "columns in braces"),
        ("record: {external_id: id, name: {template: '{a'}}", "columns in braces"),
        ("record: {external_id: id}\nimages: {separator: ';'}", "either 'column'"),
        ("record: {external_id: id}\nimages: {column: a, separator: ''}", "separator is empty"),
        ("record: {external_id: id}\ntranslations: {English: {name: a}}", "not a language code"),
        ("record: {external_id: id}\ntranslations: {en: {authors: a}}", "there is no such key"),
        ("record: {external_id: id}\nmissing_columns: maybe", "'error' or 'ignore'"),
        ("record: text", "write a mapping here"),
        pytest.param("record: " + "[" * 5000, "nested too deeply", id="deep"),
    ],
)
def test_a_mistake_in_a_profile_is_named_with_line_and_key(profile: str, told: str) -> None:
    with pytest.raises(errors.Misconfigured, match=told) as refusal:
        profile_file.parse(profile, "mine.yaml")
    assert "mine.yaml" in refusal.value.message
    assert refusal.value.code == "bad_profile"


def test_a_column_that_the_source_lacks_is_named_with_line_and_key() -> None:
    with pytest.raises(errors.Misconfigured, match=r"mine.yaml, line 3, key 'record.name': .* no column 'titel'"):
        mapped("record:\n  external_id: id\n  name: titel", {"id": "1", "title": "Vase"})


def test_a_condition_on_a_column_that_the_source_lacks_is_refused() -> None:
    with pytest.raises(errors.Misconfigured, match="--where view=x: the source has no column 'view'"):
        RecordMapping(profile_file.load("plain"), ["id"], [("view", "x")])


def test_the_default_profile_needs_nothing_but_an_external_id() -> None:
    mapping = RecordMapping(profile_file.load("plain"), ["id", "odd"])
    assert mapping.apply(SourceRow(line=2, values={"id": "1", "odd": "x"})).content.external_id == "1"
    assert mapping.unused == ("odd",)
    with pytest.raises(errors.Misconfigured, match="'external_id'"):
        RecordMapping(profile_file.load("plain"), ["odd"])


def test_the_default_profile_knows_the_headers_of_goskatalog_and_russian_tables() -> None:
    row = {
        "Номер в Госкаталоге": "123",
        "Инвентарный номер": "И-5",
        "Наименование": "Ваза",
        "Типология": "Скульптура",
        "Автор": "Иванов И. И.;Петров",
        "Период создания": "1890-е гг.",
        "Материал, техника": "фарфор, роспись",
        "Размеры": "10 см",
        "Место создания": "Гжель",
        "Музей": "ГИМ",
        "Изображение": "a.jpg|b.jpg",
    }
    mapping = RecordMapping(profile_file.load("plain"), list(row))
    found = mapping.apply(SourceRow(line=2, values=row))
    assert mapping.unused == ()
    assert found.images == ("a.jpg", "b.jpg")
    assert found.content.authors == ("Иванов И. И.", "Петров")
    assert (found.content.year_from, found.content.materials) == (1890, "фарфор, роспись")


def test_the_demo_profile_fits_the_demo_museum() -> None:
    header = """
        external_id inventory_no kp_no name_ru name_en description_ru description_en typology typology_en kind authors
        period period_en year_from year_to materials materials_en technique technique_en dimensions dimensions_en
        place place_en museum museum_en image view view_no
    """
    mapping = RecordMapping(profile_file.load("demo"), header.split())
    assert mapping.unused == ("kind", "view", "view_no")


def test_a_profile_is_found_by_name_or_path(tmp_path: pathlib.Path) -> None:
    assert profile_file.shipped() == ["demo", "objects", "plain"]
    own = tmp_path / "own.yaml"
    own.write_text("record: {external_id: id}")
    assert profile_file.load(str(own)).name == "own.yaml"
    with pytest.raises(errors.Misconfigured, match="one of demo, objects, plain") as refusal:
        profile_file.load("plian")
    assert refusal.value.code == "no_profile"
    with pytest.raises(errors.Misconfigured, match="cannot be read: Is a directory") as refusal:
        profile_file.load(str(tmp_path))
    assert refusal.value.code == "no_profile"
