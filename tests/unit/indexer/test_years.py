"""Years as catalogues write them."""

from __future__ import annotations

import pytest

from indexer import years


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("1750", 1750),
        ("-450", -450),
        ("−300", -300),
        ("450 BC", -450),
        ("450 до н. э.", -450),
        ("1750.0", 1750),
        ("1801-05-03", 1801),
        ("03.05.1801", 1801),
        ("1750 г.", 1750),
        ("", None),
    ],
)
def test_a_cell_that_holds_a_year_is_read(text: str, year: int | None) -> None:
    assert years.exact(text) == year


@pytest.mark.parametrize("text", ["XVIII в.", "c. 1750", "yesterday", "12345", "1750-1760"])
def test_a_cell_that_holds_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a year"):
        years.exact(text)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("600–550 B.C.", (-600, -550)),
        ("525-480 B.C.E.", (-525, -480)),
        ("100 B.C.–A.D. 50", (-100, 50)),
        ("[400, 600]", (400, 600)),
        ("XVIII в.", (1701, 1800)),
        ("1-я половина XIX в.", (1801, 1900)),
        ("XVIII - начало ХХ века", (1701, 2000)),
        ("V в. до н. э.", (-500, -401)),
        ("late 18th c.", (1701, 1800)),
        ("1890s", (1890, 1899)),
        ("1890-1900-е", (1890, 1909)),
        ("ок. 1750 г.", (1750, 1750)),
        ("неизвестно", (None, None)),
        ("", (None, None)),
    ],
)
def test_free_text_names_a_first_and_a_last_year(text: str, span: years.Span) -> None:
    assert years.span(text) == span
