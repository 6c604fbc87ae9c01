"""As much Russian grammar as a catalogue card needs: declined adjectives, counted nouns, centimetres."""

from __future__ import annotations

_HARD = {
    "nom": {"m": "ый", "f": "ая", "n": "ое", "p": "ые"},
    "gen": {"m": "ого", "f": "ой", "n": "ого", "p": "ых"},
    "ins": {"m": "ым", "f": "ой", "n": "ым", "p": "ыми"},
    "pre": {"m": "ом", "f": "ой", "n": "ом", "p": "ых"},
    "acc": {"m": "ый", "f": "ую", "n": "ое", "p": "ые"},
}
_SOFT = {
    "nom": {"m": "ий", "f": "яя", "n": "ее", "p": "ие"},
    "gen": {"m": "его", "f": "ей", "n": "его", "p": "их"},
    "ins": {"m": "им", "f": "ей", "n": "им", "p": "ими"},
    "pre": {"m": "ем", "f": "ей", "n": "ем", "p": "их"},
    "acc": {"m": "ий", "f": "юю", "n": "ее", "p": "ие"},
}


def adjective(word: str, case: str = "nom", gender: str = "m") -> str:
    """`word` is the masculine nominative; cases nom gen ins pre acc (of things), genders m f n and p for the plural.

    In hyphenated words only the last member is declined, as Russian wants it.
    """
    stem, ending = word[:-2], word[-2:]
    velar = stem[-1] in "гкхжшчщ"
    if ending == "ий" and not velar:
        return stem + _SOFT[case][gender]
    if ending == "ой" and case in ("nom", "acc") and gender == "m":
        return word
    found = _HARD[case][gender]
    if velar and found.startswith("ы"):
        found = "и" + found[1:]
    if stem[-1] in "жшчщ" and ending == "ий" and found.startswith("о"):
        found = "е" + found[1:]
    return stem + found


def counted(number: int, one: str, few: str, many: str) -> str:
    """The noun that follows the number: 1 ручка, 2 ручки, 5 ручек."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return few
    return many


def decimal(value: float, digits: int = 1) -> str:
    """24.5 as 24,5 and 18.0 as 18."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",")


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
