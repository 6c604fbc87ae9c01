"""A mapping profile as values: which columns of a source become which fields of a record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """The text of a column. ``place`` says where the profile names it, for whoever must correct it."""

    name: str
    place: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Constant:
    """The same text for every row."""

    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Template:
    """Text with columns in braces; nothing at all unless every one of its columns has a value."""

    text: str
    columns: tuple[Column, ...]


Rule = Column | Constant | Template

Choice = tuple[Rule, ...]
"""The first rule that gives something."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Several:
    """Several values: of every choice, each split at the separators (none: not split)."""

    choices: tuple[Choice, ...] = ()
    separators: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Profile:
    """``record``: field → choice, for fields of one text or one year; ``years`` is free text that names both.

    ``where``: column → the values that a row must have one of. ``empty_values`` mean nothing, whatever the column.
    ``ignore_missing``: a column that the source lacks is taken as empty instead of as a mistake.
    """

    name: str
    record: Mapping[str, Choice]
    authors: Several = Several()
    years: Choice = ()
    images: Several = Several()
    translations: Mapping[str, Mapping[str, Choice]] = dataclasses.field(default_factory=dict)
    where: Mapping[Column, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    empty_values: frozenset[str] = frozenset()
    ignore_missing: bool = False
