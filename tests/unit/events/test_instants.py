"""Instants: whole microseconds, exact both ways."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from streams.events import instants


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-03-02T09:30:00Z", 1_772_443_800_000_000),
        ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ],
)
def test_an_instant_and_its_text(text: str, us: int) -> None:
    assert instants.parse_iso(text) == us
    assert instants.iso(us) == text
    assert instants.to_us(instants.from_us(us)) == us


def test_a_fraction_is_written_only_where_there_is_one() -> None:
    assert instants.iso(500_000) == "1970-01-01T00:00:00.500000Z"
    assert instants.iso(1_000_000) == "1970-01-01T00:00:01Z"


def test_the_offset_is_counted_in() -> None:
    assert instants.parse_iso("1970-01-01T08:00:00+08:00") == 0
    assert instants.to_us(datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))) == 0


@pytest.mark.parametrize("text", ["", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01T00:00:60Z", "0", "epoch"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an RFC 3339 date-time with an offset"):
        instants.parse_iso(text)


def test_an_instant_outside_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        instants.parse_iso("0001-01-01T00:00:00+00:01")
    for us in (instants.MIN_US - 1, instants.MAX_US + 1):
        with pytest.raises(OverflowError):
            instants.from_us(us)


def test_a_datetime_without_an_offset_is_no_instant() -> None:
    with pytest.raises(TypeError):
        instants.to_us(datetime(2026, 3, 2, 9, 30))  # noqa: DTZ001


def test_the_ends_of_the_calendar() -> None:
    assert instants.from_us(instants.MIN_US) == datetime(1, 1, 1, tzinfo=UTC)
    assert instants.from_us(instants.MAX_US) == datetime.max.replace(tzinfo=UTC)
    assert instants.holds(datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    assert not instants.holds(datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-1))))
    assert not instants.holds(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))))
