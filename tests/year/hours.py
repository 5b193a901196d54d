"""The hours at which is looked, and working time as a clock that never goes back."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from typing import NamedTuple

from tests.oracle.worktime import DAY, Worktime, us

HOUR = 3_600_000_000
PHASE = 500_000
"""Looks fall half a second after the hour: what happens does so at whole seconds, so no look meets a bound itself."""


class Hours:
    """Every hour from `start` up to `end`; numbers count from 0."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.first = us(start) + PHASE
        self.count = -((self.first - us(end)) // HOUR)

    def number(self, time: int) -> int:
        """The first look that sees what happens at an instant."""
        if time % 1_000_000:
            raise ValueError(f"{time} us is no whole second")
        return max(-((self.first - time) // HOUR), 0)

    def at(self, number: int) -> int:
        """The instant of a look."""
        return self.first + number * HOUR


class Meter:
    """How much has been worked up to an instant, since long before the year."""

    def __init__(self, work: Worktime, start: datetime, end: datetime) -> None:
        self._from, self._to = us(start) - 400 * DAY, us(end) + 800 * DAY
        self._starts: list[int] = [self._from]
        self._before: list[int] = [0]
        self._until: list[int] = [self._from]
        for since, until in work.pieces(self._from, self._to):
            self._before.append(self._before[-1] + self._until[-1] - self._starts[-1])
            self._starts.append(since)
            self._until.append(until)

    def read(self, time: int) -> int:
        """Microseconds of work."""
        if not self._from <= time < self._to:
            raise ValueError(f"{time} us lies beyond what the meter counts")
        piece = bisect_right(self._starts, time) - 1
        return self._before[piece] + min(time, self._until[piece]) - self._starts[piece]


class Look(NamedTuple):
    """One hour."""

    number: int
    now: int
    worked: int


def looks(hours: Hours, meter: Meter) -> list[Look]:
    """All of them."""
    return [Look(number, hours.at(number), meter.read(hours.at(number))) for number in range(hours.count)]
