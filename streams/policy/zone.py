"""Local days of a time zone: which day an instant falls on, and when a day begins.

Instants are int microseconds since the epoch in UTC; days are ints since 1970-01-01 (negative before).
Nothing here raises for an instant or a day, however far out: beyond the years 1 to 9999 the offset of the edge holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
MIN_US = (datetime.min.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
MAX_US = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
MIN_DAY = date.min.toordinal() - EPOCH_ORDINAL
MAX_DAY = date.max.toordinal() - EPOCH_ORDINAL
STRETCH = 36  # bits: shorter than a day, so at most one midnight lies in a stretch; a shift is cheap
CACHED_DAYS = 1 << 16  # more than a century; a stream with wilder times costs time, not memory


@lru_cache(maxsize=1 << 14)
def date_of(day: int) -> date:
    """The calendar date of a day, clamped to the years 1 to 9999."""
    return date.fromordinal(min(max(day, MIN_DAY), MAX_DAY) + EPOCH_ORDINAL)


@lru_cache(maxsize=1 << 14)
def month_of(day: int) -> int:
    """The month of a day as year * 12 + month - 1."""
    when = date_of(day)
    return when.year * 12 + when.month - 1


def day_of(when: date) -> int:
    """The day number of a calendar date."""
    return when.toordinal() - EPOCH_ORDINAL


class Zone:
    """An IANA time zone by name. Raises what ZoneInfo raises for a name that it does not know."""

    __slots__ = ("_midnights", "_spans", "_tz", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._tz = ZoneInfo(name)
        # Stretch of 2^36 us (19 h) -> (local day at its start, instant at which the next begins, perhaps beyond it).
        # Stretches with a change of offset stay out: no zone of the tz database changes twice within three days, so
        # equal offsets at both ends mean that there is none.
        self._spans: dict[int, tuple[int, int]] = {}
        self._midnights: dict[int, int] = {}

    def day(self, us: int) -> int:
        """The local day of an instant."""
        span = self._spans.get(us >> STRETCH)
        if span is None:
            return self._day(us)
        first, cut = span
        return first + 1 if us >= cut else first

    def month(self, day: int) -> int:
        """The month of a local day as year * 12 + month - 1."""
        return month_of(day)

    def date(self, day: int) -> date:
        """The calendar date of a local day."""
        return date_of(day)

    def offset(self, us: int) -> int:
        """Microseconds by which local clocks are ahead of UTC at an instant."""
        # Two days inside the edges, so that the local time can be written as a datetime too.
        inside = min(max(us, MIN_US + 2 * DAY), MAX_US - 2 * DAY)
        offset = (EPOCH + timedelta(microseconds=inside)).astimezone(self._tz).utcoffset()
        assert offset is not None  # a ZoneInfo of an instant always knows
        return offset // timedelta(microseconds=1)

    def midnight(self, day: int) -> int:
        """The first instant of a local day. Where a change of offset skips it, the first instant of what follows."""
        us = self._midnights.get(day)
        if us is None:
            if len(self._midnights) >= CACHED_DAYS:
                self._midnights.clear()
            us = self._midnights[day] = self._midnight(day)
        return us

    def instant(self, day: int, minutes: int) -> int:
        """When a local day's clocks read so many minutes: the first time where they do so twice, and where a change
        of offset skips it, as much later as the clocks are put forward."""
        naive = day * DAY + minutes * 60 * SECOND
        before = naive - self.offset(self.midnight(day))
        after = naive - self.offset(before)
        return after if after != before and after + self.offset(after) == naive else before

    def pieces(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """`[start, end)` cut where the offset changes: (start, end, offset) in order."""
        begin, offset, at = start, self.offset(start), start
        while at < end:
            step = min(at + DAY, end)
            after = self.offset(step)
            if after != offset:
                change = self._change(at, step, offset)
                yield begin, change, offset
                begin, offset = change, after
            at = step
        if begin < end:
            yield begin, end, offset

    def _day(self, us: int) -> int:
        start = us >> STRETCH << STRETCH
        offset = self.offset(us)
        if self.offset(start) == self.offset(start + (1 << STRETCH) - 1):
            if len(self._spans) >= CACHED_DAYS:
                self._spans.clear()
            first = (start + offset) // DAY
            self._spans[us >> STRETCH] = (first, (first + 1) * DAY - offset)
        return (us + offset) // DAY

    def _midnight(self, day: int) -> int:
        naive = day * DAY
        before, after = naive - self.offset(naive - DAY), naive - self.offset(naive + DAY)
        for us in sorted((before, after)):
            if us + self.offset(us) == naive:
                return us
        # The clocks jumped over it: the change of offset is the answer.
        low, high = min(before, after), max(before, after)
        return self._change(low, high, self.offset(low))

    def _change(self, low: int, high: int, offset: int) -> int:
        """The first instant in (low, high] whose offset is no longer `offset`, where one change lies between."""
        while high - low > 1:
            middle = (low + high) // 2
            if self.offset(middle) == offset:
                low = middle
            else:
                high = middle
        return high

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Zone) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"
