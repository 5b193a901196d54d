"""Walking along office hours: 09:00 to 18:00, Monday to Friday, local time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import iso, parse_iso
from streams.simulate.hours import HOUR, SECOND, SHIFT, Office

BERLIN = Office("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # Friday 2 January 2026, winter: 09:00 local is 08:00Z.
        ("2026-01-02T08:00:00Z", 0, "2026-01-02T08:00:00Z"),
        ("2026-01-02T08:00:00Z", 2, "2026-01-02T10:00:00Z"),
        ("2026-01-02T16:00:00Z", 2, "2026-01-05T09:00:00Z"),
        ("2026-01-02T16:00:00Z", 1, "2026-01-05T08:00:00Z"),
        ("2026-01-02T03:00:00Z", 1, "2026-01-02T09:00:00Z"),
        ("2026-01-02T22:59:59Z", 1, "2026-01-05T09:00:00Z"),
        ("2026-01-03T12:00:00Z", 0, "2026-01-05T08:00:00Z"),
        ("2026-01-04T23:30:00Z", 9, "2026-01-06T08:00:00Z"),
        ("2026-01-02T08:00:00Z", 45, "2026-01-09T08:00:00Z"),
        # The clocks go forward on Sunday 29 March, back on 25 October.
        ("2026-03-27T16:00:00Z", 2, "2026-03-30T08:00:00Z"),
        ("2026-10-23T15:00:00Z", 2, "2026-10-26T09:00:00Z"),
        ("2026-01-02T08:00:00.000001Z", 0, "2026-01-02T08:00:01Z"),
    ],
)
def test_only_office_hours_count(start: str, hours: int, end: str) -> None:
    assert iso(BERLIN.shift(parse_iso(start), hours * HOUR)) == end


def test_seven_calendar_days_are_five_workdays() -> None:
    assert iso(BERLIN.later(parse_iso("2026-01-06T10:00:00Z"), 7)) == "2026-01-13T10:00:00Z"


@given(
    st.integers(parse_iso("1990-01-01T00:00:00Z"), parse_iso("2060-01-01T00:00:00Z")),
    st.integers(0, 100 * SHIFT),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]),
)
def test_the_end_is_a_whole_second_within_office_hours_and_never_before_the_start(
    start: int, working: int, zone: str
) -> None:
    office = Office(zone)
    end = office.shift(start, working)
    assert end >= start
    assert end % SECOND == 0
    day = office.zone.day(end)
    assert office.zone.date(day).weekday() < 5
    assert 9 * HOUR <= end - office.zone.midnight(day) <= 18 * HOUR


@given(st.integers(0, 2 * 10**9), st.integers(0, 600_000), st.integers(0, 600_000))
def test_two_walks_are_one_walk_of_their_sum(start: int, first: int, second: int) -> None:
    # In whole seconds: a walk that ends between two is rounded up.
    start, first, second = start * SECOND, first * SECOND, second * SECOND
    assert BERLIN.shift(BERLIN.shift(start, first), second) == BERLIN.shift(start, first + second)


@pytest.mark.parametrize(
    ("instant", "month", "after"),
    [
        ("2026-01-31T22:59:59Z", (2026, 1), "2026-01-31T23:00:00Z"),
        ("2026-01-31T23:00:00Z", (2026, 2), "2026-02-28T23:00:00Z"),
        ("2026-03-15T12:00:00Z", (2026, 3), "2026-03-31T22:00:00Z"),
        ("2026-12-15T12:00:00Z", (2026, 12), "2026-12-31T23:00:00Z"),
    ],
)
def test_months_begin_at_local_midnight(instant: str, month: tuple[int, int], after: str) -> None:
    assert BERLIN.month(parse_iso(instant)) == month
    assert iso(BERLIN.next_month(parse_iso(instant))) == after
