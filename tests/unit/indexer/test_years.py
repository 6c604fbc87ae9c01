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
        ("кон. XIX – нач. XX в.", (1801, 2000)),
        ("late 19th – early 20th century", (1801, 2000)),
        ("19th-20th century", (1801, 2000)),
        ("XVIII и XIX вв.", (1701, 1900)),
        ("XVIII, XIX вв.", (1701, 1900)),
        ("18–19 вв.", (1701, 1900)),
        ("xix в.", (1801, 1900)),
        ("XIXв.", (1801, 1900)),
        ("2nd–3rd quarter of the 19th century", (1801, 1900)),
        ("1/2 XIX в.", (1801, 1900)),
        ("IV–III вв. до н. э.", (-400, -201)),
        ("1st century BC – 1st century AD", (-100, 100)),
        ("I в. до н. э. – I в. н. э.", (-100, 100)),
        ("2 тыс. до н.э.", (-2000, -1001)),
        ("3rd millennium BC", (-3000, -2001)),
        ("конец 2 – начало 1 тыс. до н. э.", (-2000, -1)),
        ("1860-70-е гг.", (1860, 1879)),
        ("1860s–70s", (1860, 1879)),
        ("1860-е и 70-е гг.", (1860, 1879)),
        ("430s BC", (-439, -430)),
        ("1812–14", (1812, 1814)),
        ("1803/04", (1803, 1804)),
        ("1812-го года", (1812, 1812)),
        ("1066–87 AD", (1066, 1087)),
        ("AD 14", (14, 14)),
        ("37 г. до н. э.", (-37, -37)),
        ("30–14 BC", (-30, -14)),
        ("600BC", (-600, -600)),
        ("[-100, 200]", (-100, 200)),
        ("-450", (-450, -450)),
        ("Dynasty 18, 1550–1295 B.C.", (-1550, -1295)),
        ("XVIII династия, 1550–1295 до н. э.", (-1550, -1295)),
        ("3 мая 1801 г.", (1801, 1801)),
        ("May 3, 1801", (1801, 1801)),
        ("03.05.1801", (1801, 1801)),
        ("1801-05-03", (1801, 1801)),
        ("поступил в 1895 году", (1895, 1895)),
        ("неизвестно", (None, None)),
        ("", (None, None)),
    ],
)
def test_free_text_names_a_first_and_a_last_year(text: str, span: years.Span) -> None:
    assert years.span(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "5500 лет",
        "5000 years old",
        "эпоха Николая II, 1894–1917",
        "лист 3, 1750",
        "14.II.1850",
        "300 B.C. – 200",
        "1898–02",
        "12345",
        "IIII в.",
        "XXV в.",
        "10 тыс. до н.э.",
        "1895-е",
    ],
)
def test_of_free_text_with_a_number_that_is_not_understood_no_year_is_made(text: str) -> None:
    assert years.span(text) == (None, None)
