"""Russian and English, keyboard only, phone, both themes, and axe-core without a finding on any page."""

from __future__ import annotations

import pathlib
import re
import shutil
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.gestures import await_result, await_truth, choose, drop, keep_busy, match_cards, open_first_match

pytestmark = pytest.mark.browser

AXE = pathlib.Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def findings(page: Page) -> list[str]:
    expect(page.get_by_role("heading", level=1)).to_be_attached()
    page.evaluate(AXE.read_text())
    options = {"runOnly": {"type": "tag", "values": _RULES}}
    report: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in report["violations"]
        for node in violation["nodes"]
    ]


def assert_nothing_is_found(page: Page) -> None:
    # Colours are measured when nothing is fading in any more.
    page.wait_for_timeout(500)
    assert findings(page) == []


@pytest.mark.parametrize(
    ("locale", "scheme", "width"),
    [("en-GB", "light", 1400), ("ru-RU", "dark", 1400), ("ru-RU", "light", 390), ("en-GB", "dark", 390)],
)
def test_no_page_has_a_finding(
    locale: str, scheme: str, width: int, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(
        locale=locale, color_scheme=scheme, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )
    assert_nothing_is_found(page)
    page.locator("summary").first.click()
    assert_nothing_is_found(page)
    choose(page, *photographs[:2])
    page.wait_for_url("**/batches/*")
    assert findings(page) == []
    expect(page.locator("li[data-search] [class*=chip]")).to_have_count(2)
    assert_nothing_is_found(page)
    page.locator("li[data-search] a").first.click()
    await_result(page)
    page.locator("summary").last.click()
    assert_nothing_is_found(page)
    page.get_by_role("button", name=re.compile("Search a part|Искать по части")).click()
    assert_nothing_is_found(page)
    page.keyboard.press("Escape")
    open_first_match(page)
    assert_nothing_is_found(page)
    page.goto("/catalogue")
    page.locator("main ul a").first.click()
    page.get_by_role("button", name=re.compile("Find similar|Найти похожие")).click()
    expect(match_cards(page).first).to_be_visible()
    assert_nothing_is_found(page)
    page.goto("/catalogue")
    expect(page.locator("main ul a").first).to_be_visible()
    assert_nothing_is_found(page)
    page.goto("/nothing/here")
    assert_nothing_is_found(page)


def test_a_refusal_and_a_running_search_have_no_finding(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("text")
    page = open_page(provoked=("Failed to load resource",), reduced_motion="reduce")
    choose(page, text)
    expect(page.get_by_role("alert")).to_be_visible()
    assert_nothing_is_found(page)
    # A stream that tells nothing keeps the search running for as long as it takes to look.
    page.route(re.compile(r"/api/(searches|batches)/[^/]+$"), _unfinished)
    page.route("**/events", lambda route: route.fulfill(headers={"Content-Type": "text/event-stream"}, body=": \n\n"))
    choose(page, photographs[0])
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_text("place 3 in the queue")).to_be_visible()
    # Places and estimates change all the time: only the stage is spoken.
    expect(page.locator("main [aria-live=polite]")).to_have_text("Waiting in the queue")
    assert_nothing_is_found(page)


def _unfinished(route: Any) -> None:
    document = route.fetch().json()
    for search in document.get("searches", [document]):
        search |= {"status": "accepted", "stage": "queued", "queue_position": 3, "finished_at": None, "result": None}
    route.fulfill(json=document)


def test_the_language_follows_the_browser_and_the_choice_is_kept(open_page: Open) -> None:
    page = open_page(locale="ru-RU")
    expect(page.get_by_role("heading", level=1)).to_have_text("Какие предметы похожи на этот?")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which objects are most like this one?")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Which objects are most like this one?")


def test_records_are_read_in_the_language_of_the_page(open_page: Open) -> None:
    page = open_page("/catalogue")
    names = page.locator("main ul a .name")
    expect(names.first).to_be_visible()
    english = names.all_inner_texts()
    page.get_by_role("button", name="Русский").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Каталог")
    russian = names.all_inner_texts()
    assert len(russian) == len(english)
    assert russian != english
    assert any(re.search("[а-я]", name) for name in russian)


def test_the_whole_way_is_walked_by_keyboard(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    # Nobody is at the button before the page has heard what the catalogue holds.
    page.wait_for_load_state("networkidle")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    # Expected from here on: the browser takes a moment to hand its dialogs over.
    with page.expect_file_chooser() as opened:
        _tab_to(page, "button", "Choose photographs")
        page.keyboard.press("Enter")
    opened.value.set_files(photographs[0])
    await_result(page)
    whole = page.url
    _tab_to(page, "a[data-record]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(match_cards(page).nth(1)).to_be_focused()
    page.reload()
    _tab_to(page, "button", "Search a part of the picture")
    page.keyboard.press("Enter")
    frame = page.get_by_role("application")
    expect(frame).to_be_focused()
    before = frame.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    expect(frame).not_to_have_attribute("aria-label", before or "")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(whole)
    await_result(page)
    expect(page.get_by_text("Only the marked part was searched")).to_be_visible()


def test_the_focus_stays_where_a_control_has_gone(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page(provoked=("Failed to load resource",))
    focused = page.locator(":focus")
    page.route("**/api/searches", lambda route: None, times=1)
    choose(page, photographs[0])
    page.get_by_role("button", name="Stop sending").press("Enter")
    expect(focused).to_contain_text("Sending was stopped.")
    page.get_by_role("button", name="Close this message").press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(focused).to_have_count(1)
    choose(page, photographs[0])
    await_result(page)
    for way_out in ("Escape", "Cancel"):
        page.get_by_role("button", name="Search a part of the picture").press("Enter")
        if way_out == "Escape":
            page.keyboard.press(way_out)
        else:
            page.get_by_role("button", name=way_out).press("Enter")
        expect(page.get_by_role("button", name="Search a part of the picture")).to_be_focused()
    if (more := page.get_by_role("list", name="Sources").get_by_role("button")).count():
        more.first.press("Enter")
        expect(page.locator("ul[aria-label=Sources] a:focus")).to_have_count(1)
    page.get_by_role("link", name="Vitrine").click()
    page.get_by_role("button", name="Clear the list").press("Enter")
    expect(focused).to_have_text("Your recent searches")


def test_what_the_keyboard_turns_to_does_not_lie_under_a_message(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    page = open_page(provoked=("Failed to load resource",), viewport={"width": 1000, "height": 600})
    choose(page, photographs[0])
    await_result(page)
    no_picture = tmp_path / "no picture.jpg"
    no_picture.write_text("words")
    drop(page, no_picture)
    expect(page.get_by_role("alert")).to_be_visible()
    match_cards(page).last.focus()
    covered = """() => {
      const [at, tray] = [document.activeElement, document.querySelector('.trays')];
      return !tray.contains(at) && at.getBoundingClientRect().top < tray.getBoundingClientRect().bottom - 1
        && tray.getBoundingClientRect().top <= 0;
    }"""
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        page.wait_for_timeout(50)
        assert not page.evaluate(covered), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


@pytest.mark.parametrize("count", [1, 2], ids=["of_a_search", "of_a_batch"])
def test_the_focus_stays_with_the_search_that_is_cancelled(
    count: int, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    keep_busy(page, *photographs[:20], uploads=5)
    choose(page, *photographs[:count])
    page.get_by_role("button", name="Cancel").last.press("Enter")
    if count == 1:
        expect(page.locator(":focus")).to_contain_text("This search was cancelled.")
    else:
        last = page.locator("li[data-search]").last
        expect(last).to_contain_text("Cancelled")
        expect(last.locator(":focus")).to_have_text(photographs[1].name)


def _tab_to(page: Page, selector: str, words: str = "", most: int = 60) -> None:
    here = """([selector, words]) => {
      const at = document.activeElement;
      return at.matches(selector) && at.innerText.includes(words);
    }"""
    for _ in range(most):
        if page.evaluate(here, [selector, words]):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} {words} is not reached by Tab")


def test_no_page_scrolls_sideways_on_a_phone(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page(locale="ru-RU", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)

    def assert_it_fits() -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    assert_it_fits()
    expect(page.get_by_role("button", name="Сфотографировать")).to_be_visible()
    choose(page, *photographs[:2])
    page.wait_for_url("**/batches/*")
    assert_it_fits()
    page.locator("li[data-search] a").first.click()
    await_result(page)
    assert_it_fits()
    open_first_match(page)
    assert page.evaluate("(one => one.scrollWidth <= one.clientWidth)(document.querySelector('dialog'))")
    page.goto("/catalogue")
    expect(page.locator("main ul a").first).to_be_visible()
    assert_it_fits()
    page.locator("main ul a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert_it_fits()


def test_a_batch_fits_the_narrowest_phone(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    long = pathlib.Path(shutil.copy(photographs[0], tmp_path / f"IMG_{'2026' * 20}_original.jpg"))
    page = open_page(viewport={"width": 320, "height": 700}, has_touch=True, is_mobile=True)
    choose(page, long, photographs[1])
    expect(page.locator("li[data-search] [class*=chip]")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_reader_who_wants_no_motion_gets_none(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page(reduced_motion="reduce")
    choose(page, photographs[0])
    await_result(page)
    open_first_match(page)
    still = "() => document.getAnimations().every((one) => one.playState === 'finished')"
    await_truth(page, still, within_ms=1000)


def test_the_http_interface_is_shown_without_another_server(open_page: Open) -> None:
    page = open_page()
    page.goto("/docs")
    expect(page.get_by_text("/api/searches", exact=True).first).to_be_visible()
