"""When the teams are told of: the current month at each flush, the other periods that contain now in turns, as there is
an employee in nearly each flush who is told of one of them."""

from __future__ import annotations

from collections.abc import Iterator

from streams.core.formats import reader, tagged
from streams.core.page import Page
from streams.core.records import key_of
from streams.core.turns import may_wait, turn_of

KEY = key_of("turns")
"""The key of the record in the state topic: by period the last turn, and the periods that wait for their next one."""

_read = reader(tuple[dict[str, int], list[str]])


class Turns:
    """Those of each period. `wait` is in microseconds of the clock; at 0 nothing waits."""

    def __init__(self, page: Page, wait: int) -> None:
        self._page, self._wait = page, wait
        self._last: dict[str, int] = {}
        self._dirty = False
        self.waiting: frozenset[str] = frozenset()
        """The periods that waited at the last flush."""

    def waits(self, period: str) -> bool:
        """Whether what employees changed of a period is to wait. Where it is not, the turn is taken."""
        if not self._wait or period not in may_wait(self._page):
            return False
        turn = turn_of(self._page, period, self._wait)
        if turn == self._last.get(period):
            return True
        self._last[period] = turn
        self._dirty = True
        return False

    def keep(self, waiting: frozenset[str]) -> None:
        """These wait from now on."""
        self._dirty = self._dirty or waiting != self.waiting
        self.waiting = waiting

    def restore(self, value: bytes) -> None:
        """Take the record of the state topic."""
        last, waiting = _read(value)
        self._last, self.waiting = last, frozenset(waiting)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The record, if it changed since the last time."""
        if self._dirty:
            near = may_wait(self._page)
            self._last = {period: turn for period, turn in sorted(self._last.items()) if period in near}
            yield KEY, tagged((self._last, sorted(self.waiting)))
            self._dirty = False
