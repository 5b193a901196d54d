"""When people may be told something: in working time, outside of quiet hours, and when they are there.

A digest is due at the policy's local times, *slots*; it is told in the first moment from there on that is not quiet. So
the slots of one stretch of quiet come to one digest. Instants in microseconds; an absence is [start, end).
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.policy import Clock, Policy
from streams.policy.durations import Duration
from streams.policy.zone import DAY

Absences = Sequence[tuple[int, int]]
MINUTE_US = 60_000_000


class Hours:
    """The hours of a policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._zone, self._notices = policy, policy.zone, policy.notices

    def first(self, at: int, absences: Absences) -> int:
        """The first instant from `at` on at which somebody with these absences may be told something."""
        for _ in range(len(absences) + 1_000):  # each round is past an absence, or a night; an end in any case
            there = next((end for start, end in absences if start <= at < end), at)
            moved = self._after_quiet(self._policy.calendar.outlast(there, 0))
            if moved == at:
                break
            at = moved
        return at

    def slot(self, at: int) -> int:
        """The last slot at or before an instant."""
        day = self._zone.day(at)
        for number in (day, day - 1):
            for minutes in reversed(self._notices.times):
                if (found := self._zone.instant(number, minutes)) <= at:
                    return found
        return self._zone.instant(day - 2, self._notices.times[-1])  # a day that never was, as at a date line

    def next(self, at: int, absences: Absences) -> int:
        """The first instant after `at` at which somebody is to have a digest."""
        held = self.first(self.slot(at), absences)
        return held if held > at else self.first(self._next_slot(at), absences)

    def last(self, after: int, until: int, absences: Absences) -> int | None:
        """The last instant in (after, until] at which somebody is to have a digest."""
        slot = self.slot(until)
        while (found := self.first(slot, absences)) > until:
            if slot <= after:
                return None  # all of the time in between is quiet
            slot = self.slot(slot - 1)
        return found if found > after else None

    def again(self, told: int, slot: int, clock: Clock) -> bool:
        """Whether what was told at a slot is to be told again at a later one.

        A day of all time is one by local clocks, so that what is told each morning is told the next, whatever they do.
        """
        repeat: Duration = self._notices.repeat
        if clock == Clock.WORKING:
            return self._policy.calendar.elapsed(told, slot) >= self._policy.length(repeat, clock)
        return slot + self._zone.offset(slot) - told - self._zone.offset(told) >= repeat.us

    def _next_slot(self, at: int) -> int:
        day = self._zone.day(at)
        for number in (day, day + 1):
            for minutes in self._notices.times:
                if (found := self._zone.instant(number, minutes)) > at:
                    return found
        return self._zone.instant(day + 2, self._notices.times[0])

    def _after_quiet(self, at: int) -> int:
        quiet = self._notices.quiet
        if quiet is None:
            return at
        local = at + self._zone.offset(at)
        if not quiet.hushes(local % DAY / MINUTE_US):
            return at
        day = local // DAY
        end = self._zone.instant(day, quiet.ends)
        return end if end > at else self._zone.instant(day + 1, quiet.ends)
