"""Which encoding a text file is in: UTF-8, UTF-16 with its mark, or Windows-1251."""

from __future__ import annotations

import codecs
import pathlib
import re

_BLOCK_BYTES = 1 << 20
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
REPLACEMENT = "\ufffd"
"""Stands where bytes meant nothing, in what has been decoded already."""


def detect(path: pathlib.Path) -> str:
    """Name of a Python codec. The whole file is looked at, because Cyrillic may begin late. Raises OSError.

    Text in Windows-1251 is hardly ever valid UTF-8, so a file whose letters are mostly valid UTF-8 is UTF-8 with
    some damage: then only the damaged rows are lost, not the letters of all rows.
    """
    with path.open("rb") as file:
        head = file.read(3)
        for mark, name in _MARKS.items():
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        letters = damaged = 0
        block = head
        while block:
            # ASCII says nothing either way, and most blocks hold nothing else.
            text = "" if block.isascii() and decoder.getstate() == (b"", 0) else decoder.decode(block)
            broken = text.count(REPLACEMENT)
            damaged += broken
            letters += len(text) - len(text.encode("ascii", "ignore")) - broken
            block = file.read(_BLOCK_BYTES)
        damaged += decoder.decode(b"", True).count(REPLACEMENT)
    return "cp1251" if damaged > letters else "utf-8"


def has_damage(text: str) -> bool:
    """Whether ``text``, decoded with ``surrogateescape``, holds bytes that mean nothing in the file's encoding."""
    return _ESCAPED_BYTE.search(text) is not None


def without_damage(text: str) -> str:
    """``text`` as it can be written, with REPLACEMENT for each byte that means nothing."""
    return _ESCAPED_BYTE.sub(REPLACEMENT, text)
