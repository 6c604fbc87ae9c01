"""Reads a mapping profile: a name of one that is shipped, or a path of one's own. docs/indexing.md has the format."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Mapping

from indexer.profile import Choice, Column, Constant, Profile, Rule, Several, Template
from indexer.yaml_entry import Entry
from vitrine import errors
from vitrine.domain import TEXT_FIELDS, RecordContent

DEFAULT = "plain"

_SHIPPED = pathlib.Path(__file__).parent / "profiles"
_PLAIN_FIELDS = tuple(
    field.name for field in dataclasses.fields(RecordContent) if field.name not in ("authors", "translations")
)
_TOP_KEYS = ("description", "record", "translations", "images", "where", "empty_values", "missing_columns")
_RULE_KEYS = ("column", "constant", "template")
_SEVERAL_KEYS = ("column", "columns", "separator")
_BRACES = re.compile(r"\{([^{}]*)\}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def shipped() -> list[str]:
    """Names of the profiles that come with Vitrine."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def load(name_or_path: str) -> Profile:
    """Raises Misconfigured: ``no_profile`` where there is none, ``bad_profile`` with file, line and key."""
    path = pathlib.Path(name_or_path)
    if name_or_path in shipped():
        path = _SHIPPED / f"{name_or_path}.yaml"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise errors.Misconfigured(
            f"There is no mapping profile {name_or_path!r}: give the path of a YAML file, or one of "
            f"{', '.join(shipped())}.",
            code="no_profile",
        ) from error
    except OSError as error:
        raise errors.Misconfigured(
            f"The mapping profile {path} cannot be read: {error.strerror}.", code="no_profile"
        ) from error
    except UnicodeError as error:
        raise errors.Misconfigured(f"{path} is not UTF-8: save it as UTF-8.", code="bad_profile") from error
    return parse(text, path.name)


def parse(text: str, name: str) -> Profile:
    """Raises Misconfigured ``bad_profile`` with file, line and key."""
    top = Entry.parse(text, name)
    keys = top.fields(_TOP_KEYS)
    if "record" not in keys:
        raise top.wrong("the key 'record' is missing: it maps the fields of a record to columns.")
    fields = keys["record"].fields((*_PLAIN_FIELDS, "authors", "years"))
    if "external_id" not in fields:
        raise keys["record"].wrong("'external_id' is missing: it tells the objects apart. Map it to a column.")
    return Profile(
        name=name,
        record={field: _choice(entry) for field, entry in fields.items() if field in _PLAIN_FIELDS},
        authors=_several(fields["authors"]) if "authors" in fields else Several(),
        years=_choice(fields["years"]) if "years" in fields else (),
        images=_several(keys["images"]) if "images" in keys else Several(),
        translations=_translations(keys["translations"]) if "translations" in keys else {},
        where=_where(keys["where"]) if "where" in keys else {},
        empty_values=frozenset(entry.text() for entry in keys["empty_values"].entries())
        if "empty_values" in keys
        else frozenset(),
        ignore_missing=_ignores_missing(keys.get("missing_columns")),
    )


def _choice(entry: Entry) -> Choice:
    return tuple(_rule(item) for item in entry.entries()) if entry.is_text() or entry.is_list() else (_rule(entry),)


def _rule(entry: Entry) -> Rule:
    if entry.is_text():
        return _column(entry)
    keys = entry.fields(_RULE_KEYS)
    if len(keys) != 1:
        raise entry.wrong(f"write exactly one of {', '.join(_RULE_KEYS)} here.")
    ((kind, value),) = keys.items()
    if kind == "constant":
        return Constant(text=value.filled_text())
    return _template(value) if kind == "template" else _column(value)


def _column(entry: Entry) -> Column:
    return Column(name=entry.filled_text(), place=entry.place)


def _template(entry: Entry) -> Template:
    text = entry.filled_text()
    names = _BRACES.findall(text)
    if not names or _BRACES.sub("", text).strip("{}") != _BRACES.sub("", text) or not all(map(str.strip, names)):
        raise entry.wrong("a template holds columns in braces, like '{country}, {city}'.")
    return Template(text=text, columns=tuple(Column(name=name.strip(), place=entry.place) for name in names))


def _several(entry: Entry) -> Several:
    if entry.is_text() or entry.is_list():
        return Several(choices=(_choice(entry),))
    keys = entry.fields(_SEVERAL_KEYS)
    if ("column" in keys) == ("columns" in keys):
        raise entry.wrong("write either 'column' (the first that has something) or 'columns' (all of them).")
    separators = tuple(item.text() for item in keys["separator"].entries()) if "separator" in keys else ()
    if "" in separators:
        raise keys["separator"].wrong("the separator is empty: write it in quotation marks, like ';'.")
    if "column" in keys:
        return Several(choices=(_choice(keys["column"]),), separators=separators)
    return Several(choices=tuple((_rule(item),) for item in keys["columns"].entries()), separators=separators)


def _translations(entry: Entry) -> Mapping[str, Mapping[str, Choice]]:
    found = {}
    for language, fields in entry.fields().items():
        if not _LANGUAGE.fullmatch(language):
            raise fields.wrong("this is not a language code: write 'en', 'ru', 'de' …")
        found[language] = {field: _choice(choice) for field, choice in fields.fields(TEXT_FIELDS).items()}
    return found


def _where(entry: Entry) -> Mapping[Column, tuple[str, ...]]:
    return {
        Column(name=name, place=values.place): tuple(value.text() for value in values.entries())
        for name, values in entry.fields().items()
    }


def _ignores_missing(entry: Entry | None) -> bool:
    if entry is None:
        return False
    if (text := entry.text()) not in ("error", "ignore"):
        raise entry.wrong("write 'error' or 'ignore'.")
    return text == "ignore"
