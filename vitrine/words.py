"""What full-text search takes for a word, and what of it is looked for."""

from __future__ import annotations

import re
import unicodedata

from vitrine import errors

# With a letter or digit: `_` alone is no word.
_WORD = re.compile(r"\w*[^\W_]\w*")
_PART = re.compile(r"[^\s,;]+")
# Russian and English endings are one or two letters: a word is looked for by what stays when it is inflected.
_ENDING = 2
_SHORTEST_STEM = 3


def folded(text: str) -> str:
    """Case and ё/е do not matter, nor how a letter is composed, nor stress marks, nor soft hyphens.

    Marks that no letter of its own has (of за́мок, or the dot of a small İ) would end a word in the middle.
    """
    letters = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    composed = unicodedata.normalize("NFC", letters.casefold()).replace("ё", "е")
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Mn")


def words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def wanted(text: str) -> list[tuple[str, ...]]:
    """Words that follow one another in what is found, of which the last one is only a beginning.

    Raises RejectedInput where there is no word at all.
    """
    found = [sequence for part in _PART.findall(text) for sequence in _sequences(words(part))]
    if not found:
        raise errors.RejectedInput(
            "There is no word or number to search for: type at least one letter or digit.", code="no_words", field="q"
        )
    return found


def _sequences(part: list[str]) -> list[tuple[str, ...]]:
    # Numbers are not inflected: by a part of it, or by its parts in any order, КП-20001/2 is any number of the museum.
    if any(letter.isdigit() for word in part for letter in word):
        return [tuple(part)]
    return [(word[: max(_SHORTEST_STEM, len(word) - _ENDING)],) for word in part]
