"""Changes that come together are told together: up to a limit one by one, above it in one digest.

A burst is over when nothing has come for `QUIET_S`, or `LONGEST_S` after its first change, as a backfill goes on for
minutes. Above the limit only counts and the first changes are kept, so that memory is bounded.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, Generic, NamedTuple, TypeVar

from streams.notify.telling import Change

QUIET_S: Final = 1.0
LONGEST_S: Final = 60.0
EXAMPLES: Final = 10
"""Changes that a digest shows in full."""

Place = TypeVar("Place")


class Kindred(NamedTuple):
    """What changes of a digest are counted by."""

    what: str
    rule: str
    severity: str


class Burst(Generic[Place]):
    """The changes since the last delivery, each with its place in the topic. `limit` 0: never a digest; times in s."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._first = self._last = 0.0
        self.changes: list[tuple[Change, Place]] = []
        self.counts: Counter[Kindred] = Counter()
        self.newest = 0

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def digest(self) -> bool:
        """Whether it is told in one message."""
        return 0 < self._limit < self.total

    def add(self, change: Change, place: Place, now: float) -> None:
        if not self.total:
            self._first = now
        self._last = now
        self.counts[Kindred(change.what, change.record.rule, change.record.severity or "")] += 1
        self.newest = max(self.newest, change.at)
        if not self._limit or self.total <= max(self._limit, EXAMPLES):
            self.changes.append((change, place))

    def left(self, now: float) -> float:
        """Seconds until it is over; 0 where it is, or where there is no limit to wait for."""
        if not self._limit:
            return 0.0
        return max(0.0, min(self._last + QUIET_S, self._first + LONGEST_S) - now)
