"""Working time, found by asking the local clock again and again.

At an instant it is working time when the clock on the wall shows a working day that is no holiday and a time of day
within the hours. Clocks are put forward and back by whole quarters of an hour, at whole quarters, so that nothing
changes in between but at the hours themselves. Instants and lengths are whole microseconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import gcd
from typing import Any
from zoneinfo import ZoneInfo

import holidays

MINUTE = 60_000_000
DAY = 1440 * MINUTE
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def us(moment: datetime) -> int:
    """The instant in microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(instant: int) -> datetime:
    """The other way round."""
    return EPOCH + timedelta(microseconds=instant)


class Worktime:
    """Working time in a zone: `workdays` (0 is Monday), hours in minutes of the day, and days off."""

    def __init__(
        self, zone: str, workdays: Collection[int], opens: int, closes: int, off: Collection[str | date]
    ) -> None:
        self._zone = ZoneInfo(zone)
        self._workdays, self._opens, self._closes = workdays, opens, closes
        self._dates = {day for day in off if isinstance(day, date)}
        self._countries = [_country(code) for code in off if isinstance(code, str)]
        self._pieces: dict[int, list[tuple[int, int]]] = {}
        self.day = (closes - opens) * MINUTE
        """The length of a working day."""

    def worked(self, start: int, end: int) -> int:
        """How much work is done from one instant to a later one."""
        return sum(until - since for since, until in self.pieces(start, end))

    def later(self, start: int, work: int) -> int:
        """The last instant at which no more than so much work has been done since `start`."""
        for since, until in self._onwards(start):
            if until - since > work:
                return since + work
            work -= until - since
        raise AssertionError("work never ends")

    def earlier(self, end: int, work: int) -> int:
        """The last instant from which on so much work, more than none, is done until `end`."""
        day = end // DAY
        while True:
            for since, until in reversed(self._of(day)):
                until = min(until, end)
                if until - since >= work:
                    return until - work
                work -= max(until - since, 0)
            day -= 1

    def pieces(self, start: int, end: int) -> Iterable[tuple[int, int]]:
        """When work is done from one instant to a later one, in order."""
        for day in range(start // DAY, end // DAY + 1):
            for since, until in self._of(day):
                if max(since, start) < min(until, end):
                    yield max(since, start), min(until, end)

    def _onwards(self, start: int) -> Iterable[tuple[int, int]]:
        day = start // DAY
        while True:
            yield from ((max(since, start), until) for since, until in self._of(day) if until > start)
            day += 1

    def _of(self, day: int) -> list[tuple[int, int]]:
        """The work of a day in UTC, piece by piece."""
        if day not in self._pieces:
            grain = gcd(15, self._opens, self._closes) * MINUTE
            pieces: list[tuple[int, int]] = []
            for at in range(day * DAY, (day + 1) * DAY, grain):
                if self._is_work(at):
                    since = pieces.pop()[0] if pieces and pieces[-1][1] == at else at
                    pieces.append((since, at + grain))
            self._pieces[day] = pieces
        return self._pieces[day]

    def _is_work(self, at: int) -> bool:
        local = moment_of(at).astimezone(self._zone)
        if not self._opens <= local.hour * 60 + local.minute < self._closes or local.weekday() not in self._workdays:
            return False
        day = local.date()
        return day not in self._dates and not any(day in country for country in self._countries)


@cache
def _country(code: str) -> Collection[date]:
    name, _, part = code.partition("-")
    return holidays.country_holidays(name, subdiv=part or None)


_known: dict[tuple[object, ...], Worktime] = {}


def worktime(zone: str, calendar: Mapping[str, Any]) -> Worktime:
    """By what a policy's `calendar` says; what was asked once is not worked out again."""
    opens, closes = calendar.get("hours", "00:00-24:00").split("-")
    said = calendar.get("holidays") or []
    off = tuple(said if isinstance(said, list) else [said])
    workdays = tuple(WEEK.index(day) for day in calendar.get("workdays", WEEK))
    key = zone, workdays, opens, closes, off
    if key not in _known:
        _known[key] = Worktime(zone, workdays, _minutes(opens), _minutes(closes), off)
    return _known[key]


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
