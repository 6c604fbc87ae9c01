"""Years out of a catalogue's cells. Years before Christ are negative."""

from __future__ import annotations

import re

Span = tuple[int | None, int | None]

_BEFORE_CHRIST = re.compile(r"\bb\.?\s?c\.?(?:\s?e\.?)?(?!\w)|\bдо\s+(?:н\.?\s?э\.?|р\.?\s?х\.?)(?!\w)", re.IGNORECASE)
_OUR_ERA = re.compile(r"\ba\.?\s?d\b|\bc\.?\s?e\b|\bн\.?\s?э\b", re.IGNORECASE)
_DATE = re.compile(r"(-?\d{1,4})-\d{1,2}-\d{1,2}(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./](\d{4})")
_NUMBER = re.compile(r"([-−–]?\d{1,4})(?:\.0+)?")
_ROMAN = r"(?=[XVIХ])(?:X|Х){0,2}(?:I(?:X|Х)|IV|V?I{0,3})"
_CENTURY = re.compile(
    rf"\b({_ROMAN})(?:\s*[-–—/]\s*(?:[а-я]+\s+)?({_ROMAN}))?\s*(?:вв?\b|век|стол)|\b(\d{{1,2}})(?:st|nd|rd|th)\s+c(?:ent|\b)",
    re.IGNORECASE,
)
_DECADE = re.compile(r"\b(\d{3}0)(?:['’]?s\b|\s?-?\s?е\b|-х\b)")
_YEAR = re.compile(r"(?<!\d)\d{3,4}(?!\d)")
_ANCIENT_YEAR = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}


def exact(text: str) -> int | None:
    """The year in a cell that holds a year or a date and nothing else; None for an empty cell. Raises ValueError."""
    plain, before_christ = _without_era(text)
    plain = plain.strip(" .г")
    if not plain:
        return None
    if date := _DATE.fullmatch(plain):
        year = int(date[1] or date[2])
    elif number := _NUMBER.fullmatch(plain):
        year = int(number[1].replace("−", "-").replace("–", "-"))
    else:
        raise ValueError(f"{text!r} is not a year")
    return -abs(year) if before_christ else year


def span(text: str) -> Span:
    """The first and last year that free text names ("600–550 B.C.", "XVIII в.", "1890s"); None where it names none."""
    plain, before_christ = _without_era(text)
    years = _centuries(plain) or _decades_and_years(plain, ancient=before_christ)
    if not years:
        return None, None
    if before_christ and _OUR_ERA.search(plain):
        # "100 B.C. – A.D. 50": the era turns on the way.
        return -years[0], years[-1]
    return (-max(years), -min(years)) if before_christ else (min(years), max(years))


def _without_era(text: str) -> tuple[str, bool]:
    plain = _BEFORE_CHRIST.sub(" ", text)
    return plain.strip(), plain != text


def _centuries(text: str) -> list[int]:
    numbers = [
        _century_number(part) for match in _CENTURY.finditer(text) for part in match.groups() if part is not None
    ]
    if not numbers or min(numbers) == 0:
        return []
    return [(min(numbers) - 1) * 100 + 1, max(numbers) * 100]


def _century_number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    # Typists use the Cyrillic letter for ten as often as the Latin one.
    values = [_ROMAN_VALUES[letter] for letter in text.upper().replace("Х", "X")]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _decades_and_years(text: str, *, ancient: bool) -> list[int]:
    years = [int(year) for year in (_ANCIENT_YEAR if ancient else _YEAR).findall(text)]
    return years + [int(decade) + 9 for decade in _DECADE.findall(text)]
