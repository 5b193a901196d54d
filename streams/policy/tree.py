"""YAML as a tree of texts with lines: no value is converted (a rate stays exactly as written), nothing can explode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
import yaml

from streams.policy.problems import Problem

MOST_BYTES = 256 * 1024
MOST_NODES = 50_000
DEEPEST = 20
LONGEST_TEXT = 256
# What would play tricks on a terminal, or has no UTF-8.
ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
NULLS = ("", "~", "null", "Null", "NULL")

Value: TypeAlias = "str | list[Node] | dict[str, Entry] | None"


class Node(msgspec.Struct, frozen=True):
    """A value and the line that it starts on. `size` counts the values in it, aliases in full."""

    line: int
    value: Value
    size: int = 1


class Entry(msgspec.Struct, frozen=True):
    """A key's line and its value."""

    line: int
    node: Node


class Unreadable(Exception):
    """The text is no tree at all; `problem` says why."""

    def __init__(self, line: int, message: str, hint: str) -> None:
        self.problem = Problem(line, message, hint)
        super().__init__(str(self.problem))


def parse(text: str) -> tuple[Node, list[Problem]]:
    """The tree of a YAML text, and the keys that it gives twice. Raises Unreadable."""
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        tabs = "\\t" in (error.problem or "")
        hint = "Indent with spaces, not tabs." if tabs else "Check the indentation, quotes and brackets."
        raise Unreadable(mark.line + 1 if mark else 0, f"this is not YAML: {error.problem}", hint) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        character = f"U+{ord(text[error.position]):04X}"
        raise Unreadable(line, f"the character {character} may not stand in YAML", "Delete it.") from error


class _Builder:
    """Reads parser events one by one, so that a depth or an alias is judged before anything is built of it."""

    def __init__(self, text: str) -> None:
        self._loader: Any = yaml.SafeLoader(text)  # its events are not typed
        self._anchors: dict[str, Node] = {}
        self._problems: list[Problem] = []
        self._count = 0

    def document(self) -> tuple[Node, list[Problem]]:
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise Unreadable(0, "the file is empty", "Give at least pipeline.stages.")
        root = self._node(self._next(), 0)
        self._next()  # the end of the document
        more = self._next()
        if not isinstance(more, yaml.StreamEndEvent):
            raise Unreadable(more.start_mark.line + 1, "a second document starts here", "A policy is one document.")
        return root, self._problems

    def _node(self, event: Any, depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > DEEPEST:
            raise Unreadable(line, f"values are nested more than {DEEPEST} deep", "Check the brackets.")
        if isinstance(event, yaml.AliasEvent):
            node = self._anchors.get(str(event.anchor))
            if node is None:
                raise Unreadable(
                    line, f"the alias *{event.anchor} stands for nothing before it", "Write the value out."
                )
            self._counted(node.size, line)
            return node
        if event.tag is not None and event.tag != "!":
            raise Unreadable(line, f"the tag '{event.tag}' is not used in a policy", "Leave it out.")
        self._counted(1, line)
        count = self._count
        value = self._value(event, line, depth)
        node = Node(line, value, 1 + self._count - count)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _value(self, event: Any, line: int, depth: int) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            text: str = event.value
            self._sober(text, line)
            return None if event.style is None and text in NULLS else text
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)]
        entries: dict[str, Entry] = {}
        for item in self._until(yaml.MappingEndEvent):
            key = self._node(item, depth + 1)
            node = self._node(self._next(), depth + 1)
            if not isinstance(key.value, str):
                raise Unreadable(key.line, "a key must be a plain name", "Write it as key: value.")
            if key.value == "<<":
                raise Unreadable(key.line, "merge keys (<<) are not read", "Write the keys out.")
            if key.value in entries:
                first = entries[key.value].line
                hint = f"It first stands on line {first}; keep one of the two."
                self._problems.append(Problem(key.line, f"'{key.value}' is given twice", hint))
            else:
                entries[key.value] = Entry(key.line, node)
        return entries

    def _until(self, end: type[yaml.Event]) -> Iterator[Any]:
        while not isinstance(event := self._next(), end):
            yield event

    def _next(self) -> Any:
        try:
            return self._loader.get_event()
        except (ValueError, OverflowError) as error:  # the parser's own mistake with "\\UFFFFFFFF" and the like
            raise Unreadable(
                self._loader.line + 1, "an escape or a number here is out of all bounds", "Correct it."
            ) from error

    def _sober(self, text: str, line: int) -> None:
        if len(text) > LONGEST_TEXT:
            raise Unreadable(line, f"a value has more than {LONGEST_TEXT} characters", "Shorten it.")
        if ODD.search(text):
            raise Unreadable(line, "a value holds a line break or another control character", "Write it on one line.")

    def _counted(self, size: int, line: int) -> None:
        self._count += size
        if self._count > MOST_NODES:
            raise Unreadable(line, f"the file holds more than {MOST_NODES} values, aliases in full", "Shorten it.")
