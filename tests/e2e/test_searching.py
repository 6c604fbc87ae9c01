"""A photograph given in every way there is, and what comes back."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Open, Visit
from tests.e2e.gestures import (
    WATCH_PROGRESS,
    await_result,
    await_truth,
    choose,
    drop,
    keep_busy,
    match_cards,
    open_first_match,
    paste,
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("give", [choose, drop, paste], ids=["chosen", "dropped", "pasted"])
def test_a_photograph_shows_its_progress_and_ten_matches(
    give: Callable[..., None], open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.evaluate(WATCH_PROGRESS)
    keep_busy(page, *photographs[1:9], uploads=3)
    give(page, photographs[0])
    await_result(page)
    expect(match_cards(page)).to_have_count(10)
    told = page.evaluate("[...window.stagesTold]")
    assert told, "the progress bar told no stage"
    expect(page.get_by_role("heading", name="Draft of the description")).to_be_visible()


def test_several_photographs_share_one_stream_and_each_gets_its_result(
    open_page: Open, photographs: list[pathlib.Path], visits: list[Visit]
) -> None:
    page = open_page()
    keep_busy(page, *photographs[1:9], uploads=3)
    choose(page, *photographs[:3])
    page.wait_for_url("**/batches/*")
    rows = page.locator("li[data-search]")
    expect(rows).to_have_count(3)
    expect(page.get_by_text("3 of 3 ready")).to_be_visible()
    streams = [url for url in visits[0].requests if url.endswith("/events")]
    assert len(streams) == 1
    for number in range(3):
        expect(rows.nth(number).get_by_role("link")).to_have_count(3)
    rows.nth(1).get_by_role("link", name=photographs[1].name).last.click()
    await_result(page)
    expect(page.get_by_role("navigation", name="Photographs sent together").get_by_role("link")).to_have_count(3)


def test_the_strip_of_a_batch_lives_on_beside_a_result_and_shows_where_the_reader_is(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page(viewport={"width": 700, "height": 900})
    keep_busy(page, *photographs[:20], uploads=2)
    choose(page, *photographs[:16])
    page.wait_for_url("**/batches/*")
    rows = page.locator("li[data-search]")
    expect(rows.first.locator("[class*=chip]")).to_be_visible()
    rows.first.locator(".file a").click()
    expect(match_cards(page)).to_have_count(10)
    strip = page.get_by_role("navigation", name="Photographs sent together")
    expect(strip.get_by_role("img", name=re.compile("Done|Ready"))).to_have_count(16, timeout=90_000)
    strip.get_by_role("link").last.click()
    expect(strip.get_by_role("link").last).to_have_attribute("aria-current", "page")
    expect(strip.get_by_role("link").last).to_be_in_viewport(ratio=0.9)


def test_a_waiting_photograph_can_be_cancelled_without_touching_the_others(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    keep_busy(page, *photographs[:20], uploads=5)
    choose(page, *photographs[:18])
    page.wait_for_url("**/batches/*")
    last = page.locator("li[data-search]").last
    last.get_by_role("button", name=re.compile("Cancel")).click()
    expect(last.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(page.get_by_text("17 of 18 ready, 1 cancelled")).to_be_visible(timeout=90_000)
    expect(page.locator("li[data-search] [class*=chip]")).to_have_count(17)


def test_a_link_shows_a_colleague_the_same_result(open_page: Open, photographs: list[pathlib.Path]) -> None:
    mine = open_page()
    choose(mine, photographs[0])
    await_result(mine)
    theirs = open_page(mine.url, locale="ru-RU")
    expect(match_cards(theirs)).to_have_count(10)
    expect(theirs.get_by_role("heading", name="Ближайшие предметы")).to_be_visible()
    assert [card.get_attribute("data-record") for card in match_cards(theirs).all()] == [
        card.get_attribute("data-record") for card in match_cards(mine).all()
    ]


def test_recent_searches_are_kept_in_this_browser_only(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    page.get_by_role("link", name="Vitrine").click()
    recent = page.get_by_role("region", name="Your recent searches").get_by_role("listitem")
    expect(recent).to_have_count(1)
    page.reload()
    recent.get_by_role("link").click()
    await_result(page)
    expect(open_page().get_by_role("region", name="Your recent searches").get_by_role("listitem")).to_have_count(0)


def test_two_tabs_keep_one_list_of_recent_searches(open_page: Open, photographs: list[pathlib.Path]) -> None:
    one = open_page()
    other = one.context.new_page()
    other.goto("/")
    for page, photograph in ((one, photographs[0]), (other, photographs[1])):
        choose(page, photograph)
        await_result(page)
        page.get_by_role("link", name="Vitrine").click()
    for page in (one, other):
        recent = page.get_by_role("region", name="Your recent searches").get_by_role("listitem")
        expect(recent).to_have_count(2)
    one.get_by_role("button", name="Clear the list").click()
    expect(other.get_by_text("What you search for appears here")).to_be_visible()


def test_a_tab_that_nobody_looks_at_leaves_its_stream_and_learns_later_what_it_missed(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.evaluate(
        """() => {
          window.streams = [];
          window.EventSource = class extends EventSource {
            constructor(url) {
              super(url);
              window.streams.push(this);
            }
          };
          window.look = (away) => {
            Object.defineProperty(document, 'hidden', { value: away, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
          };
        }"""
    )
    opened = "() => window.streams.filter((one) => one.readyState !== EventSource.CLOSED).length"
    keep_busy(page, *photographs[:20], uploads=5)
    choose(page, photographs[0])
    page.wait_for_url("**/searches/*")
    await_truth(page, f"({opened})() === 1")
    page.evaluate("look(true)")
    assert page.evaluate(opened) == 0
    page.evaluate(
        "fetch('/api' + location.pathname, { headers: { Prefer: 'wait=30' } }).then((answer) => answer.json())"
    )
    expect(match_cards(page)).to_have_count(0)
    page.evaluate("look(false)")
    expect(match_cards(page)).to_have_count(10)


def test_a_match_is_compared_point_by_point_and_arrow_keys_turn_to_the_next(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    dialog = open_first_match(page)
    expect(dialog.get_by_text("1 of 10", exact=False).first).to_be_visible()
    points = dialog.locator("[data-part=evidence] circle")
    expect(points.first).to_be_attached()
    _ends_lie_on_the_pictures(page)
    dialog.get_by_label("Show the points that agree").uncheck()
    expect(points).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_text("2 of 10", exact=False).first).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_text("1 of 10", exact=False).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert "match=" not in page.url


def test_details_that_were_not_compared_are_not_said_to_disagree(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.get_by_text("Narrow the search").click()
    page.get_by_label("Compare details point by point").uncheck()
    choose(page, photographs[0])
    await_result(page)
    dialog = open_first_match(page)
    expect(dialog.get_by_text("Details were not compared.")).to_be_visible()
    expect(dialog.get_by_text("No detail was found")).to_have_count(0)


def test_the_focus_stays_at_the_button_that_leads_no_further(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    dialog = open_first_match(page)
    onward = dialog.get_by_role("button", name="Next object")
    onward.focus()
    for _ in range(10):
        page.keyboard.press("Enter")
    expect(dialog.get_by_text("10 of 10", exact=False).first).to_be_visible()
    expect(onward).to_be_disabled()
    expect(onward).to_be_focused()


@pytest.mark.parametrize("twice", ["click", "key"])
def test_closing_a_match_twice_in_haste_stays_with_the_search(
    twice: str, open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    searched = page.url
    dialog = open_first_match(page)
    close = "document.querySelector('dialog header .button:last-child').click()"
    cancel = "document.querySelector('dialog').dispatchEvent(new Event('cancel', { cancelable: true }))"
    # Both in one task, sooner than a browser goes back.
    page.evaluate(f"() => {{ {close if twice == 'click' else cancel}; {close if twice == 'click' else cancel}; }}")
    expect(dialog).to_have_count(0)
    page.wait_for_timeout(300)
    assert page.url == searched
    open_first_match(page).get_by_role("button", name="Close").dblclick()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url == searched


def test_the_same_detail_is_magnified_in_both_pictures(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    dialog = open_first_match(page)
    dialog.get_by_label("Magnify the same detail in both").check()
    lenses = dialog.locator("[data-part=lens]")
    expect(lenses).to_have_count(0)
    dialog.locator("figure img").first.hover()
    expect(lenses).to_have_count(2)
    query, match = (lens.bounding_box() for lens in lenses.all())
    assert query and match
    assert query["y"] == pytest.approx(match["y"], abs=25)
    page.mouse.move(5, 5)
    expect(lenses).to_have_count(0)


def _ends_lie_on_the_pictures(page: Page) -> None:
    outside = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll('dialog figure img')].map((one) => one.getBoundingClientRect());
          const circles = [...document.querySelectorAll('[data-part=evidence] circle')];
          const on = (box, circle) => {
            const { left, top, width, height } = circle.getBoundingClientRect();
            const [x, y] = [left + width / 2, top + height / 2];
            return x >= box.left - 1 && x <= box.right + 1 && y >= box.top - 1 && y <= box.bottom + 1;
          };
          return circles.filter((circle, index) => !on(boxes[index % 2], circle)).length;
        }"""
    )
    assert outside == 0


def searched_part(page: Page) -> dict[str, float]:
    """Searches the part that is marked; returns it as the server has it."""
    whole = page.url
    page.get_by_role("button", name="Search this part").click()
    expect(page).not_to_have_url(whole)
    await_result(page)
    region: dict[str, float] = page.evaluate("fetch('/api' + location.pathname).then((answer) => answer.json())")[
        "region"
    ]
    return region


def test_a_part_of_the_picture_is_marked_with_the_mouse_and_searched(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    page.get_by_role("button", name="Search a part of the picture").click()
    box = page.locator("figure .picture").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.7, steps=5)
    page.mouse.up()
    region = searched_part(page)
    expect(page.get_by_text("Only the marked part was searched")).to_be_visible()
    assert region == pytest.approx({"x": 0.2, "y": 0.1, "width": 0.6, "height": 0.6}, abs=0.02)


def test_no_part_is_smaller_than_the_server_searches(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    small = tmp_path / "small.png"
    with Image.open(photographs[0]) as picture:
        picture.resize((64, 48)).save(small)
    page = open_page()
    choose(page, small)
    await_result(page)
    page.get_by_role("button", name="Search a part of the picture").click()
    frame = page.get_by_role("application")
    before = frame.get_attribute("aria-label") or ""
    # The browser's own keys are not the frame's.
    page.keyboard.press("Control+-")
    expect(frame).to_have_attribute("aria-label", before)
    for _ in range(40):
        page.keyboard.press("-")
    region = searched_part(page)
    assert (region["width"] * 64, region["height"] * 48) == pytest.approx((8, 8), abs=0.1)


def test_a_search_asked_for_several_times_in_haste_is_made_once(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    searched = page.url
    held: list[Route] = []
    page.route("**/api/searches", lambda route: held.append(route))
    page.get_by_role("button", name="Search a part of the picture").click()
    for _ in range(3):
        page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("Sending|Received"))).to_be_visible()
    held[0].continue_()
    page.wait_for_url(lambda url: url != searched)
    await_result(page)
    assert len(held) == 1
    # As for somebody who was sent the link: the photograph comes from the server.
    page.goto(searched)
    page.get_by_text("Search again with other limits").click()
    page.get_by_role("button", name="Search again").dblclick()
    expect(page.get_by_text(re.compile("Sending|Received"))).to_be_visible()
    held[1].continue_()
    page.wait_for_url(lambda url: url != searched)
    await_result(page)
    assert len(held) == 2


def test_the_limits_of_a_search_are_told_in_the_language_of_the_page(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    page.get_by_text("Narrow the search").click()
    typology = page.get_by_label("Typology")
    typology.select_option(index=1)
    chosen = typology.locator("option:checked").inner_text().rsplit(" (", 1)[0]
    choose(page, photographs[0])
    await_result(page)
    expect(page.get_by_text("Limits: ")).to_contain_text(chosen)


def test_fields_and_the_whole_draft_are_copied(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    choose(page, photographs[0])
    await_result(page)
    draft = page.get_by_role("region", name="Draft of the description")
    row = draft.locator("[data-field]").first
    row.get_by_role("button", name=re.compile("^Copy: ")).click()
    assert page.evaluate("navigator.clipboard.readText()") == row.locator("dd").first.inner_text()
    draft.get_by_role("button", name="Copy the whole draft").click()
    assert len(page.evaluate("navigator.clipboard.readText()").splitlines()) > 1


def test_a_source_of_a_field_opens_the_object_that_holds_it(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    source = page.get_by_role("region", name="Draft of the description").get_by_role("list", name="Sources").first
    source.get_by_role("link").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
