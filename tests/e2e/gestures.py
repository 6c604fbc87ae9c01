"""What people do with photographs on the page."""

from __future__ import annotations

import base64
import pathlib
import time
from collections.abc import Sequence

from playwright.sync_api import JSHandle, Locator, Page, expect

_WAIT_MS = 30_000

# Remembers every stage that a progress bar has told, however short it was.
WATCH_PROGRESS = """
window.stagesTold = new Set();
new MutationObserver(() => {
  for (const bar of document.querySelectorAll('[role=progressbar][aria-valuetext]')) {
    window.stagesTold.add(bar.getAttribute('aria-valuetext'));
  }
}).observe(document, { subtree: true, childList: true, attributes: true });
"""

_CARRY = """
(files) => {
  const carried = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type: 'image/jpeg' }));
  }
  return carried;
}
"""


def await_truth(page: Page, expression: str, within_ms: float = _WAIT_MS) -> None:
    """As ``Page.wait_for_function``, which the page's security policy forbids once it has to ask again."""
    deadline = time.monotonic() + within_ms / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it never came true: {expression}"
        page.wait_for_timeout(20)


def choose(page: Page, *pictures: pathlib.Path) -> None:
    with page.expect_file_chooser() as opened:
        page.get_by_role("button", name="Choose photographs").or_(
            page.get_by_role("button", name="Выбрать фотографии")
        ).click()
    opened.value.set_files(list(pictures))


def drop(page: Page, *pictures: pathlib.Path) -> None:
    carried = _carried(page, pictures)
    page.dispatch_event("body", "dragenter", {"dataTransfer": carried})
    expect(page.get_by_text("Let go to search")).to_be_visible()
    page.dispatch_event("body", "drop", {"dataTransfer": carried})


def drop_from_disk(page: Page, *paths: pathlib.Path) -> None:
    """As from the system's file manager: what is dropped may be a folder."""
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})


def paste(page: Page, *pictures: pathlib.Path, at: Locator | None = None, words: str = "") -> None:
    """``words``: what a spreadsheet copies beside the picture of a cell."""
    (at or page.locator("body")).evaluate(
        """(element, [carried, words]) => {
          if (words) carried.items.add(words, 'text/plain');
          element.dispatchEvent(
            new ClipboardEvent('paste', { clipboardData: carried, bubbles: true, cancelable: true }));
        }""",
        [_carried(page, pictures), words],
    )


def keep_busy(page: Page, *pictures: pathlib.Path, uploads: int = 1) -> None:
    """Puts searches before the next one, so that it has to wait and its progress can be seen."""
    page.evaluate(
        """async ([carried, uploads]) => {
          for (let sent = 0; sent < uploads; sent++) {
            const form = new FormData();
            for (const file of carried.files) form.append('image', file);
            const answer = await fetch('/api/searches', { method: 'POST', body: form });
            if (answer.status !== 202) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
          }
        }""",
        [_carried(page, pictures), uploads],
    )


def _carried(page: Page, pictures: Sequence[pathlib.Path]) -> JSHandle:
    files = [[picture.name, base64.b64encode(picture.read_bytes()).decode()] for picture in pictures]
    return page.evaluate_handle(_CARRY, files)


def match_cards(page: Page) -> Locator:
    return page.locator("main ol a[data-record]")


def await_result(page: Page) -> None:
    page.wait_for_url("**/searches/*")
    expect(match_cards(page).first).to_be_visible(timeout=_WAIT_MS)


def open_first_match(page: Page) -> Locator:
    match_cards(page).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog
