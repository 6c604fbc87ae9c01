"""What an operator sees of a long run."""

from __future__ import annotations

import io

import pytest

from indexer import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_every_ten_seconds_with_speed_and_time_left() -> None:
    out, now = io.StringIO(), [0.0]
    shown = progress.LineProgress(out, clock=lambda: now[0])
    shown.start("indexing", "images", 7200)
    for _ in range(100):
        now[0] += 0.25
        shown.advance()
    assert out.getvalue().splitlines() == [
        "indexing: 40 of 7,200 images, 4.0 images/s, 0:29:50 left",
        "indexing: 80 of 7,200 images, 4.0 images/s, 0:29:40 left",
    ]


def test_a_count_that_nobody_knows_yet_has_no_time_left() -> None:
    out, now = io.StringIO(), [0.0]
    shown = progress.LineProgress(out, clock=lambda: now[0])
    shown.start("reading", "rows", None)
    now[0] = 10.0
    shown.advance()
    assert out.getvalue() == "reading: 1 rows, 0.1 rows/s\n"


@pytest.mark.parametrize(
    ("stream", "kind"), [(Terminal(), progress.BarProgress), (io.StringIO(), progress.LineProgress)]
)
def test_a_terminal_gets_a_bar(stream: io.StringIO, kind: type[progress.Progress]) -> None:
    shown = progress.for_stream(stream)
    assert isinstance(shown, kind)
    shown.start("indexing", "images", 2)
    shown.advance()
    shown.finish()
    assert ("images" in stream.getvalue()) == stream.isatty()
