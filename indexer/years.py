"""Years out of a catalogue's cells. Years before Christ are negative."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import re

Span = tuple[int | None, int | None]

_OURS = r"(?:н\.?\s?э(?!\w)\.?|нашей\s+эры)"
_CHRIST = r"(?:р\.?\s?хр?(?!\w)\.?|рождества\s+христова)"
_BC = rf"(?i:b\.?\s?c\.?(?:\s?e\.?)?(?!\w)|до\s+(?:{_OURS}|{_CHRIST}))"
_AD = rf"(?i:a\.?\s?d(?!\w)\.?|c\.?\s?e(?!\w)\.?|{_OURS}|от\s+{_CHRIST})"
_BEFORE_CHRIST = re.compile(rf"(?<![^\W\d]){_BC}")
_DATE = re.compile(r"(-?\d{1,4})-\d{1,2}-\d{1,2}(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./](\d{4})")
_NUMBER = re.compile(r"([-−–]?\d{1,4})(?:\.0+)?")

# "179?", "188[?]", "192-", "192..", "195_", "196х": three digits and what stands for a fourth that nobody knows.
_PARTIAL = (
    r"(?<!\d)\d{3}(?:[-–—]?\s?[\[(]?[?*_]+[\])]?|\.\.+|…|[xXхХ](?!\w)|[-–—](?=\s*(?:г(?:г|од\w*)?\b|[,.;:)\]]|$)))"
)

_ROMAN = re.compile(r"(X{0,3})(IX|IV|V?I{0,3})")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10}
_ORDINAL = r"(?:\d+(?:\s?-?(?:[яйюе]|ая|ой|ую|ые|го|st|nd|rd|th)(?!\w))?|[IVXХ]+(?!\w))"
_CENTURY = r"(?i:вв?|век\w*|столет\w*|ст(?=\.)|c|cc|cent|centur\w+)(?!\w)"
_ENDING = r"(?:\s?[-–]?\s?(?:е|ые|х|ых)|['’]?s)(?!\w)"
_DECADES = re.compile(
    rf"(?<!\w)(?<!\d[-–—/])(?:(?P<first>[1-9]0)(?:{_ENDING})?\s*(?:[-–—/,]|(?i:и|and|to)(?!\w))\s*)?"
    rf"(?P<last>[1-9]0){_ENDING}\s*(?:(?i:гг?|год\w*)(?!\w)\.?\s*)?(?i:of\s+(?:the\s+)?)?"
    rf"(?P<century>[IVXХivxх]+|\d{{1,2}})(?i:-?(?:й|го|ого|st|nd|rd|th))?\s*{_CENTURY}"
)
_MONTH = r"(?:янв|фев|мар|апр|ма[йя]|ию[нл]|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*"
# Numbers that belong to no year: dynasties, parts of a century, days and months.
_ASIDE = re.compile(
    rf"(?i:dynast(?:y|ies)|династи\w+)\s+{_ORDINAL}(?:\s*[-–—]\s*{_ORDINAL})?"
    rf"|(?:{_ORDINAL}\s*(?:[-–—/,]|(?i:и|and|to|or|или)(?!\w))\s*)?{_ORDINAL}\s*"
    r"(?i:пол(?!\w)|полов\w*|трет\w*|четв\w*|hal(?:f|ves)|quarters?|thirds?|dynast(?:y|ies)|династи\w+)"
    r"|(?<![\d/])[1-4]/[2-4](?![\d/])"
    r"|(?<!\d)(?:\d{1,2}[./]){1,2}(?=\d{4}(?!\d))"
    r"|(?<=\d{4})-\d\d-\d\d(?!\d)"
    rf"|(?i:(?:(?<!\d)\d{{1,2}}\s*[-–—]\s*)?(?<!\d)\d{{1,2}}(?:st|nd|rd|th|-?го)?\s+{_MONTH}(?:\s+of(?!\w))?)"
    rf"|(?i:{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?=\s*,?\s+\d))"
)
_TOKEN = re.compile(
    rf"(?P<bc>{_BC})|(?P<ad>{_AD})"
    # So old, so long ago, or in years of the Hijra: a span that nobody can count from the text.
    r"|(?P<age>(?i:лет|years|yrs|ago|назад|bp|хиджр\w*|hijr\w*|hegira|гг?\.?\s?х(?=\.))(?!\w)"
    r"|AH(?!\w)|A\.\s?H\.(?=\s*\d)|(?<=\d)\s?A\.\s?H\.)"
    rf"|(?P<partial>{_PARTIAL})"
    r"|(?P<number>\d+(?:(?i:st|nd|rd|th|['’]?s|\s?[-–]?\s?(?:е|ые)|[-–](?:х|ых|го|й|я|м|му|ом|ый|ого))(?!\w))?)"
    r"|(?P<roman>[IVXХ]+|[ivxх]{2,})(?=вв?(?!\w)|век|ст\.|\b)"
    r"|(?P<millennium>(?i:тыс(?!\w)|тысячелет\w*|mill(?!\w)|millenni\w*))"
    rf"|(?P<century>{_CENTURY})"
    r"|(?P<dash>[-–—−/]|(?i:to|по|till|until)(?!\w))"
    r"|(?P<link>[,;]|(?i:и|and|or|или)(?!\w))"
    r"|[^\W\d]+|."
)
# What stands before a dash that is no minus: "1812-14", "?-1917", "[?] -1917", "… -1917".
_BEFORE_DASH = re.compile(r"(?:[\w\])?*…]|\.\.)$|(?:\?[\])]?|…|\.\.)\s+$")
# Characters; what is longer is no date but a description.
_LONGEST = 1000
_DECADE_ENDINGS = ("s", "е", "ые", "х", "ых")
_YEARS_OF = {"century": 100, "millennium": 1000}
_LATEST = {"century": 21, "millennium": 3}


def exact(text: str) -> int | None:
    """The year in a cell that holds a year or a date and nothing else; None for an empty cell. Raises ValueError."""
    plain, before_christ = _without_era(text)
    partial = re.match(_PARTIAL, plain)
    plain = plain.strip(" .г")
    if not plain:
        return None
    if date := _DATE.fullmatch(plain):
        year = int(date[1] or date[2])
    elif not partial and (number := _NUMBER.fullmatch(plain)):
        year = int(number[1].replace("−", "-").replace("–", "-"))
    else:
        raise ValueError(f"{text!r} is not a year")
    return -abs(year) if before_christ else year


def span(text: str) -> Span:
    """The first and last year that free text names ("600–550 B.C.", "XVIII в.", "1890s").

    None where it names none, and where some number in it is not understood: no year is better than a wrong one.
    """
    if len(text) > _LONGEST:
        return None, None
    terms = _terms(_DECADES.sub(_decades, _ASIDE.sub(" ", text)))
    _inherit(terms)
    spans: list[tuple[int, int]] = []
    for before, term in itertools.pairwise([None, *terms]):
        assert term is not None
        if (years := _years(term, before)) is None:
            return None, None
        spans.append(years)
    return (min(first for first, _ in spans), max(last for _, last in spans)) if spans else (None, None)


def _decades(found: re.Match[str]) -> str:
    """ "10–20-е гг. XX в." with decades of four digits. Where they do not fit, it stays, and is not understood."""
    last, century = found["last"], found["century"]
    first = found["first"] or last
    number = int(century) if century.isdecimal() else _roman(century).number
    if not 0 < number <= _LATEST["century"] or first > last:
        return found[0]
    years = 100 * (number - 1)
    return f" {years + int(first)}-е – {years + int(last)}-е "


def _without_era(text: str) -> tuple[str, bool]:
    plain = _BEFORE_CHRIST.sub(" ", text)
    return plain.strip(), plain != text


@dataclasses.dataclass(kw_only=True)
class _Term:
    """A number with what stands around it. ``dashed``: the other end of a range that the term before it begins.
    ``linked``: that, or named together with the term before it.

    ``partial``: of three digits, and something stands where a fourth would. ``era``: -1 before Christ, 1 after; 0 where
    nothing is said.
    """

    number: int
    digits: int
    decade: bool = False
    partial: bool = False
    dashed: bool = False
    linked: bool = False
    unit: str = ""
    era: int = 0
    era_leads: bool = False

    @property
    def is_short(self) -> bool:
        """Roman numerals, of no digits, are too."""
        return self.digits <= 2


def _terms(text: str) -> list[_Term]:
    terms: list[_Term] = []
    dashed = linked = False
    leading_era = 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "age":
            return []
        if kind in ("number", "partial", "roman"):
            term = _roman(token[0]) if kind == "roman" else _number(token[0], partial=kind == "partial")
            term.dashed, term.linked = dashed, linked
            term.era, term.era_leads = leading_era, leading_era != 0
            terms.append(term)
            dashed = linked = False
            leading_era = 0
        elif kind in ("bc", "ad"):
            era = -1 if kind == "bc" else 1
            if terms and not terms[-1].era and not linked:
                terms[-1].era = era
            else:
                leading_era = era
        elif kind in _YEARS_OF:
            if terms and terms[-1].is_short and not linked:
                terms[-1].unit = terms[-1].unit or kind or ""
        elif kind in ("dash", "link"):
            if _is_minus(text, token) and (linked or not terms):
                leading_era = -1
            dashed = dashed or kind == "dash"
            linked = True
    return terms


def _is_minus(text: str, token: re.Match[str]) -> bool:
    return (
        token[0] in "-−"
        and text[token.end() : token.end() + 1].isdecimal()
        and not _BEFORE_DASH.search(text[: token.start()])
    )


def _number(text: str, *, partial: bool) -> _Term:
    digits = len(text) - len(text.lstrip("0123456789"))
    decade = not partial and text.lower().endswith(_DECADE_ENDINGS)
    return _Term(number=int(text[:digits]), digits=digits, decade=decade, partial=partial)


def _roman(text: str) -> _Term:
    # Typists use the Cyrillic letter for ten as often as the Latin one.
    letters = text.upper().replace("Х", "X")
    if not _ROMAN.fullmatch(letters):
        return _Term(number=0, digits=0)
    values = [_ROMAN_VALUES[letter] for letter in letters]
    number = sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))
    return _Term(number=number, digits=0)


def _inherit(terms: list[_Term]) -> None:
    """ "XVIII – XIX вв. до н. э." says century and era of both."""
    for term, following in itertools.pairwise(reversed(terms)):
        term, following = following, term
        if not term.era and not following.era_leads:
            term.era = following.era
        if term.is_short and not term.unit and following.unit:
            if following.linked and not (term.decade and term.number % 10 == 0):
                term.unit = following.unit
            else:
                # Some part of the century: "5-е гг. XX в.", "1-е десятилетие XX в."
                term.number = 0


def _years(term: _Term, before: _Term | None) -> tuple[int, int] | None:
    if not term.number or term.digits > 4:
        return None
    if not term.era and before is not None and before.era < 0 and not before.era_leads:
        # "300 B.C. – 200" may mean either.
        return None
    if term.unit:
        years = _YEARS_OF[term.unit]
        if (term.era >= 0 and term.number > _LATEST[term.unit]) or term.number * years > 9999:
            return None
        return _in_era(term, (term.number - 1) * years + 1, term.number * years)
    if not term.digits:
        return None
    if term.partial and not term.era and not _is_early(before):
        # With an era, three digits are a year, and somebody doubts it.
        if 10 * term.number > datetime.date.today().year:
            return None
        term.number, term.digits, term.decade = 10 * term.number, 4, True
    if before is not None and _is_completed_by(before, term):
        # "1812–14", "1860–70-е"
        if before.unit or before.is_short:
            return None
        place = 10**term.digits
        term.number, term.digits = before.number - before.number % place + term.number, before.digits
        if term.number <= before.number:
            return None
    if term.is_short and not term.era:
        return None
    if before is not None and before.partial and term.number < before.number:
        # "150 ?–225": what was taken for a decade was none.
        return None
    if term.era >= 0 and term.number > datetime.date.today().year:
        # Copies printed, or years since the creation of the world.
        return None
    if term.decade:
        return None if term.number % 10 else _in_era(term, term.number, term.number + 9)
    return _in_era(term, term.number, term.number)


def _is_early(before: _Term | None) -> bool:
    """Whether the term behind it has three digits because years had no more: "A.D. 150–200 (?)", "100–150?"."""
    return before is not None and (before.era > 0 or (before.digits == 3 and not before.partial))


def _is_completed_by(before: _Term, term: _Term) -> bool:
    if not term.is_short or term.era_leads or before.era < 0:
        return False
    return term.dashed or term.decade


def _in_era(term: _Term, first: int, last: int) -> tuple[int, int]:
    return (-last, -first) if term.era < 0 else (first, last)
