"""Period keys, and the instants that they stand for."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from streams.policy import Zone
from streams.policy.periods import (
    bounds,
    days,
    length_in_months,
    month_key,
    months,
    periods_of_day,
    quarter_key,
    year_key,
)
from streams.policy.zone import MAX_DAY, MIN_DAY, day_of

SHANGHAI = Zone("Asia/Shanghai")
AS_OF = "2026-03-15T16:00:00"  # midnight in Shanghai: March 16 has begun


def us(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        ("2017-03-31", ("2017-03", "2017-Q1", "2017")),
        ("2017-04-01", ("2017-04", "2017-Q2", "2017")),
        ("2017-12-31", ("2017-12", "2017-Q4", "2017")),
        ("0001-01-01", ("0001-01", "0001-Q1", "0001")),
    ],
)
def test_a_day_lies_in_a_month_a_quarter_and_a_year(day: str, keys: tuple[str, str, str]) -> None:
    assert periods_of_day(day_of(date.fromisoformat(day))) == keys


def test_keys_and_months_agree() -> None:
    for month in range(2016 * 12, 2018 * 12):
        for key in (month_key(month), quarter_key(month), year_key(month)):
            assert month in months(key)


def test_days_out_of_the_calendar_have_keys_too() -> None:
    assert periods_of_day(MIN_DAY - 1)[0] == "0001-01"
    assert periods_of_day(MAX_DAY + 1)[0] == "9999-12"


@pytest.mark.parametrize(
    ("key", "start", "end"),
    [
        ("2026-03", "2026-02-28T16:00:00", "2026-03-31T16:00:00"),
        ("2026-Q1", "2025-12-31T16:00:00", "2026-03-31T16:00:00"),
        ("2026", "2025-12-31T16:00:00", "2026-12-31T16:00:00"),
        ("7d", "2026-03-09T16:00:00", "2026-03-16T16:00:00"),
        ("30d", "2026-02-14T16:00:00", "2026-03-16T16:00:00"),
        ("90d", "2025-12-16T16:00:00", "2026-03-16T16:00:00"),
        ("9999", "9998-12-31T16:00:00", "9999-12-31T16:00:00"),
    ],
)
def test_a_period_has_bounds_in_the_zone(key: str, start: str, end: str) -> None:
    assert bounds(key, SHANGHAI, us(AS_OF)) == (us(start), us(end))


def test_rolling_days_end_with_the_day_of_as_of() -> None:
    last = us(AS_OF) - 1  # still March 15
    assert bounds("7d", SHANGHAI, last)[1] == us(AS_OF)
    assert len(days("90d", 0)) == 90


def test_seven_days_over_a_change_of_clocks_are_not_seven_times_24_hours() -> None:
    start, end = bounds("7d", Zone("Europe/Berlin"), us("2026-03-30T12:00:00"))
    assert end - start == (7 * 24 - 1) * 3_600_000_000


@pytest.mark.parametrize(
    ("key", "length"),
    [("2026", 12), ("2026-Q2", 3), ("2026-05", 1), ("7d", Fraction(7, 30)), ("30d", 1), ("90d", 3)],
)
def test_a_monthly_target_grows_with_the_period(key: str, length: Fraction | int) -> None:
    assert length_in_months(key) == length


@pytest.mark.parametrize(
    "key", ["", "26", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "14d", "2026-3", "0000", "2026\n"]
)
def test_what_is_no_period_gets_a_sentence(key: str) -> None:
    with pytest.raises(ValueError, match="is not a period; use a year"):
        months(key)
