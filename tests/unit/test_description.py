"""The draft: values of real records with the records they came from, and nothing that two neighbours do not carry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vitrine import description
from vitrine.domain import DescriptionDraft, Match, Record, RecordContent, Verdict, VerdictKind

SIMILAR, OBJECT, PHOTOGRAPH, DISTANT = (
    VerdictKind.SIMILAR,
    VerdictKind.SAME_OBJECT,
    VerdictKind.SAME_PHOTOGRAPH,
    VerdictKind.DISTANT,
)


def match(number: int, kind: VerdictKind = SIMILAR, score: float = 0.7, **content: Any) -> Match:
    return Match(
        record=Record(
            id=number,
            content=RecordContent(external_id=f"x{number}", inventory_no=f"КП-{number}", **content),
            image_ids=(number,),
        ),
        image_id=number,
        similarity=min(score, 1.0),
        score=score,
        verdict=Verdict(kind=kind, false_positive_rate=0.01),
    )


def drafted(*matches: Match) -> DescriptionDraft:
    return description.draft(matches)


def test_no_matches_or_distant_ones_only_make_an_empty_draft() -> None:
    empty = DescriptionDraft(text="", text_source=None, fields={})
    assert drafted() == empty
    assert drafted(match(1, DISTANT, name="Ваза", description="Текст"), match(2, DISTANT, name="Ваза")) == empty


def test_the_value_that_most_of_the_weight_holds_wins_with_its_support_and_sources() -> None:
    field = drafted(
        match(1, place="Москва"), match(2, place="Тула"), match(3, place="Тула"), match(4, place="")
    ).fields["place"]
    assert (field.value, field.count, field.sources) == ("Тула", 2, (2, 3))
    assert field.support == pytest.approx(2 / 3)


def test_nearer_records_weigh_more() -> None:
    field = drafted(
        match(1, score=0.9, place="Тула"),
        match(2, score=0.9, place="Тула"),
        *(match(n, score=0.5, place="Москва") for n in (3, 4, 5)),
    ).fields["place"]
    assert field.value == "Тула" and field.support > 0.8


def test_a_value_without_enough_support_is_left_out() -> None:
    assert "place" not in drafted(match(1, place="Тула"), match(2, place="Москва"), match(3, place="Омск")).fields
    assert "place" not in drafted(match(1, place="Тула")).fields
    assert "place" in drafted(match(1, OBJECT, place="Тула")).fields


def test_a_record_of_the_same_object_outweighs_all_similar_ones() -> None:
    similar = [match(number, place="Москва", score=0.72) for number in range(2, 6)]
    for kind in (OBJECT, PHOTOGRAPH):
        field = drafted(match(1, kind, score=0.7, place="Тула"), *similar).fields["place"]
        assert (field.value, field.sources) == ("Тула", (1,))


@pytest.mark.parametrize("crowd", [1, 5, 20, 100])
def test_no_number_of_similar_records_outvotes_the_record_of_the_same_object(crowd: int) -> None:
    similar = [
        match(number, score=0.9, name="Рубль", period="1890-е", place="Москва", typology="Монеты", materials="серебро")
        for number in range(10, 10 + crowd)
    ]
    own: dict[str, Any] = {
        "name": "Жетон",
        "period": "1912",
        "place": "Тула",
        "typology": "Жетоны",
        "materials": "медь, эмаль",
    }
    for score in (0.98, 0.6):
        # Another record of the same object that says nothing here lends its loudness to nobody.
        draft = drafted(match(1, OBJECT, score, **own), match(2, PHOTOGRAPH, 1.2), *similar)
        assert {name: field.value for name, field in draft.fields.items()} == own
        assert all(field.sources == (1,) and 0.6 < field.support < 1 for field in draft.fields.values())


def test_similar_records_still_say_together_what_the_same_objects_record_does_not() -> None:
    similar = [match(number, materials=said) for number, said in enumerate(["медь", "медь", "медь", "олово"], start=2)]
    field = drafted(match(1, OBJECT, name="Жетон"), *similar).fields["materials"]
    assert (field.value, field.sources) == ("медь", (2, 3, 4))
    assert field.support == pytest.approx(3 / 4)


@pytest.mark.parametrize("other", ["ЧЁРНЫЙ  ХЛЕБНИК", "черный хлебник.", "Черный\nхлебник;"])
def test_wordings_of_one_value_are_one_and_the_best_records_wording_stays(other: str) -> None:
    field = drafted(match(1, score=0.7, name=other), match(2, score=0.8, name="Чёрный хлебник")).fields["name"]
    assert (field.value, field.support, field.sources) == ("Чёрный хлебник", 1.0, (2, 1))


def test_materials_are_voted_item_by_item() -> None:
    field = drafted(
        match(1, materials="серебро, эмаль; дерево"),
        match(2, materials="Эмаль / Серебро"),
        match(3, materials="серебро"),
    ).fields["materials"]
    assert field.value == "серебро, эмаль"
    assert (field.count, field.sources) == (3, (1, 2, 3))
    assert field.support == pytest.approx((1 + 1 + 0.5) / 3)
    assert [(item.value, item.sources) for item in field.items] == [("серебро", (1, 2, 3)), ("эмаль", (1, 2))]


def test_an_item_with_a_comma_in_brackets_is_one_item() -> None:
    wording = "фарфор (бисквит, роспись), бронза"
    assert drafted(match(1, materials=wording), match(2, materials=wording)).fields["materials"].value == wording


def test_authors_are_voted_one_by_one() -> None:
    field = drafted(
        match(1, authors=("Сазиков И.П.", "Овчинников П.А.")), match(2, authors=("Сазиков И. П.", "Сазиков И.П."))
    ).fields["authors"]
    assert field.value == "Сазиков И.П."


def test_periods_that_mean_the_same_years_are_one() -> None:
    field = drafted(
        match(1, score=0.8, period="XIX в.", year_from=1801, year_to=1900),
        match(2, period="19 век", year_from=1801, year_to=1900),
    ).fields["period"]
    assert (field.value, field.support, field.sources) == ("XIX в.", 1.0, (1, 2))


def test_the_narrowest_period_that_most_lie_within_is_taken_where_none_is_said_twice() -> None:
    field = drafted(
        match(1, period="XIX век", year_from=1801, year_to=1900),
        match(2, period="1850-е", year_from=1850, year_to=1859),
        match(3, period="1840–1870", year_from=1840, year_to=1870),
        match(4, period="XVIII–XX века", year_from=1701, year_to=2000),
        match(5, period="1700-е", year_from=1700, year_to=1709),
    ).fields["period"]
    assert (field.value, set(field.sources)) == ("XIX век", {1, 2, 3})
    assert field.support == pytest.approx(3 / 5)


def test_dimensions_come_from_the_same_object_or_not_at_all() -> None:
    similar = [match(number, dimensions="12 x 8 см") for number in (1, 2, 3)]
    assert "dimensions" not in drafted(*similar).fields
    field = drafted(*similar, match(4, OBJECT, dimensions="13 x 9 см")).fields["dimensions"]
    assert (field.value, field.sources) == ("13 x 9 см", (4,))


@pytest.mark.parametrize("kind", [OBJECT, PHOTOGRAPH])
def test_what_the_record_of_the_object_itself_leaves_empty_is_not_filled_in_from_its_like(kind: VerdictKind) -> None:
    told: dict[str, Any] = {
        "name": "Гравюра",
        "authors": ("Горностаев Р. Ю.",),
        "period": "1870-е",
        "place": "Тверь",
        "museum": "А",
        "typology": "Графика",
        "materials": "бумага",
        "description": "Вид усадьбы.",
    }
    similar = [match(number, **told) for number in (2, 3)]
    draft = drafted(match(1, kind, technique="литография", description=" "), *similar)
    # What sort of thing it is, similar ones may still say.
    assert set(draft.fields) == {"typology", "materials", "technique"}
    assert (draft.text, draft.text_source) == ("", None)
    another = drafted(match(1, kind), match(4, kind, authors=told["authors"]), *similar)
    assert set(another.fields["authors"].sources) == {2, 3, 4}
    assert set(drafted(*similar).fields) == set(told) - {"description"}


def test_numbers_that_belong_to_one_object_are_never_proposed() -> None:
    fields = drafted(match(1, PHOTOGRAPH, name="Ваза", kp_no="7"), match(2, OBJECT, name="Ваза", kp_no="7")).fields
    assert set(fields) == {"name"}


def test_the_text_is_of_the_record_that_speaks_for_the_agreement_best() -> None:
    agreeing: dict[str, Any] = {"typology": "Прикладное искусство", "materials": "фарфор", "place": "Гжель"}
    draft = drafted(
        match(1, score=0.72, description="Чужой текст", typology="Живопись", materials="холст", place="Омск"),
        match(2, score=0.70, description="Текст второй", **agreeing),
        match(3, score=0.69, **agreeing),
        match(4, score=0.69, description="Текст четвёртый", **agreeing),
    )
    assert (draft.text, draft.text_source) == ("Текст второй", 2)


def test_the_text_is_of_the_same_objects_record_where_it_has_one() -> None:
    agreeing: dict[str, Any] = {"typology": "Монеты", "materials": "медь", "technique": "чеканка"}
    similar = [match(number, score=0.9, description="Чужой текст", **agreeing) for number in (2, 3)]
    draft = drafted(match(1, OBJECT, score=0.5, description="Свой текст"), *similar)
    assert (draft.text, draft.text_source) == ("Свой текст", 1)


def test_a_translation_holds_the_same_values_in_the_words_of_the_same_records() -> None:
    def told(place: str, materials: str) -> dict[str, dict[str, str]]:
        return {"en": {"place": place, "materials": materials, "description": f"A text from {place}"}}

    draft = drafted(
        match(
            1,
            score=0.8,
            place="Тула",
            materials="сталь, кость",
            description="Текст",
            translations=told("Tula", "steel, bone"),
        ),
        match(2, place="Тула", materials="сталь", translations=told("Tula (town)", "steel")),
        match(3, place="Омск", materials="медь", translations=told("Omsk", "copper")),
    )
    english = draft.translations["en"]
    assert set(draft.translations) == {"en"}
    assert english.fields["place"].value == "Tula" and english.fields["place"].sources == draft.fields["place"].sources
    assert (draft.fields["materials"].value, english.fields["materials"].value) == ("сталь", "steel")
    assert (english.text, english.text_source) == ("A text from Tula", draft.text_source)


def dated(number: int, period: str, years: tuple[int, int], english: str = "", score: float = 0.7) -> Match:
    return match(
        number,
        score=score,
        period=period,
        year_from=years[0],
        year_to=years[1],
        translations={"en": {"period": english}} if english else {},
    )


def test_a_covering_period_is_not_translated_from_a_narrower_one() -> None:
    narrower = [dated(1, "1850-е", (1850, 1859), "1850s", 0.8), dated(2, "1820-е", (1820, 1829), "1820s")]
    silent = drafted(*narrower, dated(3, "XIX век", (1801, 1900)))
    assert (silent.fields["period"].value, silent.fields["period"].sources) == ("XIX век", (1, 2, 3))
    assert silent.translations == {}
    spoken = drafted(*narrower, dated(3, "XIX век", (1801, 1900), "19th century"))
    period = spoken.translations["en"].fields["period"]
    assert (period.value, period.sources, period.count) == ("19th century", (3,), 1)


def test_the_drafted_wording_is_translated_before_another_of_the_same_years() -> None:
    draft = drafted(
        dated(1, "XIX век", (1801, 1900), score=0.8),
        dated(2, "1801–1900", (1801, 1900), "1801–1900", score=0.75),
        dated(3, "XIX век", (1801, 1900), "19th century"),
    )
    period = draft.translations["en"].fields["period"]
    assert (draft.fields["period"].value, period.value, period.sources) == ("XIX век", "19th century", (2, 3))
    other = drafted(dated(1, "XIX век", (1801, 1900)), dated(2, "1801–1900", (1801, 1900), "1801–1900"))
    assert other.translations["en"].fields["period"].value == "1801–1900"


def test_where_records_date_the_drafted_words_differently_only_these_words_are_translated() -> None:
    records = [
        dated(1, "1850-е", (1850, 1859), "1850s", 0.9),
        dated(2, "XIX век", (1850, 1859), score=0.7),
        dated(3, "XIX век", (1801, 1900), score=0.6),
        dated(4, "1820-е", (1820, 1829), score=0.95),
        dated(5, "1890-е", (1890, 1899), score=0.95),
    ]
    draft = drafted(*records)
    assert draft.fields["period"].value == "XIX век" and draft.translations == {}


def made_of(number: int, materials: str, english: str = "", score: float = 0.7) -> Match:
    translations = {"en": {"materials": english}} if english else {}
    return match(number, score=score, materials=materials, translations=translations)


def test_an_item_that_was_voted_out_is_not_translated() -> None:
    draft = drafted(
        *(made_of(number, "золото, бронза", "gold, bronze") for number in (1, 2)),
        *(made_of(number, "бронза") for number in (3, 4, 5)),
    )
    english = draft.translations["en"].fields["materials"]
    assert (draft.fields["materials"].value, english.value, english.sources) == ("бронза", "bronze", (1, 2))
    assert [(item.value, item.sources) for item in english.items] == [("bronze", (1, 2))]


def test_an_item_that_was_voted_for_is_translated_however_few_translate_it() -> None:
    draft = drafted(
        made_of(1, "золото, медь, бронза", "gold, copper, bronze"),
        made_of(2, "бронза", "Bronze (alloy)", score=0.8),
        made_of(3, "бронза", "bronze"),
        *(made_of(number, "золото, бронза") for number in (4, 5)),
    )
    english = draft.translations["en"].fields["materials"]
    assert draft.fields["materials"].value == "бронза, золото"
    assert [(item.value, item.sources) for item in english.items] == [("Bronze (alloy)", (2, 1, 3)), ("gold", (1,))]
    assert (english.value, english.sources) == ("Bronze (alloy), gold", (2, 1, 3))


def test_a_translation_that_lists_more_or_fewer_things_than_the_record_is_left_out() -> None:
    fewer = [made_of(number, "медь, бронза, золото", "copper, gilt bronze") for number in (1, 2)]
    draft = drafted(*fewer, *(made_of(number, "бронза, золото") for number in (3, 4, 5)))
    assert draft.fields["materials"].value == "бронза, золото" and draft.translations == {}
    assert drafted(*(made_of(number, "бронза", "bronze, gold") for number in (1, 2))).translations == {}


def test_a_list_is_translated_as_a_whole_where_a_record_says_just_what_is_drafted() -> None:
    draft = drafted(
        made_of(1, "дерево, левкас, темпера", "tempera on gessoed wood"),
        made_of(2, "Темпера; дерево; левкас", "tempera, wood, gesso"),
        made_of(3, "дерево", "wood"),
    )
    english = draft.translations["en"].fields["materials"]
    assert (english.value, english.sources) == ("tempera on gessoed wood", (1, 2))
    assert [(item.value, item.sources) for item in english.items] == [("tempera on gessoed wood", (1, 2))]


def test_two_items_with_one_word_in_the_other_language_are_one_there() -> None:
    records = [made_of(1, "медь, стекло, хрусталь", "copper, glass, Glass"), made_of(2, "стекло, хрусталь")]
    english = drafted(*records, made_of(3, "хрусталь", "glass")).translations["en"].fields["materials"]
    assert [(item.value.casefold(), item.sources) for item in english.items] == [("glass", (1, 3))]


def test_a_language_that_the_source_lacks_is_not_filled_from_elsewhere() -> None:
    draft = drafted(
        match(1, OBJECT, place="Тула", description="Текст"),
        match(2, place="Омск", translations={"en": {"place": "Omsk", "description": "A text"}}),
    )
    assert draft.text_source == 1 and draft.translations == {}


def test_every_value_and_source_is_real_whatever_the_neighbours_say() -> None:
    rng = np.random.default_rng(0)
    words = ["", "Тула", "тула.", "Москва", "медь, сталь", "сталь; кость", "XIX век"]
    kinds = list(VerdictKind)
    for _ in range(300):
        matches = [
            match(
                number,
                kinds[rng.integers(4)],
                score=float(rng.uniform(0.2, 1.4)),
                description=str(rng.choice(["", "Текст"])),
                **{
                    name: str(rng.choice(words))
                    for name in ("name", "place", "materials", "technique", "dimensions", "period")
                },
            )
            for number in range(rng.integers(0, 11))
        ]
        rng.shuffle(matches)
        known = {one.record.id: one for one in matches if one.verdict.kind is not DISTANT}
        draft = description.draft(matches)
        assert draft == description.draft(matches)
        for name, field in draft.fields.items():
            assert 0 < field.support <= 1 and field.count == len(field.sources) == len(set(field.sources)) > 0
            said = [getattr(known[source].record.content, name) for source in field.sources]
            items = field.value.split(", ") if name in ("materials", "technique") else [field.value]
            assert all(any(item in value for value in said) for item in items)
            for item in field.items:
                holders = [getattr(known[source].record.content, name) for source in item.sources]
                assert holders and all(item.value.casefold() in holder.casefold() for holder in holders)
                assert set(item.sources) <= set(field.sources)
        assert (draft.text_source in known) == bool(draft.text)
