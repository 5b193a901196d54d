"""What is over and will be deleted from its topic: alerts that their rules keep no longer, and what recipients were
told of them.

By customer and week the state topic holds what ended then, so that none of its records grows without bound; in memory
there is no more of it than a name for each end, by when that was. What ended is looked up when its time has come, or
when the alert fires anew. A rule's `keep` is asked for no sooner than that, so a policy that changes it moves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import NamedTuple

import msgspec

from streams.core.formats import reader, tagged
from streams.core.notices.facts import notice_key
from streams.core.records import key_of
from streams.core.stage import Send, Shelf
from streams.policy import Policy
from streams.policy.zone import DAY

KIND = "over"
"""The kind of its state records."""
NOBODY = ""
"""Who is told of an alert in the topic of alerts itself."""
READ = 7 * DAY
"""So long a fact of what is over stays: the stage that it is for has read it by then."""
WEEK = 7 * DAY
SLOT = DAY // 4
"""What ended within so long is looked up at once."""
_BETWEEN = b"\xff"
"""Parts names: no text has it in UTF-8."""

Thing = tuple[int, str]
"""The number that an alert's id is in hexadecimal digits, and who was told of it."""


class End(NamedTuple):
    """When something was over, us, by which rule's `keep` it goes, "" for a fact, and of an alert whose it was."""

    at: int
    rule: str
    employee: str = ""


class _Kept(msgspec.Struct, array_like=True):
    """The same with the thing that was over; former releases did not keep whose it was."""

    alert: int
    who: str
    at: int
    rule: str
    employee: str = ""


Ends = dict[int, dict[Thing, End]]
"""Those of one customer by week."""

_read = reader(list[_Kept])


class _Queue:
    """The customers of whom something of one rule ended, by slot, and the ends of the slots that were looked up."""

    __slots__ = ("_names", "_slots", "near")

    def __init__(self) -> None:
        self._names: dict[int, bytearray] = {}
        self._slots: list[int] = []
        self.near: list[tuple[int, Thing, str]] = []

    def add(self, at: int, name: str) -> None:
        slot = at // SLOT
        names = self._names.get(slot)
        if names is None:
            names = self._names[slot] = bytearray()
            heappush(self._slots, slot)
        names += name.encode() + _BETWEEN

    @property
    def next_slot(self) -> int | None:
        """The instant at which the first slot begins that was not looked up."""
        return self._slots[0] * SLOT if self._slots else None

    def open(self) -> set[str]:
        """The names of that slot, which is now looked up."""
        names = self._names.pop(heappop(self._slots))
        return {name.decode() for name in names.split(_BETWEEN) if name}


class Expiry:
    """What is over of the alerts of partition `origin`. No more than `bound` customers stay in memory when a flush is
    over; the others are had back from the shelf. Instants in microseconds."""

    def __init__(self, shelf: Shelf, bound: int, origin: int) -> None:
        self._shelf, self._bound, self._origin = shelf, bound, origin
        self._known: dict[str, Ends] = {}
        self._dirty: dict[str, set[int]] = {}
        self._queues: dict[str, _Queue] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many alerts and facts wait to be deleted."""
        return self._count

    def note(self, customer: str, alert: str, who: str, end: End | None) -> None:
        """What was said of an alert last: that it ended, or (None) that it stands."""
        ends, thing = self._find(customer), (int(alert, 16), who)
        self._drop(customer, ends, thing)
        if end is not None:
            self._put(ends, thing, end)
            self._touch(customer, end.at // WEEK)
            self._queue(end, customer)

    def alerts(self, customer: str, rules: Container[str] | None = None) -> set[str]:
        """The ids of a customer's alerts that are over and still kept; of some rules, or all of which anybody knows."""
        return {
            f"{alert:016x}"
            for things in self._find(customer).values()
            for (alert, who), end in things.items()
            if rules is None or (who == NOBODY and end.rule in rules)
        }

    def of_employee(self, employee: str) -> list[tuple[str, str, str]]:
        """What is over that was an employee's, or that the employee was told of: customer, alert, and whom it was told.
        Goes through all that is kept."""
        kept = [(name, _ends(value)) for name, value in self._shelf.values(KIND) if name not in self._known]
        kept += [(name, things) for name, ends in self._known.items() for things in ends.values()]
        return [
            (name, f"{alert:016x}", who)
            for name, things in kept
            for (alert, who), end in sorted(things.items())
            if who == employee or (who == NOBODY and end.employee == employee)
        ]

    def forget(self, customer: str, alerts: Collection[str]) -> set[tuple[str, str]]:
        """Let go of what is over of some alerts, which somebody else deletes: the alert and whom it was told."""
        ends, numbers = self._find(customer), {int(alert, 16) for alert in alerts}
        found = {thing for things in ends.values() for thing in things if thing[0] in numbers}
        for thing in found:
            self._drop(customer, ends, thing)
        return {(f"{alert:016x}", who) for alert, who in found}

    def hand_over(self, customer: str, rules: Container[str]) -> list[tuple[str, End]]:
        """Let go of a customer's alerts that are over, but for those of some rules: another one is to see to them, by
        `take_over`. What recipients were told stays."""
        ends = self._find(customer)
        kept = [(thing, end) for things in ends.values() for thing, end in things.items()]
        found = [(thing, end) for thing, end in kept if thing[1] == NOBODY and end.rule not in rules]
        for thing, _ in found:
            self._drop(customer, ends, thing)
        return [(f"{alert:016x}", end) for (alert, _), end in sorted(found)]

    def take_over(self, customer: str, alert: str, end: End) -> None:
        """See to an alert that is over, unless it is known here how it went on."""
        if all((int(alert, 16), NOBODY) not in things for things in self._find(customer).values()):
            self.note(customer, alert, NOBODY, end)

    def gone(self, now: int, policy: Policy, most: int | None) -> Iterator[Send]:
        """The tombstones of what is kept no longer at an instant, so many at most; None: all."""
        left = self._count if most is None else most
        for rule in sorted(self._queues):
            queue, before = self._queues[rule], now - _wait(rule, policy)
            while left:
                slot = queue.next_slot
                if slot is not None and slot < before and (not queue.near or slot <= queue.near[0][0]):
                    self._look_up(queue, rule)
                elif queue.near and queue.near[0][0] < before:
                    at, thing, customer = heappop(queue.near)
                    if self._find(customer).get(at // WEEK, {}).get(thing, ())[:2] == (at, rule):
                        self._drop(customer, self._known[customer], thing)
                        yield self._tombstone(thing)
                        left -= 1
                else:
                    break

    def take_dirty(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time."""
        for customer in sorted(self._dirty):
            for week in sorted(self._dirty[customer]):
                ends = self._known[customer].get(week)
                value = tagged([(*thing, *end) for thing, end in sorted(ends.items())]) if ends else None
                yield key_of(KIND, customer, week), value
        free = (name for name in self._known if name not in self._dirty)
        for name in list(islice(free, max(0, len(self._known) - self._bound))):
            del self._known[name]
        self._dirty.clear()

    def restore(self, customer: str, value: bytes) -> None:
        """Take note of a record that `take_dirty` gave, and that is on the shelf."""
        for one in _read(value):
            self._queue(End(one.at, one.rule), customer)
            self._count += 1

    def _look_up(self, queue: _Queue, rule: str) -> None:
        """The ends of a rule in the first slot, from now on by their instants."""
        slot = queue.next_slot
        assert slot is not None
        for customer in queue.open():
            for thing, end in self._find(customer).get(slot // WEEK, {}).items():
                if end.rule == rule and slot <= end.at < slot + SLOT:
                    heappush(queue.near, (end.at, thing, customer))

    def _queue(self, end: End, customer: str) -> None:
        if end.rule not in self._queues:
            self._queues[end.rule] = _Queue()
        self._queues[end.rule].add(end.at, customer)

    def _put(self, ends: Ends, thing: Thing, end: End) -> None:
        ends.setdefault(end.at // WEEK, {})[thing] = end
        self._count += 1

    def _drop(self, customer: str, ends: Ends, thing: Thing) -> None:
        for week, things in ends.items():
            if things.pop(thing, None) is not None:
                self._touch(customer, week)
                self._count -= 1

    def _touch(self, customer: str, week: int) -> None:
        self._dirty.setdefault(customer, set()).add(week)

    def _find(self, customer: str) -> Ends:
        ends = self._known.pop(customer, None)
        if ends is None:
            ends = {}
            for _, week, value in self._shelf.pieces((KIND,), customer):
                if isinstance(week, int):
                    ends[week] = _ends(value)
        self._known[customer] = ends  # the newest used stands last
        return ends

    def _tombstone(self, thing: Thing) -> Send:
        alert, who = f"{thing[0]:016x}", thing[1]
        if who == NOBODY:
            return Send("alerts", alert.encode(), None)
        return Send("streams.facts", notice_key(who, alert, self._origin), None, who)


def _ends(value: bytes) -> dict[Thing, End]:
    return {(one.alert, one.who): End(one.at, one.rule, one.employee) for one in _read(value)}


def _wait(rule: str, policy: Policy) -> int:
    if not rule:
        return READ
    known = policy.rules.get(rule)
    return (policy.keep if known is None else known.keep).us
