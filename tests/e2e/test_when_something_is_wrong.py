"""Refusals and failures in the reader's language, each with a way on."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Open
from tests.e2e.gestures import await_result, choose, keep_busy, match_cards, open_first_match

pytestmark = pytest.mark.browser

REFUSED = ("Failed to load resource",)


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en-GB", "This is not a picture that can be read"), ("ru-RU", "Это не изображение, которое можно прочитать")],
)
def test_a_text_file_named_jpg_is_refused_clearly(
    locale: str, words: str, open_page: Open, tmp_path: pathlib.Path
) -> None:
    text = tmp_path / "letter.jpg"
    text.write_text("Dear colleague, the photograph is not attached.")
    page = open_page(locale=locale, provoked=REFUSED)
    choose(page, text)
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page).to_have_url(re.compile(r"/$"))


def test_one_bad_file_does_not_hold_up_the_others(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("not a picture")
    page = open_page(provoked=REFUSED)
    choose(page, photographs[0], text)
    expect(page.get_by_role("alert")).to_contain_text("notes.jpg")
    page.get_by_role("button", name="Send the other one").click()
    await_result(page)


def test_a_damaged_picture_fails_with_a_reason(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(photographs[0].read_bytes()[:400])
    page = open_page(locale="ru-RU", provoked=REFUSED)
    choose(page, damaged)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("повреждено|Это не изображение"))


def test_a_batch_counts_what_failed_apart(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(photographs[0].read_bytes()[:400])
    page = open_page(provoked=REFUSED)
    choose(page, photographs[0], damaged, photographs[1])
    expect(page.get_by_text("2 of 3 ready, 1 failed")).to_be_visible()


def refuse(page: Page, status: int, code: str, retry_after: str | None = None) -> None:
    """The next upload is refused; the ones after it are not."""

    def answer(route: Route) -> None:
        problem = {
            "type": "about:blank",
            "title": "No",
            "status": status,
            "detail": "The server said no.",
            "code": code,
        }
        headers = {"Content-Type": "application/problem+json"} | ({"Retry-After": retry_after} if retry_after else {})
        route.fulfill(status=status, headers=headers, body=json.dumps(problem))

    page.route("**/api/searches", answer, times=1)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (413, "too_large", "The picture is too large. Up to "),
        (415, "empty_file", "The file is empty."),
        (422, "bad_region", "does not lie within the picture"),
        (422, "region_too_small", "The marked part is too small"),
        (418, "an_unknown_code", "The server said no."),
    ],
)
def test_a_refusal_is_told_by_its_code(
    status: int, code: str, words: str, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    refuse(page, status, code)
    choose(page, photographs[0])
    expect(page.get_by_role("alert")).to_contain_text(words)
    # The server's own words are for codes that the page has none for.
    expect(page.get_by_text("The server said no.")).to_have_count(int(code == "an_unknown_code"))
    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(("status", "code"), [(429, "too_many_requests"), (503, "overloaded")])
def test_a_busy_server_is_asked_again_when_it_said(
    status: int, code: str, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    refuse(page, status, code, retry_after="2")
    choose(page, photographs[0])
    expect(page.get_by_role("button", name=re.compile("Try again in"))).to_be_disabled()
    page.get_by_role("button", name="Try again", exact=True).click()
    await_result(page)


def test_a_lost_network_is_told_and_the_photograph_can_be_sent_again(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    page.context.set_offline(True)
    expect(page.get_by_text("No network.")).to_be_visible()
    choose(page, photographs[0])
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    page.context.set_offline(False)
    await_result(page)


def test_an_unreachable_server_is_told_and_the_photograph_can_be_sent_again(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    page.route("**/api/searches", lambda route: route.abort(), times=1)
    choose(page, photographs[0])
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    page.get_by_role("button", name="Try again", exact=True).click()
    await_result(page)


@pytest.mark.parametrize("path", ["/catalogue", "/records/1", "/searches/nothing-here"])
def test_a_page_that_was_turned_to_without_a_network_comes_when_it_is_back(path: str, open_page: Open) -> None:
    page = open_page(provoked=REFUSED)
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.evaluate(
        "(path) => { const link = document.createElement('a'); link.href = path;"
        " document.body.append(link); link.click(); link.remove(); }",
        path,
    )
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Search")


@pytest.mark.parametrize("count", [1, 2], ids=["of_a_search", "of_a_batch"])
def test_a_result_that_cannot_be_fetched_is_asked_for_again_then_told(
    count: int, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    asked: list[str] = []

    def fail(route: Route) -> None:
        document = None if len(asked) >= 4 * count else route.fetch().json()
        if document and document["status"] == "completed":
            asked.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page.route(re.compile(r"/api/searches/[^/]+$"), fail)
    # What is over before its page is shown needs no stream: it has to be waited for.
    keep_busy(page, *photographs[:20], uploads=2)
    choose(page, *photographs[:count])
    expect(page.get_by_role("alert")).to_have_count(count, timeout=90_000)
    expect(page.get_by_text("The server cannot be reached.").first).to_be_visible()
    for left in range(count, 0, -1):
        page.get_by_role("button", name="Try again").first.click()
        expect(page.get_by_role("alert")).to_have_count(left - 1)
    expect(match_cards(page).or_(page.locator("li[data-search] [class*=chip]")).first).to_be_visible()


BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError'); } })"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); }"


@pytest.mark.parametrize("storage", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_browser_that_keeps_nothing_searches_all_the_same(
    storage: str, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.add_init_script(storage)
    page.reload()
    choose(page, photographs[0])
    await_result(page)
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", name="Ближайшие предметы")).to_be_visible()


def test_a_text_without_words_is_told_what_to_do_and_not_to_try_again(open_page: Open) -> None:
    page = open_page("/catalogue", provoked=REFUSED)
    problem = {"code": "no_words", "detail": "No word."}
    page.route("**/api/records?q=***", lambda route: route.fulfill(status=422, json=problem))
    page.get_by_role("searchbox").fill("***")
    expect(page.get_by_role("alert")).to_contain_text("Write at least one word or number.")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_broken_stream_is_taken_up_again(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page(provoked=REFUSED)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if broken:
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort()

    page.route("**/events", break_once)
    # A search that is over before the page has asked for its stream needs none.
    keep_busy(page, *photographs[:20], uploads=5)
    choose(page, *photographs[:2])
    expect(page.get_by_text("2 of 2 ready")).to_be_visible(timeout=90_000)
    assert broken


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/searches/nothing-here", "There is no such search"),
        ("/batches/nothing-here", "There is no such group"),
        ("/records/99999999", "There is no such record"),
        ("/nothing/here", "This page does not exist"),
    ],
)
def test_an_address_that_leads_nowhere_leads_back(path: str, words: str, open_page: Open) -> None:
    page = open_page(path, provoked=REFUSED)
    expect(page.get_by_role("heading", name=words)).to_be_visible()
    page.get_by_role("link", name="To the search").click()
    expect(page.get_by_role("heading", name="Which objects are most like this one?")).to_be_visible()


def test_nothing_similar_is_said_before_the_nearest_are_shown(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()

    def estrange(route: Route) -> None:
        document = route.fetch().json()
        if document.get("result"):
            document["result"] |= {"nothing_similar": True, "class": None, "class_missing": "too_few_labels"}
        route.fulfill(json=document)

    page.route(re.compile(r"/api/searches/[^/]+$"), estrange)
    choose(page, photographs[0])
    expect(page.get_by_text("Nothing similar in the catalogue")).to_be_visible()
    expect(page.get_by_text("too few labelled objects")).to_be_visible()
    expect(match_cards(page)).to_have_count(10)
    page.get_by_role("button", name="Show the draft all the same").press("Enter")
    expect(page.locator(":focus")).to_have_text("Draft of the description")
    # Within limits, it may well be in the catalogue.
    page.get_by_text("Search again with other limits").click()
    page.get_by_label("Typology").select_option(index=1)
    page.get_by_role("button", name="Search again").click()
    expect(page.get_by_text("Nothing similar within these limits")).to_be_visible()
    expect(page.get_by_text("has not been catalogued yet")).to_have_count(0)


def test_limits_that_leave_nothing_are_no_sign_that_nothing_is_similar(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    accepted = page.request.post(
        "/api/searches",
        multipart={
            "image": {"name": "photograph.jpg", "mimeType": "image/jpeg", "buffer": photographs[0].read_bytes()},
            "filters": '{"museum": "Another museum"}',
        },
    )
    page.goto(f"/searches/{accepted.json()['id']}")
    expect(page.get_by_text("The catalogue has no objects within these limits.")).to_be_visible()
    expect(page.get_by_text("Nothing similar")).to_have_count(0)
    expect(page.get_by_role("button", name="Show the draft all the same")).to_have_count(0)


def test_a_photograph_that_has_left_its_disk_is_searched_again_all_the_same(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    own = tmp_path / "on a card.jpg"
    own.write_bytes(photographs[0].read_bytes())
    page = open_page()
    choose(page, own)
    await_result(page)
    searched = page.url
    own.unlink()
    page.get_by_text("Search again with other limits").click()
    page.get_by_role("button", name="Search again").click()
    page.wait_for_url(lambda url: url != searched)
    await_result(page)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_page_that_could_not_learn_of_the_catalogue_asks_again(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    page = open_page(provoked=("Failed to load resource",))
    page.route("**/api/catalogue", lambda route: route.fulfill(status=502, body="away"))
    page.reload()
    page.wait_for_timeout(500)
    expect(page.get_by_label("Typology").locator("option")).to_have_count(1)
    heavy = {"code": "too_large", "detail": "The picture is too large: 60 MB, and 50 MB are the most."}
    page.route("**/api/searches", lambda route: route.fulfill(status=413, json=heavy), times=1)
    choose(page, photographs[0])
    expect(page.get_by_role("alert")).to_contain_text("50 MB are the most")
    page.unroute("**/api/catalogue")
    page.get_by_text("Narrow the search").click()
    # Its tries may be over by now; then it asks when the network is back.
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_label("Typology").locator("option")).not_to_have_count(1)


def test_a_similar_object_is_called_neither_the_same_nor_another(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(locale="ru-RU")

    def judge(route: Route) -> None:
        document = route.fetch().json()
        for rank, match in enumerate((document.get("result") or {"matches": []})["matches"]):
            match |= {"verdict": "distant" if rank else "similar", "false_positive_rate": 1.0 if rank else 1 / 21}
        route.fulfill(json=document)

    page.route(re.compile(r"/api/searches/[^/]+$"), judge)
    choose(page, photographs[0])
    await_result(page)
    page.get_by_text("Что означают оценки").click()
    legend = page.locator("details dl")
    expect(legend).to_contain_text("Похож; тот же ли это предмет, по снимкам не решить.")
    expect(legend).to_contain_text("одна из 21 фотографии других предметов")
    expect(legend).not_to_contain_text("%")


def test_a_picture_that_did_not_come_is_asked_for_again(open_page: Open) -> None:
    page = open_page(provoked=REFUSED)
    page.route("**/api/images/**", lambda route: route.abort())
    page.get_by_role("link", name="Catalogue").click()
    first = page.locator("main ul a .mat").first
    expect(first.locator(".broken")).to_be_visible()
    page.unroute("**/api/images/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(first.locator("img")).to_have_js_property("complete", True)
    expect(page.locator(".broken")).to_have_count(0)


def test_a_copy_that_the_browser_refuses_is_seen_and_heard_over_a_match_too(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.add_init_script("document.execCommand = () => false; navigator.clipboard.writeText = () => Promise.reject();")
    page.reload()
    choose(page, photographs[0])
    await_result(page)
    dialog = open_first_match(page)
    button = dialog.get_by_role("button", name=re.compile("^Copy: ")).first
    button.click()
    expect(button).to_have_attribute("title", "The browser did not allow copying")
    expect(dialog.get_by_role("status")).to_have_text("The browser did not allow copying")
    expect(button).to_have_attribute("title", re.compile("^Copy: "))


def test_a_comparison_that_cannot_be_fetched_can_be_asked_for_again(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(provoked=REFUSED)
    page.route("**/assets/MatchDialog*.js", lambda route: route.abort())
    page.reload()
    choose(page, photographs[0])
    await_result(page)
    match_cards(page).first.click()
    expect(page.get_by_role("alert")).to_be_in_viewport()
    page.unroute("**/assets/MatchDialog*.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_be_visible()
