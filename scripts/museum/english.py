"""The little English grammar that a catalogue card needs: articles and small numbers."""

from __future__ import annotations

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def an(phrase: str) -> str:
    """With the indefinite article."""
    return f"{'an' if phrase[:1].lower() in 'aeiou' else 'a'} {phrase}"


def number(count: int) -> str:
    """Small numbers as words."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def several(count: int, noun: str) -> str:
    """«one objective», «three objectives»."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"
