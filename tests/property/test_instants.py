"""Instants are exact: no microsecond is lost or invented between text, datetime and integer."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from streams.events import instants

us = st.integers(instants.MIN_US, instants.MAX_US)
offsets = st.integers(-(24 * 60 - 1), 24 * 60 - 1).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(us)
def test_there_and_back(instant: int) -> None:
    assert instants.to_us(instants.from_us(instant)) == instant
    assert instants.parse_iso(instants.iso(instant)) == instant


@given(us, us)
def test_the_order_of_datetimes_is_that_of_integers(one: int, other: int) -> None:
    assert (one < other) == (instants.from_us(one) < instants.from_us(other))


@given(st.datetimes(timezones=offsets))
def test_any_datetime_is_an_exact_number_of_microseconds(moment: datetime) -> None:
    """Counted by hand: days of the proleptic calendar, seconds of the day, less the offset."""
    offset = moment.utcoffset()
    assert offset is not None
    days = moment.toordinal() - 719_163
    seconds = days * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second
    expected = Fraction(seconds) + Fraction(moment.microsecond, 1_000_000) - Fraction(offset // timedelta(seconds=1))
    assert Fraction(instants.to_us(moment), 1_000_000) == expected


@given(st.datetimes(timezones=offsets))
def test_a_text_is_read_as_the_moment_it_names_or_refused(moment: datetime) -> None:
    try:
        read = instants.parse_iso(moment.isoformat())
    except ValueError:
        assert not instants.MIN_US <= instants.to_us(moment) <= instants.MAX_US
        return
    assert instants.from_us(read) == moment
    assert instants.iso(read) == moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
