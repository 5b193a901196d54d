"""Which buckets make up a period, and what of them counts each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from streams.core.ledger import day_bucket, month_bucket
from streams.policy.periods import ROLLING, days, months, periods_of_day, periods_of_month

ROLLING_PERIODS = tuple(ROLLING)


def buckets_of(period: str, today: int) -> Iterator[str]:
    """The buckets whose sums make up a period; `today` is the local day of `as_of`."""
    if period in ROLLING:
        return (day_bucket(day) for day in days(period, today))
    return (month_bucket(month) for month in months(period))


def distinct_in(period: str) -> str:
    """What the measures that count each thing once in such a period end in, after the `@`."""
    return "days" if period in ROLLING else {1: "month", 3: "quarter", 12: "year"}[len(months(period))]


@lru_cache(64)
def current(today: int) -> tuple[str, ...]:
    """The periods that contain a local day as the day of `as_of`."""
    return (*periods_of_day(today), *ROLLING_PERIODS)


@lru_cache(4096)
def touched_by(bucket: str, today: int) -> tuple[str, ...]:
    """The periods that a change of a bucket changes."""
    if bucket == "now":
        return current(today)
    if bucket[0] == "d":
        return tuple(key for key, length in ROLLING.items() if today - length < int(bucket[1:]) <= today)
    return periods_of_month(int(bucket[1:]))
