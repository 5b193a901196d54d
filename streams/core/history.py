"""Values that change over time, rebuilt the same whatever the order in which their changes arrive."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Any, NamedTuple

END = 1 << 62
"""Later than every instant."""


class Change(NamedTuple):
    """A value set at an instant. Of two at one instant the greater (source, id) is the newer."""

    time: int
    source: str
    id: str
    value: str | None


class History:
    """Every value that one field has had, by event time."""

    __slots__ = ("changes",)

    def __init__(self, changes: list[Change] | None = None) -> None:
        self.changes = changes or []

    def set(self, change: Change) -> None:
        """Take in a change, late or not."""
        insort(self.changes, change, key=_stamp)

    def set_once(self, change: Change) -> bool:
        """Take in a change that may come again; says whether it is a new one. The first of one stamp stands."""
        index = bisect_left(self.changes, change[:3], key=_stamp)
        if index < len(self.changes) and _stamp(self.changes[index]) == change[:3]:
            return False
        self.changes.insert(index, change)
        return True

    def at(self, time: int) -> str | None:
        """The value that held at an instant, its own changes included."""
        changes = self.changes
        if not changes or changes[-1].time <= time:
            return changes[-1].value if changes else None
        index = bisect_right(changes, time, key=_time) - 1
        return changes[index].value if index >= 0 else None

    def now(self) -> str | None:
        """The newest value."""
        return self.changes[-1].value if self.changes else None

    def between(self, after: int, before: int) -> list[int]:
        """The instants of the changes strictly inside an interval."""
        changes = self.changes
        if not changes or changes[-1].time <= after:
            return []
        return [
            c.time for c in changes[bisect_right(changes, after, key=_time) : bisect_left(changes, before, key=_time)]
        ]


def take_out(log: list[Any], key: tuple[Any, ...]) -> None:
    """Take the entry whose first fields these are out of a log that is sorted by them, if it is there."""

    def begin(entry: tuple[Any, ...]) -> tuple[Any, ...]:
        return entry[: len(key)]

    place = bisect_left(log, key, key=begin)
    if place < len(log) and begin(log[place]) == key:
        del log[place]


def _time(change: Change) -> int:
    return change.time


def _stamp(change: Change) -> tuple[int, str, str]:
    return change[:3]
