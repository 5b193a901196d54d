"""Working time by the clock on the wall: nights, weekends, days off, and days on which the clocks change."""

from datetime import date, datetime

import pytest

from tests.oracle.worktime import MINUTE, Worktime, moment_of, us

WEEKDAYS = range(5)
HOUR = 60 * MINUTE
OFFICE = Worktime("Europe/Berlin", WEEKDAYS, 9 * 60, 17 * 60, ["DE", date(2026, 3, 4)])
NIGHTS = Worktime("Europe/Berlin", range(7), 0, 4 * 60, [])


def at(text: str) -> int:
    """An instant of March and April 2026, in UTC."""
    return us(datetime.fromisoformat(f"2026-{text}:00+00:00"))


# Berlin is an hour ahead of UTC, from 29 March on two. The 4th is off; Easter is from 3 to 6 April.
WORKED: dict[str, tuple[Worktime, str, str, float]] = {
    "a day": (OFFICE, "03-02T00:00", "03-03T00:00", 8),
    "part of a morning": (OFFICE, "03-02T08:30", "03-02T09:00", 0.5),
    "a week with a day off": (OFFICE, "03-02T00:00", "03-09T00:00", 32),
    "over Easter": (OFFICE, "04-02T14:00", "04-07T08:00", 2),
    "an hour earlier by UTC since the clocks were put forward": (OFFICE, "03-30T07:00", "03-30T08:00", 1),
    "an hour is missing that night": (NIGHTS, "03-28T12:00", "03-29T12:00", 3),
    "nothing in no time": (OFFICE, "03-02T10:00", "03-02T10:00", 0),
}


@pytest.mark.parametrize(("work", "start", "end", "hours"), WORKED.values(), ids=WORKED.keys())
def test_worked(work: Worktime, start: str, end: str, hours: float) -> None:
    assert work.worked(at(start), at(end)) == hours * HOUR


BOUNDS: dict[str, tuple[str, float, str, str]] = {
    # from, so much work, later than that, and from there on back again
    "within a day": ("03-02T09:00", 2, "03-02T11:00", "03-02T09:00"),
    "as work ends it is the next morning": ("03-02T08:00", 8, "03-03T08:00", "03-02T08:00"),
    "over a weekend": ("03-06T15:00", 2, "03-09T09:00", "03-06T15:00"),
    "from an evening on": ("03-02T20:00", 1, "03-03T09:00", "03-03T08:00"),
}


@pytest.mark.parametrize(("start", "hours", "later", "earlier"), BOUNDS.values(), ids=BOUNDS.keys())
def test_bounds(start: str, hours: float, later: str, earlier: str) -> None:
    length = int(hours * HOUR)
    assert moment_of(OFFICE.later(at(start), length)) == moment_of(at(later))
    assert moment_of(OFFICE.earlier(at(later), length)) == moment_of(at(earlier))
