"""What employees log, on its way into their daybooks. Contacts stand in the partitions of customers; what of them tells
of the employee goes on with each flush, to the partition of the employee's id.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from typing import Protocol

import msgspec

from streams.core.customers import daybooks
from streams.core.customers.alerting import Alerting
from streams.core.customers.cases import Daybook, DayEntry
from streams.core.customers.daybooks import EMPTY, ENTERED, MADE, PROMPT
from streams.core.customers.state import DESK, Customer
from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import MARKS, Send, partition_of
from streams.events import ContactLogged, Event
from streams.events.instants import to_us
from streams.policy import Policy

KEY = key_of("heard")
"""The key of the record of what was heard of others."""
TAKES_TIME = ("call", "meeting", "visit")
"""The channels of which nobody can do many at once."""


class Host(Protocol):
    """The partition that takes part."""

    def dossier(self, name: str) -> Customer:
        """What is kept under a name, about to change."""

    def reach(self, time: int) -> int:
        """Something happened at an instant; the clock now."""

    def say(self, send: Send) -> None:
        """Send a record with the next flush."""


class Marks(msgspec.Struct, array_like=True, frozen=True):
    """What a partition, `origin`, has to tell another of employees. `version` is the inbox offset that it is as of:
    each has a greater one than the one before. `newest` is the newest instant of the events that it is made of."""

    origin: int
    version: int
    newest: int
    entries: dict[str, list[DayEntry]]


_read_marks = msgspec.msgpack.Decoder(Marks).decode
_read_heard = reader(dict[int, int])


class Bookkeeping:
    """One partition's part of it."""

    def __init__(self, policy: Policy, origin: int, partitions: int, alerting: Alerting, host: Host) -> None:
        self._origin, self._partitions, self._alerting, self._host = origin, partitions, alerting, host
        self._waiting: dict[str, list[DayEntry]] = {}
        self._newest = 0
        self._heard: dict[int, int] = {}
        self._written = True
        self.adopt(policy)

    def __len__(self) -> int:
        """How many employees there is something to tell of."""
        return len(self._waiting)

    def adopt(self, policy: Policy) -> None:
        """Keep by another policy from now on. Of those that count no contacts there is no record of each."""
        self._policy = policy
        self._counts = bool(policy.watching(daybooks.CROWDED))

    def note(self, event: Event, data: ContactLogged, time: int) -> None:
        """A contact was logged."""
        if data.connected:
            if data.duration_s == 0 and data.channel == "call":
                self._keep(data.employee_id, DayEntry(time, EMPTY, time), time)
            if self._counts and data.channel in TAKES_TIME:
                self._keep(data.employee_id, DayEntry(time, MADE, time), time)
        if event.enteredtime is not None:
            entered = to_us(event.enteredtime)
            if entered > time + PROMPT:
                self._keep(data.employee_id, DayEntry(entered, ENTERED, time), time)

    def settle(self, version: int) -> None:
        """Hand on what was noted, as of an inbox offset."""
        homes: dict[int, dict[str, list[DayEntry]]] = {}
        for employee in sorted(self._waiting):
            homes.setdefault(partition_of(employee, self._partitions), {})[employee] = self._waiting[employee]
        for home, entries in homes.items():
            marks = Marks(self._origin, version, self._newest, entries)
            if home == self._origin:
                self._take(marks)
            else:
                self._host.say(Send("streams.inbox", MARKS, msgspec.msgpack.encode(marks), home))
        self._waiting, self._newest = {}, 0

    def hear(self, value: bytes) -> None:
        """Take what another partition hands on. What comes twice changes nothing."""
        marks = _read_marks(value)
        if marks.version > self._heard.get(marks.origin, -1):
            self._heard[marks.origin] = marks.version
            self._written = False
            self._take(marks)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Its record, where that is another than last time."""
        if not self._written:
            self._written = True
            yield KEY, tagged(dict(sorted(self._heard.items())))

    def restore(self, value: bytes) -> None:
        """Put back what `take_states` gave."""
        self._heard = _read_heard(value)

    def _keep(self, employee: str, entry: DayEntry, time: int) -> None:
        self._waiting.setdefault(employee, []).append(entry)
        self._newest = max(self._newest, time)

    def _take(self, marks: Marks) -> None:
        now = self._host.reach(marks.newest)
        for employee, entries in marks.entries.items():
            dossier = self._host.dossier(DESK + employee)
            days: dict[str, list[DayEntry]] = {}
            for entry in entries:
                days.setdefault(str(self._policy.zone.day(entry.time)), []).append(entry)
            for day, found in days.items():
                self._enter(dossier, dossier.daybooks.setdefault(day, Daybook(day)), found, now)

    def _enter(self, dossier: Customer, daybook: Daybook, entries: list[DayEntry], now: int) -> None:
        def take() -> None:
            for entry in entries:
                insort(daybook.log, entry)
            dossier.touch(daybook)

        dossier.dirty = True
        self._alerting.around([daybook], dossier, min(entry.time for entry in entries), now, take)
