"""The catalogue and its records, without a photograph."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.conftest import Open
from tests.e2e.gestures import match_cards

pytestmark = pytest.mark.browser

REFUSED = ("Failed to load resource",)
AWAY = {"code": "unavailable", "detail": "It is away."}


def test_the_catalogue_is_searched_and_leads_to_similar_objects(open_page: Open) -> None:
    page = open_page("/catalogue")
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    name = cards.nth(2).locator(".name").inner_text()
    page.get_by_role("searchbox").fill(name)
    expect(page).to_have_url(re.compile(r"\?q="))
    expect(cards.first).to_contain_text(name)
    cards.first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.get_by_role("button", name="Find similar objects").click()
    expect(match_cards(page).first).to_be_visible()


def test_a_record_without_photographs_is_not_compared(open_page: Open) -> None:
    page = open_page("/catalogue")
    page.route(
        re.compile(r"/api/records/\d+$"), lambda route: route.fulfill(json=route.fetch().json() | {"images": []})
    )
    page.locator("main ul a").first.click()
    expect(page.get_by_text("No photographs")).to_be_visible()
    expect(page.get_by_role("button", name="Find similar objects")).to_have_count(0)


def test_who_comes_back_to_the_catalogue_finds_it_as_it_was_left(open_page: Open) -> None:
    page = open_page("/catalogue")
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    first_page = cards.count()
    page.get_by_role("button", name="Show more").click()
    expect(cards).not_to_have_count(first_page)
    expect(cards.nth(first_page)).to_be_focused()
    loaded = cards.count()
    cards.last.scroll_into_view_if_needed()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 0
    cards.last.click()
    expect(page.get_by_role("button", name="Find similar objects")).to_be_visible()
    page.go_back()
    expect(cards).to_have_count(loaded)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") == pytest.approx(scrolled, abs=2)
    page.get_by_role("link", name="Vitrine").click()
    page.get_by_role("link", name="Catalogue").click()
    expect(cards).to_have_count(first_page)
    assert page.evaluate("scrollY") == 0


def test_an_empty_catalogue_does_not_ask_for_fewer_words(open_page: Open) -> None:
    page = open_page()
    page.route("**/api/records?*", lambda route: route.fulfill(json={"records": [], "next_cursor": None}))
    page.get_by_role("link", name="Catalogue").click()
    expect(page.get_by_text("The catalogue is still empty.")).to_be_visible()
    page.get_by_role("searchbox").fill("vase")
    expect(page.get_by_text("Try fewer words")).to_be_visible()


def test_the_catalogue_follows_its_address(open_page: Open) -> None:
    page = open_page("/catalogue")
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    all_of_them = cards.count()
    page.get_by_role("searchbox").fill(cards.nth(2).locator(".name").inner_text())
    expect(cards).not_to_have_count(all_of_them)
    filtered = page.url
    page.get_by_role("link", name="Catalogue").click()
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(cards).to_have_count(all_of_them)
    page.go_back()
    expect(cards).not_to_have_count(all_of_them)
    assert page.url == filtered
    typology = page.get_by_label("Typology")
    typology.select_option(index=1)
    expect(page).to_have_url(re.compile("typology="))
    page.reload()
    expect(typology).not_to_have_value("")
    page.get_by_role("link", name="Catalogue").click()
    expect(typology).to_have_value("")


def test_an_old_answer_is_not_shown_for_a_question_that_got_none(open_page: Open) -> None:
    page = open_page("/catalogue", provoked=REFUSED)
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    page.route("**/api/records?q=*", lambda route: route.fulfill(status=503, json=AWAY))
    page.get_by_role("searchbox").fill("vase")
    expect(page.get_by_role("alert")).to_contain_text("The service is not available")
    expect(cards).to_have_count(0)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


def test_more_that_is_refused_is_told_where_it_was_asked_for(open_page: Open) -> None:
    page = open_page("/catalogue", provoked=REFUSED)
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    first_page = cards.count()
    page.route("**/api/records?cursor=*", lambda route: route.fulfill(status=503, json=AWAY), times=1)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    expect(cards).to_have_count(first_page)
    page.get_by_role("button", name="Try again").click()
    expect(cards.nth(first_page)).to_be_focused()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_text_that_is_not_searched_by_meaning_for_now_can_be_asked_again(open_page: Open) -> None:
    page = open_page("/catalogue")
    cards = page.locator("main ul a[href^='/records/']")
    expect(cards.first).to_be_visible()
    missing: list[str | None] = ["no_text_tower", "overloaded", None]

    def answer(route: Route) -> None:
        why = missing.pop(0)
        records = [] if why else route.fetch(url=route.request.url.split("?")[0]).json()["records"]
        route.fulfill(json={"records": records, "next_cursor": None, "meaning_missing": why})

    page.route("**/api/records?q=*", answer)
    notice = page.get_by_text("search by meaning is not available")
    page.get_by_role("searchbox").fill("a ship")
    expect(page.get_by_text("No record fits.")).to_be_visible()
    expect(notice).to_have_count(0)
    page.get_by_role("searchbox").fill("a ship at sea")
    expect(notice).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(cards.first).to_be_focused()
    expect(notice).to_have_count(0)


def test_the_nearest_records_are_not_called_similar_where_they_are_not(open_page: Open) -> None:
    page = open_page("/catalogue")
    page.route(
        re.compile(r"/api/records/\d+/similar$"),
        lambda route: route.fulfill(json=route.fetch().json() | {"nothing_similar": True}),
    )
    page.locator("main ul a").first.click()
    page.get_by_role("button", name="Find similar objects").click()
    expect(match_cards(page).first).to_be_visible()
    expect(page.get_by_role("heading", name="Nearest, though not similar")).to_be_focused()
    expect(page.get_by_text("Nothing similar in the catalogue.")).to_be_visible()
