"""Working time. In the timelines a letter is a weekday of 2026 and = is working time, 09:00 to 18:00."""

from datetime import UTC, datetime, timedelta

import pytest

from streams.policy import Calendar, PolicyError, Zone, load
from streams.policy.zone import DAY, MAX_US, MIN_US

HOUR = 3_600_000_000
SHANGHAI = load(
    """
timezone: Asia/Shanghai
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-18:00", holidays: [2026-03-05]}
pipeline: {stages: [{name: A}]}
"""
).calendar


def at(text: str) -> int:
    """Local time in Shanghai."""
    local = datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=8)
    return (local - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


#   Mo 2     Tu 3     We 4     Th 5 (holiday)     Fr 6     Sa 7  Su 8  Mo 9
#   ===      ===      ===                         ===                  ===
@pytest.mark.parametrize(
    ("start", "hours", "add", "outlast"),
    [
        ("2026-03-02T10:00", 2, "2026-03-02T12:00", "2026-03-02T12:00"),
        ("2026-03-02T10:00", 8, "2026-03-02T18:00", "2026-03-03T09:00"),  # up as work ends
        ("2026-03-02T10:00", 9, "2026-03-03T10:00", "2026-03-03T10:00"),
        ("2026-03-02T20:00", 9, "2026-03-03T18:00", "2026-03-04T09:00"),  # from an evening
        ("2026-03-04T17:00", 2, "2026-03-06T10:00", "2026-03-06T10:00"),  # over the holiday
        ("2026-03-05T12:00", 1, "2026-03-06T10:00", "2026-03-06T10:00"),  # from within it
        ("2026-03-06T17:00", 1, "2026-03-06T18:00", "2026-03-09T09:00"),  # over a weekend
        ("2026-03-02T09:00", 0, "2026-03-02T09:00", "2026-03-02T09:00"),
        ("2026-03-07T12:00", 0, "2026-03-07T12:00", "2026-03-09T09:00"),
    ],
)
def test_working_time_goes_on_when_work_does(start: str, hours: int, add: str, outlast: str) -> None:
    assert SHANGHAI.add(at(start), hours * HOUR) == at(add)
    assert SHANGHAI.outlast(at(start), hours * HOUR) == at(outlast)


@pytest.mark.parametrize(
    ("end", "hours", "subtract"),
    [
        ("2026-03-02T12:00", 2, "2026-03-02T10:00"),
        ("2026-03-03T10:00", 9, "2026-03-02T10:00"),
        ("2026-03-03T18:00", 9, "2026-03-03T09:00"),
        ("2026-03-03T09:00", 9, "2026-03-02T09:00"),
        ("2026-03-06T10:00", 2, "2026-03-04T17:00"),
        ("2026-03-08T12:00", 1, "2026-03-06T17:00"),
        ("2026-03-08T12:00", 0, "2026-03-08T12:00"),
    ],
)
def test_working_time_is_taken_back_the_same_way(end: str, hours: int, subtract: str) -> None:
    assert SHANGHAI.subtract(at(end), hours * HOUR) == at(subtract)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-02T00:00", "2026-03-03T00:00", 9),
        ("2026-03-02T00:00", "2026-03-09T00:00", 36),
        ("2026-03-02T17:30", "2026-03-03T09:30", 1),
        ("2026-03-05T00:00", "2026-03-06T00:00", 0),
        ("2026-03-03T09:30", "2026-03-02T17:30", -1),
        ("2016-01-01T00:00", "2026-01-01T00:00", 2609 * 9),  # ten years hold 2609 weekdays
    ],
)
def test_working_time_between_two_instants(start: str, end: str, hours: int) -> None:
    assert SHANGHAI.elapsed(at(start), at(end)) == hours * HOUR


def test_a_working_day_that_the_clocks_shorten_is_shorter() -> None:
    calendar = Calendar(Zone("Europe/Berlin"), [6], 60, 240)  # Sundays, 01:00 to 04:00
    spring, autumn = 1_774_738_800_000_000, 1_792_879_200_000_000  # midnights of 2026-03-29 and 2026-10-25
    assert calendar.elapsed(spring, spring + DAY) == 2 * HOUR
    assert calendar.elapsed(autumn, autumn + DAY) == 4 * HOUR


def test_hours_that_end_in_the_hour_that_comes_twice_are_worked_twice() -> None:
    calendar = Calendar(Zone("Europe/Berlin"), [6], 60, 150)  # 01:00 to 02:30, and 02:00 to 03:00 comes twice
    midnight = 1_792_879_200_000_000
    assert calendar.elapsed(midnight, midnight + DAY) == 2 * HOUR
    assert calendar.add(midnight, 7 * HOUR // 4) == midnight + 13 * HOUR // 4


def test_by_default_all_time_is_working_time() -> None:
    calendar = Calendar(Zone("America/New_York"))
    for start, length in ((0, 1), (1_772_950_000_000_000, 400 * DAY), (-(10**15), 3 * DAY)):
        assert calendar.elapsed(start, start + length) == length
        assert calendar.add(start, length) == calendar.outlast(start, length) == start + length
        assert calendar.subtract(start + length, length) == start


@pytest.mark.parametrize("calendar", [SHANGHAI, Calendar(Zone("UTC"))])
def test_beyond_the_years_1_to_9999_the_edge_is_the_answer(calendar: Calendar) -> None:
    century = 36_500 * DAY
    assert calendar.add(MAX_US - DAY, century) == calendar.outlast(MAX_US - DAY, century) == MAX_US
    assert calendar.subtract(MIN_US + DAY, century) == MIN_US
    assert calendar.elapsed(MIN_US - DAY, MIN_US + 7 * DAY) > 0
    assert calendar.add(MIN_US - DAY, HOUR) >= MIN_US - DAY


def test_a_country_keeps_its_holidays_and_working_weekends_stay_free() -> None:
    calendar = load(
        "timezone: Asia/Shanghai\n"
        "calendar: {workdays: [mon, tue, wed, thu, fri], holidays: CN}\n"
        "pipeline: {stages: [{name: A}]}"
    ).calendar
    national_day, saturday_made_up_for_it = at("2026-10-01T12:00"), at("2026-10-10T12:00")
    assert not calendar.is_workday(calendar.zone.day(national_day))
    assert not calendar.is_workday(calendar.zone.day(saturday_made_up_for_it))
    assert calendar.is_workday(calendar.zone.day(at("2026-10-09T12:00")))


@pytest.mark.parametrize(("holidays", "free"), [("US-CA", True), ("US", False), ("[US, 2026-03-31]", True)])
def test_holidays_of_a_part_of_a_country_and_single_days(holidays: str, free: bool) -> None:
    policy = load(f"calendar: {{holidays: {holidays}}}\npipeline: {{stages: [{{name: A}}]}}")
    cesar_chavez_day = at("2026-03-31T12:00")
    assert policy.calendar.is_workday(policy.zone.day(cesar_chavez_day)) is not free


@pytest.mark.filterwarnings("error")
def test_years_without_known_holidays_are_silent() -> None:
    calendar = load("calendar: {holidays: IN}\npipeline: {stages: [{name: A}]}").calendar
    assert calendar.elapsed(at("1990-01-01T00:00"), at("2040-01-01T00:00")) > 0


def test_a_calendar_without_working_time_is_refused() -> None:
    sundays = ", ".join(str((datetime(2024, 1, 7, tzinfo=UTC) + timedelta(week * 7)).date()) for week in range(52))
    with pytest.raises(PolicyError, match="no working time at all"):
        load(f"calendar: {{workdays: [sun], holidays: [{sundays}]}}\npipeline: {{stages: [{{name: A}}]}}")
