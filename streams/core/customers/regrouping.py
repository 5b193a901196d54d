"""Looking at all customers again when somebody changed the team or the role, some of them at each tick.

What is told of an opportunity names its owner's team, and who shares a customer goes by roles. An index of whose they
all are would cost memory all the time for what hardly ever happens; so all customers of the partition are gone through
instead, in whatever order they are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from streams.core.formats import tagged
from streams.core.records import key_of

KEY = key_of("regrouping")
"""The key of its state record, which is there while customers wait."""
LOOKED_AT = 500
"""So many customers are looked at at each tick."""


class Regrouping:
    """The customers of one partition that wait to be looked at. Nobody writes down how far it has got: another process
    begins anew, as to look twice changes nothing."""

    def __init__(self) -> None:
        self._waits = self._written = False
        self._names: Iterator[str] | None = None

    def begin(self) -> None:
        """Somebody is in another team now, or another role: all customers are to be looked at."""
        self._waits, self._names = True, None

    def some(self, everybody: bool, customers: Iterable[str]) -> Iterator[str]:
        """The next of the customers, or all that are left."""
        if not self._waits:
            return
        if self._names is None:
            self._names = iter(customers)
        if everybody:
            yield from self._names
        else:
            names = list(islice(self._names, LOOKED_AT))
            yield from names
            if len(names) == LOOKED_AT:
                return
        self._waits, self._names = False, None

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time."""
        if self._waits != self._written:
            self._written = self._waits
            yield KEY, tagged([]) if self._waits else None

    def restore(self) -> None:
        """There is a record."""
        self._waits = self._written = True
