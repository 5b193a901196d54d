"""Every interaction with one customer, in as little memory as that takes."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from sys import intern

from streams.core.history import END

MADE, INBOUND = 2, 1
CHANNELS = (None, "call", "email", "meeting", "visit", "chat", "message", "other")
"""By what is kept of it, the channel of a contact; of those that a former release kept it is not known."""


class Contacts:
    """Every interaction with one customer by time; of two at one instant the greater employee id comes later.

    `tags` holds, for each, the index of the employee in `people`, shifted by two, and the flags `MADE` and `INBOUND`,
    `channels` its place in `CHANNELS`.
    """

    __slots__ = ("channels", "people", "tags", "times")

    def __init__(self) -> None:
        self.times = array("q")
        self.tags = array("q")
        self.channels = array("b")
        self.people: list[str] = []

    def add(self, time: int, employee: str, made: bool, inbound: bool, channel: str | None = None) -> int:
        """Take in a contact, late or not; answers its index."""
        if employee in self.people:
            person = self.people.index(employee)
        else:
            person = len(self.people)
            self.people.append(intern(employee))
        index = len(self.times)
        if index and self.times[-1] >= time:
            index = bisect_right(self.times, time)
            while index and self.times[index - 1] == time and self.who(index - 1) > employee:
                index -= 1
        self.times.insert(index, time)
        self.tags.insert(index, person << 2 | MADE * made | INBOUND * inbound)
        self.channels.insert(index, CHANNELS.index(channel))
        return index

    def find(self, time: int, employee: str, made: bool, inbound: bool, channel: str) -> int:
        """The index of a contact that was taken in; of equal ones any. A former release kept it without its channel."""
        flags = MADE * made | INBOUND * inbound
        places = range(bisect_left(self.times, time), bisect_right(self.times, time))
        alike = [i for i in places if self.who(i) == employee and self.tags[i] & (MADE | INBOUND) == flags]
        for wanted in (CHANNELS.index(channel), 0):
            for index in alike:
                if self.channels[index] == wanted:
                    return index
        raise LookupError(f"no contact of {employee} at {time}")

    def remove(self, index: int) -> None:
        """Take out the contact at an index. Whoever made it stays among the people, whose places others count on."""
        del self.times[index], self.tags[index], self.channels[index]

    def who(self, index: int) -> str:
        """The employee of the contact at an index."""
        return self.people[self.tags[index] >> 2]

    def last_by_anyone(self, time: int) -> str | None:
        """Who contacted the customer last, at an instant or before it."""
        index = bisect_right(self.times, time) - 1
        return self.who(index) if index >= 0 else None

    def before(self, time: int, need: int) -> int | None:
        """The newest instant strictly before `time` of a contact that has all flags of `need`."""
        index = bisect_left(self.times, time) - 1
        while index >= 0 and self.tags[index] & need != need:
            index -= 1
        return self.times[index] if index >= 0 else None

    def channel(self, time: int, need: int) -> str | None:
        """The channel of the contact at an instant that has all flags of `need`; of several the last in `CHANNELS`."""
        places = range(bisect_left(self.times, time), bisect_right(self.times, time))
        return CHANNELS[max((self.channels[index] for index in places if self.tags[index] & need == need), default=0)]

    def after(self, time: int, need: int) -> int:
        """The oldest instant strictly after `time` of a contact that has all flags of `need`, else `END`."""
        for index in range(bisect_right(self.times, time), len(self.times)):
            if self.tags[index] & need == need:
                return self.times[index]
        return END

    def first_outbound(self, since: int) -> int | None:
        """The index of the first contact or attempt, `since` or later, that the employee began; None where none was."""
        for index in range(bisect_left(self.times, since), len(self.times)):
            if not self.tags[index] & INBOUND:
                return index
        return None

    def outbound_at(self, time: int, employee: str) -> bool:
        """Whether an employee began a contact or an attempt at an instant."""
        places = range(bisect_left(self.times, time), bisect_right(self.times, time))
        return any(self.who(index) == employee and not self.tags[index] & INBOUND for index in places)

    def between(self, start: int, end: int, need: int) -> list[int]:
        """The distinct instants in [start, end) of contacts that have all flags of `need`."""
        first, last = bisect_left(self.times, start), bisect_left(self.times, end)
        times = self.times
        found = [times[i] for i in range(first, last) if self.tags[i] & need == need]
        return list(dict.fromkeys(found))

    def neighbours(self, index: int) -> tuple[int | None, int | None]:
        """The instants of the same person's contacts next before and next after the one at `index`."""
        person = self.tags[index] >> 2
        before = after = None
        for other in range(index - 1, -1, -1):
            if self.tags[other] >> 2 == person:
                before = self.times[other]
                break
        for other in range(index + 1, len(self.tags)):
            if self.tags[other] >> 2 == person:
                after = self.times[other]
                break
        return before, after
