"""What was given to the page is sent, all of it, or the page says what was not and why."""

from __future__ import annotations

import pathlib
import re
import shutil

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import Open, Visit
from tests.e2e.gestures import await_result, choose, drop, drop_from_disk, open_first_match, paste

pytestmark = pytest.mark.browser

REFUSED = ("Failed to load resource",)


def named(folder: pathlib.Path, *names: str, source: pathlib.Path) -> list[pathlib.Path]:
    return [pathlib.Path(shutil.copy(source, folder / name)) for name in names]


def files_of_the_batch(page: Page) -> Locator:
    return page.locator("li[data-search] .file")


def uploads(visit: Visit) -> int:
    return sum(url.endswith("/api/searches") for url in visit.requests)


def hold_upload(page: Page) -> list[Route]:
    """The next upload waits in this list until a test lets it go."""
    held: list[Route] = []
    page.route("**/api/searches", lambda route: held.append(route), times=1)
    return held


def test_photographs_too_large_for_one_request_are_sent_in_several(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path, visits: list[Visit]
) -> None:
    chosen = named(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", source=photographs[0])
    two = 2 * chosen[0].stat().st_size
    page = open_page()
    page.route("**/api/catalogue", lambda route: route.fulfill(json=route.fetch().json() | {"max_batch_bytes": two}))
    page.reload()
    page.wait_for_load_state("networkidle")
    choose(page, *chosen)
    expect(page.get_by_role("status").filter(has_text="1 photograph was accepted")).to_be_visible()
    assert uploads(visits[0]) == 3
    # Who looks at the first of them is not taken away; the others are at hand.
    expect(files_of_the_batch(page)).to_have_text(["a.jpg", "b.jpg"])
    page.get_by_role("status").filter(has_text="2 photographs were accepted").get_by_role("link", name="Open").click()
    expect(files_of_the_batch(page)).to_have_text(["c.jpg", "d.jpg"])
    expect(page.get_by_text("2 photographs were accepted")).to_have_count(0)
    page.get_by_role("link", name="Vitrine").click()
    expect(page.get_by_role("region", name="Your recent searches").get_by_role("listitem")).to_have_count(5)


def test_whoever_has_turned_to_something_else_is_not_taken_away_from_it(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page()
    choose(page, photographs[0])
    await_result(page)
    held = hold_upload(page)
    drop(page, photographs[1])
    expect(page.get_by_text(re.compile("Sending|Received"))).to_be_visible()
    dialog = open_first_match(page)
    held[0].continue_()
    expect(page.get_by_text(re.compile("Sending|Received"))).to_have_count(0)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("status").filter(has_text="1 photograph was accepted").get_by_role("link", name="Open").click()
    await_result(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(photographs[1].name)


def test_a_cell_of_a_spreadsheet_is_pasted_as_words_into_a_field_and_as_a_picture_elsewhere(
    open_page: Open, photographs: list[pathlib.Path]
) -> None:
    page = open_page("/catalogue")
    field = page.get_by_role("searchbox")
    paste(page, photographs[0], at=field, words="VDM-000001")
    expect(page.get_by_text(re.compile("Sending|Received"))).to_have_count(0)
    assert page.url.endswith("/catalogue")
    paste(page, photographs[0], words="VDM-000001")
    await_result(page)


def test_every_photograph_that_was_refused_is_named_and_the_others_can_be_sent(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    first, second, third, fourth = named(tmp_path, "1.jpg", "11.jpg", "2.jpg", "3.jpg", source=photographs[0])
    page = open_page(locale="ru-RU", provoked=REFUSED)
    errors = [
        {"field": "image", "index": 1, "code": "unsupported_picture", "detail": "11.jpg is no picture."},
        {"field": "image", "index": 2, "code": "empty_file", "detail": "2.jpg is empty."},
    ]
    problem = {"code": "unsupported_picture", "detail": "11.jpg is no picture.", "errors": errors}
    page.route("**/api/searches", lambda route: route.fulfill(status=415, json=problem), times=1)
    choose(page, first, second, third, fourth)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile("Это не изображение.*11.jpg.*Файл пуст.*2.jpg"))
    expect(alert).not_to_contain_text("is no picture")
    page.get_by_role("button", name="Отправить остальные (2)").click()
    page.wait_for_url("**/batches/*")
    expect(files_of_the_batch(page)).to_have_text(["1.jpg", "3.jpg"])


@pytest.mark.parametrize(
    ("drawing", "way_on", "sent"),
    [(False, "Try again", ["1.jpg", "2.svg", "3.jpg"]), (True, "Send the other 2", ["1.jpg", "3.jpg"])],
    ids=["by_a_busy_server", "for_a_drawing_among_them"],
)
def test_what_was_refused_is_kept_while_something_else_is_sent(
    drawing: bool,
    way_on: str,
    sent: list[str],
    open_page: Open,
    photographs: list[pathlib.Path],
    tmp_path: pathlib.Path,
) -> None:
    *refused, other = named(tmp_path, "1.jpg", "2.svg", "3.jpg", "other.jpg", source=photographs[0])
    page = open_page(provoked=REFUSED)
    if drawing:
        refused[1].write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    else:
        busy = {"code": "overloaded", "detail": "There are too many."}
        page.route("**/api/searches", lambda route: route.fulfill(status=503, json=busy), times=1)
    choose(page, *refused)
    expect(page.get_by_role("alert")).to_contain_text("2.svg")
    page.mouse.wheel(0, 2000)
    expect(page.get_by_role("alert")).to_be_in_viewport()
    drop(page, other)
    await_result(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("other.jpg")
    expect(page.get_by_role("alert")).to_contain_text("2.svg")
    page.get_by_role("button", name=way_on).click()
    page.wait_for_url("**/batches/*")
    expect(files_of_the_batch(page)).to_have_text(sent)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_waits_behind_a_busy_server_is_sent_with_what_it_refused(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path, visits: list[Visit]
) -> None:
    first, second = named(tmp_path, "first.jpg", "second.jpg", source=photographs[0])
    page = open_page(provoked=REFUSED)
    held = hold_upload(page)
    choose(page, first)
    drop(page, second)
    expect(page.get_by_text("1 more waits")).to_be_visible()
    held[0].fulfill(status=503, json={"code": "overloaded", "detail": "There are too many."})
    expect(page.get_by_role("alert")).to_contain_text("first.jpg, second.jpg")
    assert uploads(visits[0]) == 1
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("second.jpg")
    assert uploads(visits[0]) == 3


def test_leaving_while_something_is_sent_is_asked_about(open_page: Open, photographs: list[pathlib.Path]) -> None:
    page = open_page()
    held = hold_upload(page)
    choose(page, photographs[0])
    expect(page.get_by_text(re.compile("Sending|Received"))).to_be_visible()
    with page.expect_event("dialog") as asked:
        page.evaluate("void setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    held[0].continue_()
    await_result(page)
    page.on("dialog", lambda dialog: pytest.fail(f"asked again: {dialog.type}"))
    page.reload()
    await_result(page)


def test_what_is_told_of_photographs_given_over_a_match_is_seen(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    page = open_page(provoked=REFUSED)
    choose(page, photographs[0])
    await_result(page)
    searched = page.url
    open_first_match(page)
    drawing = tmp_path / "drawing.svg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    drop(page, drawing)
    expect(page.get_by_role("alert")).to_contain_text("drawing.svg")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url == searched
    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_stopping_stops_what_waits_too_and_says_what_was_not_sent(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path, visits: list[Visit]
) -> None:
    first, second, third = named(tmp_path, "first.jpg", "second.jpg", "third.jpg", source=photographs[0])
    page = open_page(provoked=REFUSED)
    hold_upload(page)
    choose(page, first)
    drop(page, second)
    expect(page.get_by_text("1 more waits")).to_be_visible()
    page.get_by_role("button", name="Stop sending").click()
    expect(page.get_by_role("alert")).to_contain_text("first.jpg, second.jpg")
    choose(page, third)
    await_result(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("third.jpg")
    assert uploads(visits[0]) == 2


def test_what_was_stopped_when_all_had_gone_out_is_not_said_to_be_unsent(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    first, second = named(tmp_path, "first.jpg", "second.jpg", source=photographs[0])
    page = open_page(provoked=REFUSED)
    page.evaluate(
        """() => {
          const send = XMLHttpRequest.prototype.send;
          XMLHttpRequest.prototype.send = function (body) {
            send.call(this, body);
            const all = { lengthComputable: true, loaded: 1, total: 1 };
            this.upload.dispatchEvent(new ProgressEvent('progress', all));
          };
        }"""
    )
    hold_upload(page)
    choose(page, first)
    drop(page, second)
    expect(page.get_by_text("1 more waits")).to_be_visible()
    page.get_by_role("button", name="Stop sending").click()
    alert = page.get_by_role("alert")
    expect(alert.filter(has_text="first.jpg")).to_contain_text("may have received")
    expect(alert.filter(has_text="second.jpg")).to_contain_text("Not sent")
    alert.filter(has_text="first.jpg").get_by_role("button", name="Close this message").click()
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("second.jpg")


def test_the_veil_goes_with_what_was_dragged(open_page: Open) -> None:
    page = open_page()
    veil = page.get_by_text("Let go to search")
    carried = page.evaluate_handle(
        "() => { const carried = new DataTransfer(); carried.items.add(new File([], '1.jpg')); return carried; }"
    )
    # Over two elements, of which one goes without being left.
    page.dispatch_event("main", "dragenter", {"dataTransfer": carried})
    page.dispatch_event("h1", "dragenter", {"dataTransfer": carried})
    expect(veil).to_be_visible()
    page.dispatch_event("body", "dragleave", {"dataTransfer": carried})
    expect(veil).to_have_count(0)
    page.dispatch_event("body", "dragenter", {"dataTransfer": carried})
    expect(veil).to_be_visible()
    page.dispatch_event("body", "dragover", {"dataTransfer": carried})
    expect(veil).to_have_count(0)


def test_a_dropped_folder_is_searched_for_its_pictures(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    inner = tmp_path / "museum" / "hall"
    inner.mkdir(parents=True)
    named(inner.parent, "1.jpg", ".hidden.jpg", source=photographs[0])
    named(inner, "2.jpg", source=photographs[0])
    (inner / "list.txt").write_text("1, 2")
    page = open_page()
    drop_from_disk(page, tmp_path / "museum")
    page.wait_for_url("**/batches/*")
    expect(files_of_the_batch(page)).to_have_text(["1.jpg", "2.jpg"])


def test_a_folder_without_pictures_is_told(open_page: Open, tmp_path: pathlib.Path) -> None:
    (tmp_path / "letters").mkdir()
    page = open_page()
    drop_from_disk(page, tmp_path / "letters")
    expect(page.get_by_role("alert")).to_contain_text("There are no pictures in this folder.")
    expect(page.get_by_role("alert")).to_contain_text("letters")
    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_that_has_vanished_is_told_and_the_others_are_sent(
    open_page: Open, photographs: list[pathlib.Path], tmp_path: pathlib.Path
) -> None:
    first, gone, there = named(tmp_path, "first.jpg", "gone.jpg", "there.jpg", source=photographs[0])
    page = open_page(provoked=REFUSED)
    held = hold_upload(page)
    choose(page, first)
    expect(page.get_by_text(re.compile("Sending|Received"))).to_be_visible()
    choose(page, gone, there)
    gone.unlink()
    held[0].continue_()
    expect(page.get_by_role("alert")).to_contain_text("cannot be read")
    expect(page.get_by_role("alert")).to_contain_text("gone.jpg")
    await_result(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("there.jpg")
