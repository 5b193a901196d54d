"""Local days: daylight saving, midnights that do not exist, days that were skipped, and the edges of time."""

from datetime import UTC, date, datetime
from importlib import import_module
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

import pytest

from streams.policy import Zone
from streams.policy.zone import DAY, MAX_US, MIN_US, day_of, month_of

MINUTE = 60_000_000


def us(text: str) -> int:
    return int((datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("UTC", "2026-03-01T00:00:00+00:00", "2026-03-01"),
        ("UTC", "2026-02-28T23:59:59+00:00", "2026-02-28"),
        ("Asia/Shanghai", "2026-02-28T16:00:00+00:00", "2026-03-01"),
        ("Asia/Shanghai", "2026-02-28T15:59:59+00:00", "2026-02-28"),
        ("America/New_York", "2026-03-08T04:59:59+00:00", "2026-03-07"),  # the eve of summer time, UTC-5
        ("America/New_York", "2026-03-08T05:00:00+00:00", "2026-03-08"),
        ("America/New_York", "2026-03-09T03:59:59+00:00", "2026-03-08"),  # summer time, UTC-4
        ("America/New_York", "2026-03-09T04:00:00+00:00", "2026-03-09"),
        ("Asia/Kathmandu", "2026-01-01T18:14:59+00:00", "2026-01-01"),  # UTC+5:45
        ("Asia/Kathmandu", "2026-01-01T18:15:00+00:00", "2026-01-02"),
        ("Europe/Amsterdam", "1930-01-01T23:40:27+00:00", "1930-01-01"),  # UTC+0:19:32
        ("Europe/Amsterdam", "1930-01-01T23:40:28+00:00", "1930-01-02"),
        ("Pacific/Apia", "2011-12-30T09:59:59+00:00", "2011-12-29"),  # skipped December 30
        ("Pacific/Apia", "2011-12-30T10:00:00+00:00", "2011-12-31"),
        ("America/St_Johns", "2006-10-29T02:30:30+00:00", "2006-10-29"),  # a minute past midnight, and back by an hour
        ("America/St_Johns", "2006-10-29T02:31:00+00:00", "2006-10-28"),
        ("America/St_Johns", "2006-10-29T03:30:00+00:00", "2006-10-29"),
    ],
)
def test_an_instant_falls_on_its_local_day(zone: str, instant: str, day: str) -> None:
    place = Zone(zone)
    for _ in range(2):  # the second answer comes from the cache
        assert place.date(place.day(us(instant))) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("UTC", "2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("Asia/Shanghai", "2026-03-01", "2026-02-28T16:00:00+00:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00:00+00:00"),
        ("America/New_York", "2026-03-09", "2026-03-09T04:00:00+00:00"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00+00:00"),  # clocks went from 00:00 to 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00"),  # midnight comes twice: the first one
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30:00+00:00"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),  # never was: what follows
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00+00:00"),
        ("Europe/Amsterdam", "1930-01-02", "1930-01-01T23:40:28+00:00"),
    ],
)
def test_a_day_begins_at_its_first_instant(zone: str, day: str, instant: str) -> None:
    place = Zone(zone)
    for _ in range(2):
        assert place.midnight(day_of(date.fromisoformat(day))) == us(instant)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_no_instant_is_too_far_out(zone: str) -> None:
    place = Zone(zone)
    for instant in (MIN_US, MIN_US - 10**20, MAX_US, MAX_US + 10**20):
        day = place.day(instant)
        assert abs(day - instant // DAY) <= 1
        assert place.day(place.midnight(day)) == day
        assert date.min <= place.date(day) <= date.max
        assert 12 <= place.month(day) < 120_000


def test_months_are_counted_on() -> None:
    assert month_of(0) == 1970 * 12
    assert month_of(day_of(date(2026, 12, 31))) + 1 == month_of(day_of(date(2027, 1, 1))) == 2027 * 12


def test_zones_of_one_name_are_one_zone() -> None:
    assert Zone("Asia/Shanghai") == Zone("Asia/Shanghai") != Zone("Asia/Tokyo")
    assert len({Zone("UTC"), Zone("UTC")}) == 1


def test_a_year_is_cut_where_the_offset_changes() -> None:
    start, end = us("2026-01-01T00:00:00+00:00"), us("2027-01-01T00:00:00+00:00")
    spring, autumn = us("2026-03-08T07:00:00+00:00"), us("2026-11-01T06:00:00+00:00")
    hour = 60 * MINUTE
    assert list(Zone("America/New_York").pieces(start, end)) == [
        (start, spring, -5 * hour),
        (spring, autumn, -4 * hour),
        (autumn, end, -5 * hour),
    ]


def test_the_tz_database_never_changes_an_offset_twice_within_three_days() -> None:
    """What the cache of days and the search for changes rely on; a new tz database could break it."""
    python_zone: Any = import_module("zoneinfo._zoneinfo").ZoneInfo  # the one that shows its transitions
    for name in sorted(available_timezones()):
        zone = python_zone.no_cache(name)
        changes, offset = [], zone._tti_before and zone._tti_before.utcoff
        for at, info in zip(zone._trans_utc, zone._ttinfos, strict=True):
            if info.utcoff != offset:
                changes.append(at)
            offset = info.utcoff
        assert all(later - earlier >= 3 * 86_400 for earlier, later in pairwise(changes)), name
