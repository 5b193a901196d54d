"""What is wrong with a policy, as values: every problem is found before any is reported."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One mistake. `line` counts from 1; 0 means the file as a whole. `hint` says what to do."""

    line: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.message}." + (f" {self.hint}" if self.hint else "")


class PolicyError(Exception):
    """A policy that cannot be used; `problems` holds every mistake found, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A suggestion out of `known` for a mistyped `word`, else `otherwise`."""
    by_fold = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"Did you mean {by_fold[close[0]]}?" if close else otherwise


def listed(names: Iterable[str]) -> str:
    """`a, b or c`, for hints."""
    *head, last = names
    return f"{', '.join(head)} or {last}" if head else last
