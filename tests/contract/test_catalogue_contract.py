"""What every catalogue must do."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from vitrine import errors, record_pages
from vitrine.domain import Record, RecordContent
from vitrine.ports import Catalogue

VASE = RecordContent(
    external_id="v-1",
    inventory_no="КП-17",
    name="Ваза расписная",
    description="Ёмкость с двумя ручками 🏺",
    typology="Предметы прикладного искусства",
    authors=("Иванов И. И.", "Петрова"),
    year_from=-50,
    year_to=20,
    museum="Музей",
    translations={"en": {"name": "Painted vase"}},
)


def vector(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def at_once(works: Sequence[Callable[[], object]]) -> None:
    with concurrent.futures.ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(work) for work in works]:
            done.result()


def with_field(field: str, value: str, content: RecordContent) -> RecordContent:
    return dataclasses.replace(content, **{field: value})  # type: ignore[arg-type]


def put_with_image(catalogue: Catalogue, content: RecordContent, sha256: str = "a" * 64) -> tuple[int, int]:
    record_id, _ = catalogue.put_record(content)
    image_id, _ = catalogue.add_image(record_id, sha256=sha256, width=30, height=20, source=f"/pictures/{sha256}.jpg")
    return record_id, image_id


def test_a_record_comes_back_as_it_was_put(catalogue: Catalogue) -> None:
    record_id, changed = catalogue.put_record(VASE)
    assert changed
    assert catalogue.record(record_id).content == VASE
    assert catalogue.record_by_external_id("v-1") == catalogue.record(record_id)
    assert catalogue.record_by_external_id("v-2") is None


def test_putting_the_same_record_again_changes_nothing(catalogue: Catalogue) -> None:
    first, _ = catalogue.put_record(VASE)
    assert catalogue.put_record(VASE) == (first, False)
    assert catalogue.record(first).revision == 1


def test_putting_a_changed_record_updates_it_under_its_number(catalogue: Catalogue) -> None:
    first, _ = catalogue.put_record(VASE)
    renamed = dataclasses.replace(VASE, name="Кувшин")
    assert catalogue.put_record(renamed) == (first, True)
    assert catalogue.record(first).content == renamed
    assert catalogue.record(first).revision == 2


def test_two_writers_of_one_external_id_make_one_record(catalogue: Catalogue) -> None:
    at_once([functools.partial(catalogue.put_record, VASE)] * 8)
    assert len(catalogue.browse().records) == 1


def test_changes_of_different_fields_at_once_are_all_kept(catalogue: Catalogue) -> None:
    record_id, _ = catalogue.put_record(VASE)
    fields = ("name", "period", "place", "museum", "technique", "materials")

    def change(field: str) -> None:
        for number in range(5):
            catalogue.change_record(record_id, functools.partial(with_field, field, str(number)))

    at_once([functools.partial(change, field) for field in fields])
    content = catalogue.record(record_id).content
    assert {getattr(content, field) for field in fields} == {"4"}
    assert catalogue.record(record_id).revision == 1 + 5 * len(fields)


def test_a_change_that_is_refused_leaves_the_record_as_it_was(catalogue: Catalogue) -> None:
    record_id, _ = catalogue.put_record(VASE)

    def refused(content: RecordContent) -> RecordContent:
        raise errors.RejectedInput(f"{content.name}: no")

    with pytest.raises(errors.RejectedInput, match="Ваза расписная: no"):
        catalogue.change_record(record_id, refused)
    assert catalogue.record(record_id).revision == 1


def test_of_many_who_create_one_record_one_does(catalogue: Catalogue) -> None:
    outcomes: list[int | str] = []

    def create(name: str) -> None:
        try:
            outcomes.append(catalogue.create_record(dataclasses.replace(VASE, name=name)))
        except errors.RejectedInput as error:
            outcomes.append(error.field or "")

    at_once([functools.partial(create, str(number)) for number in range(8)])
    assert outcomes.count("external_id") == 7
    (created,) = (outcome for outcome in outcomes if outcome != "external_id")
    assert [record.id for record in catalogue.browse().records] == [created]


def test_a_withdrawn_record_that_is_created_again_is_shown_again_under_its_number(catalogue: Catalogue) -> None:
    record_id, _ = put_with_image(catalogue, VASE)
    catalogue.withdraw(record_id)
    assert catalogue.create_record(VASE) == record_id
    assert [record.id for record in catalogue.browse().records] == [record_id]


def test_an_unknown_record_or_image_is_not_found(catalogue: Catalogue) -> None:
    for ask in (catalogue.record, catalogue.image, catalogue.withdraw):
        with pytest.raises(errors.NotFound):
            ask(4711)
    with pytest.raises(errors.NotFound):
        catalogue.change_record(4711, lambda content: content)


def test_the_images_of_a_record_keep_their_order_and_are_stored_once(catalogue: Catalogue) -> None:
    record_id, first = put_with_image(catalogue, VASE, "a" * 64)
    second, new = catalogue.add_image(record_id, sha256="b" * 64, width=1, height=2, source="b.jpg")
    again, known = catalogue.add_image(record_id, sha256="a" * 64, width=30, height=20, source="moved.jpg")
    assert again == first
    assert (new, known) == (True, False)
    assert catalogue.record(record_id).image_ids == (first, second)
    assert catalogue.image(second).position == 1
    assert (catalogue.image(first).width, catalogue.image(first).height) == (30, 20)
    assert catalogue.images_by_source([record_id]) == {(record_id, "moved.jpg"): first, (record_id, "b.jpg"): second}
    assert catalogue.images_by_source([]) == {}


def test_a_record_that_is_shown_again_comes_after_every_embedding_that_was_seen(catalogue: Catalogue) -> None:
    record_id, image_id = put_with_image(catalogue, VASE)
    _, other = put_with_image(catalogue, dataclasses.replace(VASE, external_id="v-2"), "b" * 64)
    catalogue.add_embeddings("m", {image_id: vector(1, 0), other: vector(0, 1)})
    catalogue.withdraw(record_id)
    seen = catalogue.embeddings_after("m", 0, 10)[-1].sequence
    catalogue.put_record(VASE)
    (again,) = catalogue.embeddings_after("m", seen, 10)
    assert (again.image_id, again.record_id) == (image_id, record_id)
    np.testing.assert_array_equal(again.vector, vector(1, 0))
    later = catalogue.add_image(record_id, sha256="c" * 64, width=1, height=1, source="c.jpg")[0]
    catalogue.add_embeddings("m", {later: vector(1, 0)})
    assert [row.image_id for row in catalogue.embeddings_after("m", again.sequence, 10)] == [later]


def test_every_change_of_a_record_shows_in_the_next_answer_under_a_new_revision(catalogue: Catalogue) -> None:
    record_id, image_id = put_with_image(catalogue, VASE)
    seen = [catalogue.records_of_images([image_id])[image_id]]

    def see() -> Record:
        seen.append(catalogue.records_of_images([image_id])[image_id])
        assert seen[-1] == catalogue.record(record_id)
        assert seen[-1].revision > seen[-2].revision
        return seen[-1]

    catalogue.change_record(record_id, lambda content: dataclasses.replace(content, name="Кувшин"))
    assert see().content.name == "Кувшин"
    second, _ = catalogue.add_image(record_id, sha256="b" * 64, width=1, height=2, source="b.jpg")
    assert see().image_ids == (image_id, second)
    catalogue.put_record(VASE)
    assert see().content == VASE
    catalogue.withdraw(record_id)
    assert catalogue.records_of_images([image_id, second]) == {}


def test_one_picture_may_show_two_records(catalogue: Catalogue) -> None:
    _, first = put_with_image(catalogue, VASE)
    _, second = put_with_image(catalogue, dataclasses.replace(VASE, external_id="v-2"))
    assert first != second
    assert set(catalogue.images([first, second, 999])) == {first, second}


def test_an_image_is_embedded_once_under_each_model(catalogue: Catalogue) -> None:
    _, image_id = put_with_image(catalogue, VASE)
    assert catalogue.add_embeddings("m1", {image_id: vector(1, 0)}) == 1
    assert catalogue.add_embeddings("m1", {image_id: vector(0, 1)}) == 0
    assert catalogue.add_embeddings("m2", {image_id: vector(0, 1)}) == 1
    (stored,) = catalogue.embeddings_after("m1", 0, 10)
    assert stored.image_id == image_id
    np.testing.assert_array_equal(stored.vector, vector(1, 0))
    assert catalogue.images_without_embedding("m1", [image_id]) == set()
    assert catalogue.images_without_embedding("m3", [image_id]) == {image_id}


def test_what_a_model_has_not_seen_comes_page_by_page(catalogue: Catalogue) -> None:
    numbers = [
        put_with_image(catalogue, dataclasses.replace(VASE, external_id=f"v-{number}"))[1] for number in range(5)
    ]
    catalogue.add_embeddings("m1", {numbers[1]: vector(1, 0)})
    catalogue.add_embeddings("m2", {numbers[2]: vector(1, 0)})
    catalogue.withdraw(catalogue.image(numbers[3]).record_id)
    first = catalogue.images_after(0, 2, unembedded_by="m1")
    assert [image.id for image in first] == [numbers[0], numbers[2]]
    assert first[1] == catalogue.image(numbers[2])
    assert [image.id for image in catalogue.images_after(numbers[2], 10, unembedded_by="m1")] == numbers[3:]
    assert not catalogue.images_after(numbers[4], 10, unembedded_by="m1")
    assert [image.id for image in catalogue.images_after(numbers[0], 3)] == numbers[1:4]


def test_embeddings_come_page_by_page_in_order_of_sequence(catalogue: Catalogue) -> None:
    record_id, _ = catalogue.put_record(VASE)
    images = [
        catalogue.add_image(record_id, sha256=f"{number:064x}", width=1, height=1, source=str(number))[0]
        for number in range(5)
    ]
    for image_id in images:
        catalogue.add_embeddings("m", {image_id: vector(1, 0)})
    first = catalogue.embeddings_after("m", 0, 3)
    rest = catalogue.embeddings_after("m", first[-1].sequence, 3)
    assert [row.image_id for row in [*first, *rest]] == images
    assert {row.record_id for row in first} == {record_id}


def test_a_withdrawn_record_leaves_every_answer_and_returns_when_put_again(catalogue: Catalogue) -> None:
    record_id, image_id = put_with_image(catalogue, VASE)
    catalogue.withdraw(record_id)
    assert catalogue.record(record_id).withdrawn
    assert catalogue.records_of_images([image_id]) == {}
    assert catalogue.withdrawn_image_ids() == {image_id}
    assert not catalogue.browse().records
    assert catalogue.labels().typologies == {}
    assert catalogue.put_record(VASE) == (record_id, True)
    assert catalogue.records_of_images([image_id])[image_id].id == record_id


def test_a_changed_record_shows_its_new_words(catalogue: Catalogue) -> None:
    record_id, _ = catalogue.put_record(VASE)
    catalogue.put_record(dataclasses.replace(VASE, name="Кинжал", description="", translations={}))
    assert [record.id for record in catalogue.browse(text="кинжал").records] == [record_id]
    assert not catalogue.browse(text="ваза").records


@pytest.mark.parametrize(
    "text", ["ваза", "ВАЗЫ расписные", "емкость", "vases", "кп-17", "петровой", "v-1", "17", "с двумя"]
)
def test_full_text_finds_inflected_words_numbers_authors_and_translations(catalogue: Catalogue, text: str) -> None:
    catalogue.put_record(VASE)
    catalogue.put_record(RecordContent(external_id="other-9", name="Меч"))
    assert [record.content.external_id for record in catalogue.browse(text=text).records] == ["v-1"]


@pytest.mark.parametrize("text", ["1005", "ДПИ-1005", "дпи 1005", "VDM-000012", "ВДМ КП-20001/2", "100", "000012"])
def test_a_number_is_looked_for_as_it_was_typed_from_its_beginning(catalogue: Catalogue, text: str) -> None:
    numbers = [("ДПИ-1001", "VDM-000011", "ВДМ КП-20001/1"), ("ДПИ-1005", "VDM-000012", "ВДМ КП-20001/2")]
    for inventory_no, external_id, kp_no in numbers:
        catalogue.put_record(RecordContent(inventory_no=inventory_no, external_id=external_id, kp_no=kp_no))
    found = [record.content.inventory_no for record in catalogue.browse(text=text).records]
    assert found == (["ДПИ-1001", "ДПИ-1005"] if text == "100" else ["ДПИ-1005"])


@pytest.mark.parametrize(
    ("text", "named"), [("дпи-1005", ["b", "f"]), ("1005", ["d"]), ("vdm-7", ["VDM-7"]), ("ДПИ-100", [])]
)
def test_the_record_whose_number_was_typed_comes_first_on_any_size_of_page(
    catalogue: Catalogue, text: str, named: list[str]
) -> None:
    numbers = [("a", "ДПИ-10051", ""), ("b", "ДПИ-1005", ""), ("c", "ДПИ-10052", "1005-2"), ("d", "ДПИ-10053", "1005")]
    for external_id, inventory_no, kp_no in [*numbers, ("VDM-71", "", ""), ("VDM-7", "", ""), ("f", "ДПИ-1005", "")]:
        catalogue.put_record(RecordContent(external_id=external_id, inventory_no=inventory_no, kp_no=kp_no))
    whole = [record.content.external_id for record in catalogue.browse(text=text).records]
    assert whole[: len(named)] == named
    assert set(whole) > set(named)
    assert len(set(whole)) == len(whole)
    for limit in (1, 2, 3):
        assert _by_pages(catalogue, text, limit) == whole


def test_a_number_that_was_typed_is_still_only_one_of_those_that_were_asked_for(catalogue: Catalogue) -> None:
    shown, _ = catalogue.put_record(RecordContent(external_id="1", inventory_no="КП-5", museum="А"))
    catalogue.put_record(RecordContent(external_id="2", inventory_no="КП-5", museum="Б"))
    withdrawn, _ = catalogue.put_record(RecordContent(external_id="3", inventory_no="КП-5", museum="А"))
    catalogue.withdraw(withdrawn)
    assert [record.id for record in catalogue.browse(text="КП-5", museum="А").records] == [shown]
    assert not catalogue.browse(text="КП-5", among=[withdrawn]).records


def test_of_a_number_that_many_have_every_record_is_still_shown_once(catalogue: Catalogue) -> None:
    count = record_pages.MOST_OF_ONE_NUMBER + 3
    for number in range(count):
        catalogue.put_record(RecordContent(external_id=f"r-{number}", inventory_no="б/н"))
    found = _by_pages(catalogue, "б/н", 100)
    assert found == [f"r-{number}" for number in range(count)]


@pytest.mark.parametrize("cursor", ["n5", "x", "-1", "n", "5n"])
def test_a_cursor_of_another_list_is_refused(catalogue: Catalogue, cursor: str) -> None:
    with pytest.raises(errors.RejectedInput, match="is not a cursor of this list") as refused:
        catalogue.browse(cursor=cursor)
    assert refused.value.field == "cursor"


def _by_pages(catalogue: Catalogue, text: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = catalogue.browse(text=text, limit=limit, cursor=cursor)
        found += [record.content.external_id for record in page.records]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


@pytest.mark.parametrize("text", ["№", "***", "_", "— !"])
def test_a_text_without_a_word_or_number_is_refused(catalogue: Catalogue, text: str) -> None:
    with pytest.raises(errors.RejectedInput, match="letter or digit") as refused:
        catalogue.browse(text=text)
    assert refused.value.code == "no_words"


@pytest.mark.parametrize("text", ['"', "* AND (", "NEAR/3", "меч'; DROP TABLE records"])
def test_full_text_takes_no_operators_from_a_visitor(catalogue: Catalogue, text: str) -> None:
    catalogue.put_record(VASE)
    try:
        catalogue.browse(text=text)
    except errors.RejectedInput as error:
        assert "letter" in error.message
    assert catalogue.browse().records


def test_records_are_browsed_page_by_page_and_filtered(catalogue: Catalogue) -> None:
    for number in range(7):
        typology = "Оружие" if number % 2 else "Графика"
        catalogue.put_record(RecordContent(external_id=str(number), typology=typology, museum="А"))
    first = catalogue.browse(limit=4)
    rest = catalogue.browse(limit=4, cursor=first.next_cursor)
    assert [record.content.external_id for record in [*first.records, *rest.records]] == [str(n) for n in range(7)]
    assert rest.next_cursor is None
    assert len(catalogue.browse(typology="Оружие").records) == 3
    assert not catalogue.browse(museum="Б").records
    assert list(catalogue.facets()["typology"]) == [("Графика", 4), ("Оружие", 3)]


def test_of_some_records_those_are_told_that_speak_of_a_text(catalogue: Catalogue) -> None:
    vase, _ = catalogue.put_record(VASE)
    sword, _ = catalogue.put_record(RecordContent(external_id="s-1", name="Меч"))
    assert [record.id for record in catalogue.browse(text="ваза", among=[vase, sword]).records] == [vase]
    assert not catalogue.browse(text="ваза", among=[sword]).records
    assert not catalogue.browse(among=[]).records


def test_counts_and_labels_tell_what_is_there(catalogue: Catalogue) -> None:
    record_id, image_id = put_with_image(catalogue, VASE)
    catalogue.put_record(RecordContent(external_id="bare"))
    catalogue.add_embeddings("m", {image_id: vector(1, 0)})
    counts = catalogue.counts("m")
    assert (counts.records, counts.withdrawn, counts.images, counts.embeddings) == (2, 0, 1, 1)
    assert catalogue.labels().typologies == {record_id: VASE.typology}


def test_a_typology_is_translated_as_most_of_its_records_say(catalogue: Catalogue) -> None:
    """Of equals, the first; records that say nothing, are withdrawn or are of another typology do not count."""
    for number, translations in enumerate(
        [{}, {"en": {"name": "an icon"}}, {"en": {"typology": "ikon"}}]
        + [{"en": {"typology": "icon"}, "de": {"typology": name}} for name in ("Ikone", "Ikonenbild")]
    ):
        catalogue.put_record(RecordContent(external_id=str(number), typology="икона", translations=translations))
    catalogue.put_record(RecordContent(external_id="9", typology="чаша", translations={"en": {"typology": ""}}))
    withdrawn, _ = catalogue.put_record(
        RecordContent(external_id="10", typology="икона", translations={"de": {"typology": "Ikonenbild"}})
    )
    catalogue.withdraw(withdrawn)
    assert catalogue.labels().translations == {"икона": {"en": "icon", "de": "Ikone"}}
