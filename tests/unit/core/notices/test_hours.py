"""When somebody may be told something, drawn in days of March 2026: the 2nd is a Monday, the 5th a holiday."""

from __future__ import annotations

import pytest

from streams.core.notices.hours import Hours
from streams.events.instants import iso
from streams.policy import Clock
from tests.unit.core.kit import policy, us

OFFICE = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "08:00-18:00", "holidays": ["2026-03-05"]}
AWAY = [(us("09"), us("11")), (us("11"), us("12 10:00"))]
NOON, NIGHT = "12:00-13:00", "17:30-08:30"


def told(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)[8:16].replace("T", " ")


@pytest.mark.parametrize(
    ("quiet", "at", "first"),
    [
        (None, "02 07:59", "02 08:00"),
        (None, "02 17:59", "02 17:59"),
        (None, "02 18:00", "03 08:00"),
        (None, "04 18:00", "06 08:00"),  # over the holiday
        (None, "06 18:00", "12 10:00"),  # over the weekend, and while away
        (None, "12 09:59", "12 10:00"),
        (NOON, "02 11:59", "02 11:59"),
        (NOON, "02 12:00", "02 13:00"),
        (NOON, "02 13:00", "02 13:00"),
        (NIGHT, "02 17:29", "02 17:29"),
        (NIGHT, "02 17:30", "03 08:30"),
        (NIGHT, "03 08:29", "03 08:30"),
        (NIGHT, "06 17:30", "12 10:00"),
    ],
)
def test_the_first_moment_that_is_not_quiet(quiet: str | None, at: str, first: str) -> None:
    hours = Hours(policy(calendar=OFFICE, notices={"quiet": quiet}))
    assert told(hours.first(us(at), AWAY)) == first
    assert told(hours.first(us(first), AWAY)) == first


@pytest.mark.parametrize(
    ("at", "following"),
    [
        ("02 07:00", "02 08:00"),  # that of the weekend
        ("02 08:00", "02 09:00"),
        ("02 09:00", "02 16:00"),
        ("02 16:00", "03 09:00"),
        ("04 16:00", "06 08:00"),  # two times of the holiday come to one moment
        ("06 08:00", "06 09:00"),
        ("06 16:00", "12 10:00"),
        ("10 09:00", "12 10:00"),
        ("12 10:00", "12 16:00"),
    ],
)
def test_the_next_digest_and_the_last(at: str, following: str) -> None:
    hours = Hours(policy(calendar=OFFICE, notices={"digest": {"at": ["09:00", "16:00"]}}))
    assert told(hours.next(us(at), AWAY)) == following
    assert told(hours.last(us(at), us(following), AWAY)) == following
    assert hours.last(us(at), us(following) - 1, AWAY) is None


def test_of_many_digests_the_last_is_found_and_none_while_all_is_quiet() -> None:
    hours = Hours(policy(calendar=OFFICE, notices={"digest": {"every": "1h"}}))
    assert told(hours.last(0, us("12 09:59"), AWAY)) == "06 17:00"
    assert told(hours.last(us("06 16:59"), us("12 09:59"), AWAY)) == "06 17:00"
    assert hours.last(us("06 17:00"), us("12 09:59"), AWAY) is None
    assert told(hours.last(us("06 17:00"), us("12 10:00"), AWAY)) == "12 10:00"


@pytest.mark.parametrize(
    ("zone", "times", "at", "following"),
    [
        ("Asia/Shanghai", ["09:00"], "2026-03-02T00:59:59Z", "2026-03-02T01:00:00Z"),
        ("Europe/Berlin", ["09:00"], "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"),
        ("Europe/Berlin", ["02:30"], "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"),  # there is no such time
        ("Europe/Berlin", ["02:30"], "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),  # there are two
        ("Europe/Berlin", ["02:30"], "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
    ],
)
def test_times_are_those_of_local_clocks(zone: str, times: list[str], at: str, following: str) -> None:
    hours = Hours(policy(timezone=zone, notices={"digest": {"at": times}}))
    assert iso(hours.next(us(at), [])) == following
    assert hours.slot(us(following)) == us(following)


@pytest.mark.parametrize(
    ("clock", "told_at", "slot", "again"),
    [
        (Clock.ELAPSED, "2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z", True),  # 9 to 9, and yet but 23 hours
        (Clock.ELAPSED, "2026-03-29T07:00:00Z", "2026-03-30T06:59:59Z", False),
        (Clock.WORKING, "2026-03-06T09:00:00Z", "2026-03-09T08:59:59Z", False),
        (Clock.WORKING, "2026-03-06T09:00:00Z", "2026-03-09T09:00:00Z", True),
    ],
)
def test_a_day_later_it_is_told_again(clock: Clock, told_at: str, slot: str, again: bool) -> None:
    hours = Hours(policy(timezone="Europe/Berlin", calendar=OFFICE))
    assert hours.again(us(told_at), us(slot), clock) is again
