"""YAML with positions, so that an error can name file, line and key."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection

import yaml

from vitrine import errors


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """A value in a YAML file with the way to it. Every method raises Misconfigured for a value of another shape."""

    file: str
    key: str
    node: yaml.Node

    @classmethod
    def parse(cls, text: str, file: str) -> Entry:
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            raise errors.Misconfigured(f"{file} is not YAML: {error}", code="bad_profile") from error
        except RecursionError as error:
            raise errors.Misconfigured(
                f"{file} is nested too deeply: a profile has lists in mappings in mappings, and nothing below.",
                code="bad_profile",
            ) from error
        if node is None:
            raise errors.Misconfigured(f"{file} is empty: a profile needs the key 'record'.", code="bad_profile")
        return cls(file=file, key="", node=node)

    @property
    def place(self) -> str:
        line = self.node.start_mark.line + 1
        return f"{self.file}, line {line}, key {self.key!r}" if self.key else f"{self.file}, line {line}"

    def wrong(self, message: str) -> errors.Misconfigured:
        return errors.Misconfigured(f"{self.place}: {message}", code="bad_profile")

    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong("write one text here, not a list or a mapping.")
        return str(self.node.value)

    def filled_text(self) -> str:
        if not (text := self.text().strip()):
            raise self.wrong("this is empty: write a value, or delete the key.")
        return text

    def entries(self) -> list[Entry]:
        """Of a list its items; one text stands for a list of one."""
        if isinstance(self.node, yaml.ScalarNode):
            return [self]
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.wrong("write a text, or a list with at least one item.")
        return [
            Entry(file=self.file, key=f"{self.key}[{number}]", node=node) for number, node in enumerate(self.node.value)
        ]

    def fields(self, allowed: Collection[str] | None = None) -> dict[str, Entry]:
        """Of a mapping its values; ``allowed``: the keys that it may have."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("write a mapping here: lines of 'key: value', indented.")
        found: dict[str, Entry] = {}
        for key_node, node in self.node.value:
            name = str(key_node.value)
            entry = Entry(file=self.file, key=f"{self.key}.{name}" if self.key else name, node=node)
            if name in found:
                raise entry.wrong("the key is here twice: delete one.")
            if allowed is not None and name not in allowed:
                raise entry.wrong(f"there is no such key. {_suggestion(name, allowed)}")
            found[name] = entry
        return found


def _suggestion(name: str, allowed: Collection[str]) -> str:
    if close := difflib.get_close_matches(name, allowed, n=1):
        return f"Did you mean {close[0]!r}?"
    return f"Known keys: {', '.join(sorted(allowed))}."
