"""What employees log, and answers about them, on the way into their daybooks. Both stand in the partitions of
customers; what of them tells of the employee goes on with each flush, to the partition of the employee's id.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator

import msgspec

from streams.core.customers import daybooks
from streams.core.customers.alerting import Alerting
from streams.core.customers.answers import is_odd
from streams.core.customers.cases import Daybook, DayEntry
from streams.core.customers.daybooks import EMPTY, ENTERED, MADE, ODD, PROMPT
from streams.core.customers.host import Host, parts
from streams.core.customers.state import DESK, Customer
from streams.core.formats import reader, tagged
from streams.core.history import take_out
from streams.core.records import key_of
from streams.core.stage import MARKS, Send, partition_of
from streams.events import ContactLogged, Event, FeedbackReceived
from streams.events.instants import to_us
from streams.policy import Policy

KEY = key_of("heard")
"""The key of the record of what was heard of others."""
Logged = ContactLogged | FeedbackReceived
TAKES_TIME = ("call", "meeting", "visit")
"""The channels of which nobody can do many at once."""


class Marks(msgspec.Struct, array_like=True, frozen=True):
    """What a partition, `origin`, has to tell another of employees. Each has a greater `version` than the one before:
    the inbox offset that it is as of, and which part of that it is. `newest` is the newest instant of the events that
    it is made of."""

    origin: int
    version: int
    newest: int
    entries: list[tuple[str, DayEntry]]
    gone: list[tuple[str, DayEntry]] = []
    """What was told before, and is taken back."""


PARTS = 1 << 16
"""More than there are parts of what is told at once."""
_read_marks = msgspec.msgpack.Decoder(Marks).decode
_read_heard = reader(dict[int, int])


class Bookkeeping:
    """One partition's part of it."""

    def __init__(self, policy: Policy, origin: int, partitions: int, alerting: Alerting, host: Host) -> None:
        self._origin, self._partitions, self._alerting, self._host = origin, partitions, alerting, host
        self._waiting: dict[str, list[DayEntry]] = {}
        self._gone: list[tuple[str, DayEntry]] = []
        self._newest = 0
        self._heard: dict[int, int] = {}
        self._written = True
        self.adopt(policy)

    def __len__(self) -> int:
        """How many employees there is something to tell of."""
        return len(self._waiting) + len(self._gone)

    def adopt(self, policy: Policy) -> None:
        """Keep by another policy from now on. Of those that count no contacts there is no record of each."""
        self._policy = policy
        self._counts = bool(policy.watching(daybooks.CROWDED))

    def note(self, event: Event, data: Logged, time: int) -> None:
        """A contact was logged, or a customer said something."""
        for entry in self._told_by(event, data, time):
            self._waiting.setdefault(data.employee_id, []).append(entry)
            self._newest = max(self._newest, time)

    def take_back(self, event: Event, data: Logged, time: int) -> None:
        """That is taken back."""
        self._gone += ((data.employee_id, entry) for entry in self._told_by(event, data, time))

    def _told_by(self, event: Event, data: Logged, time: int) -> Iterator[DayEntry]:
        if isinstance(data, FeedbackReceived):
            if is_odd(data):
                yield DayEntry(time, ODD, time)
            return
        if data.connected:
            if data.duration_s == 0 and data.channel == "call":
                yield DayEntry(time, EMPTY, time)
            if self._counts and data.channel in TAKES_TIME:
                yield DayEntry(time, MADE, time)
        if event.enteredtime is not None:
            entered = to_us(event.enteredtime)
            if entered > time + PROMPT:
                yield DayEntry(entered, ENTERED, time)

    def settle(self, version: int) -> None:
        """Hand on what was noted, as of an inbox offset."""
        waiting, newest = self._waiting, self._newest
        self._waiting, self._newest = {}, 0
        homes: dict[int, list[tuple[str, DayEntry]]] = {}
        for employee in sorted(waiting):
            home = homes.setdefault(partition_of(employee, self._partitions), [])
            home += ((employee, entry) for entry in waiting[employee])
        gone: dict[int, list[tuple[str, DayEntry]]] = {}
        for employee, entry in self._gone:
            gone.setdefault(partition_of(employee, self._partitions), []).append((employee, entry))
        self._gone = []
        for home_number in dict.fromkeys((*homes, *gone)):
            told = list(parts(homes.get(home_number, ())))
            for number, part in enumerate([*told, *parts(gone.get(home_number, ()))]):
                both = (part, []) if number < len(told) else ([], part)
                marks = Marks(self._origin, version * PARTS + number, newest, *both)
                if home_number == self._origin:
                    self._take(marks)
                else:
                    self._host.say(Send("streams.inbox", MARKS, msgspec.msgpack.encode(marks), home_number))

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

    def _take(self, marks: Marks) -> None:
        now = self._host.reach(marks.newest)
        for told, change in ((marks.entries, insort), (marks.gone, take_out)):
            days: dict[tuple[str, str], list[DayEntry]] = {}
            for employee, entry in told:
                days.setdefault((employee, str(self._policy.zone.day(entry.time))), []).append(entry)
            for (employee, day), found in days.items():
                if self._host.is_erased(DESK + employee):
                    continue
                dossier = self._host.dossier(DESK + employee)
                self._enter(dossier, dossier.daybooks.setdefault(day, Daybook(day)), found, now, change)

    def _enter(
        self, dossier: Customer, daybook: Daybook, entries: list[DayEntry], now: int,
        change: Callable[[list[DayEntry], DayEntry], None],
    ) -> None:  # fmt: skip
        def take() -> None:
            for entry in entries:
                change(daybook.log, entry)
            dossier.touch(daybook)

        dossier.dirty = True
        self._alerting.around([daybook], dossier, min(entry.time for entry in entries), now, take)
