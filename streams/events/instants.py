"""Instants: exact conversions between RFC 3339 text, aware datetimes and integer microseconds since 1970 (UTC)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

import msgspec

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AWARE: Final = Annotated[datetime, msgspec.Meta(tz=True)]


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime, exact.

    A naive datetime raises TypeError: without an offset it is no instant.
    """
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_us(us: int) -> datetime:
    """The UTC datetime of microseconds since the epoch; OverflowError outside the years 1 to 9999."""
    return EPOCH + timedelta(microseconds=us)


MIN_US: Final = to_us(datetime.min.replace(tzinfo=UTC))
MAX_US: Final = to_us(datetime.max.replace(tzinfo=UTC))


@lru_cache(maxsize=1 << 16)
def iso(us: int) -> str:
    """RFC 3339 text in UTC, "2026-03-02T09:30:00Z"; six decimals of a second, and only when they are not all zero."""
    seconds, fraction = divmod(us, 1_000_000)
    day, second = divmod(seconds, 86_400)
    minute, second = divmod(second, 60)
    text = f"{_date(day)}T{minute // 60:02d}:{minute % 60:02d}:{second:02d}"
    return f"{text}.{fraction:06d}Z" if fraction else f"{text}Z"


@lru_cache(maxsize=1 << 12)
def _date(day: int) -> str:
    return (EPOCH + timedelta(days=day)).date().isoformat()


def parse_datetime(text: str) -> datetime:
    """The aware datetime of an RFC 3339 date-time.

    Digits beyond the microsecond are rounded. ValueError when the text is no such date-time, has no offset,
    names a leap second, or lies outside the years 1 to 9999 in UTC.
    """
    try:
        moment: datetime = msgspec.convert(text, type=_AWARE)
    except msgspec.ValidationError as error:
        raise ValueError(f"expected an RFC 3339 date-time with an offset, got {text!r}") from error
    if not holds(moment):
        raise ValueError(f"{text!r} lies outside the years 1 to 9999 in UTC")
    return moment


def parse_iso(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 date-time; ValueError as for parse_datetime."""
    return to_us(parse_datetime(text))


def holds(moment: datetime) -> bool:
    """Whether an aware datetime can be said in UTC: an offset may push the first and last day beyond the calendar."""
    return 1 < moment.year < 9999 or MIN_US <= to_us(moment) <= MAX_US
