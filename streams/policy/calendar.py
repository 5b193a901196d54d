"""Working time: what of the time between two instants falls into a company's working hours.

An instant is working time when the local clock then reads a working day that is no holiday, and a time of day within
the hours. So a change to daylight saving within the hours makes that day's working time shorter or longer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection
from datetime import date
from typing import NamedTuple

from streams.policy.zone import DAY, MAX_US, MIN_US, Zone, date_of

MINUTE = 60_000_000
BLOCK_DAYS = 256
BLOCK = BLOCK_DAYS * DAY
FIRST_BLOCK, LAST_BLOCK = MIN_US // BLOCK, MAX_US // BLOCK
CACHED_BLOCKS = 4_096  # every block of the years 1 to 9999 would be some 14,000
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _Block(NamedTuple):
    """The working spans of 256 UTC days: starts, and the working time up to each start and each end."""

    starts: list[int]
    before: list[int]
    until: list[int]

    @property
    def total(self) -> int:
        return self.until[-1] if self.until else 0


class Calendar:
    """Workdays (0 = Monday), the hours as minutes of the local day, and holidays by date.

    `holidays` is what the policy says (country codes and ISO dates), `is_holiday` what it means.
    """

    def __init__(
        self,
        zone: Zone,
        workdays: Collection[int] = range(7),
        opens: int = 0,
        closes: int = 1440,
        holidays: tuple[str, ...] = (),
        is_holiday: Callable[[date], bool] = lambda _: False,
    ) -> None:
        self.zone = zone
        self.workdays = tuple(sorted(workdays))
        self.opens = opens
        self.closes = closes
        self.holidays = holidays
        self.day_us = (closes - opens) * MINUTE  # the length of a working day
        self.always = self.day_us == DAY and len(self.workdays) == 7 and not holidays
        self._is_holiday = is_holiday
        self._blocks: dict[int, _Block] = {}

    @property
    def terms(self) -> tuple[object, ...]:
        """All that working time follows from, as the policy has it."""
        return self.zone, self.workdays, self.opens, self.closes, self.holidays

    def is_workday(self, day: int) -> bool:
        """Whether work is done on that local day."""
        return (day + 3) % 7 in self.workdays and not self._is_holiday(date_of(day))

    def elapsed(self, start: int, end: int) -> int:
        """Working microseconds in `[start, end)`; negative where the end comes first."""
        if self.always:
            return end - start
        if end < start:
            return -self.elapsed(end, start)
        start, end = max(start, MIN_US), min(end, MAX_US)
        first, last = start // BLOCK, end // BLOCK
        between = sum(self._block(number).total for number in range(first, last))
        return between + self._worked(end) - self._worked(start)

    def add(self, start: int, work: int) -> int:
        """The first instant at which so much working time has passed since `start`; `start` itself for none."""
        return self._forward(start, work, bisect_left) if work > 0 else start

    def outlast(self, start: int, work: int) -> int:
        """The last instant at which no more than so much working time has passed since `start`.

        It differs from `add` where the time is up as work ends: `add` says this evening, `outlast` next morning.
        """
        return self._forward(start, work, bisect_right)

    def subtract(self, end: int, work: int) -> int:
        """The last instant from which so much working time passes until `end`; `end` itself for none."""
        if work <= 0:
            return end
        if self.always:
            return max(end - work, MIN_US)
        number = min(end, MAX_US) // BLOCK
        left = work - self._worked(end)
        while left > 0:
            number -= 1
            if number < FIRST_BLOCK:
                return MIN_US
            left -= self._block(number).total
        block, target = self._block(number), -left
        index = bisect_right(block.before, target) - 1
        return block.starts[index] + target - block.before[index]

    def _forward(self, start: int, work: int, bisect: Callable[[list[int], int], int]) -> int:
        if self.always:
            return min(start + work, MAX_US)
        number = max(start, MIN_US) // BLOCK
        target = self._worked(start) + work
        while True:
            if number > LAST_BLOCK:
                return MAX_US
            block = self._block(number)
            index = bisect(block.until, target)
            if index < len(block.until):
                return block.starts[index] + target - block.before[index]
            target -= block.total
            number += 1

    def _worked(self, us: int) -> int:
        """Working time from the start of the instant's block up to the instant."""
        us = min(max(us, MIN_US), MAX_US)
        block = self._block(us // BLOCK)
        index = bisect_right(block.starts, us) - 1
        if index < 0:
            return 0
        return min(block.before[index] + us - block.starts[index], block.until[index])

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            if len(self._blocks) >= CACHED_BLOCKS:
                self._blocks.clear()
            block = self._blocks[number] = self._build(number)
        return block

    def _build(self, number: int) -> _Block:
        block = _Block([], [], [])
        worked = 0
        for start, end, offset in self.zone.pieces(number * BLOCK, (number + 1) * BLOCK):
            for day in range((start + offset) // DAY, (end - 1 + offset) // DAY + 1):
                if not self.is_workday(day):
                    continue
                midnight = day * DAY - offset
                opens = max(start, midnight + self.opens * MINUTE)
                closes = min(end, midnight + self.closes * MINUTE)
                if opens < closes:
                    block.starts.append(opens)
                    block.before.append(worked)
                    worked += closes - opens
                    block.until.append(worked)
        return block
