"""Periods and their keys: `2017`, `2017-Q1`, `2017-03`, and the rolling `7d`, `30d`, `90d`.

A month is an int, year * 12 + month - 1; bounds are half-open in microseconds.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from functools import lru_cache

from streams.policy.zone import Zone, day_of, month_of

ROLLING = {"7d": 7, "30d": 30, "90d": 90}
_KEY = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
LAST_MONTH = 9999 * 12 + 11


def month_key(month: int) -> str:
    """`2017-03`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def quarter_key(month: int) -> str:
    """`2017-Q1`, the quarter of a month."""
    return f"{month // 12:04d}-Q{month % 12 // 3 + 1}"


def year_key(month: int) -> str:
    """`2017`, the year of a month."""
    return f"{month // 12:04d}"


@lru_cache(maxsize=1 << 12)
def periods_of_month(month: int) -> tuple[str, str, str]:
    """The keys of a month, its quarter and its year."""
    return month_key(month), quarter_key(month), year_key(month)


@lru_cache(maxsize=1 << 8)
def periods_of_year(year: str) -> tuple[str, ...]:
    """The keys of the months of a year, each quarter's after its last month's, and its own."""
    first = int(year) * 12
    keys = [
        key
        for month in range(first, first + 12)
        for key in ((month_key(month), quarter_key(month)) if month % 3 == 2 else (month_key(month),))
    ]
    return (*keys, year)


def periods_of_day(day: int) -> tuple[str, str, str]:
    """The keys of the month, quarter and year of a local day."""
    return periods_of_month(month_of(day))


@lru_cache(maxsize=1 << 12)
def months(key: str) -> range:
    """The months of a calendar period. ValueError with a sentence for any other key."""
    match = _KEY.fullmatch(key)
    if match is None or match[1] == "0000":
        raise ValueError(f"'{key}' is not a period; use a year (2026), quarter (2026-Q1) or month (2026-03)")
    year, quarter, month = int(match[1]) * 12, match[2], match[3]
    if quarter:
        return range(year + 3 * int(quarter) - 3, year + 3 * int(quarter))
    return range(year + int(month) - 1, year + int(month)) if month else range(year, year + 12)


def length_in_months(key: str) -> Fraction:
    """How many months of target a period holds: 12, 3, 1, or N/30 for N days."""
    return Fraction(ROLLING[key], 30) if key in ROLLING else Fraction(len(months(key)))


def first_day(month: int) -> int:
    """The day on which a month begins; that after December 9999 too."""
    if month > LAST_MONTH:
        return day_of(date.max) + 1
    return day_of(date(month // 12, month % 12 + 1, 1))


def days(key: str, as_of_day: int) -> range:
    """The local days of a period; of a rolling one those that end with the day of `as_of`."""
    if key in ROLLING:
        return range(as_of_day + 1 - ROLLING[key], as_of_day + 1)
    span = months(key)
    return range(first_day(span.start), first_day(span.stop))


def bounds(key: str, zone: Zone, as_of_us: int) -> tuple[int, int]:
    """The instants `[start, end)` of a period; `as_of_us` matters to rolling ones alone. ValueError as in `months`."""
    span = days(key, zone.day(as_of_us))
    return zone.midnight(span.start), zone.midnight(span.stop)
