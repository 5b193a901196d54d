"""Looking at all customers again when somebody changed the team, a part of them at each tick.

What is told of an opportunity names its owner's team. An index of whose they all are would cost memory all the time for
what hardly ever happens; so all customers of the partition are gone through instead, in `PARTS` parts by their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import partition_of

KEY = key_of("regrouping")
"""The key of its state record, which is there while customers wait."""
PARTS = 64
"""So many ticks until everybody has been looked at."""

_read = reader(tuple[int])


class Regrouping:
    """How far one partition has got. Which customers a part holds depends on their ids alone, not on when it began."""

    def __init__(self) -> None:
        self._left = self._written = 0
        self._parts: list[list[str]] | None = None

    def begin(self) -> None:
        """Somebody is in another team now: all customers are to be looked at."""
        self._left, self._parts = PARTS, None

    def some(self, everybody: bool, customers: Iterable[str]) -> Iterator[str]:
        """The next part of the customers, or all that are left."""
        if self._left and self._parts is None:
            self._parts = [[] for _ in range(PARTS)]
            for name in customers:
                self._parts[partition_of(name, PARTS)].append(name)
        while self._left and self._parts is not None:
            yield from sorted(self._parts[PARTS - self._left])
            self._left -= 1
            if not everybody:
                break
        if not self._left:
            self._parts = None

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time."""
        if self._left != self._written:
            self._written = self._left
            yield KEY, tagged((self._left,)) if self._left else None

    def restore(self, value: bytes) -> None:
        """Put back what `take_states` gave."""
        (self._left,) = _read(value)
        self._written = self._left
