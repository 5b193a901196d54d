"""Judging all customers again when a role becomes known late, some of them at each tick.

A rule may hold for some roles alone: for who is in charge as its condition comes to hold. A role that is set in the
order of time changes nothing that was told. One that is set in the past does, and nobody keeps an index of whose
all customers were at any time; so all of them are gone through, and what had been told by the former roles is worked
out anew to be compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from streams.core.formats import reader, tagged
from streams.core.history import Change, History
from streams.core.records import key_of

KEY = key_of("recasting")
"""The key of its state record, which is there while customers wait."""
LOOKED_AT = 500
"""So many customers are judged at each tick."""

Former = Mapping[str, History]
"""By employee, the roles as they were known before."""


class Round(msgspec.Struct, array_like=True):
    """All customers are to be judged anew from an instant on; `former` are the changes of role known before."""

    since: int
    former: dict[str, list[Change]]

    @property
    def roles(self) -> Former:
        """The former roles."""
        return {employee: History(changes) for employee, changes in self.former.items()}


_read = reader(list[Round])


class Recasting:
    """The customers of one partition that wait to be judged by other roles.

    Changes that come while a round is under way wait for the next one. Nobody writes down how far a round has got:
    another process begins it anew, as to judge twice changes nothing.
    """

    def __init__(self) -> None:
        self._rounds: list[Round] = []
        self._names: Iterator[str] | None = None
        self._written: bytes | None = None

    def begin(self, employee: str, former: list[Change], since: int) -> None:
        """From an instant on an employee had other roles than these were."""
        if len(self._rounds) == (self._names is not None):
            self._rounds.append(Round(since, {}))
        last = self._rounds[-1]
        last.since = min(last.since, since)
        last.former.setdefault(employee, former)

    def some(self, everybody: bool, customers: Iterable[str]) -> Iterator[tuple[str, Round]]:
        """The next of the customers, or all that are left of every round, each with what it was judged by."""
        while self._rounds:
            if self._names is None:
                self._names = iter(customers)
            this = self._rounds[0]
            names = self._names if everybody else list(islice(self._names, LOOKED_AT))
            number = 0
            for name in names:
                number += 1
                yield name, this
            if not everybody and number == LOOKED_AT:
                return
            self._rounds.pop(0)
            self._names = None
            if not everybody:
                return

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time."""
        record = tagged(self._rounds) if self._rounds else None
        if record != self._written:
            self._written = record
            yield KEY, record

    def restore(self, value: bytes) -> None:
        """Put back the record that `take_states` gave."""
        self._rounds, self._written = _read(value), value
