"""Reads checked values out of the tree: what is wrong is reported with its line, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from streams.policy.durations import Duration, parse_duration
from streams.policy.problems import Problem, did_you_mean, listed
from streams.policy.tree import Node

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
DURATION_HINT = "Write a whole number and s, m, h or d, as in 12h or 7d."
HIGHEST = 1000
"""More than any score comes to."""


class Wrong(Exception):
    """A single value is wrong: a sentence without its full stop, and what to do."""

    def __init__(self, message: str, hint: str) -> None:
        self.message = message
        self.hint = hint
        super().__init__(message)


class Report:
    """Collects the problems of one file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def add(self, line: int, message: str, hint: str) -> None:
        self.problems.append(Problem(line, message, hint))

    def read(self, where: str, node: Node, read: Callable[[str], T], default: T) -> T:
        """One scalar; `default` where it is wrong."""
        if not isinstance(node.value, str):
            self.add(node.line, f"{where} must be a single value, not {kind(node)}", "Write one value.")
            return default
        try:
            return read(node.value)
        except Wrong as wrong:
            self.add(node.line, f"{where}: {wrong.message}", wrong.hint)
            return default

    def items(self, where: str, node: Node) -> list[tuple[str, Node]]:
        """The items of a list, each with its place in words."""
        if not isinstance(node.value, list):
            hint = "Write it as [a, b] or as lines with a dash."
            self.add(node.line, f"{where} must be a list, not {kind(node)}", hint)
            return []
        return [(f"{where}[{index}]", item) for index, item in enumerate(node.value, 1)]

    def pairs(self, where: str, node: Node) -> Iterator[tuple[str, int, Node]]:
        """The pairs of a mapping: key, line of the key, value."""
        if not isinstance(node.value, dict):
            self.add(node.line, f"{where} must be a mapping, not {kind(node)}", "Write it as {key: value} or as lines.")
            return
        for key, entry in node.value.items():
            yield key, entry.line, entry.node


class Fields:
    """A mapping with known keys, read one by one; a key that is not known is a problem, null is as good as absent."""

    def __init__(self, report: Report, where: str, node: Node, known: Iterable[str]) -> None:
        self.report = report
        self.where = where
        self.line = node.line
        self._nodes: dict[str, Node] = {}
        known = tuple(known)
        for key, line, value in report.pairs(where or "a policy", node):
            if key not in known:
                inside = f" in {where}" if where else ""
                report.add(line, f"unknown key '{key}'{inside}", did_you_mean(key, known, f"Known: {listed(known)}."))
            elif value.value is not None:
                self._nodes[key] = value

    def node(self, key: str) -> Node | None:
        return self._nodes.get(key)

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def value(self, key: str, read: Callable[[str], T], default: T) -> T:
        """The value of a key; `default` where it is absent, null or wrong."""
        node = self._nodes.get(key)
        return default if node is None else self.report.read(self.path(key), node, read, default)

    def needed(self, key: str, read: Callable[[str], T], hint: str) -> T | None:
        """The value of a key that must be there; None where it is not, or wrong (and reported)."""
        if key not in self._nodes:
            self.report.add(self.line, f"{self.where}.{key} is missing", hint)
            return None
        return self.report.read(self.path(key), self._nodes[key], lambda text: read(text), None)


def kind(node: Node) -> str:
    """What a node is, in words."""
    if node.value is None:
        return "nothing"
    return {str: f"'{node.value}'", list: "a list", dict: "a mapping"}[type(node.value)]


def name(text: str) -> str:
    """A name somebody chose."""
    if not text.strip():
        raise Wrong("a name is not empty", "Give it one.")
    return text


def boolean(text: str) -> bool:
    folded = text.lower()
    if folded in ("true", "yes", "on"):
        return True
    if folded in ("false", "no", "off"):
        return False
    raise Wrong(f"'{text}' is neither true nor false", "Write true or false.")


def duration(text: str) -> Duration:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise Wrong(str(error), DURATION_HINT) from error


def some_time(text: str) -> Duration:
    """A duration that is not zero."""
    length = duration(text)
    if not length.us:
        raise Wrong(f"{text} is no time at all", "Leave it out where no bound is meant.")
    return length


def number(text: str) -> Decimal:
    """A decimal number, exactly as written; trailing zeros carry no meaning."""
    if not re.fullmatch(r"[+-]?[0-9]+(_[0-9]+)*(\.[0-9]+)?", text):
        raise Wrong(f"'{text}' is not a number", "Write it out, as in 100000 or 0.25.")
    whole, _, decimals = text.replace("_", "").partition(".")
    decimals = decimals.rstrip("0")
    if len(whole.lstrip("+-")) > 18 or len(decimals) > 12:
        raise Wrong(f"'{text}' is too long", "At most 18 digits stand before the point and 12 after it.")
    return Decimal(f"{whole}.{decimals}" if decimals else whole) + 0


def positive(text: str) -> Decimal:
    value = number(text)
    if value <= 0:
        raise Wrong(f"{text} is not above 0", "Give a number above 0.")
    return value


def share(text: str) -> Decimal:
    """A number from 0 to 1."""
    value = number(text.removesuffix("%"))
    if text.endswith("%") or not 0 <= value <= 1:
        raise Wrong(f"{text} is not between 0 and 1", "40 % is written 0.4.")
    return value


def not_negative(text: str) -> Decimal:
    value = number(text)
    if value < 0:
        raise Wrong(f"{text} is below 0", "Give 0 or more.")
    return value


def score(text: str) -> Decimal:
    """A bound for scores."""
    value = number(text)
    if not 0 <= value <= HIGHEST:
        hint = f"A score is 0 to 100, and above where lines are capped higher; give 0 to {HIGHEST}."
        raise Wrong(f"no score is {text}", hint)
    return value


def one_of(choices: type[E]) -> Callable[[str], E]:
    """A reader of one word of an enumeration."""

    def read(text: str) -> E:
        try:
            return choices(text)
        except ValueError as error:
            words = [choice.value for choice in choices]
            raise Wrong(f"'{text}' is not known here", did_you_mean(text, words, f"Use {listed(words)}.")) from error

    return read


def calendar_date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Wrong(f"'{text}' is not a date", "Write it as in 2026-01-31.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Wrong(f"there is no {text} in the calendar", "Correct the day.") from error


def currency_code(text: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", text):
        hint = f"Did you mean {text.upper()}?" if re.fullmatch(r"[A-Za-z]{3}", text) else "Codes are like USD or CNY."
        raise Wrong(f"'{text}' is not a currency code of three capital letters", hint)
    return text
